//! Addresses of servers that speak HTTP and WebSocket on one port.

use reqwest::Url;
use tokio_tungstenite::tungstenite::http::Uri;

/// WebSocket schemes with the HTTP schemes that correspond to them.
const SCHEMES: [(&str, &str); 2] = [("ws://", "http://"), ("wss://", "https://")];

/// `url` with a WebSocket scheme; other schemes stay unchanged.
pub fn websocket(url: &str) -> String {
    with_scheme(url, |(websocket, http)| (http, websocket))
}

/// `url` with an HTTP scheme; other schemes stay unchanged.
pub fn http(url: &str) -> String {
    with_scheme(url, |schemes| schemes)
}

/// Validates `url` and strips surrounding white space and trailing slashes. The result is safe to
/// print, because it contains no password and no query.
///
/// # Errors
/// Why the address is invalid, without the address itself.
pub fn checked(url: &str) -> Result<String, &'static str> {
    const SHAPE: &str = "it must start with wss://, ws://, https:// or http://, followed by a host";
    let url = url.trim();
    // The scheme is compared case-sensitively, as everywhere else.
    if !has_scheme(url) {
        return Err(SHAPE);
    }
    if url.contains(['?', '#']) {
        return Err("it must not contain a query (?) or a fragment (#)");
    }
    let parsed = Url::parse(&http(url))
        .map_err(|_| "it is not a valid address: check the host and the port")?;
    if !parsed.username().is_empty() || parsed.password().is_some() {
        return Err("it must not contain a user name or a password, because addresses are logged");
    }
    // Both parsers must accept it: one is used for HTTP, the other for WebSockets.
    let is_uri = url.parse::<Uri>().is_ok_and(|uri| uri.host().is_some());
    match is_uri && parsed.has_host() {
        true => Ok(url.trim_end_matches('/').to_owned()),
        false => Err(SHAPE),
    }
}

/// Whether `url` has one of the schemes, followed by something that may be a host.
fn has_scheme(url: &str) -> bool {
    SCHEMES
        .iter()
        .flat_map(|(websocket, http)| [websocket, http])
        .filter_map(|scheme| url.strip_prefix(scheme))
        .any(|rest| !rest.is_empty() && !rest.starts_with('/'))
}

type Schemes = (&'static str, &'static str);

fn with_scheme(url: &str, from_to: impl Fn(Schemes) -> Schemes) -> String {
    let changed = SCHEMES.into_iter().map(from_to).find_map(|(from, to)| {
        let rest = url.strip_prefix(from)?;
        Some(format!("{to}{rest}"))
    });
    changed.unwrap_or_else(|| url.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_scheme_changes() {
        let cases = [
            ("ws://news.example/ws", "http://news.example/ws"),
            ("wss://http.example", "https://http.example"),
        ];
        for (as_websocket, as_http) in cases {
            for url in [as_websocket, as_http] {
                assert_eq!(websocket(url), as_websocket);
                assert_eq!(http(url), as_http);
            }
        }
        assert_eq!(websocket("ftp://a"), "ftp://a");
    }

    #[test]
    fn an_address_needs_a_host() {
        let good = [
            ("wss://a", "wss://a"),
            ("http://127.0.0.1:7880/", "http://127.0.0.1:7880"),
            ("ws://[::1]:7880", "ws://[::1]:7880"),
            (" wss://a.example/sfu/\n", "wss://a.example/sfu"),
        ];
        for (address, whole) in good {
            assert_eq!(checked(address).as_deref(), Ok(whole));
        }
        let bad = [
            "",
            "wss://",
            "wss:///a",
            "a.example",
            "ftp://a",
            "wss://a b",
            "wss://a:port",
            "wss://a:99999",
            "wss://a/b\nc",
        ];
        for odd in bad {
            assert!(checked(odd).is_err(), "{odd}");
        }
    }

    #[test]
    fn secrets_in_an_address_are_rejected_and_not_repeated() {
        for odd in [
            "wss://canary@a",
            "wss://user:canary@a",
            "wss://:canary@a",
            "wss://a?access_token=canary",
            "wss://a/b#canary",
            "canary://a",
            "wss://a:canary",
        ] {
            let why = checked(odd).unwrap_err();
            assert!(!why.contains("canary"), "{why}");
        }
    }
}
