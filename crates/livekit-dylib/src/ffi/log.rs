//! Forwards the core's log records as `tracing` events with the target `livekit`.
//!
//! The core sends the records of all levels. Most are dropped here by their level, before anything
//! else is decoded. Its debug and trace records quote whole messages, including TURN passwords and
//! what people said, so they are dropped whatever the filter says. In the other records, tokens and
//! message content are redacted.

use std::borrow::Cow;

use prost::Message as _;
use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};
use tracing::Level;

use crate::proto::{self, LogLevel};

/// Field number of the log batch in `FfiEvent`.
const EVENT_LOGS: u32 = 18;
/// Field number of a record in `LogBatch`.
const BATCH_RECORD: u32 = 1;
/// Field number of the level in `LogRecord`.
const RECORD_LEVEL: u32 = 1;
/// Markers of records that quote a whole request or event, and so may quote what was said.
const QUOTES_CONTENT: [&str; 4] = [
    "failed to handle request",
    "taking too much time",
    "unhandled room event",
    "engine_event",
];

/// Prefix of the record that names the proxy in use, followed by its address.
const PROXY: &str = "Using proxy";

/// What precedes or starts a secret: a token in a URL, a join request, a JWT, and the escaped line
/// breaks of quoted HTTP headers.
const SECRETS: [&str; 5] = ["access_token=", "join_request=", "eyJ", "\\r", "\\n"];

/// Start of a warning that the core logs at the end of every room: it looks up a track whose handle
/// this crate has already dropped. Unknown handles on this crate's side are detected by the result
/// of dropping them.
const NOISE: &str = "Attempted to drop unknown FFI handle";

/// Whether the core should send its records as events. Otherwise it writes them to stderr itself,
/// as configured by `RUST_LOG`.
pub(super) fn capture() -> bool {
    let silent = std::env::var_os("RUST_LOG").is_some_and(|filter| filter == "off");
    !silent || tracing::enabled!(target: "livekit", Level::ERROR)
}

/// Logs the records if the event is a log batch; `false` if it is not.
pub(super) fn forward(mut event: &[u8]) -> bool {
    let Some(mut batch) = message(&mut event, EVENT_LOGS) else {
        return false;
    };
    while let Some(record) = message(&mut batch, BATCH_RECORD) {
        if level(record).is_some_and(enabled) {
            match proto::LogRecord::decode(record) {
                Ok(record) => print(&record),
                Err(error) => {
                    tracing::warn!(target: "livekit", %error, "failed to decode a log record of the native core")
                }
            }
        }
    }
    true
}

/// Redacts secrets and message content.
pub(super) fn redacted(text: &str) -> Cow<'_, str> {
    if QUOTES_CONTENT.iter().any(|start| text.contains(start)) {
        let end = text.find(['(', '{', ':']).unwrap_or(text.len());
        return Cow::Owned(format!("{} (content redacted)", &text[..end]));
    }
    // A server may quote a request with its headers, which can contain a proxy's password.
    let end = text.find(['\r', '\n']).unwrap_or(text.len());
    let line = &text[..end];
    if line.starts_with(PROXY) {
        // The address may contain a password.
        return Cow::Borrowed(PROXY);
    }
    let start = SECRETS.iter().filter_map(|mark| line.find(mark)).min();
    match start {
        Some(start) => Cow::Owned(format!("{}(secret redacted)", &line[..start])),
        None => Cow::Borrowed(line),
    }
}

fn print(record: &proto::LogRecord) {
    if record.message.starts_with(NOISE) {
        return;
    }
    let message = redacted(&record.message);
    let source = record.target.as_str();
    match record.level() {
        LogLevel::LogError => tracing::error!(target: "livekit", source, "{message}"),
        LogLevel::LogWarn => tracing::warn!(target: "livekit", source, "{message}"),
        LogLevel::LogInfo => tracing::info!(target: "livekit", source, "{message}"),
        LogLevel::LogDebug | LogLevel::LogTrace => {}
    }
}

fn enabled(level: LogLevel) -> bool {
    match level {
        LogLevel::LogError => tracing::enabled!(target: "livekit", Level::ERROR),
        LogLevel::LogWarn => tracing::enabled!(target: "livekit", Level::WARN),
        LogLevel::LogInfo => tracing::enabled!(target: "livekit", Level::INFO),
        LogLevel::LogDebug | LogLevel::LogTrace => false,
    }
}

/// Reads the level of an encoded record.
fn level(mut record: &[u8]) -> Option<LogLevel> {
    while !record.is_empty() {
        let (field, wire) = decode_key(&mut record).ok()?;
        if field == RECORD_LEVEL && wire == WireType::Varint {
            return LogLevel::try_from(i32::try_from(decode_varint(&mut record).ok()?).ok()?).ok();
        }
        skip_field(wire, field, &mut record, DecodeContext::default()).ok()?;
    }
    None
}

/// Splits the next field off `bytes`. Returns its content if it is a message with this number.
fn message<'a>(bytes: &mut &'a [u8], number: u32) -> Option<&'a [u8]> {
    let (field, wire) = decode_key(bytes).ok()?;
    if field != number || wire != WireType::LengthDelimited {
        return None;
    }
    let len = usize::try_from(decode_varint(bytes).ok()?).ok()?;
    let (content, rest) = bytes.split_at_checked(len)?;
    *bytes = rest;
    Some(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(level: LogLevel, message: &str) -> proto::LogRecord {
        proto::LogRecord {
            level: level.into(),
            target: "livekit::room".into(),
            module_path: None,
            file: None,
            line: None,
            message: message.into(),
        }
    }

    #[test]
    fn the_level_is_read_without_decoding() {
        let encoded = record(LogLevel::LogDebug, "hello").encode_to_vec();
        assert_eq!(level(&encoded), Some(LogLevel::LogDebug));
        assert_eq!(level(&[]), None);
        assert_eq!(level(&[0xff]), None);
    }

    #[test]
    fn only_log_batches_are_forwarded() {
        let batch = proto::LogBatch {
            records: vec![
                record(LogLevel::LogTrace, "x"),
                record(LogLevel::LogTrace, "y"),
            ],
        };
        let logs = proto::FfiEvent {
            message: Some(proto::Ev::Logs(batch)),
        };
        assert!(forward(&logs.encode_to_vec()));
        let other = proto::DisconnectCallback { async_id: 1 };
        let other = proto::FfiEvent {
            message: Some(proto::Ev::Disconnect(other)),
        };
        assert!(!forward(&other.encode_to_vec()));
        assert!(!forward(&[]));
    }

    #[test]
    fn tokens_and_content_are_redacted() {
        let cases = [
            (
                "connecting to wss://h/rtc?access_token=abc",
                "connecting to wss://h/rtc?(secret redacted)",
            ),
            ("token eyJhbGciOi.x.y", "token (secret redacted)"),
            (
                "401 - GET /rtc HTTP/1.1\r\nproxy-authorization: Basic bzpw",
                "401 - GET /rtc HTTP/1.1",
            ),
            (
                "401 - \"GET /rtc\\r\\nauthorization: x\"",
                "401 - \"GET /rtc(secret redacted)",
            ),
            (
                "failed to handle request SendText(Request { text: \"hello\" })",
                "failed to handle request SendText (content redacted)",
            ),
            ("Using proxy: user:secret@proxy.example:1", "Using proxy"),
            ("ice connected", "ice connected"),
        ];
        for (text, expected) in cases {
            assert_eq!(redacted(text), expected);
        }
    }
}
