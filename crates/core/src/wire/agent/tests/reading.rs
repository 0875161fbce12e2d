//! Server to client.

use std::time::Duration;

use super::*;

fn error(code: &str, message: &str, param: Option<&str>) -> AgentError {
    AgentError {
        code: code.to_owned(),
        message: message.to_owned(),
        param: param.map(str::to_owned),
    }
}

fn bare_ready() -> AgentEvent {
    AgentEvent::SessionReady {
        session: None,
        resume_token: None,
        expires_at: None,
        server_tools: Vec::new(),
    }
}

#[test]
fn session_messages() {
    let ready = AgentEvent::SessionReady {
        session: Some("sess_1".into()),
        resume_token: Some(Secret::new("t0ken")),
        expires_at: Some(1_790_000_000),
        server_tools: vec!["weather".to_owned(), "route".to_owned()],
    };
    let rejected = error("unauthorized", "Authentication failed", None);
    let table = [
        (
            r#"{"type":"session.updated","config":{"id":"sess_1"}}"#,
            AgentEvent::SessionUpdated,
        ),
        (
            r#"{"type":"session.ready","session_id":"sess_1","expires_at":1790000000,
                "resume_token":"t0ken","timestamp":1.5,"config":{"tools":[
                {"name":"weather","http":{}},{"name":"tea","http":null},7,
                {"name":"route","session_update":{}},{"http":{}}]}}"#,
            ready,
        ),
        (
            r#"{"type":"session.ready","resume_token":"","expires_at":"soon","config":7}"#,
            bare_ready(),
        ),
        (
            r#"{"type":"session.ready","session_id":5,"config":{"tools":{"a":1}}}"#,
            bare_ready(),
        ),
        (
            r#"{"type":"session.error","code":"UNAUTHORIZED","message":"Authentication failed",
                "session_id":null,"param":null,"timestamp":1790000000.25}"#,
            AgentEvent::SessionError(rejected.clone()),
        ),
        (
            r#"{"type":"error","code":"unauthorized","message":"Authentication failed"}"#,
            AgentEvent::SessionError(rejected),
        ),
        (
            r#"{"type":"session.error","code":"invalid_value","param":"output.voice"}"#,
            AgentEvent::SessionError(error("invalid_value", "", Some("output.voice"))),
        ),
        (
            r#"{"type":"session.error"}"#,
            AgentEvent::SessionError(error("", "", None)),
        ),
        (
            r#"{"type":"session.ended","session_duration_seconds":3.2,"audio_duration_seconds":null}"#,
            AgentEvent::SessionEnded,
        ),
    ];
    for (json, event) in table {
        assert_eq!(decode(json), Ok(event), "{json}");
    }
}

#[test]
fn messages_of_the_callers_turn() {
    let table = [
        (
            r#"{"type":"input.speech.started","timestamp":"2026-09-24T10:00:00Z"}"#,
            AgentEvent::SpeechStarted,
        ),
        (
            r#"{"timestamp":{},"type":"input.speech.stopped"}"#,
            AgentEvent::SpeechStopped,
        ),
        (
            r#"{"type":"transcript.user.delta","item_id":"msg_1","text":"what ti"}"#,
            AgentEvent::UserTranscriptDelta {
                item: Some("msg_1".into()),
                text: private("what ti"),
            },
        ),
        (
            r#"{"type":"transcript.user","item_id":[],"text":"\"Gr\u00fcezi\"\n\ud83d\ude00"}"#,
            AgentEvent::UserTranscript {
                item: None,
                text: private("\"Grüezi\"\n😀"),
            },
        ),
    ];
    for (json, event) in table {
        assert_eq!(decode(json), Ok(event), "{json}");
    }
}

#[test]
fn messages_of_a_reply() {
    let table = [
        (
            r#"{"type":"reply.started","reply_id":"r","item_id":"msg_2"}"#,
            AgentEvent::ReplyStarted {
                reply: Some("r".into()),
            },
        ),
        (
            r#"{"type":"reply.started"}"#,
            AgentEvent::ReplyStarted { reply: None },
        ),
        (
            r#"{"type":"transcript.agent","reply_id":"r","text":"Hi","interrupted":true}"#,
            AgentEvent::AgentTranscript {
                reply: Some("r".into()),
                text: private("Hi"),
                interrupted: true,
            },
        ),
        (
            r#"{"type":"transcript.agent","text":"Hi","interrupted":"yes"}"#,
            AgentEvent::AgentTranscript {
                reply: None,
                text: private("Hi"),
                interrupted: false,
            },
        ),
        (
            r#"{"type":"reply.error","reply_id":"r","code":"LLM_provider_error","message":"no",
                "retryable":true,"status_code":500}"#,
            AgentEvent::ReplyError {
                reply: Some("r".into()),
                error: error("llm_provider_error", "no", None),
                retryable: true,
            },
        ),
    ];
    for (json, event) in table {
        assert_eq!(decode(json), Ok(event), "{json}");
    }
}

#[test]
fn unknown_reply_statuses_count_as_completed() {
    let table = [
        ("null", ReplyStatus::Completed),
        ("7", ReplyStatus::Completed),
        (r#""odd""#, ReplyStatus::Completed),
        (r#""completed""#, ReplyStatus::Completed),
        (r#""interrupted""#, ReplyStatus::Interrupted),
        (r#""cancelled""#, ReplyStatus::Cancelled),
        (r#""failed""#, ReplyStatus::Failed),
    ];
    for (said, status) in table {
        let json = format!(r#"{{"type":"reply.done","reply_id":"r","status":{said}}}"#);
        let reply = Some("r".into());
        assert_eq!(
            decode(&json),
            Ok(AgentEvent::ReplyDone { reply, status }),
            "{json}"
        );
    }
    let (reply, status) = (None, ReplyStatus::Completed);
    let absent = decode(r#"{"type":"reply.done"}"#);
    assert_eq!(absent, Ok(AgentEvent::ReplyDone { reply, status }));
}

#[test]
fn word_times_are_clamped_or_ignored() {
    let ms = Duration::from_millis;
    let table = [
        ("0", Some(ms(0))),
        ("120", Some(ms(120))),
        ("120.9", Some(ms(120))),
        ("1.2e2", Some(ms(120))),
        ("null", None),
        ("-40", None),
        ("-0.5", Some(ms(0))),
        (r#""120""#, None),
        ("1e300", Some(Duration::from_secs(86_400))),
        ("18446744073709551615", Some(Duration::from_secs(86_400))),
    ];
    for (number, expected) in table {
        let json = format!(
            r#"{{"type":"transcript.agent.delta","delta":"Hi","start_ms":{number},"end_ms":7}}"#
        );
        let event = AgentEvent::AgentTranscriptDelta {
            reply: None,
            delta: private("Hi"),
            start: expected,
            end: Some(ms(7)),
        };
        assert_eq!(decode(&json), Ok(event), "{json}");
    }
}

#[test]
fn tool_calls() {
    let call = |arguments: &str| AgentEvent::ToolCall {
        call: "c".into(),
        name: "tea".to_owned(),
        arguments: private(arguments),
    };
    let json =
        r#"{"type":"tool.call","call_id":"c","name":"tea","arguments":{"a":[1,{"b":null}]}}"#;
    assert_eq!(decode(json), Ok(call(r#"{"a":[1,{"b":null}]}"#)));
    let json = r#"{"type":"tool.call","call_id":"c","name":"tea"}"#;
    assert_eq!(decode(json), Ok(call("{}")));
}

#[test]
fn unknown_messages_keep_their_type() {
    let unknown = |kind: &str| {
        Ok(AgentEvent::Unknown {
            kind: kind.to_owned(),
        })
    };
    assert_eq!(
        decode(r#"{"type":"session.sang","words":"la"}"#),
        unknown("session.sang")
    );
    let long = "ä".repeat(1_000);
    let json = json!({ "type": long }).to_string();
    assert_eq!(decode(&json), unknown(&"ä".repeat(64)));
}

fn audio(reply: Option<&str>, data: &str) -> String {
    match reply {
        Some(reply) => json!({"type": "reply.audio", "reply_id": reply, "data": data}),
        None => json!({"type": "reply.audio", "data": data}),
    }
    .to_string()
}

fn samples(event: Result<AgentEvent, DecodeError>) -> Vec<i16> {
    match event {
        Ok(AgentEvent::ReplyAudio { frame, .. }) => frame.into_samples(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn audio_is_little_endian() {
    let event = decode(r#"{"type":"reply.audio","reply_id":"r","data":"AQD+\/w=="}"#);
    let expected = AgentEvent::ReplyAudio {
        reply: Some("r".into()),
        frame: Frame::new(vec![1, -2]),
    };
    assert_eq!(event, Ok(expected));
    assert_eq!(
        samples(decode(&audio(None, "AQD+/w"))),
        [1, -2],
        "without padding"
    );
    assert_eq!(samples(decode(&audio(None, ""))).len(), 0);
}

#[test]
fn half_a_sample_waits_for_the_other_half() {
    let mut decoder = Decoder::new();
    // 01 00 fe | ff 03 00 | 04
    assert_eq!(samples(decoder.decode(&audio(Some("r"), "AQD+"))), [1]);
    assert_eq!(samples(decoder.decode(&audio(Some("r"), "/wMA"))), [-2, 3]);
    assert_eq!(samples(decoder.decode(&audio(Some("r"), "BA=="))).len(), 0);
    assert_eq!(
        samples(decoder.decode(&audio(Some("s"), "BQAG"))),
        [5],
        "another reply"
    );
    decoder
        .decode(r#"{"type":"reply.started","reply_id":"s"}"#)
        .unwrap();
    assert_eq!(
        samples(decoder.decode(&audio(Some("s"), "BwA="))),
        [7],
        "the reply was started again"
    );
}

#[test]
fn half_a_sample_is_dropped_after_invalid_audio() {
    let mut decoder = Decoder::new();
    assert_eq!(samples(decoder.decode(&audio(None, "AQD+"))), [1]);
    assert_eq!(
        decoder.decode(&audio(None, "!")),
        Err(DecodeError::BadAudio)
    );
    assert_eq!(samples(decoder.decode(&audio(None, "BwA="))), [7]);
}

#[test]
fn encoded_audio_can_be_decoded() {
    for length in [0, 1, 2, 3, 383, 384, 385, 1_200, 4_801] {
        let samples: Vec<i16> = (0..length)
            .map(|at| (at * 7_919 % 65_536 - 32_768) as i16)
            .collect();
        let mut out = BytesMut::new();
        encode_audio(&samples, &mut out);
        let sent: Value = serde_json::from_slice(&out).unwrap();
        let read = self::samples(decode(&audio(None, sent["audio"].as_str().unwrap())));
        assert_eq!(read, samples, "{length}");
    }
}
