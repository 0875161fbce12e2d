//! Security and CORS headers of every response.

use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, CONTENT_SECURITY_POLICY,
    InvalidHeaderValue, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::uri::Uri;
use axum::http::{HeaderMap, HeaderName, HeaderValue};

use super::origin::{Visitor, is_loopback};

/// Headers that do not depend on the address of LiveKit.
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

/// CORS headers for pages of an allowed origin.
const TO_GUESTS: [(HeaderName, &str); 4] = [
    (ACCESS_CONTROL_ALLOW_METHODS, "POST"),
    (ACCESS_CONTROL_ALLOW_HEADERS, "authorization, content-type"),
    (ACCESS_CONTROL_EXPOSE_HEADERS, "retry-after"),
    (ACCESS_CONTROL_MAX_AGE, "600"),
];

/// Headers added to every response.
#[derive(Debug)]
pub(super) struct Headers {
    policy: HeaderValue,
}

impl Headers {
    /// Headers for a page that connects to the LiveKit server at `url`.
    ///
    /// # Errors
    /// If `url` contains characters that a header cannot.
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

    /// Adds the headers to a response.
    pub(super) fn add(&self, headers: &mut HeaderMap, entrant: Option<Visitor>) {
        headers.insert(CONTENT_SECURITY_POLICY, self.policy.clone());
        for (name, value) in FIXED {
            headers.insert(name, HeaderValue::from_static(value));
        }
        // Responses vary by origin, so caches must tell them apart.
        headers.insert(VARY, HeaderValue::from_static("origin"));
        if let Some(Visitor::Guest(origin)) = entrant {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            for (name, value) in TO_GUESTS {
                headers.insert(name, HeaderValue::from_static(value));
            }
        }
    }
}

/// Sources for `connect-src`: only the server itself if it runs on this machine; otherwise any
/// encrypted one, since LiveKit Cloud redirects clients to the nearest region.
fn connect_src(url: &str) -> String {
    let uri: Option<Uri> = url.parse().ok();
    let authority = uri.as_ref().and_then(Uri::authority);
    let is_plain = url.starts_with("ws://");
    let here = match authority {
        // A Content-Security-Policy cannot express an IPv6 address.
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
    fn connect_src_names_the_livekit_server_where_possible() {
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
