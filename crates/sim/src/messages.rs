//! The messages that the simulator sends, as JSON.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use parlor_common::random::number;
use serde_json::{Map, Value, json};

use super::refusal::Refusal;
use super::voice::Word;

/// Returns `prefix`, an underscore and 32 random hexadecimal digits.
pub(super) fn id(prefix: &str) -> String {
    format!("{prefix}_{:016x}{:016x}", number(), number())
}

/// Returns a call id in the format of the API's own language model.
pub(super) fn call_id() -> String {
    format!("chatcmpl-tool-{:016x}{:016x}", number(), number())
}

/// Adds the current time.
pub(super) fn stamped(mut message: Value) -> Value {
    message["timestamp"] = epoch().as_secs_f64().into();
    message
}

pub(super) fn error(refusal: &Refusal, session: Option<&str>) -> Value {
    json!({
        "type": "session.error", "code": refusal.code, "message": refusal.message,
        "param": refusal.param, "session_id": session,
    })
}

pub(super) fn updated(config: &Value) -> Value {
    json!({"type": "session.updated", "config": config})
}

/// `session.ready`, of a session that expires in this time.
pub(super) fn ready(config: &Value, session: &str, token: &str, expires_in: Duration) -> Value {
    let expires_at = (epoch() + expires_in).as_secs();
    json!({
        "type": "session.ready", "session_id": session, "expires_at": expires_at,
        "resume_token": token, "config": config,
    })
}

pub(super) fn ended(seconds: f64) -> Value {
    json!({
        "type": "session.ended", "session_duration_seconds": seconds,
        "audio_duration_seconds": null,
    })
}

pub(super) fn reply_started(reply: &str, item: &str) -> Value {
    json!({"type": "reply.started", "reply_id": reply, "item_id": item})
}

pub(super) fn audio(reply: &str, bytes: &[u8]) -> Value {
    json!({"type": "reply.audio", "reply_id": reply, "data": STANDARD.encode(bytes)})
}

pub(super) fn tool_call(call: &str, name: &str, arguments: &Map<String, Value>) -> Value {
    json!({"type": "tool.call", "call_id": call, "name": name, "arguments": arguments})
}

pub(super) fn agent_delta(reply: &str, item: &str, word: &Word) -> Value {
    json!({
        "type": "transcript.agent.delta", "reply_id": reply, "item_id": item,
        "delta": word.text, "start_ms": word.start, "end_ms": word.end,
    })
}

pub(super) fn agent_transcript(reply: &str, item: &str, text: &str, interrupted: bool) -> Value {
    json!({
        "type": "transcript.agent", "reply_id": reply, "item_id": item, "text": text,
        "interrupted": interrupted,
    })
}

pub(super) fn reply_done(reply: &str, status: &str) -> Value {
    json!({"type": "reply.done", "reply_id": reply, "status": status})
}

pub(super) fn user(kind: &str, item: &str, text: &str) -> Value {
    json!({"type": kind, "item_id": item, "text": text})
}

/// `input.speech.started` or `input.speech.stopped`.
pub(super) fn speech(what: &str) -> Value {
    json!({"type": format!("input.speech.{what}")})
}

/// The resulting configuration of a session: what was requested, and null for the rest.
pub(super) fn config(session: &str, asked: &Value) -> Value {
    let field = |path: &str| asked.pointer(path).cloned().unwrap_or_default();
    let or = |path: &str, default: Value| asked.pointer(path).cloned().unwrap_or(default);
    let format = json!({"encoding": "audio/pcm", "sample_rate": 24_000});
    json!({
        "id": session,
        "system_prompt": field("/system_prompt"),
        "greeting": field("/greeting"),
        "input": {
            "type": "audio", "format": or("/input/format", format.clone()),
            "turn_detection": field("/input/turn_detection"),
            "keyterms": field("/input/keyterms"),
            "transcription_mode": field("/input/transcription_mode"),
            "continuous_partials": field("/input/continuous_partials"),
            "transcription_prompt": field("/input/transcription_prompt"),
            "language_codes": field("/input/language_codes"),
            "voice_focus": field("/input/voice_focus"),
            "voice_focus_threshold": field("/input/voice_focus_threshold"),
        },
        "output": {
            "type": "audio", "voice": or("/output/voice", "anna".into()),
            "format": or("/output/format", format),
            "volume": field("/output/volume"),
        },
        "tools": or("/tools", json!([])),
        "llm": [], "pre_connect_requests": [],
    })
}

/// Time since the Unix epoch.
fn epoch() -> Duration {
    std::time::UNIX_EPOCH.elapsed().unwrap_or_default()
}
