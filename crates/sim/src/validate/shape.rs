//! The known fields and their types.

use serde_json::{Map, Value};

use crate::refusal::Refusal;
use crate::voice::VOICES;

/// Type of a field.
#[derive(Debug, Clone, Copy)]
pub(super) enum FieldType {
    Text,
    Flag,
    /// A number within these bounds.
    Number(f64, f64),
    /// An integer within these bounds.
    Whole(u64, u64),
    /// A list of at most this many strings.
    Texts(usize),
    OneOf(&'static [&'static str]),
    Object(&'static [(&'static str, Self)]),
    Objects,
    /// An HTTP or HTTPS URL.
    Url,
}

const FORMAT: FieldType = FieldType::Object(&[
    (
        "encoding",
        FieldType::OneOf(&["audio/pcm", "audio/pcmu", "audio/pcma"]),
    ),
    ("sample_rate", FieldType::Whole(24_000, 24_000)),
]);

const TURN_DETECTION: FieldType = FieldType::Object(&[
    ("type", FieldType::OneOf(&["semantic_vad", "server_vad"])),
    ("vad_threshold", FieldType::Number(0.0, 1.0)),
    ("min_silence", FieldType::Whole(50, 10_000)),
    ("max_silence", FieldType::Whole(50, 10_000)),
    ("interrupt_response", FieldType::Flag),
    ("interruption_delay", FieldType::Whole(0, 1_000)),
    ("uninterruptible_turns", FieldType::Texts(100)),
]);

const INPUT: FieldType = FieldType::Object(&[
    ("type", FieldType::OneOf(&["audio"])),
    ("format", FORMAT),
    ("keyterms", FieldType::Texts(100)),
    (
        "transcription_mode",
        FieldType::OneOf(&["balanced", "min_latency", "max_accuracy"]),
    ),
    ("transcription_prompt", FieldType::Text),
    ("language_codes", FieldType::Texts(100)),
    (
        "voice_focus",
        FieldType::OneOf(&["near-field", "far-field"]),
    ),
    ("voice_focus_threshold", FieldType::Number(0.0, 1.0)),
    ("continuous_partials", FieldType::Flag),
    ("turn_detection", TURN_DETECTION),
]);

const OUTPUT: FieldType = FieldType::Object(&[
    ("type", FieldType::OneOf(&["audio"])),
    ("voice", FieldType::OneOf(&VOICES)),
    ("format", FORMAT),
    ("volume", FieldType::Number(0.0, 100.0)),
]);

const WEBHOOK: FieldType = FieldType::Object(&[
    ("url", FieldType::Url),
    ("events", FieldType::Texts(100)),
    ("secret", FieldType::Text),
]);

/// Fields of a `session`.
pub(super) const SESSION: &[(&str, FieldType)] = &[
    ("agent_id", FieldType::Text),
    ("system_prompt", FieldType::Text),
    ("greeting", FieldType::Text),
    ("input", INPUT),
    ("output", OUTPUT),
    ("tools", FieldType::Objects),
    ("llm", FieldType::Objects),
    ("pre_connect_requests", FieldType::Objects),
    ("webhook", WEBHOOK),
];

/// Validates the fields of the object at path `at`; the root has an empty path.
pub(super) fn object(
    at: &str,
    fields: &Map<String, Value>,
    known: &[(&str, FieldType)],
) -> Result<(), Refusal> {
    for (name, value) in fields {
        let path = match at {
            "" => name.clone(),
            at => format!("{at}.{name}"),
        };
        let field_type = known.iter().find(|(known, _)| known == name);
        let Some((_, field_type)) = field_type else {
            let message = format!("'{path}': extra fields not permitted");
            return Err(Refusal::of("invalid_format", &path, message));
        };
        field(&path, value, *field_type)?;
    }
    Ok(())
}

fn field(path: &str, value: &Value, field_type: FieldType) -> Result<(), Refusal> {
    let texts = |most: usize| {
        let list = value.as_array();
        list.is_some_and(|list| list.len() <= most && list.iter().all(Value::is_string))
    };
    let (holds, code) = match field_type {
        FieldType::Text => (value.is_string(), "invalid_format"),
        FieldType::Url => (value.as_str().is_some_and(is_url), "invalid_value"),
        FieldType::Flag => (value.is_boolean(), "invalid_format"),
        FieldType::Texts(most) => (texts(most), "invalid_value"),
        FieldType::Objects => {
            let list = value.as_array();
            let objects = list.is_some_and(|list| list.iter().all(Value::is_object));
            (objects, "invalid_format")
        }
        FieldType::Number(least, most) => {
            let number = value.as_f64();
            let within = number.is_some_and(|number| (least..=most).contains(&number));
            (within, "invalid_value")
        }
        FieldType::Whole(least, most) => {
            let number = value.as_u64();
            let within = number.is_some_and(|number| (least..=most).contains(&number));
            (within, "invalid_value")
        }
        FieldType::OneOf(names) => {
            let name = value.as_str();
            (
                name.is_some_and(|name| names.contains(&name)),
                "invalid_value",
            )
        }
        FieldType::Object(known) => {
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
    let wanted = match field_type {
        FieldType::OneOf(names) => format!("one of {}", names.join(", ")),
        field_type => format!("{field_type:?}").to_lowercase(),
    };
    Err(Refusal::of(
        code,
        path,
        format!("'{path}' must be {wanted}"),
    ))
}

fn is_url(text: &str) -> bool {
    let rest = ["https://", "http://"]
        .iter()
        .find_map(|it| text.strip_prefix(it));
    rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
}
