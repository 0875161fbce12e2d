//! Tests of accepted and refused messages.

use super::*;
use serde_json::json;

#[test]
fn valid_sessions_are_accepted() {
    let full = json!({
        "system_prompt": "p", "greeting": "g",
        "input": {"format": {"encoding": "audio/pcm", "sample_rate": 24000}, "keyterms": ["a"],
            "turn_detection": {"vad_threshold": 0.5, "min_silence": 100, "max_silence": 200}},
        "output": {"voice": "alba", "volume": 50},
        "tools": [{"type": "function", "name": "f", "parameters": {"type": "object", "properties": {}}}],
    });
    assert_eq!(session(&full, true), Ok(()));
    assert_eq!(session(&json!({}), true), Ok(()));
    assert_eq!(session(&json!({"system_prompt": "new"}), false), Ok(()));
}

#[test]
fn invalid_sessions_are_refused_with_the_field() {
    let cases = [
        (json!([]), "invalid_format", "session"),
        (json!({"prompt": "x"}), "invalid_format", "prompt"),
        (json!({"greeting": null}), "invalid_format", "greeting"),
        (json!({"input": null}), "invalid_format", "input"),
        (json!({"input": {"vad": 1}}), "invalid_format", "input.vad"),
        (
            json!({"output": {"voice": "ivy"}}),
            "invalid_value",
            "output.voice",
        ),
        (
            json!({"input": {"format": {"encoding": "audio/pcm", "sample_rate": 16000}}}),
            "invalid_value",
            "input.format.sample_rate",
        ),
        (
            json!({"input": {"turn_detection": {"min_silence": 10}}}),
            "invalid_value",
            "input.turn_detection.min_silence",
        ),
        (
            json!({"input": {"turn_detection": {"min_silence": 500, "max_silence": 500}}}),
            "invalid_value",
            "input.turn_detection.min_silence",
        ),
        (
            json!({"agent_id": "a", "tools": []}),
            "invalid_value",
            "agent_id",
        ),
        (json!({"llm": []}), "invalid_value", "llm"),
        (
            json!({"tools": [{"type": "function"}]}),
            "invalid_value",
            "tools[0].name",
        ),
        (
            json!({"tools": [{"type": "function", "name": "f", "timeout_seconds": 301}]}),
            "invalid_value",
            "tools[0].timeout_seconds",
        ),
        (
            json!({"tools": [{"type": "function", "name": "f", "execution_mode": "wait"}]}),
            "invalid_value",
            "tools[0].execution_mode",
        ),
    ];
    refused(&cases);
}

#[test]
fn webhook_errors_have_their_own_code() {
    let hook = |hook: Value| json!({ "webhook": hook });
    let good = hook(json!({"url": "https://x", "events": ["a"], "secret": "s"}));
    assert_eq!(session(&good, true), Ok(()));
    let code = "invalid_webhook";
    refused(&[
        (hook(json!(1)), code, "webhook"),
        (
            hook(json!({"url": "ftp://x", "events": []})),
            code,
            "webhook.url",
        ),
        (hook(json!({"url": "https://x"})), code, "webhook.events"),
        (
            hook(json!({"url": "https://x", "events": [], "more": 1})),
            code,
            "webhook.more",
        ),
    ]);
}

/// Asserts that each first update is refused with this code for this field.
fn refused(cases: &[(Value, &str, &str)]) {
    for (config, code, param) in cases {
        let refusal = session(config, true).unwrap_err();
        let found = (refusal.code, refusal.param.as_deref());
        assert_eq!(found, (*code, Some(*param)), "{config}");
    }
}

#[test]
fn greeting_and_voice_cannot_change_after_the_first_update() {
    for (config, code, field) in [
        (json!({"greeting": "g"}), "immutable_field", "greeting"),
        (
            json!({"output": {"voice": "alba"}}),
            "immutable_field",
            "output.voice",
        ),
        (
            json!({"output": {"type": "audio"}}),
            "immutable_field",
            "output.type",
        ),
        (json!({"agent_id": "a"}), "agent_id_not_first", "agent_id"),
    ] {
        let refusal = session(&config, false).unwrap_err();
        assert_eq!(
            (refusal.code, refusal.param.as_deref()),
            (code, Some(field))
        );
    }
}
