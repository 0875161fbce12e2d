//! Access control by the `Host` and `Origin` headers.

use std::net::IpAddr;
use std::str::FromStr;

use axum::http::header::{HOST, ORIGIN};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, HeaderValue};

use super::error::Refusal;

/// Origin of a page: scheme, host and port, such as `https://app.example`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    text: String,
    authority: Authority,
}

/// A string that is not an origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "an origin is http:// or https://, a host and an optional port, such as https://app.example"
)]
pub struct NotAnOrigin;

impl FromStr for Origin {
    type Err = NotAnOrigin;

    fn from_str(text: &str) -> Result<Self, NotAnOrigin> {
        let text = text.trim_end_matches('/').to_ascii_lowercase();
        let rest = ["http://", "https://"]
            .iter()
            .find_map(|scheme| text.strip_prefix(scheme));
        let authority = rest.and_then(authority).ok_or(NotAnOrigin)?;
        Ok(Self { text, authority })
    }
}

/// Decides which requests are served.
#[derive(Debug)]
pub(super) struct AccessControl {
    /// The server listens on loopback, so an unknown host name is an attack (DNS rebinding).
    is_loopback: bool,
    allowed: Vec<Origin>,
}

/// Sender of an accepted request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Visitor {
    /// Our own page, or a client that is not a page.
    Own,
    /// A page of an allowed origin.
    Guest(HeaderValue),
}

impl AccessControl {
    /// Access control for a server that listens on `address`.
    pub(super) fn new(address: IpAddr, allowed: Vec<Origin>) -> Self {
        Self {
            is_loopback: address.to_canonical().is_loopback(),
            allowed,
        }
    }

    /// Checks the host and origin of a request.
    ///
    /// # Errors
    /// [`Refusal::Host`] or [`Refusal::Origin`].
    pub(super) fn check(&self, headers: &HeaderMap) -> Result<Visitor, Refusal> {
        let host = only(headers, &HOST).and_then(|host| host.to_str().ok());
        let host = host.and_then(|host| authority(&host.to_ascii_lowercase()));
        let host = host.ok_or(Refusal::Host)?;
        if self.is_loopback && !self.is_ours(&host) {
            return Err(Refusal::Host);
        }
        if !headers.contains_key(ORIGIN) {
            return Ok(Visitor::Own);
        }
        let header = only(headers, &ORIGIN).ok_or(Refusal::Origin)?;
        let origin: Option<Origin> = header.to_str().ok().and_then(|text| text.parse().ok());
        match origin {
            Some(origin) if origin.authority == host => Ok(Visitor::Own),
            Some(origin) if self.allowed.contains(&origin) => Ok(Visitor::Guest(header.clone())),
            _ => Err(Refusal::Origin),
        }
    }

    /// Names of this machine, and those that a reverse proxy on it may forward.
    fn is_ours(&self, host: &Authority) -> bool {
        is_loopback(host.host()) || self.allowed.iter().any(|it| it.authority == *host)
    }
}

/// Whether `host`, with or without brackets, means this machine for every resolver.
pub(super) fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    let address: Option<IpAddr> = address.parse().ok();
    host == "localhost" || address.is_some_and(|it| it.to_canonical().is_loopback())
}

/// Returns the value of the header if it occurs exactly once.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a HeaderValue> {
    let mut values = headers.get_all(name).iter();
    values.next().filter(|_| values.next().is_none())
}

/// Parses a host and optional port, without user info.
fn authority(text: &str) -> Option<Authority> {
    let authority: Authority = text.parse().ok()?;
    let is_plain = !text.contains('@') && !authority.host().is_empty();
    is_plain.then_some(authority)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(address: &str, host: &str, origin: Option<&str>) -> Result<Visitor, Refusal> {
        let allowed = vec!["https://app.example/".parse().unwrap()];
        let mut headers = HeaderMap::new();
        headers.insert(HOST, host.parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(ORIGIN, origin.parse().unwrap());
        }
        AccessControl::new(address.parse().unwrap(), allowed).check(&headers)
    }

    #[test]
    fn on_loopback_only_names_of_this_machine_are_served() {
        for host in ["localhost", "LOCALHOST:8080", "127.0.0.1:1", "[::1]:8080"] {
            assert_eq!(check("127.0.0.1", host, None), Ok(Visitor::Own), "{host}");
        }
        for host in [
            "rebound.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "u@localhost",
            "10.0.0.1",
            "",
        ] {
            let refused = check("127.0.0.1", host, None);
            assert_eq!(refused, Err(Refusal::Host), "{host}");
        }
        assert_eq!(check("0.0.0.0", "talk.example", None), Ok(Visitor::Own));
        // Forwarded by a reverse proxy on this machine.
        assert_eq!(check("::1", "app.example", None), Ok(Visitor::Own));
    }

    #[test]
    fn a_request_needs_exactly_one_host_header() {
        let mut headers = HeaderMap::new();
        let access_control = AccessControl::new([0, 0, 0, 0].into(), Vec::new());
        assert_eq!(access_control.check(&headers), Err(Refusal::Host));
        headers.append(HOST, HeaderValue::from_static("a.example"));
        assert_eq!(access_control.check(&headers), Ok(Visitor::Own));
        headers.append(HOST, HeaderValue::from_static("b.example"));
        assert_eq!(access_control.check(&headers), Err(Refusal::Host));
    }

    #[test]
    fn pages_need_the_same_origin_or_an_allowed_one() {
        let here = "127.0.0.1:8080";
        let ask = |origin| check("127.0.0.1", here, Some(origin));
        assert_eq!(ask("http://127.0.0.1:8080"), Ok(Visitor::Own));
        let guest = Visitor::Guest(HeaderValue::from_static("https://app.example"));
        assert_eq!(ask("https://app.example"), Ok(guest));
        for origin in [
            "http://127.0.0.1:8081",
            "http://localhost:8080",
            "http://app.example",
            "https://app.example.evil.example",
            "https://evil.example",
            "file://",
            "null",
            "",
        ] {
            assert_eq!(ask(origin), Err(Refusal::Origin), "{origin}");
        }
    }

    #[test]
    fn an_origin_has_no_path() {
        for odd in ["app.example", "ftp://a", "https://", "https://a/b", "*"] {
            assert_eq!(odd.parse::<Origin>(), Err(NotAnOrigin), "{odd}");
        }
        let origin: Origin = "HTTPS://App.example:8443/".parse().unwrap();
        assert_eq!(origin.text, "https://app.example:8443");
    }
}
