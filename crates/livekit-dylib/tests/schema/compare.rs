//! Where two sides differ.

use prost_types::FileDescriptorSet;

use crate::shape::{Field, Label, Message, Values, plain};
use crate::{descriptor, source};

/// What was compared, and what came of it.
pub(crate) struct Comparison {
    /// One line each.
    pub(crate) differences: Vec<String>,
    pub(crate) messages: usize,
    pub(crate) fields: usize,
    pub(crate) enums: usize,
}

/// Compares the prost structs in Rust sources with the schema.
///
/// The sources may lack whole messages, arms of a `oneof` and fields that need not be there.
pub(crate) fn compare<'a>(
    sources: impl IntoIterator<Item = &'a str>,
    schema: &FileDescriptorSet,
) -> Comparison {
    let ours = source::read(sources);
    let theirs = descriptor::read(schema);
    let mut differences = ours.faults;
    for (name, fields) in &ours.messages {
        match theirs.messages.get(name) {
            Some(expected) => message(name, fields, expected, &mut differences),
            None => differences.push(format!("{name}: not a message of the schema")),
        }
    }
    for (name, values) in &ours.enums {
        match theirs.enums.get(name) {
            Some(expected) => enumeration(name, values, expected, &mut differences),
            None => differences.push(format!("{name}: not an enum of the schema")),
        }
    }
    Comparison {
        differences,
        messages: ours.messages.len(),
        fields: ours.messages.values().map(Message::len).sum(),
        enums: ours.enums.len(),
    }
}

fn message(name: &str, ours: &Message, theirs: &Message, differences: &mut Vec<String>) {
    for (tag, field) in ours {
        match theirs.get(tag) {
            Some(expected) => {
                differences.extend(mismatch(&format!("{name} {tag}"), field, expected))
            }
            None => differences.push(format!("{name} {tag}: the schema has no such field")),
        }
    }
    for (tag, expected) in theirs {
        if expected.label == Label::Required && !ours.contains_key(tag) {
            differences.push(format!(
                "{name} {tag}: required {} is missing",
                expected.name
            ));
        }
    }
}

fn mismatch(place: &str, ours: &Field, theirs: &Field) -> Vec<String> {
    let mut found = Vec::new();
    if plain(&ours.name) != plain(&theirs.name) {
        found.push(format!(
            "{place}: named {}, in the schema {}",
            ours.name, theirs.name
        ));
    }
    if ours.label != theirs.label {
        found.push(format!(
            "{place}: {}, in the schema {}",
            ours.label, theirs.label
        ));
    }
    if ours.kind != theirs.kind {
        found.push(format!(
            "{place}: {}, in the schema {}",
            ours.kind, theirs.kind
        ));
    }
    found
}

fn enumeration(name: &str, ours: &Values, theirs: &Values, differences: &mut Vec<String>) {
    for (number, value) in ours {
        match theirs.get(number) {
            Some(expected) if same_value(name, value, expected) => {}
            Some(expected) => differences.push(format!(
                "{name} = {number}: {value}, in the schema {expected}"
            )),
            None => differences.push(format!("{name} = {number}: {value}, not in the schema")),
        }
    }
    for (number, expected) in theirs
        .iter()
        .filter(|(number, _)| !ours.contains_key(number))
    {
        differences.push(format!("{name} = {number}: {expected} is missing"));
    }
}

/// Whether a variant is the value; it may leave out the enum's name in front.
fn same_value(name: &str, ours: &str, theirs: &str) -> bool {
    let enumeration = name.rsplit('.').next().unwrap_or(name);
    let (ours, theirs) = (plain(ours), plain(theirs));
    theirs == ours || theirs.strip_prefix(enumeration) == Some(ours.as_str())
}
