//! HTTP tools: each tool call is one HTTP request.
//!
//! The author of a tool is trusted; the model's arguments and the servers' answers are not. So the
//! host is fixed or on a list (`allowed_hosts`), only public addresses are dialed
//! (`public_addresses`), and every redirect is checked like the first URL (`redirects`).

mod failure;
mod network;
mod retry;
mod spec;

use std::collections::BTreeSet;
use std::fmt;
use std::time::Instant;

use parlor_common::clock;
use parlor_common::settings::Source;
use reqwest::StatusCode;
use serde_json::Value;
use tokio::time::timeout_at;

use super::Answer;
use failure::Failure;
use redirects::RedirectClient;
use request::{PreparedRequest, RequestTemplate};
use retry::Retry;

pub use network::Network;
pub use spec::{HttpMethod, HttpSpec};

/// A tool that makes one HTTP request per tool call.
pub struct HttpTool {
    name: String,
    plan: RequestTemplate,
    network: Network,
    allow_private: bool,
    redirects: u32,
    retries: u32,
}

impl HttpTool {
    /// Builds the tool `name` from `spec`, with environment variables from `source`.
    ///
    /// # Errors
    /// All problems of `spec`, each with its key.
    pub fn new(
        name: &str,
        spec: &HttpSpec,
        source: &Source,
        network: &Network,
    ) -> Result<Self, Vec<String>> {
        let plan = RequestTemplate::new(spec, source)?;
        let host = allowed_hosts::literal(spec.url.reveal());
        if !spec.allow_private && host.is_some_and(|url| network.is_private_literal(&url)) {
            let problem =
                "url: its host is in a private network; allow it with allow_private = true";
            return Err(vec![problem.to_owned()]);
        }
        let may_repeat = spec.idempotent || spec.method.is_idempotent();
        Ok(Self {
            name: name.to_owned(),
            plan,
            network: network.clone(),
            allow_private: spec.allow_private,
            redirects: spec.redirects,
            retries: if may_repeat { spec.retries } else { 0 },
        })
    }

    /// Names of the arguments that the templates use, for comparison with the tool's parameters.
    pub fn arguments(&self) -> &BTreeSet<String> {
        &self.plan.arguments
    }

    /// Makes the request and returns the answer, at `deadline` at the latest; failures are error
    /// answers. Dropping the future aborts the request.
    ///
    /// `args` are the model's arguments; `call` is a JSON object that describes the call.
    pub async fn call(&self, args: &Value, call: &Value, deadline: tokio::time::Instant) -> Answer {
        let mut trace = Trace::new();
        let answered = self.answer(args, call, deadline.into_std(), &mut trace);
        let outcome = timeout_at(deadline, answered).await;
        let outcome = outcome.unwrap_or(Err(Failure::TimedOut));
        trace.log(&self.name, &outcome);
        outcome.unwrap_or_else(|failure| Answer::error(&failure.to_string()))
    }

    async fn answer(
        &self,
        args: &Value,
        call: &Value,
        deadline: Instant,
        trace: &mut Trace,
    ) -> Result<Answer, Failure> {
        let request = self.plan.fill(args, call)?;
        self.plan.allowed_hosts.check(&request.url)?;
        trace.host = request.url.host_str().unwrap_or_default().to_owned();
        let mut retry = Retry::new(self.retries, deadline);
        loop {
            let outcome = self.attempt(request.clone(), trace).await;
            match retry.after(&outcome) {
                Some(delay) => tokio::time::sleep(delay).await,
                None => return response::read(outcome?).await,
            }
        }
    }

    async fn attempt(
        &self,
        request: PreparedRequest,
        trace: &mut Trace,
    ) -> Result<reqwest::Response, Failure> {
        let client = RedirectClient {
            network: &self.network,
            allowed_hosts: &self.plan.allowed_hosts,
            signer: self.plan.signer.as_ref(),
            allow_private: self.allow_private,
            redirects: self.redirects,
        };
        trace.tries += 1;
        trace.status = None;
        let response = client.send(request).await?;
        trace.status = Some(response.status());
        Ok(response)
    }
}

impl fmt::Debug for HttpTool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpTool")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// Log fields of one tool call.
struct Trace {
    began: Instant,
    host: String,
    status: Option<StatusCode>,
    tries: u32,
}

impl Trace {
    fn new() -> Self {
        Self {
            began: clock::now(),
            host: String::new(),
            status: None,
            tries: 0,
        }
    }

    /// Logs the outcome. Path, query, headers and body stay out of the log: they may hold private
    /// data and secrets.
    fn log(&self, tool: &str, outcome: &Result<Answer, Failure>) {
        let Self {
            began,
            host,
            status,
            tries,
        } = self;
        let ms = clock::now().saturating_duration_since(*began).as_millis();
        let status = status.map(|status| status.as_u16());
        match outcome {
            Ok(_) => tracing::info!(tool, host, status, ms, tries, "tool request answered"),
            Err(failure) => {
                let why = failure.kind();
                tracing::warn!(tool, host, status, ms, tries, why, "tool request failed");
            }
        }
    }
}

mod allowed_hosts;
mod public_addresses;
mod redirects;
mod request;
mod response;
mod signature;
#[cfg(test)]
mod tests;
