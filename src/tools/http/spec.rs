//! A request as users write it in `agent.toml`.

use std::collections::BTreeMap;

use parlor_core::secret::Private;
use serde::Deserialize;

/// One HTTP request. What is written `{{ … }}` is filled in for each call from `args` (what the
/// model gives), `call` (room, job, caller, metadata) and `env` (environment variables by name).
///
/// What goes into the path of `url` wants `| urlencode`; `query` does that by itself.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpSpec {
    /// POST unless given.
    #[serde(default)]
    pub method: HttpMethod,
    /// A template. Its host must stand there in full, unless `allow_hosts` names hosts.
    pub url: Private<String>,
    /// Templates by header.
    #[serde(default)]
    pub headers: BTreeMap<String, Private<String>>,
    /// Templates by name, added to the query of `url`.
    #[serde(default)]
    pub query: BTreeMap<String, Private<String>>,
    /// A template. Without it POST, PUT and PATCH send the arguments as JSON, others nothing.
    #[serde(default)]
    pub body: Option<Private<String>>,
    /// The environment variable with the Standard Webhooks secret, `whsec_…`, to sign with.
    #[serde(default)]
    pub sign_with: Option<String>,
    /// Whether a POST or PATCH may be tried again, as other methods may.
    #[serde(default)]
    pub idempotent: bool,
    /// The most further tries, 0 to 5.
    #[serde(default = "two")]
    pub retries: u32,
    /// Host names, and `*.example.com` for all below one; with it no other host is called.
    #[serde(default)]
    pub allow_hosts: Vec<String>,
    /// Whether the request may go into private networks, and to this machine.
    #[serde(default)]
    pub allow_private: bool,
    /// The most redirects that are followed, 0 to 10.
    #[serde(default = "three")]
    pub redirects: u32,
}

/// A method of HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "they are HTTP's")]
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
    /// Whether sending it twice is as good as once.
    pub(super) fn is_idempotent(self) -> bool {
        !matches!(self, Self::Post | Self::Patch)
    }

    /// Whether the arguments are its body unless another is given.
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
    fn little_needs_to_be_written() {
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
