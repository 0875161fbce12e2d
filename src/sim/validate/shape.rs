//! The known fields and their types.

use serde_json::{Map, Value};

use crate::sim::rejection::Refusal;

/// The API's voices, as of September 2026.
pub(in crate::sim) const VOICES: [&str; 18] = [
    "alba", "anna", "charles", "estelle", "eve", "george", "giovanni", "iris", "jane", "jean",
    "juergen", "lola", "mary", "michael", "paul", "rafael", "reid", "vera",
];

/// Type of a field.
#[derive(Debug, Clone, Copy)]
pub(super) enum Must {
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
    ("url", Must::Url),
    ("events", Must::Texts(100)),
    ("secret", Must::Text),
]);

/// Fields of a `session`.
pub(super) const SESSION: &[(&str, Must)] = &[
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

/// Validates the fields of the object at path `at`; the root has an empty path.
pub(super) fn object(
    at: &str,
    fields: &Map<String, Value>,
    known: &[(&str, Must)],
) -> Result<(), Refusal> {
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
        Must::Url => (value.as_str().is_some_and(is_url), "invalid_value"),
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

fn is_url(text: &str) -> bool {
    let rest = ["https://", "http://"]
        .iter()
        .find_map(|it| text.strip_prefix(it));
    rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
}
