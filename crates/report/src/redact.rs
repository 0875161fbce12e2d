//! Redacts numbers, mail addresses and configured patterns in text.

use regex::{Captures, Regex, RegexBuilder};
use serde::Deserialize;
use serde_json::Value;

/// Replacement of a number.
const DIGITS: &str = "[digits]";
/// Replacement of a mail address.
const MAIL: &str = "[mail]";
/// Replacement of anything else.
const PLACEHOLDER: &str = "[redacted]";

/// Maximum size of a compiled pattern of the configuration, in bytes.
const PATTERN: usize = 1 << 20;

/// Up to three separators between the digits of a number.
const BETWEEN: &str = r"[\s,.\-–—/()+_]{0,3}";

/// Spoken digits in English. Longer words come before their prefixes.
const WORDS: &str = r"\b(?:(?:four|six|seven|eight|nine)teen|(?:twen|thir|for|fif|six|seven|eigh|nine)ty|thirteen|fifteen|eighteen|eleven|twelve|hundred|thousand|double|triple|zero|three|seven|eight|four|five|nine|one|two|six|ten|oh)\b";

/// A mail address, written or spoken in English.
const ADDRESS: &str = r"(?xi)
    [\p{L}\p{N}._%+\-']+ @ [\p{L}\p{N}\-]+ (?: \. [\p{L}\p{N}\-]+ )+
  | [\p{L}\p{N}.+\-]+ (?: \s+ (?: dot | underscore | dash | hyphen | plus ) \s+ [\p{L}\p{N}]+ ){0,8}
    \s+ at \s+ [\p{L}\p{N}\-]+ (?: (?: \s+ dot \s+ | \. ) [\p{L}\p{N}\-]+ )+
";

/// `[report.redact]`: what to redact. Nothing is redacted by default.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RedactSpec {
    /// Whether to redact numbers of four digits and more.
    pub digits: bool,
    /// Whether to redact numbers that are spoken as English words.
    pub digit_words: bool,
    /// Whether to redact mail addresses.
    pub mail: bool,
    /// Regular expressions of further text to redact.
    pub patterns: Vec<String>,
    /// Whether to mute the recording where text was redacted.
    pub audio: bool,
    /// Whether to redact the identities of callers.
    pub identity: bool,
}

/// Redacts what a [`RedactSpec`] specifies.
#[derive(Debug, Default)]
pub(super) struct Redactor {
    /// Patterns with their replacements, in the order in which they are applied.
    rules: Vec<(Regex, &'static str)>,
    pub(super) audio: bool,
    pub(super) identity: bool,
}

impl Redactor {
    /// Compiles the patterns.
    ///
    /// # Errors
    /// One line for each pattern that cannot be used.
    pub(super) fn new(spec: &RedactSpec) -> Result<Self, Vec<String>> {
        let mut rules = Vec::new();
        let mut problems = Vec::new();
        for pattern in &spec.patterns {
            match RegexBuilder::new(pattern).size_limit(PATTERN).build() {
                Ok(regex) if regex.is_match("") => problems.push(format!(
                    "[report.redact] patterns: {pattern:?} matches empty text"
                )),
                Ok(regex) => rules.push((regex, PLACEHOLDER)),
                Err(error) => {
                    // The lines before the last one draw where the error is.
                    let error = error.to_string();
                    let why = error.lines().last().unwrap_or_default();
                    let why = why.trim_start_matches("error: ");
                    problems.push(format!(
                        "[report.redact] patterns: {pattern:?} is not valid: {why}"
                    ));
                }
            }
        }
        if spec.mail {
            rules.push((builtin_regex(ADDRESS), MAIL));
        }
        if spec.digits || spec.digit_words {
            rules.push((number(spec), DIGITS));
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Self {
            rules,
            audio: spec.audio,
            identity: spec.identity,
        })
    }

    /// Redacts `text`, and returns whether anything was redacted.
    pub(super) fn text(&self, text: &str) -> (String, bool) {
        let mut kept = text.to_owned();
        let mut found = false;
        for (rule, instead) in &self.rules {
            if rule.is_match(&kept) {
                found = true;
                kept = rule
                    .replace_all(&kept, |_: &Captures<'_>| *instead)
                    .into_owned();
            }
        }
        (kept, found)
    }

    /// Redacts the arguments or the result of a tool call. Text that is not JSON becomes a string.
    pub(super) fn json(&self, text: &str) -> Value {
        match serde_json::from_str(text) {
            Ok(value) => self.value(value),
            Err(_) => Value::String(self.text(text).0),
        }
    }

    /// Redacts the identity of a participant.
    pub(super) fn identity(&self, identity: &str) -> String {
        match self.identity {
            true => PLACEHOLDER.to_owned(),
            false => identity.to_owned(),
        }
    }

    /// Redacts the name of a room, which may contain a phone number.
    pub(super) fn room(&self, room: &str) -> String {
        match self.identity {
            true => self.text(room).0,
            false => room.to_owned(),
        }
    }

    fn value(&self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(&text).0),
            Value::Number(number) => match self.text(&number.to_string()) {
                (text, true) => Value::String(text),
                _ => Value::Number(number),
            },
            Value::Array(values) => values.into_iter().map(|it| self.value(it)).collect(),
            Value::Object(fields) => fields
                .into_iter()
                .map(|(name, value)| (self.text(&name).0, self.value(value)))
                .collect(),
            Value::Null | Value::Bool(_) => value,
        }
    }
}

/// A pattern for four digits and more, with separators between them.
fn number(spec: &RedactSpec) -> Regex {
    let digit = match (spec.digits, spec.digit_words) {
        (true, true) => format!(r"(?:\d|{WORDS})"),
        (true, false) => r"\d".to_owned(),
        _ => WORDS.to_owned(),
    };
    builtin_regex(&format!(r"(?i){digit}(?:{BETWEEN}{digit}){{3,}}"))
}

fn builtin_regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("built-in patterns are valid")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn all() -> RedactSpec {
        RedactSpec {
            digits: true,
            digit_words: true,
            mail: true,
            patterns: vec![r"(?i)order \d+".to_owned()],
            ..RedactSpec::default()
        }
    }

    #[track_caller]
    fn becomes(spec: &RedactSpec, said: &str, kept: &str) {
        let (text, found) = Redactor::new(spec).unwrap().text(said);
        assert_eq!(text, kept);
        assert_eq!(found, said != kept, "{said}");
    }

    #[test]
    fn numbers_are_found_however_they_are_spaced() {
        let spec = RedactSpec {
            digits: true,
            ..RedactSpec::default()
        };
        for number in [
            "4111",
            "4111-1111",
            "4 1 1 1",
            "4, 1, 1, 1",
            "41 11 11 11",
            "(079) 555 12 34",
            "4111.1111.1111.1111",
            "4111–1111",
            "٤١١١",
        ] {
            let number_only = number.trim_start_matches('(');
            let before = &number[..number.len() - number_only.len()];
            becomes(
                &spec,
                &format!("it is {number}, thanks"),
                &format!("it is {before}[digits], thanks"),
            );
        }
        for kept in [
            "at 10 to 8",
            "I am 42",
            "123",
            "1 2 3",
            "four one one one",
            "",
        ] {
            becomes(&spec, kept, kept);
        }
    }

    #[test]
    fn spoken_numbers_are_found_if_enabled() {
        becomes(&all(), "it is four one one one.", "it is [digits].");
        becomes(&all(), "Four, one 1 oh double five", "[digits]");
        becomes(&all(), "forty-one eleven sixty two", "[digits]");
        becomes(
            &all(),
            "one or two of those three",
            "one or two of those three",
        );
        becomes(
            &all(),
            "someone told phone tones often",
            "someone told phone tones often",
        );
    }

    #[test]
    fn written_and_spoken_addresses_are_found() {
        becomes(&all(), "to ada.l+x@mail.example.com now", "to [mail] now");
        becomes(&all(), "it's ada at example dot com", "it's [mail]");
        becomes(
            &all(),
            "ada dot lovelace at example dot co dot uk",
            "[mail]",
        );
        becomes(&all(), "ada at example.com.", "[mail].");
        becomes(&all(), "meet me at noon", "meet me at noon");
        becomes(&all(), "ada@localhost", "ada@localhost");
    }

    #[test]
    fn patterns_come_first() {
        becomes(&all(), "my Order 12345678 is late", "my [redacted] is late");
    }

    #[test]
    fn nothing_is_redacted_by_default() {
        let said = "4111 1111, ada@example.com";
        becomes(&RedactSpec::default(), said, said);
    }

    #[test]
    fn invalid_patterns_are_reported() {
        let spec = RedactSpec {
            patterns: vec![
                "(".to_owned(),
                "fine".to_owned(),
                "x*".to_owned(),
                r"\w{5000}{500}".to_owned(),
            ],
            ..RedactSpec::default()
        };
        let problems = Redactor::new(&spec).unwrap_err();
        assert_eq!(problems.len(), 3, "{problems:?}");
        assert!(
            problems
                .iter()
                .all(|it| it.starts_with("[report.redact] patterns"))
        );
    }

    #[test]
    fn json_stays_json() {
        let redactor = Redactor::new(&all()).unwrap();
        let arguments = r#"{"card": 4111111111111111, "to": ["ada@example.com", 7], "ok": true, "5551234": null}"#;
        assert_eq!(
            redactor.json(arguments),
            json!({"card": "[digits]", "to": ["[mail]", 7], "ok": true, "[digits]": null})
        );
        assert_eq!(redactor.json("call 555 1234"), json!("call [digits]"));
    }

    #[test]
    fn long_text_takes_linear_time() {
        let spec = all();
        let redactor = Redactor::new(&spec).unwrap();
        let said = "a at ".repeat(20_000) + &"1 ".repeat(20_000);
        let (kept, found) = redactor.text(&said);
        assert!(found && kept.len() < said.len());
    }
}
