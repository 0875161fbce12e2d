//! A field of a message, kept as raw JSON until it is needed.

use std::borrow::Cow;
use std::time::Duration;

use serde_json::value::RawValue;

/// An optional field. `null` counts as missing, and so does a value of another type than requested.
pub(super) type Field<'a> = Option<&'a RawValue>;

/// Upper limit of times, so that arithmetic on them cannot overflow: one day.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// A string, borrowed unless it contains escapes.
pub(super) fn text(field: Field<'_>) -> Option<Cow<'_, str>> {
    let raw = field?.get();
    let inner = raw.strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') {
        serde_json::from_str(raw).ok().map(Cow::Owned)
    } else {
        Some(Cow::Borrowed(inner))
    }
}

/// The first `most` characters of a string.
pub(super) fn cut_text(field: Field<'_>, most: usize) -> Option<String> {
    text(field).map(|text| text.chars().take(most).collect())
}

/// A boolean.
pub(super) fn flag(field: Field<'_>) -> Option<bool> {
    match field?.get() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

/// A number, truncated to an integer.
pub(super) fn integer(field: Field<'_>) -> Option<i64> {
    let raw = field?.get();
    let cut = |number: f64| number.is_finite().then_some(number as i64);
    raw.parse().ok().or_else(|| raw.parse().ok().and_then(cut))
}

/// A duration in milliseconds, or `None` if it is negative. Capped at one day.
pub(super) fn milliseconds(field: Field<'_>) -> Option<Duration> {
    let number = u64::try_from(integer(field)?).ok()?;
    Some(Duration::from_millis(number).min(LONGEST))
}

/// The JSON text of an object.
pub(super) fn object(field: Field<'_>) -> Option<&str> {
    field.map(RawValue::get).filter(|raw| raw.starts_with('{'))
}
