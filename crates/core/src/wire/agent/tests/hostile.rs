//! Messages of a broken or hostile peer, and content that must not be printed.

use super::*;

const KINDS: [&str; 16] = [
    "session.updated",
    "session.ready",
    "session.error",
    "error",
    "session.ended",
    "input.speech.started",
    "input.speech.stopped",
    "transcript.user.delta",
    "transcript.user",
    "reply.started",
    "reply.audio",
    "transcript.agent.delta",
    "transcript.agent",
    "reply.done",
    "reply.error",
    "tool.call",
];

const FIELDS: [&str; 20] = [
    "reply_id",
    "data",
    "item_id",
    "text",
    "delta",
    "start_ms",
    "end_ms",
    "interrupted",
    "status",
    "session_id",
    "resume_token",
    "expires_at",
    "config",
    "code",
    "message",
    "param",
    "retryable",
    "call_id",
    "name",
    "arguments",
];

/// A message with every field, each containing the planted text in base64.
fn full(kind: &str) -> Value {
    let mut message = json!({"type": kind});
    for field in FIELDS {
        message[field] = json!("cGxhbnRlZA==");
    }
    message["arguments"] = json!({"planted": "planted"});
    message
}

#[test]
fn invalid_messages_have_distinct_errors() {
    let table = [
        ("", DecodeError::NotJson),
        ("   ", DecodeError::NotJson),
        ("{", DecodeError::NotJson),
        ("{\"type\":\"x\"} x", DecodeError::NotJson),
        ("\u{0}", DecodeError::NotJson),
        ("nonsense", DecodeError::NotJson),
        ("[]", DecodeError::NotAnObject),
        ("7", DecodeError::NotAnObject),
        ("\"type\"", DecodeError::NotAnObject),
        ("null", DecodeError::NotAnObject),
        ("{}", DecodeError::MissingType),
        (r#"{"type":7}"#, DecodeError::MissingType),
        (r#"{"type":null}"#, DecodeError::MissingType),
        (r#"{"type":"a","type":"b"}"#, DecodeError::FieldTwice),
        (
            r#"{"type":"reply.audio","data":"a!"}"#,
            DecodeError::BadAudio,
        ),
        (
            r#"{"type":"reply.audio","data":"ab=c"}"#,
            DecodeError::BadAudio,
        ),
        (
            r#"{"type":"reply.audio","data":"ä"}"#,
            DecodeError::BadAudio,
        ),
    ];
    for (json, error) in table {
        assert_eq!(decode(json), Err(error), "{json}");
    }
}

#[test]
fn only_required_fields_of_the_wrong_type_are_an_error() {
    let needed = [
        ("reply.audio", "data"),
        ("transcript.user.delta", "text"),
        ("transcript.user", "text"),
        ("transcript.agent.delta", "delta"),
        ("transcript.agent", "text"),
        ("tool.call", "call_id"),
        ("tool.call", "name"),
        ("tool.call", "arguments"),
    ];
    for kind in KINDS {
        for field in FIELDS {
            for odd in [json!(7.5), json!([1]), json!(true), json!({"a": {}})] {
                let is_object = odd.is_object();
                let mut message = full(kind);
                message[field] = odd;
                let decoded = decode(&message.to_string());
                let bad = DecodeError::BadField { kind, field };
                let is_needed = needed.contains(&(kind, field));
                let fits = field == "arguments" && is_object;
                let expected = if is_needed && !fits { Some(bad) } else { None };
                assert_eq!(decoded.err(), expected, "{message}");
            }
        }
    }
}

#[test]
fn every_message_can_be_decoded_without_its_optional_fields() {
    for kind in KINDS {
        let message = json!({
            "type": kind, "text": "t", "delta": "d", "data": "", "call_id": "c", "name": "n",
        });
        let event = decode(&message.to_string());
        assert!(event.is_ok(), "{kind}: {event:?}");
    }
}

#[test]
fn a_truncated_message_is_an_error() {
    for kind in KINDS {
        let whole = full(kind).to_string();
        for end in 0..whole.len() {
            assert_eq!(
                decode(&whole[..end]),
                Err(DecodeError::NotJson),
                "{kind} {end}"
            );
        }
        assert!(decode(&whole).is_ok(), "{whole}");
    }
}

#[test]
fn corrupt_messages_do_not_panic_or_print_content() {
    for kind in KINDS {
        let whole = full(kind).to_string().into_bytes();
        for at in 0..whole.len() {
            for byte in *b"\"\\{}[]:,0-n u" {
                let mut broken = whole.clone();
                broken[at] = byte;
                let text = String::from_utf8(broken).unwrap();
                if let Err(error) = decode(&text) {
                    assert!(!error.to_string().contains("planted"), "{error}");
                }
            }
        }
    }
}

#[test]
fn megabytes_can_be_decoded() {
    let words = "w".repeat(8 << 20);
    let event = decode(&json!({"type": "transcript.user", "text": words}).to_string());
    assert_eq!(
        event,
        Ok(AgentEvent::UserTranscript {
            item: None,
            text: private(&words),
        })
    );
    let data = "AQAB".repeat(1 << 20);
    let Ok(AgentEvent::ReplyAudio { frame, .. }) =
        decode(&json!({"type": "reply.audio", "data": data}).to_string())
    else {
        panic!("a burst of audio should be decoded");
    };
    assert_eq!(frame.samples().len(), (3 << 20) / 2);
}

#[test]
fn depth_does_not_overflow_the_stack() {
    const DEPTH: usize = 1 << 20;
    let (open, close) = ("[".repeat(DEPTH), "]".repeat(DEPTH));
    let deep = format!("{open}{close}");
    assert!(decode(&deep).is_err());
    for field in ["config", "timestamp", "arguments", "type"] {
        let json = format!(r#"{{"type":"session.ready","{field}":{deep}}}"#);
        let event = decode(&json);
        assert!(event.is_ok() || field == "type", "{field}: {event:?}");
    }
    let objects = format!("{}1{}", "{\"tools\":".repeat(DEPTH), "}".repeat(DEPTH));
    let json = format!(r#"{{"type":"session.ready","config":{objects}}}"#);
    assert!(decode(&json).is_ok());
}

#[test]
fn long_names_and_errors_are_truncated() {
    let long = "x".repeat(10_000);
    let json = json!({"type": "session.error", "code": long, "message": long, "param": long});
    let Ok(AgentEvent::SessionError(error)) = decode(&json.to_string()) else {
        panic!("a session.error should be decoded");
    };
    assert_eq!((error.code.len(), error.message.len()), (64, 300));
    assert_eq!(error.param.map(|param| param.len()), Some(64));
}

#[test]
fn transcripts_and_secrets_are_not_printed() {
    const PLANTED: &str = "the planted words";
    let secret = [
        ("transcript.user.delta", "text"),
        ("transcript.user", "text"),
        ("transcript.agent.delta", "delta"),
        ("transcript.agent", "text"),
        ("session.ready", "resume_token"),
        ("session.updated", "config"),
        ("session.ready", "config"),
        ("tool.call", "arguments"),
        ("reply.audio", "reply_text"),
    ];
    for (kind, field) in secret {
        let mut message = full(kind);
        message[field] = match field {
            "arguments" | "config" => json!({"system_prompt": PLANTED}),
            _ => json!(PLANTED),
        };
        let event = decode(&message.to_string()).unwrap();
        let printed = format!("{event:?} {event:#?}");
        assert!(!printed.contains("planted words"), "{printed}");
    }
}

#[test]
fn errors_do_not_print_the_content() {
    for kind in KINDS {
        let json = json!({"type": kind, "data": "planted!", "text": ["planted"]}).to_string();
        if let Err(error) = decode(&json) {
            let printed = format!("{error} {error:?}");
            assert!(!printed.contains("planted"), "{printed}");
        }
    }
}
