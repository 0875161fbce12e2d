//! Addresses of servers that speak HTTP and WebSocket on one port.

use reqwest::Url;
use tokio_tungstenite::tungstenite::http::Uri;

/// Each scheme for WebSockets beside the one for HTTP.
const SCHEMES: [(&str, &str); 2] = [("ws://", "http://"), ("wss://", "https://")];

/// `url` for WebSockets; one with another scheme stays as it is.
pub(crate) fn websocket(url: &str) -> String {
    with_scheme(url, |(websocket, http)| (http, websocket))
}

/// `url` for HTTP; one with another scheme stays as it is.
pub(crate) fn http(url: &str) -> String {
    with_scheme(url, |schemes| schemes)
}

/// `url` without white space around it and without slashes at its end. Whoever has it may print it:
/// there is nothing secret in it.
///
/// # Errors
/// What is wrong with it, without the address.
pub(crate) fn checked(url: &str) -> Result<String, &'static str> {
    const SHAPE: &str = "it must start with wss://, ws://, https:// or http:// and name a host";
    let url = url.trim();
    // The scheme is looked at by its letters: everything else compares it so.
    if !has_scheme(url) {
        return Err(SHAPE);
    }
    if url.contains(['?', '#']) {
        return Err("it must not have a query or a fragment: nothing after ? or #");
    }
    let parsed =
        Url::parse(&http(url)).map_err(|_| "it is no address: check the host and the port")?;
    if !parsed.username().is_empty() || parsed.password().is_some() {
        return Err("it must not hold a user or a password: addresses are printed");
    }
    // Both parsers must take it: one serves HTTP, the other WebSockets.
    let is_uri = url.parse::<Uri>().is_ok_and(|uri| uri.host().is_some());
    match is_uri && parsed.has_host() {
        true => Ok(url.trim_end_matches('/').to_owned()),
        false => Err(SHAPE),
    }
}

/// Whether `url` has one of the schemes, and something after it.
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
    fn an_address_names_a_host() {
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
    fn an_address_holds_nothing_secret() {
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
