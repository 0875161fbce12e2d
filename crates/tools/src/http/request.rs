//! Templates of a tool's requests, parsed and checked before the first tool call.

use std::collections::BTreeSet;

use parlor_common::settings::Source;
use parlor_core::secret::Private;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Url};
use serde_json::{Map, Value, json};

use super::allowed_hosts::{self, AllowedHosts};
use super::failure::Failure;
use super::signature::{self, Signer};
use super::spec::HttpSpec;
use crate::template::Template;

/// Upper bounds of the settings `retries` and `redirects`.
const MAX_RETRIES: u32 = 5;
const MAX_REDIRECTS: u32 = 10;

/// Builds the requests of one tool.
pub(super) struct RequestTemplate {
    method: Method,
    url: Template,
    query: Vec<(String, Template)>,
    headers: Vec<(HeaderName, Template)>,
    body: Body,
    env: Value,
    /// Names of the arguments (`args.<name>`) in all templates.
    pub(super) arguments: BTreeSet<String>,
    pub(super) allowed_hosts: AllowedHosts,
    pub(super) signer: Option<Signer>,
}

enum Body {
    Nothing,
    Arguments,
    Filled(Template),
}

/// A fully rendered request.
#[derive(Clone)]
pub(super) struct PreparedRequest {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Option<String>,
    /// Message ID; retries keep it.
    pub(super) id: String,
}

impl RequestTemplate {
    /// Checks `spec` and reads the environment variables that it names.
    ///
    /// # Errors
    /// All problems, each with its key.
    pub(super) fn new(spec: &HttpSpec, source: &Source) -> Result<Self, Vec<String>> {
        let mut check = Checker::new(source);
        check.limits(spec);
        let url = check.template("url", &spec.url);
        let allowed_hosts = AllowedHosts::new(&spec.allow_hosts, spec.url.reveal());
        let query = spec.query.iter().map(|(name, text)| {
            let template = check.template(&format!("query.{name}"), text);
            (name.clone(), template)
        });
        let query = query.collect();
        let headers = check.headers(spec);
        let body = match &spec.body {
            Some(text) => Body::Filled(check.template("body", text)),
            None if spec.method.has_body() => Body::Arguments,
            None => Body::Nothing,
        };
        let signer = spec.sign_with.as_ref().and_then(|name| check.signer(name));
        let mut problems = check.problems;
        match allowed_hosts {
            Ok(allowed_hosts) if problems.is_empty() => Ok(Self {
                method: spec.method.into(),
                url,
                query,
                headers,
                body,
                env: Value::Object(check.env),
                arguments: check.arguments,
                allowed_hosts,
                signer,
            }),
            allowed_hosts => {
                problems.extend(allowed_hosts.err().into_iter().flatten());
                Err(problems)
            }
        }
    }

    /// Renders the request of one tool call.
    ///
    /// # Errors
    /// A template cannot be rendered, a value is not valid in a header, or the URL is refused.
    pub(super) fn fill(&self, args: &Value, call: &Value) -> Result<PreparedRequest, Failure> {
        let values = json!({ "args": args, "call": call, "env": &self.env });
        let mut url = allowed_hosts::parse(&filled("url", &self.url, &values)?)?;
        for (name, template) in &self.query {
            let value = filled(&format!("query.{name}"), template, &values)?;
            url.query_pairs_mut().append_pair(name, &value);
        }
        let body = match &self.body {
            Body::Nothing => None,
            Body::Arguments => Some(args.to_string()),
            Body::Filled(template) => Some(filled("body", template, &values)?),
        };
        let mut headers = HeaderMap::new();
        if body.is_some() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        for (name, template) in &self.headers {
            let part = format!("headers.{name}");
            let value = filled(&part, template, &values)?;
            let value = HeaderValue::try_from(value.trim());
            let mut value = value.map_err(|_| Failure::InvalidValue(part))?;
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        Ok(PreparedRequest {
            method: self.method.clone(),
            url,
            headers,
            body,
            id: signature::message_id(),
        })
    }
}

fn filled(part: &str, template: &Template, values: &Value) -> Result<String, Failure> {
    template.render(values).map_err(|why| Failure::Unfilled {
        part: part.to_owned(),
        why,
    })
}

/// Collects all problems, so that they are reported together.
struct Checker<'a> {
    source: &'a Source,
    env: Map<String, Value>,
    arguments: BTreeSet<String>,
    problems: Vec<String>,
}

impl<'a> Checker<'a> {
    fn new(source: &'a Source) -> Self {
        Self {
            source,
            env: Map::new(),
            arguments: BTreeSet::new(),
            problems: Vec::new(),
        }
    }

    fn limits(&mut self, spec: &HttpSpec) {
        let limits = [
            ("retries", spec.retries, MAX_RETRIES),
            ("redirects", spec.redirects, MAX_REDIRECTS),
        ];
        for (key, value, most) in limits {
            if value > most {
                self.problems.push(format!("{key} must be 0 to {most}"));
            }
        }
    }

    /// Parses the template at `key`. Returns an empty template if it is invalid.
    fn template(&mut self, key: &str, text: &Private<String>) -> Template {
        match Template::parse(text.reveal()) {
            Ok(template) => {
                for path in template.variables() {
                    self.variable(key, path);
                }
                template
            }
            Err(error) => {
                self.problems.push(format!("{key}: {error}"));
                Template::default()
            }
        }
    }

    fn variable(&mut self, key: &str, path: &str) {
        let mut names = path.split('.');
        match (names.next(), names.next()) {
            (Some("args"), Some(name)) => {
                self.arguments.insert(name.to_owned());
            }
            (Some("args" | "call"), _) => (),
            (Some("env"), Some(name)) => {
                if let Some(value) = self.environment(key, name) {
                    self.env.insert(name.to_owned(), value.into());
                }
            }
            (Some("env"), None) => {
                let wanted = "env must be followed by a variable name, as in env.TOKEN";
                self.problems.push(format!("{key}: {wanted}"));
            }
            _ => {
                let known = "templates can use args, call and env";
                self.problems
                    .push(format!("{key}: {path} is unknown: {known}"));
            }
        }
    }

    fn environment(&mut self, key: &str, name: &str) -> Option<String> {
        let value = self.source.text(name);
        if value.is_none() {
            let problem = format!("{key}: the environment variable {name} is not set");
            self.problems.push(problem);
        }
        value
    }

    fn headers(&mut self, spec: &HttpSpec) -> Vec<(HeaderName, Template)> {
        let mut headers = Vec::new();
        for (name, text) in &spec.headers {
            let key = format!("headers.{name}");
            let template = self.template(&key, text);
            match HeaderName::try_from(name) {
                Err(_) => self
                    .problems
                    .push(format!("{key}: not a valid header name")),
                Ok(name)
                    if is_transport_header(&name)
                        || spec.sign_with.is_some() && signature::is_signature_header(&name) =>
                {
                    self.problems
                        .push(format!("{key}: Parlor sets this header itself"));
                }
                Ok(name) => headers.push((name, template)),
            }
        }
        headers
    }

    fn signer(&mut self, name: &str) -> Option<Signer> {
        let secret = self.environment("sign_with", name)?;
        let signer = Signer::new(&secret);
        if signer.is_none() {
            let wanted = "must be a Standard Webhooks secret: whsec_ followed by Base64";
            self.problems.push(format!("sign_with: {name} {wanted}"));
        }
        signer
    }
}

/// Whether HTTP itself uses the header for routing or framing.
fn is_transport_header(name: &HeaderName) -> bool {
    const TRANSPORT: [&str; 9] = [
        "connection",
        "content-length",
        "expect",
        "host",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ];
    TRANSPORT.contains(&name.as_str())
}
