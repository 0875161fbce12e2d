//! HTTP tools, as configured in `agent.toml`.

use std::collections::BTreeMap;

use parlor_core::secret::Private;
use serde::Deserialize;

/// One HTTP request. Its templates are rendered for each tool call with `args` (the model's
/// arguments), `call` (room, job, caller, metadata) and `env` (environment variables by name).
///
/// Values in the path of `url` need `| urlencode`; values in `query` are encoded automatically.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpSpec {
    /// Method; POST by default.
    #[serde(default)]
    pub method: HttpMethod,
    /// Template of the URL. The host must be literal unless `allow_hosts` lists hosts.
    pub url: Private<String>,
    /// Templates of the headers, by header name.
    #[serde(default)]
    pub headers: BTreeMap<String, Private<String>>,
    /// Templates of query parameters, by name; they are appended to the query of `url`.
    #[serde(default)]
    pub query: BTreeMap<String, Private<String>>,
    /// Template of the body. By default POST, PUT and PATCH send the arguments as JSON, and other
    /// methods send no body.
    #[serde(default)]
    pub body: Option<Private<String>>,
    /// Name of the environment variable with the Standard Webhooks secret, `whsec_…`, that signs
    /// the requests.
    #[serde(default)]
    pub sign_with: Option<String>,
    /// Whether a POST or PATCH may be retried, as other methods may.
    #[serde(default)]
    pub idempotent: bool,
    /// Maximum number of retries, 0 to 5; 2 by default.
    #[serde(default = "two")]
    pub retries: u32,
    /// Allowed hosts, or `*.example.com` for all subdomains. If set, no other host is called.
    #[serde(default)]
    pub allow_hosts: Vec<String>,
    /// Whether the request may go to private networks and to this machine.
    #[serde(default)]
    pub allow_private: bool,
    /// Maximum number of redirects, 0 to 10; 3 by default.
    #[serde(default = "three")]
    pub redirects: u32,
}

/// An HTTP method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "the variants are named by HTTP")]
pub enum HttpMethod {
    Get,
    Head,
    #[default]
    Post,
    Put,
    Patch,
    Delete,
    Options,
}

impl HttpMethod {
    /// Whether sending a request twice has the same effect as sending it once.
    pub(super) fn is_idempotent(self) -> bool {
        !matches!(self, Self::Post | Self::Patch)
    }

    /// Whether the arguments are the default body.
    pub(super) fn has_body(self) -> bool {
        matches!(self, Self::Post | Self::Put | Self::Patch)
    }
}

impl From<HttpMethod> for reqwest::Method {
    fn from(method: HttpMethod) -> Self {
        match method {
            HttpMethod::Get => Self::GET,
            HttpMethod::Head => Self::HEAD,
            HttpMethod::Post => Self::POST,
            HttpMethod::Put => Self::PUT,
            HttpMethod::Patch => Self::PATCH,
            HttpMethod::Delete => Self::DELETE,
            HttpMethod::Options => Self::OPTIONS,
        }
    }
}

fn two() -> u32 {
    2
}

fn three() -> u32 {
    3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_url_is_required() {
        let spec: HttpSpec = toml::from_str(r#"url = "https://shop.example/""#).unwrap();
        assert_eq!(spec.method, HttpMethod::Post);
        assert_eq!((spec.retries, spec.redirects), (2, 3));
        assert!(!spec.allow_private && !spec.idempotent);
    }

    #[test]
    fn unknown_keys_and_methods_are_refused() {
        for wrong in [
            "url = 'https://a.example'\nmehtod = 'GET'",
            "url = 'https://a.example'\nmethod = 'get'",
            "url = 'https://a.example'\nretries = -1",
            "method = 'GET'",
        ] {
            assert!(toml::from_str::<HttpSpec>(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn templates_are_not_printed() {
        let text = "url = 'https://a.example/hunter2'\nheaders = { Authorization = 'hunter2' }\nbody = 'hunter2'";
        let spec: HttpSpec = toml::from_str(text).unwrap();
        assert!(!format!("{spec:?}").contains("hunter2"));
    }
}
