//! Who may ask: by the name that led here, and by the page that asks.

use std::net::IpAddr;
use std::str::FromStr;

use axum::http::header::{HOST, ORIGIN};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, HeaderValue};

use super::error::Refusal;

/// A page's origin: scheme, host and port, such as `https://app.example`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    text: String,
    authority: Authority,
}

/// A text that names no origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an origin is http:// or https://, a host and perhaps a port, such as https://app.example")]
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

/// Who is let in.
#[derive(Debug)]
pub(super) struct Door {
    /// Only this machine can reach us, so that other names are a trick (DNS rebinding).
    is_loopback: bool,
    allowed: Vec<Origin>,
}

/// Who was let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Visitor {
    /// Our own page, or no page at all.
    Own,
    /// A page of an origin that is allowed.
    Guest(HeaderValue),
}

impl Door {
    /// The door of a server at `address`.
    pub(super) fn new(address: IpAddr, allowed: Vec<Origin>) -> Self {
        Self {
            is_loopback: address.to_canonical().is_loopback(),
            allowed,
        }
    }

    /// Lets a request in.
    ///
    /// # Errors
    /// [`Refusal::Host`], [`Refusal::Origin`]
    pub(super) fn admit(&self, headers: &HeaderMap) -> Result<Visitor, Refusal> {
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

    /// Names of this machine, and those that a proxy on it may pass on.
    fn is_ours(&self, host: &Authority) -> bool {
        is_loopback(host.host()) || self.allowed.iter().any(|it| it.authority == *host)
    }
}

/// Whether `host`, perhaps in brackets, is this machine by every resolver's answer.
pub(super) fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    let address: Option<IpAddr> = address.parse().ok();
    host == "localhost" || address.is_some_and(|it| it.to_canonical().is_loopback())
}

/// The header's value, unless there are several.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a HeaderValue> {
    let mut values = headers.get_all(name).iter();
    values.next().filter(|_| values.next().is_none())
}

/// A host and perhaps a port, without a user.
fn authority(text: &str) -> Option<Authority> {
    let authority: Authority = text.parse().ok()?;
    let is_plain = !text.contains('@') && !authority.host().is_empty();
    is_plain.then_some(authority)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admit(address: &str, host: &str, origin: Option<&str>) -> Result<Visitor, Refusal> {
        let allowed = vec!["https://app.example/".parse().unwrap()];
        let mut headers = HeaderMap::new();
        headers.insert(HOST, host.parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(ORIGIN, origin.parse().unwrap());
        }
        Door::new(address.parse().unwrap(), allowed).admit(&headers)
    }

    #[test]
    fn on_loopback_only_names_of_this_machine_lead_here() {
        for host in ["localhost", "LOCALHOST:8080", "127.0.0.1:1", "[::1]:8080"] {
            assert_eq!(admit("127.0.0.1", host, None), Ok(Visitor::Own), "{host}");
        }
        for host in [
            "rebound.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "u@localhost",
            "10.0.0.1",
            "",
        ] {
            let refused = admit("127.0.0.1", host, None);
            assert_eq!(refused, Err(Refusal::Host), "{host}");
        }
        assert_eq!(admit("0.0.0.0", "talk.example", None), Ok(Visitor::Own));
        // A proxy on this machine.
        assert_eq!(admit("::1", "app.example", None), Ok(Visitor::Own));
    }

    #[test]
    fn a_host_is_named_once() {
        let mut headers = HeaderMap::new();
        let door = Door::new([0, 0, 0, 0].into(), Vec::new());
        assert_eq!(door.admit(&headers), Err(Refusal::Host));
        headers.append(HOST, HeaderValue::from_static("a.example"));
        assert_eq!(door.admit(&headers), Ok(Visitor::Own));
        headers.append(HOST, HeaderValue::from_static("b.example"));
        assert_eq!(door.admit(&headers), Err(Refusal::Host));
    }

    #[test]
    fn a_page_asks_its_own_server_or_is_allowed() {
        let here = "127.0.0.1:8080";
        let ask = |origin| admit("127.0.0.1", here, Some(origin));
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
