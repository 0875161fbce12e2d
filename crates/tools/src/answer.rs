//! The result of a tool call, as the model sees it.

use parlor_core::secret::Private;
use serde_json::{Value, json};

/// Maximum length of the text, in bytes.
const MOST: usize = 8 << 10;

/// Suffix of truncated text.
const CUT: &str = "… (truncated)";

/// Result of a tool call: text for the model, usually JSON, truncated to 8 KiB.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Text for the model.
    pub text: Private<String>,
    /// Whether the tool call failed.
    pub is_error: bool,
}

impl Answer {
    /// A successful result.
    pub fn ok(text: impl Into<String>) -> Self {
        Self::new(text.into(), false)
    }

    /// A successful result from JSON. A JSON string becomes its plain text.
    pub fn json(value: &Value) -> Self {
        match value {
            Value::String(text) => Self::ok(text.as_str()),
            value => Self::ok(value.to_string()),
        }
    }

    /// A failure, as the JSON object `{"error": why}`.
    pub fn error(why: &str) -> Self {
        Self::new(json!({ "error": why }).to_string(), true)
    }

    fn new(mut text: String, is_error: bool) -> Self {
        if text.len() > MOST {
            let mut ends = (0..=MOST - CUT.len()).rev();
            text.truncate(ends.find(|at| text.is_char_boundary(*at)).unwrap_or(0));
            text.push_str(CUT);
        }
        let text = text.into();
        Self { text, is_error }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_between_characters() {
        let answer = Answer::ok("ö".repeat(MOST));
        let text = answer.text.reveal();
        assert!(text.len() <= MOST && text.ends_with(CUT), "{}", text.len());
        assert!(text.trim_end_matches(CUT).chars().all(|it| it == 'ö'));
    }

    #[test]
    fn errors_are_json() {
        let answer = Answer::error("no such \"order\"");
        let json: Value = serde_json::from_str(answer.text.reveal()).unwrap();
        assert_eq!(json, json!({ "error": "no such \"order\"" }));
        assert!(answer.is_error);
    }
}
