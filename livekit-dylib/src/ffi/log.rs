//! The core's own log records, as `tracing` events of target `livekit`.
//!
//! The core sends every record of every level. Most are dropped here after a look at their level, before anything of
//! them is decoded. Its debug and trace records quote whole messages, with TURN passwords and what people said, so
//! they are dropped whatever the filter says; in the rest, tokens and content are left out.

use std::borrow::Cow;

use prost::Message as _;
use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};
use tracing::Level;

use crate::proto::{self, LogLevel};

/// Field of the log batch in `FfiEvent`.
const EVENT_LOGS: u32 = 18;
/// Field of a record in `LogBatch`.
const BATCH_RECORD: u32 = 1;
/// Field of the level in `LogRecord`.
const RECORD_LEVEL: u32 = 1;
/// Records that quote a whole request or event, and with it what was said.
const QUOTES_CONTENT: [&str; 4] = [
    "failed to handle request",
    "taking too much time",
    "unhandled room event",
    "engine_event",
];

/// What the core says of the proxy that it uses, with the address after it.
const PROXY: &str = "Using proxy";

/// What a secret begins with: a token in an address or alone, a request to join, ends of lines of headers that were
/// quoted as a string.
const SECRETS: [&str; 5] = ["access_token=", "join_request=", "eyJ", "\\r", "\\n"];

/// What the core warns of at the end of every room: it looks for a track that we have let go before it did. A handle of
/// ours that is not there is told by the answer to dropping it.
const NOISE: &str = "Attempted to drop unknown FFI handle";

/// Whether the core should send its records. Otherwise it writes them to stderr itself, as `RUST_LOG` says.
pub(super) fn capture() -> bool {
    let silent = std::env::var_os("RUST_LOG").is_some_and(|filter| filter == "off");
    !silent || tracing::enabled!(target: "livekit", Level::ERROR)
}

/// Prints the records when the event is a batch of them; `false` when it is not.
pub(super) fn forward(mut event: &[u8]) -> bool {
    let Some(mut batch) = message(&mut event, EVENT_LOGS) else {
        return false;
    };
    while let Some(record) = message(&mut batch, BATCH_RECORD) {
        if level(record).is_some_and(enabled) {
            match proto::LogRecord::decode(record) {
                Ok(record) => print(&record),
                Err(error) => {
                    tracing::warn!(target: "livekit", %error, "native log record cannot be decoded")
                }
            }
        }
    }
    true
}

/// A text without what must not be logged.
pub(super) fn redacted(text: &str) -> Cow<'_, str> {
    if QUOTES_CONTENT.iter().any(|start| text.contains(start)) {
        let end = text.find(['(', '{', ':']).unwrap_or(text.len());
        return Cow::Owned(format!("{} (content left out)", &text[..end]));
    }
    // What a server repeats of a request comes with its headers, which may hold a proxy's password.
    let end = text.find(['\r', '\n']).unwrap_or(text.len());
    let line = &text[..end];
    if line.starts_with(PROXY) {
        // Its address may hold a password.
        return Cow::Borrowed(PROXY);
    }
    let start = SECRETS.iter().filter_map(|mark| line.find(mark)).min();
    match start {
        Some(start) => Cow::Owned(format!("{}(secret left out)", &line[..start])),
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

/// The level of an encoded record.
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

/// Cuts the next field off `bytes`; its content when it is a message of this number.
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
    fn only_batches_are_taken() {
        let batch = proto::LogBatch {
            records: vec![
                record(LogLevel::LogTrace, "x"),
                record(LogLevel::LogTrace, "y"),
            ],
        };
        let logs = proto::FfiEvent {
            message: Some(super::super::Ev::Logs(batch)),
        };
        assert!(forward(&logs.encode_to_vec()));
        let other = proto::DisconnectCallback { async_id: 1 };
        let other = proto::FfiEvent {
            message: Some(super::super::Ev::Disconnect(other)),
        };
        assert!(!forward(&other.encode_to_vec()));
        assert!(!forward(&[]));
    }

    #[test]
    fn tokens_and_content_are_left_out() {
        let cases = [
            (
                "connecting to wss://h/rtc?access_token=abc",
                "connecting to wss://h/rtc?(secret left out)",
            ),
            ("token eyJhbGciOi.x.y", "token (secret left out)"),
            (
                "401 - GET /rtc HTTP/1.1\r\nproxy-authorization: Basic bzpw",
                "401 - GET /rtc HTTP/1.1",
            ),
            (
                "401 - \"GET /rtc\\r\\nauthorization: x\"",
                "401 - \"GET /rtc(secret left out)",
            ),
            (
                "failed to handle request SendText(Request { text: \"hello\" })",
                "failed to handle request SendText (content left out)",
            ),
            ("Using proxy: user:secret@proxy.example:1", "Using proxy"),
            ("ice connected", "ice connected"),
        ];
        for (text, expected) in cases {
            assert_eq!(redacted(text), expected);
        }
    }
}
