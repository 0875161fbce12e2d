//! Transports to MCP servers: the pipes of a child process, or streamable HTTP.

use std::collections::HashMap;
use std::sync::Arc;

use parlor_common::dial::http;
use parlor_common::settings::{Source, proxies};
use parlor_core::secret::Secret;
use reqwest::header::{HeaderName, HeaderValue};
use reqwest::redirect::{Attempt, Policy};
use rmcp::RoleClient;
use rmcp::transport::Transport;
use rmcp::transport::async_rw::AsyncRwTransport;
use rmcp::transport::streamable_http_client::{
    StreamableHttpClientTransport, StreamableHttpClientTransportConfig,
};
use tokio::process::{ChildStdin, ChildStdout};

use super::error::ConnectError;
use super::process::{CommandLine, Process};
use super::spec::McpSpec;
use super::variables::Template;

/// Environment variables that every program inherits.
const PASSED_ON: [&str; 4] = ["PATH", "HOME", "LANG", "TMPDIR"];

/// Maximum length of a message, in bytes: 1024 times that of an answer's text.
const LONGEST_MESSAGE: usize = 8 << 20;

/// Maximum number of concurrent requests per server.
const MOST_REQUESTS: usize = 64;

/// Maximum number of redirects per request.
const MOST_REDIRECTS: usize = 3;

/// Opens connections to one server.
pub(super) trait Connector: Send + Sync + 'static {
    /// The transport of messages.
    type Transport: Transport<RoleClient> + 'static;

    /// Starts a connection. Also returns the server's process if it is a child of this process.
    fn connect(&mut self) -> Result<(Self::Transport, Option<Process>), ConnectError>;
}

/// A program that is started for each connection.
#[derive(Debug)]
pub(super) struct Program {
    server: Arc<str>,
    command: CommandLine,
}

impl Program {
    /// Builds the command line. The error has one line for each variable that is not set.
    pub(super) fn of(spec: &McpSpec, source: &Source) -> Result<Self, Vec<String>> {
        let passed_on = PASSED_ON.map(|name| (name, name, false));
        let mapped = spec
            .env
            .iter()
            .map(|(name, ours)| (name.as_str(), ours.as_str(), true));
        let (mut env, mut missing) = (Vec::new(), Vec::new());
        for (name, ours, is_needed) in passed_on.into_iter().chain(mapped) {
            match source.secret(ours) {
                Some(value) => env.push((name.to_owned(), value)),
                None if is_needed => missing.push(unset(spec, ours)),
                None => {}
            }
        }
        if !missing.is_empty() {
            return Err(missing);
        }
        let command = CommandLine {
            program: spec.command.clone().unwrap_or_default(),
            args: spec.args.clone(),
            env,
        };
        let server = spec.name.as_str().into();
        Ok(Self { server, command })
    }
}

impl Connector for Program {
    type Transport = AsyncRwTransport<RoleClient, ChildStdout, ChildStdin>;

    fn connect(&mut self) -> Result<(Self::Transport, Option<Process>), ConnectError> {
        let (process, (stdout, stdin)) = Process::start(&self.command, &self.server)?;
        let transport = AsyncRwTransport::new(stdout, stdin);
        let transport = transport.with_max_line_length(LONGEST_MESSAGE);
        Ok((transport, Some(process)))
    }
}

/// A server that is reached over streamable HTTP.
#[derive(Debug)]
pub(super) struct Web {
    client: reqwest::Client,
    config: StreamableHttpClientTransportConfig,
}

impl Web {
    /// Builds the settings of the transport. The error has one line for each problem of a header,
    /// such as a variable that is not set.
    pub(super) fn of(
        spec: &McpSpec,
        source: &Source,
        client: reqwest::Client,
    ) -> Result<Self, Vec<String>> {
        let (mut headers, mut problems) = (HashMap::new(), Vec::new());
        for (name, value) in &spec.headers {
            match header(name, value, source) {
                Ok((name, value)) => {
                    headers.insert(name, value);
                }
                Err(unset) => problems.extend(unset.iter().map(|it| spec.problem(it))),
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let url = spec.url.clone().unwrap_or_default();
        let config = StreamableHttpClientTransportConfig::with_uri(url)
            .custom_headers(headers)
            .max_concurrent_requests(MOST_REQUESTS)
            .max_sse_event_size(LONGEST_MESSAGE);
        Ok(Self { client, config })
    }
}

impl Connector for Web {
    type Transport = StreamableHttpClientTransport<reqwest::Client>;

    fn connect(&mut self) -> Result<(Self::Transport, Option<Process>), ConnectError> {
        let client = self.client.clone();
        let transport = StreamableHttpClientTransport::with_client(client, self.config.clone());
        Ok((transport, None))
    }
}

/// Builds the HTTP client of one server.
///
/// # Errors
/// Why it cannot be built, in one line.
pub(super) fn client(source: &Source) -> Result<reqwest::Client, String> {
    let unusable = |why: String| format!("mcp: cannot build the HTTP client: {why}");
    let builder = http::builder(&proxies(source)).map_err(|error| unusable(error.to_string()))?;
    let client = builder.redirect(Policy::custom(redirect)).build();
    client.map_err(|error| unusable(http::reason(error)))
}

/// Follows only redirects within one origin, as the headers are meant for that one alone.
fn redirect(attempt: Attempt<'_>) -> reqwest::redirect::Action {
    let here = attempt.previous().last().map(reqwest::Url::origin);
    let is_near = here.is_some_and(|here| here == attempt.url().origin());
    match is_near && attempt.previous().len() <= MOST_REDIRECTS {
        true => attempt.follow(),
        false => attempt.stop(),
    }
}

/// A header with the values of its variables, or its problems.
fn header(
    name: &str,
    value: &Secret,
    source: &Source,
) -> Result<(HeaderName, HeaderValue), Vec<String>> {
    let wrong = |why: &str| vec![format!("headers: {name}: {why}")];
    let template = Template::read(value).map_err(wrong)?;
    let filled = template.fill(source).map_err(|unset| {
        let unset = unset.iter().map(|ours| format!("{ours} is not set"));
        unset.collect::<Vec<_>>()
    })?;
    let name = HeaderName::try_from(name).map_err(|_| wrong("it is not a valid header name"))?;
    let mut value = HeaderValue::try_from(filled.reveal())
        .map_err(|_| wrong("its value is not a valid header value"))?;
    value.set_sensitive(true);
    Ok((name, value))
}

fn unset(spec: &McpSpec, variable: &str) -> String {
    spec.problem(&format!("{variable} is not set"))
}
