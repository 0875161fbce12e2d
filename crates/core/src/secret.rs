//! Types for transcripts and credentials, whose contents cannot be logged by accident.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

/// Something a caller or the agent said, or the arguments of a tool call.
///
/// `Debug` and `Display` print only its length. Code that needs the text calls [`Private::reveal`].
#[derive(Clone, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(transparent)]
pub struct Private<T>(T);

impl<T> Private<T> {
    /// Wraps `inner`.
    pub fn new(inner: T) -> Self {
        Self(inner)
    }

    /// The text, for an output that is meant to contain it.
    pub fn reveal(&self) -> &T {
        &self.0
    }

    /// Returns the text, consuming the wrapper.
    pub fn into_inner(self) -> T {
        self.0
    }

    /// Serialises the text itself, for use with `#[serde(serialize_with = "…")]`.
    ///
    /// # Errors
    /// Returns the serialiser's error.
    pub fn serialize_revealed<S: Serializer>(this: &Self, to: S) -> Result<S::Ok, S::Error>
    where
        T: Serialize,
    {
        this.0.serialize(to)
    }
}

impl<T> From<T> for Private<T> {
    fn from(inner: T) -> Self {
        Self(inner)
    }
}

impl<T: AsRef<str>> fmt::Debug for Private<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{} characters>", self.0.as_ref().chars().count())
    }
}

impl<T: AsRef<str>> fmt::Display for Private<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// A key, a token or a password. `Debug` and `Display` print `<secret>`, not even its length.
#[derive(Clone, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Wraps `inner`.
    pub fn new(inner: impl Into<String>) -> Self {
        Self(inner.into())
    }

    /// The secret itself, for the header or signature that needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Serialises the secret itself, for use with `#[serde(serialize_with = "…")]`.
    ///
    /// # Errors
    /// Returns the serialiser's error.
    pub fn serialize_revealed<S: Serializer>(this: &Self, to: S) -> Result<S::Ok, S::Error> {
        this.0.serialize(to)
    }

    /// Whether the secret is the empty string.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<secret>")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_prints_its_length_only() {
        let said = Private::new("gruezi".to_owned());
        assert_eq!(format!("{said} {said:?}"), "<6 characters> <6 characters>");
    }

    #[test]
    fn secret_prints_nothing() {
        let key = Secret::new("hunter2");
        assert_eq!(format!("{key} {key:?}"), "<secret> <secret>");
    }
}
