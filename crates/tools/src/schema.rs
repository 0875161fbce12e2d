//! Validates a tool's arguments against its JSON Schema.

use jsonschema::{PatternOptions, ValidationError, Validator};
use serde_json::{Map, Value};

/// Maximum number of problems in an error message.
const MAX_PROBLEMS: usize = 3;

/// Maximum length of an error message, in characters.
const MAX_ERROR: usize = 300;

/// Backtracking limit of regular expressions, in steps.
const MAX_BACKTRACKS: usize = 100_000;

/// Compiled JSON Schema of a tool's arguments. It never reads files or URLs.
#[derive(Debug)]
pub(super) struct Schema(Validator);

impl Schema {
    /// Compiles `schema`.
    ///
    /// # Errors
    /// The path of the first problem and a description, in at most 300 characters.
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

    /// Validates `arguments`.
    ///
    /// # Errors
    /// Up to three problems in at most 300 characters, for the model. They contain names and rules,
    /// but no values. Do not log them: the model makes up some of the names.
    pub(super) fn check(&self, arguments: &Value) -> Result<(), String> {
        let problems = self.0.iter_errors(arguments).take(MAX_PROBLEMS);
        let problems: Vec<_> = problems.map(|error| describe(&error)).collect();
        if problems.is_empty() {
            return Ok(());
        }
        Err(shortened(problems.join("; ")))
    }
}

/// The path and the violated rule, without the value.
fn describe(error: &ValidationError<'_>) -> String {
    let path = path(error).unwrap_or_else(|| "the arguments".to_owned());
    format!("{path}: {}", error.masked_with("it"))
}

/// `address.city` for `/address/city`; `None` for the whole document.
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
    fn valid_arguments_pass() {
        let fits = json!({ "order": "42", "address": { "zip": 3000 }, "size": "small" });
        assert_eq!(order().check(&fits), Ok(()));
    }

    #[test]
    fn problems_contain_the_name_and_the_rule_but_not_the_value() {
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
    fn invalid_schemas_and_external_references_are_rejected() {
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
    fn local_references_are_followed() {
        let made = schema(&json!({
            "$defs": { "id": { "type": "integer" } },
            "properties": { "a": { "$ref": "#/$defs/id" } },
        }));
        assert!(made.unwrap().check(&json!({ "a": "x" })).is_err());
    }

    #[test]
    fn a_backtracking_pattern_terminates() {
        let made = schema(&json!({ "properties": { "a": { "pattern": "^(a+)+(?=b)c$" } } }));
        let long = json!({ "a": "a".repeat(200) });
        assert!(made.unwrap().check(&long).is_err());
    }
}
