//! The messages of the TOML parser and of serde, in words for the author of an agent file.

use parlor_common::spelling::did_you_mean;
use serde::de::DeserializeOwned;

/// What to write instead of the unknown field `key` in a table with these `fields`.
pub(super) fn hint<T: DeserializeOwned>(key: &str, fields: &[&str]) -> String {
    let suggestion = did_you_mean(key, fields.iter().copied());
    if !suggestion.is_empty() {
        return suggestion;
    }
    // The parser lists the fields of the file if it finds none of them.
    let of_file = toml::from_str::<T>("\"?\" = 0").err();
    let of_file = of_file.map_or_else(String::new, |error| error.message().to_owned());
    if !fields.contains(&key) && quoted(&of_file).contains(&key) {
        return "; it belongs to the top of the file, before the first [table]".to_owned();
    }
    let fields: Vec<_> = fields.iter().map(|field| format!("`{field}`")).collect();
    match fields.as_slice() {
        [] => String::new(),
        fields => format!("; the known ones are {}", fields.join(", ")),
    }
}

/// The words in backticks.
pub(super) fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// What a value must be, to follow its name.
pub(super) fn rule(message: &str) -> String {
    let expected = message.rsplit_once(", expected ").map(|(_, it)| it);
    let kind = message.split([' ', ',']).nth(2).unwrap_or_default();
    if let Some(value) = message.strip_prefix("unknown variant `") {
        let names = quoted(expected.unwrap_or_default());
        let value = value.split('`').next().unwrap_or_default();
        let suggestion = did_you_mean(value, names.iter().copied());
        return format!(" must be {}{suggestion}", one_of(&names));
    }
    match expected {
        Some(expected) if message.starts_with("invalid type: ") => {
            format!(" must be {}, not {}", plain(expected), plain(kind))
        }
        Some(expected) if message.starts_with("invalid value: ") => {
            format!(" must be {}", range(expected))
        }
        _ if message == "wanted string or table" => format!(" must be {}", plain("string")),
        _ if message.starts_with("must be ") => format!(" {message}"),
        _ => format!(": {}", without_values(message)),
    }
}

fn one_of(names: &[&str]) -> String {
    let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    match names.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    }
}

/// serde's name of a type in the words of TOML.
fn plain(kind: &str) -> &str {
    match kind {
        "u8" | "u16" | "u32" | "u64" | "usize" | "i64" => "a whole number",
        "integer" => "a whole number",
        "floating" => "a number with a decimal point",
        "f32" | "f64" => "a number",
        "string" | "a string" | "path string" => "a text in quotation marks",
        "boolean" | "a boolean" => "true or false",
        "sequence" | "a sequence" => "a list",
        "map" | "a map" => "a table",
        kind if kind.starts_with("struct ") => "a table",
        kind => kind,
    }
}

/// The valid numbers of an integer type; other expectations are left as they are.
fn range(kind: &str) -> String {
    let most = match kind {
        "u8" => u64::from(u8::MAX),
        "u16" => u64::from(u16::MAX),
        "u32" => u64::from(u32::MAX),
        kind => return plain(kind).to_owned(),
    };
    format!("a whole number from 0 to {most}")
}

/// serde's message without the invalid value, which may be a secret.
pub(super) fn without_values(message: &str) -> String {
    let is_type = ["invalid type: ", "invalid value: ", "unknown variant "]
        .iter()
        .any(|start| message.starts_with(start));
    match message.rsplit_once(", expected ") {
        Some((_, expected)) if is_type => format!("invalid value, expected {expected}"),
        _ => message.to_owned(),
    }
}
