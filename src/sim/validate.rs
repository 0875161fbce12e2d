//! What the API takes as a session, and what it refuses. Strict, and written apart from our own
//! encoder, so that one side's mistake is seen by the other.

use serde_json::{Map, Value};

use super::refuse::Refusal;

/// The voices of September 2026.
pub(super) const VOICES: [&str; 18] = [
    "alba", "anna", "charles", "estelle", "eve", "george", "giovanni", "iris", "jane", "jean",
    "juergen", "lola", "mary", "michael", "paul", "rafael", "reid", "vera",
];

/// What a field must be.
#[derive(Debug, Clone, Copy)]
enum Must {
    Text,
    Flag,
    /// A number within these.
    Number(f64, f64),
    /// An integer within these.
    Whole(u64, u64),
    Texts(usize),
    OneOf(&'static [&'static str]),
    Object(&'static [(&'static str, Self)]),
    Objects,
}

const FORMAT: Must = Must::Object(&[
    (
        "encoding",
        Must::OneOf(&["audio/pcm", "audio/pcmu", "audio/pcma"]),
    ),
    ("sample_rate", Must::Whole(24_000, 24_000)),
]);

const TURN_DETECTION: Must = Must::Object(&[
    ("type", Must::OneOf(&["semantic_vad", "server_vad"])),
    ("vad_threshold", Must::Number(0.0, 1.0)),
    ("min_silence", Must::Whole(50, 10_000)),
    ("max_silence", Must::Whole(50, 10_000)),
    ("interrupt_response", Must::Flag),
    ("interruption_delay", Must::Whole(0, 1_000)),
    ("uninterruptible_turns", Must::Texts(100)),
]);

const INPUT: Must = Must::Object(&[
    ("type", Must::OneOf(&["audio"])),
    ("format", FORMAT),
    ("keyterms", Must::Texts(100)),
    (
        "transcription_mode",
        Must::OneOf(&["balanced", "min_latency", "max_accuracy"]),
    ),
    ("transcription_prompt", Must::Text),
    ("language_codes", Must::Texts(100)),
    ("voice_focus", Must::OneOf(&["near-field", "far-field"])),
    ("voice_focus_threshold", Must::Number(0.0, 1.0)),
    ("continuous_partials", Must::Flag),
    ("turn_detection", TURN_DETECTION),
]);

const OUTPUT: Must = Must::Object(&[
    ("type", Must::OneOf(&["audio"])),
    ("voice", Must::OneOf(&VOICES)),
    ("format", FORMAT),
    ("volume", Must::Number(0.0, 100.0)),
]);

const WEBHOOK: Must = Must::Object(&[
    ("url", Must::Text),
    ("events", Must::Texts(100)),
    ("secret", Must::Text),
]);

const SESSION: &[(&str, Must)] = &[
    ("agent_id", Must::Text),
    ("system_prompt", Must::Text),
    ("greeting", Must::Text),
    ("input", INPUT),
    ("output", OUTPUT),
    ("tools", Must::Objects),
    ("llm", Must::Objects),
    ("pre_connect_requests", Must::Objects),
    ("webhook", WEBHOOK),
];

/// What may not change after the first update.
const IMMUTABLE: [&str; 4] = ["greeting", "output.voice", "output.format", "agent_id"];

/// Checks the `session` of a `session.update`; `first` when it is the first one.
pub(super) fn session(session: &Value, first: bool) -> Result<(), Refusal> {
    let Some(fields) = session.as_object() else {
        return Err(Refusal::of(
            "invalid_format",
            "session",
            "'session' must be an object",
        ));
    };
    if !first && let Some(field) = IMMUTABLE.into_iter().find(|field| has(session, field)) {
        let message = format!("'{field}' cannot be changed after the first session.update");
        return Err(Refusal::of("immutable_field", field, message));
    }
    object("", fields, SESSION)?;
    if fields.contains_key("agent_id") {
        if fields.len() > 1 {
            let message = "agent_id and inline configuration are mutually exclusive";
            return Err(Refusal::of("invalid_value", "agent_id", message));
        }
        return Err(Refusal::of("agent_not_found", "agent_id", "no such agent"));
    }
    if fields.contains_key("llm") {
        let message = "define it on a stored agent via POST /v1/agents";
        return Err(Refusal::of("invalid_value", "llm", message));
    }
    silences(session)?;
    let tools = session["tools"].as_array().into_iter().flatten();
    tools
        .enumerate()
        .try_for_each(|(index, tool)| self::tool(index, tool))
}

/// Checks any other message than `session.update` and `input.audio`.
pub(super) fn command(kind: &str, message: &Value) -> Result<(), Refusal> {
    let known: &[(&str, Must)] = match kind {
        "tool.result" => &[
            ("call_id", Must::Text),
            ("result", Must::Text),
            ("is_error", Must::Flag),
        ],
        "session.resume" => &[("session_id", Must::Text)],
        "reply.create" => &[("instructions", Must::Text)],
        "reply.cancel" => &[("reply_id", Must::Text)],
        "conversation.message" => &[
            ("role", Must::OneOf(&["user", "system"])),
            ("content", Must::Text),
        ],
        unknown => {
            let message = format!("Unknown message type: {unknown}");
            return Err(Refusal::new("invalid_format", message));
        }
    };
    let mut fields = message.as_object().cloned().unwrap_or_default();
    fields.remove("type");
    let optional = ["is_error", "instructions"];
    let missing = known
        .iter()
        .find(|(name, _)| !optional.contains(name) && !fields.contains_key(*name));
    if let Some((name, _)) = missing {
        return Err(Refusal::of(
            "invalid_format",
            name,
            format!("'{name}' is required"),
        ));
    }
    object("", &fields, known)
}

fn has(session: &Value, path: &str) -> bool {
    let field = path
        .split('.')
        .try_fold(session, |value, name| value.get(name));
    field.is_some()
}

fn silences(session: &Value) -> Result<(), Refusal> {
    let turns = &session["input"]["turn_detection"];
    match (turns["min_silence"].as_u64(), turns["max_silence"].as_u64()) {
        (Some(min), Some(max)) if min >= max => Err(Refusal::of(
            "invalid_value",
            "input.turn_detection.min_silence",
            "min_silence must be less than max_silence",
        )),
        _ => Ok(()),
    }
}

fn tool(index: usize, tool: &Value) -> Result<(), Refusal> {
    let refuse = |field: &str, must: &str| {
        let param = format!("tools[{index}].{field}");
        let message = format!("'{param}' must {must}");
        Err(Refusal::of("invalid_value", &param, message))
    };
    let name = tool["name"].as_str().unwrap_or_default();
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if tool["type"] != "function" {
        return refuse("type", "be 'function'");
    }
    if name.is_empty() || name.len() > 64 || !name.chars().all(plain) || name.starts_with("aai_") {
        return refuse("name", "be 1 to 64 of A-Z, a-z, 0-9, _ and -");
    }
    if tool["parameters"]["properties"].is_null() || tool["parameters"]["properties"].is_object() {
        return Ok(());
    }
    refuse("parameters.properties", "be an object")
}

fn object(at: &str, fields: &Map<String, Value>, known: &[(&str, Must)]) -> Result<(), Refusal> {
    for (name, value) in fields {
        let path = match at {
            "" => name.clone(),
            at => format!("{at}.{name}"),
        };
        let must = known.iter().find(|(known, _)| known == name);
        let Some((_, must)) = must else {
            let message = format!("'{path}': extra fields not permitted");
            return Err(Refusal::of("invalid_format", &path, message));
        };
        field(&path, value, *must)?;
    }
    Ok(())
}

fn field(path: &str, value: &Value, must: Must) -> Result<(), Refusal> {
    let texts = |most: usize| {
        let list = value.as_array();
        list.is_some_and(|list| list.len() <= most && list.iter().all(Value::is_string))
    };
    let (holds, code) = match must {
        Must::Text => (value.is_string(), "invalid_format"),
        Must::Flag => (value.is_boolean(), "invalid_format"),
        Must::Texts(most) => (texts(most), "invalid_value"),
        Must::Objects => {
            let list = value.as_array();
            let objects = list.is_some_and(|list| list.iter().all(Value::is_object));
            (objects, "invalid_format")
        }
        Must::Number(least, most) => {
            let number = value.as_f64();
            let within = number.is_some_and(|number| (least..=most).contains(&number));
            (within, "invalid_value")
        }
        Must::Whole(least, most) => {
            let number = value.as_u64();
            let within = number.is_some_and(|number| (least..=most).contains(&number));
            (within, "invalid_value")
        }
        Must::OneOf(names) => {
            let name = value.as_str();
            (
                name.is_some_and(|name| names.contains(&name)),
                "invalid_value",
            )
        }
        Must::Object(known) => {
            return match value.as_object() {
                Some(fields) => object(path, fields, known),
                None => Err(Refusal::of(
                    "invalid_format",
                    path,
                    format!("'{path}' must be an object"),
                )),
            };
        }
    };
    if holds {
        return Ok(());
    }
    let wanted = match must {
        Must::OneOf(names) => format!("one of {}", names.join(", ")),
        must => format!("{must:?}").to_lowercase(),
    };
    Err(Refusal::of(
        code,
        path,
        format!("'{path}' must be {wanted}"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_the_api_takes_is_taken() {
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
    fn what_the_api_refuses_is_refused_by_field() {
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
                json!({"agent_id": "agent_1"}),
                "agent_not_found",
                "agent_id",
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
        ];
        for (config, code, param) in cases {
            let refusal = session(&config, true).unwrap_err();
            assert_eq!(
                (refusal.code, refusal.param.as_deref()),
                (code, Some(param)),
                "{config}"
            );
        }
    }

    #[test]
    fn the_first_update_fixes_greeting_and_voice() {
        for (config, field) in [
            (json!({"greeting": "g"}), "greeting"),
            (json!({"output": {"voice": "alba"}}), "output.voice"),
        ] {
            let refusal = session(&config, false).unwrap_err();
            assert_eq!(
                (refusal.code, refusal.param.as_deref()),
                ("immutable_field", Some(field))
            );
        }
    }
}
