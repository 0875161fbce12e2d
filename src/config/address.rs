//! Addresses of servers that speak HTTP and WebSocket on one port.

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

/// `url` without slashes at its end.
///
/// # Errors
/// What is wrong with it: one of the schemes or the host is missing.
pub(crate) fn checked(url: &str) -> Result<String, &'static str> {
    match has_host(url) {
        true => Ok(url.trim_end_matches('/').to_owned()),
        false => Err("it must start with wss://, ws://, https:// or http:// and name a host"),
    }
}

/// Whether `url` has one of the schemes and a host.
fn has_host(url: &str) -> bool {
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
        assert!(has_host("wss://a") && has_host("http://127.0.0.1:7880"));
        for odd in ["", "wss://", "wss:///a", "a.example", "ftp://a"] {
            assert!(!has_host(odd), "{odd}");
        }
    }
}
