//! Whether a tool's arguments are what its parameters say.

use jsonschema::{PatternOptions, ValidationError, Validator};
use serde_json::{Map, Value};

/// The most problems that are told at once.
const MAX_PROBLEMS: usize = 3;

/// The most characters of an error.
const MAX_ERROR: usize = 300;

/// The most steps a regular expression may go back.
const MAX_BACKTRACKS: usize = 100_000;

/// A JSON Schema for a tool's arguments. It reaches no file and no network.
#[derive(Debug)]
pub(super) struct Schema(Validator);

impl Schema {
    /// Reads `schema`.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub(super) fn compile(schema: &Map<String, Value>) -> Result<Self, String> {
        let patterns = PatternOptions::fancy_regex().backtrack_limit(MAX_BACKTRACKS);
        let built = jsonschema::options()
            .offline()
            .with_pattern_options(patterns)
            .build(&Value::Object(schema.clone()));
        built.map(Self).map_err(|error| {
            let path = path(&error).unwrap_or_else(|| "the schema".to_owned());
            shortened(format!("{path}: {error}"))
        })
    }

    /// Whether `arguments` fit.
    ///
    /// # Errors
    /// At most three problems in at most 300 characters, for the model: names and rules. Never for
    /// a log, as the model makes up names too.
    pub(super) fn check(&self, arguments: &Value) -> Result<(), String> {
        let problems = self.0.iter_errors(arguments).take(MAX_PROBLEMS);
        let problems: Vec<_> = problems.map(|error| told(&error)).collect();
        if problems.is_empty() {
            return Ok(());
        }
        Err(shortened(problems.join("; ")))
    }
}

/// The place and the rule, without the value.
fn told(error: &ValidationError<'_>) -> String {
    let path = path(error).unwrap_or_else(|| "the arguments".to_owned());
    format!("{path}: {}", error.masked_with("it"))
}

/// `address.city` for `/address/city`; nothing for the whole.
fn path(error: &ValidationError<'_>) -> Option<String> {
    let pointer = error.instance_path().as_str().strip_prefix('/')?;
    Some(pointer.replace('/', "."))
}

fn shortened(mut text: String) -> String {
    if let Some((at, _)) = text.char_indices().nth(MAX_ERROR) {
        let keep = text[..at]
            .char_indices()
            .nth_back(0)
            .map_or(0, |(at, _)| at);
        text.truncate(keep);
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn schema(schema: &Value) -> Result<Schema, String> {
        Schema::compile(schema.as_object().unwrap())
    }

    fn order() -> Schema {
        let made = schema(&json!({
            "type": "object",
            "properties": {
                "order": { "type": "string", "pattern": "^[0-9]+$" },
                "address": { "type": "object", "properties": { "zip": { "type": "integer", "maximum": 9999 } } },
                "size": { "enum": ["small", "large"] },
            },
            "required": ["order"],
            "additionalProperties": false,
        }));
        made.unwrap()
    }

    #[test]
    fn what_fits_is_taken() {
        let fits = json!({ "order": "42", "address": { "zip": 3000 }, "size": "small" });
        assert_eq!(order().check(&fits), Ok(()));
    }

    #[test]
    fn what_does_not_fit_is_told_by_name_and_rule_without_the_value() {
        let cases = [
            (
                json!({}),
                r#"the arguments: "order" is a required property"#,
            ),
            (
                json!({ "order": 42 }),
                r#"order: it is not of type "string""#,
            ),
            (
                json!({ "order": "hunter2" }),
                r#"order: it does not match "^[0-9]+$""#,
            ),
            (
                json!({ "order": "1", "address": { "zip": 12345 } }),
                "address.zip: it is greater than the maximum of 9999",
            ),
            (
                json!({ "order": "1", "size": "huge" }),
                r#"size: it is not one of "small" or "large""#,
            ),
            (json!([]), r#"the arguments: it is not of type "object""#),
        ];
        for (arguments, expected) in cases {
            assert_eq!(order().check(&arguments).unwrap_err(), expected);
        }
    }

    #[test]
    fn three_problems_and_300_characters_at_most() {
        let four = ["a", "b", "c", "d"];
        let made = schema(&json!({ "required": four })).unwrap();
        let problems = made.check(&json!({})).unwrap_err();
        assert_eq!(problems.matches("required").count(), 3, "{problems}");
        let made = schema(&json!({ "required": ["ö".repeat(400)] })).unwrap();
        let problems = made.check(&json!({})).unwrap_err();
        assert_eq!(problems.chars().count(), MAX_ERROR, "{problems}");
    }

    #[test]
    fn schemas_that_make_no_sense_or_lead_elsewhere_are_refused() {
        let cases = [
            (json!({ "type": "strin" }), "type: "),
            (
                json!({ "properties": { "a": { "pattern": "(" } } }),
                "properties.a.pattern: ",
            ),
            (
                json!({ "$ref": "https://example.com/schema.json" }),
                "the schema: ",
            ),
            (json!({ "$ref": "file:///etc/passwd" }), "the schema: "),
        ];
        for (wrong, expected) in cases {
            let error = schema(&wrong).unwrap_err();
            assert!(error.starts_with(expected), "{error}");
        }
    }

    #[test]
    fn references_within_are_followed() {
        let made = schema(&json!({
            "$defs": { "id": { "type": "integer" } },
            "properties": { "a": { "$ref": "#/$defs/id" } },
        }));
        assert!(made.unwrap().check(&json!({ "a": "x" })).is_err());
    }

    #[test]
    fn a_pattern_that_goes_back_and_forth_comes_to_an_end() {
        let made = schema(&json!({ "properties": { "a": { "pattern": "^(a+)+(?=b)c$" } } }));
        let long = json!({ "a": "a".repeat(200) });
        assert!(made.unwrap().check(&long).is_err());
    }
}
