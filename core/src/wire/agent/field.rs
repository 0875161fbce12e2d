//! One field of a message, kept as it stands in the text until somebody asks for it.

use std::borrow::Cow;
use std::time::Duration;

use serde_json::value::RawValue;

/// A field that may be missing. `null` counts as missing, and so does a value of another type
/// than the one asked for.
pub(super) type Field<'a> = Option<&'a RawValue>;

/// The longest time that counts, so that no arithmetic on times can overflow: a day.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// A string; borrowed unless it has escapes.
pub(super) fn text(field: Field<'_>) -> Option<Cow<'_, str>> {
    let raw = field?.get();
    let inner = raw.strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') {
        serde_json::from_str(raw).ok().map(Cow::Owned)
    } else {
        Some(Cow::Borrowed(inner))
    }
}

/// A string, at most `most` characters of it.
pub(super) fn cut_text(field: Field<'_>, most: usize) -> Option<String> {
    text(field).map(|text| text.chars().take(most).collect())
}

/// `true` or `false`.
pub(super) fn flag(field: Field<'_>) -> Option<bool> {
    match field?.get() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

/// A whole number; what is behind the point is cut off.
pub(super) fn integer(field: Field<'_>) -> Option<i64> {
    let raw = field?.get();
    let cut = |number: f64| number.is_finite().then_some(number as i64);
    raw.parse().ok().or_else(|| raw.parse().ok().and_then(cut))
}

/// Milliseconds; nothing when negative.
pub(super) fn milliseconds(field: Field<'_>) -> Option<Duration> {
    let number = u64::try_from(integer(field)?).ok()?;
    Some(Duration::from_millis(number).min(LONGEST))
}

/// An object, as text.
pub(super) fn object(field: Field<'_>) -> Option<&str> {
    field.map(RawValue::get).filter(|raw| raw.starts_with('{'))
}
