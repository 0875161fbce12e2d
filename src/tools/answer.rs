//! What a tool gives back.

use parlor_core::secret::Private;
use serde_json::{Value, json};

/// The most bytes of text that an answer may have.
const MOST: usize = 8 << 10;

/// Stands where text was cut off.
const CUT: &str = "… (cut)";

/// What a tool gives back: text for the model, normally JSON, at most 8 KiB.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// For the model.
    pub text: Private<String>,
    /// Whether the tool failed.
    pub is_error: bool,
}

impl Answer {
    /// What the tool found or did.
    pub fn ok(text: impl Into<String>) -> Self {
        Self::new(text.into(), false)
    }

    /// The same as JSON; text stays as it is.
    pub fn json(value: &Value) -> Self {
        match value {
            Value::String(text) => Self::ok(text.as_str()),
            value => Self::ok(value.to_string()),
        }
    }

    /// Why it failed, for the model: `{"error": …}`.
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
