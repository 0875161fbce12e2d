//! Address of the signalling WebSocket, as LiveKit's Rust SDK builds it.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use flate2::Compression;
use flate2::write::GzEncoder;
use livekit_protocol as proto;
use prost::Message as _;

/// Version of the signalling protocol. From 18 on, the server expects data channels with fixed
/// identifiers.
const PROTOCOL: i32 = 16;

/// The endpoint of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Path {
    /// `/rtc/v1`: one peer connection, on which the client makes every offer.
    Single,
    /// `/rtc`: a peer connection for the publisher and one for the subscriber.
    Dual,
}

/// What the address tells the server.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// Whether the server subscribes this participant to every track.
    pub auto_subscribe: bool,
    /// Version of the program, shown in the server's dashboards.
    pub version: String,
    /// Features of data packets that other participants can expect, as in `livekit-common`.
    pub client_protocol: i32,
    /// The participant to resume and why, as a `ReconnectReason`.
    pub resume: Option<(String, proto::ReconnectReason)>,
    /// Tracks to publish with the join; single peer connection only.
    pub tracks: Vec<proto::AddTrackRequest>,
    /// The first offer; single peer connection only.
    pub offer: Option<proto::SessionDescription>,
}

/// Why an address cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the address of the server must be a ws, wss, http or https URL with a host")]
pub struct UrlError;

/// Builds the address to dial from the address of the server.
///
/// # Errors
/// If `base` is not a `ws`, `wss`, `http` or `https` URL with a host.
pub fn dial_url(base: &str, path: Path, query: Query) -> Result<String, UrlError> {
    let (scheme, rest) = base.trim().split_once("://").ok_or(UrlError)?;
    let scheme = match scheme.to_ascii_lowercase().as_str() {
        "ws" | "http" => "ws",
        "wss" | "https" => "wss",
        _ => return Err(UrlError),
    };
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let rest = rest.trim_end_matches('/');
    if rest.is_empty() || rest.starts_with([':', '/']) || rest.contains(char::is_whitespace) {
        return Err(UrlError);
    }
    Ok(match path {
        Path::Single => {
            let request = escape(&join_request(query));
            format!("{scheme}://{rest}/rtc/v1?join_request={request}")
        }
        Path::Dual => format!("{scheme}://{rest}/rtc?{}", parameters(&query)),
    })
}

fn parameters(query: &Query) -> String {
    let mut out = format!(
        "sdk=rust&protocol={PROTOCOL}&version={}&client_protocol={}&auto_subscribe={}\
         &adaptive_stream=0",
        escape(&query.version),
        query.client_protocol,
        u8::from(query.auto_subscribe),
    );
    if let Some((sid, reason)) = &query.resume {
        let sid = escape(sid);
        let reason = *reason as i32;
        out.push_str(&format!("&reconnect=1&sid={sid}&reconnect_reason={reason}"));
    }
    out
}

/// The base64 of a `WrappedJoinRequest`.
fn join_request(query: Query) -> String {
    let (participant_sid, reason) = query.resume.clone().unwrap_or_default();
    let request = proto::JoinRequest {
        client_info: Some(proto::ClientInfo {
            sdk: proto::client_info::Sdk::Rust.into(),
            version: query.version,
            protocol: PROTOCOL,
            client_protocol: query.client_protocol,
            ..proto::ClientInfo::default()
        }),
        connection_settings: Some(proto::ConnectionSettings {
            auto_subscribe: query.auto_subscribe,
            ..proto::ConnectionSettings::default()
        }),
        reconnect: query.resume.is_some(),
        reconnect_reason: reason.into(),
        participant_sid,
        add_track_requests: query.tracks,
        publisher_offer: query.offer,
        ..proto::JoinRequest::default()
    }
    .encode_to_vec();
    let wrapped = match gzip(&request) {
        Some(join_request) => proto::WrappedJoinRequest {
            compression: proto::wrapped_join_request::Compression::Gzip.into(),
            join_request,
        },
        None => proto::WrappedJoinRequest {
            compression: proto::wrapped_join_request::Compression::None.into(),
            join_request: request,
        },
    };
    URL_SAFE.encode(wrapped.encode_to_vec())
}

/// `None` if compression does not make the bytes fewer.
fn gzip(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).ok()?;
    let compressed = encoder.finish().ok()?;
    (compressed.len() < bytes.len()).then_some(compressed)
}

/// Percent-encodes everything but the unreserved characters of RFC 3986, section 2.3.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query() -> Query {
        Query {
            auto_subscribe: true,
            version: "1 0".to_owned(),
            ..Query::default()
        }
    }

    #[test]
    fn addresses_keep_their_host_and_path() {
        let url = dial_url("https://example.org:8443/lk/?x=1#y", Path::Dual, query()).unwrap();
        assert!(
            url.starts_with("wss://example.org:8443/lk/rtc?sdk=rust&"),
            "{url}"
        );
        assert!(url.contains("version=1%200"), "{url}");
        assert!(!url.contains("reconnect"), "{url}");
        let url = dial_url("ws://[::1]:7880", Path::Single, query()).unwrap();
        assert!(
            url.starts_with("ws://[::1]:7880/rtc/v1?join_request="),
            "{url}"
        );
    }

    #[test]
    fn addresses_without_scheme_or_host_are_refused() {
        for base in [
            "",
            "example.org",
            "ftp://a",
            "ws://",
            "wss:///rtc",
            "ws://a b",
        ] {
            assert_eq!(dial_url(base, Path::Dual, query()), Err(UrlError), "{base}");
        }
    }

    #[test]
    fn a_resume_names_the_participant_and_the_reason() {
        let resume = Query {
            resume: Some(("PA_x".into(), proto::ReconnectReason::RrPublisherFailed)),
            ..query()
        };
        let url = dial_url("ws://a", Path::Dual, resume).unwrap();
        assert!(
            url.ends_with("&reconnect=1&sid=PA_x&reconnect_reason=2"),
            "{url}"
        );
    }
}
