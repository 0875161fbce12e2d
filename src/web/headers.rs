//! What every answer says to a browser.

use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, CONTENT_SECURITY_POLICY,
    InvalidHeaderValue, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::uri::Uri;
use axum::http::{HeaderMap, HeaderName, HeaderValue};

use super::origin::{Visitor, is_loopback};

/// What does not depend on where LiveKit is.
const FIXED: [(HeaderName, &str); 4] = [
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (REFERRER_POLICY, "no-referrer"),
    (
        HeaderName::from_static("permissions-policy"),
        "microphone=(self)",
    ),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
];

/// What a page of another origin may send, if that is allowed.
const TO_GUESTS: [(HeaderName, &str); 4] = [
    (ACCESS_CONTROL_ALLOW_METHODS, "POST"),
    (ACCESS_CONTROL_ALLOW_HEADERS, "authorization, content-type"),
    (ACCESS_CONTROL_EXPOSE_HEADERS, "retry-after"),
    (ACCESS_CONTROL_MAX_AGE, "600"),
];

/// The headers of every answer.
#[derive(Debug)]
pub(super) struct Headers {
    policy: HeaderValue,
}

impl Headers {
    /// Headers of a page that calls the LiveKit server at `url`.
    ///
    /// # Errors
    /// When the address cannot stand in a header.
    pub(super) fn new(url: &str) -> Result<Self, InvalidHeaderValue> {
        let connect = connect_src(url);
        let policy = format!(
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' {connect}; \
             media-src 'self' blob: mediastream:; img-src 'self' data:; worker-src 'self' blob:; \
             manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        );
        let policy = policy.try_into()?;
        Ok(Self { policy })
    }

    /// Adds them.
    pub(super) fn add(&self, headers: &mut HeaderMap, entrant: Option<Visitor>) {
        headers.insert(CONTENT_SECURITY_POLICY, self.policy.clone());
        for (name, value) in FIXED {
            headers.insert(name, HeaderValue::from_static(value));
        }
        // Answers differ by origin, also for caches.
        headers.insert(VARY, HeaderValue::from_static("origin"));
        if let Some(Visitor::Guest(origin)) = entrant {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            for (name, value) in TO_GUESTS {
                headers.insert(name, HeaderValue::from_static(value));
            }
        }
    }
}

/// Where the page may connect to: a server on this machine alone, or else, as LiveKit Cloud sends
/// clients on to the nearest of its regions, whatever is encrypted.
fn connect_src(url: &str) -> String {
    let uri: Option<Uri> = url.parse().ok();
    let authority = uri.as_ref().and_then(Uri::authority);
    let is_plain = url.starts_with("ws://");
    let here = match authority {
        // A policy has no way to write an IPv6 address.
        Some(it) if it.host().starts_with('[') && is_plain => "ws: http:".to_owned(),
        Some(it) if is_plain => format!("ws://{it} http://{it}"),
        Some(it) if is_loopback(it.host()) => format!("wss://{it} https://{it}"),
        _ => String::new(),
    };
    match authority {
        Some(it) if is_loopback(it.host()) => here,
        _ => format!("wss: https: {here}").trim_end().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_connects_to_its_server_only_where_that_can_be_said() {
        let cases = [
            (
                "ws://127.0.0.1:7880",
                "ws://127.0.0.1:7880 http://127.0.0.1:7880",
            ),
            (
                "wss://localhost:443",
                "wss://localhost:443 https://localhost:443",
            ),
            ("ws://[::1]:7880", "ws: http:"),
            ("wss://my-project.livekit.cloud", "wss: https:"),
            (
                "ws://livekit.lan:7880",
                "wss: https: ws://livekit.lan:7880 http://livekit.lan:7880",
            ),
        ];
        for (url, connect) in cases {
            assert_eq!(connect_src(url), connect, "{url}");
        }
    }
}
