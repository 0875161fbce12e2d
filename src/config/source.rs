//! Where settings come from: the environment, or a test's map.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use parlor_core::private::Secret;

/// Environment variables by name.
#[derive(Debug, Clone, Default)]
pub struct Source(BTreeMap<String, Secret>);

impl Source {
    /// The process's environment. What is not UTF-8 is left out, as nobody could mean it.
    pub fn environment() -> Self {
        let utf8 = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        std::env::vars_os().filter_map(utf8).collect()
    }

    /// These settings, with others in the place of those of the same name; an empty one is none.
    #[must_use]
    pub fn with<'a>(mut self, others: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let others = others.into_iter();
        self.0
            .extend(others.map(|(name, value)| (name.to_owned(), Secret::new(value))));
        self
    }

    /// All of them, as a process is given them.
    pub(crate) fn variables(&self) -> impl Iterator<Item = (&str, &str)> {
        let pairs = self.0.iter();
        pairs.map(|(name, value)| (name.as_str(), value.reveal()))
    }

    /// The value of `name` as text, to be shown; not for secrets.
    pub fn text(&self, name: &str) -> Option<String> {
        self.get(name).map(|value| value.reveal().to_owned())
    }

    /// The value of `name` as a secret.
    pub fn secret(&self, name: &str) -> Option<Secret> {
        self.get(name).cloned()
    }

    /// The value of `name`; an empty one counts as absent.
    fn get(&self, name: &str) -> Option<&Secret> {
        self.0.get(name).filter(|value| !value.is_empty())
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Source {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let wrap = |(name, value): (K, V)| (name.into(), Secret::new(value));
        Self(pairs.into_iter().map(wrap).collect())
    }
}

/// Reads settings and gathers all that is wrong, so that it is told at once.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    source: &'a Source,
    pub(super) problems: Vec<String>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(source: &'a Source) -> Self {
        Self {
            source,
            problems: Vec::new(),
        }
    }

    /// Where the settings come from.
    pub(super) fn source(&self) -> &'a Source {
        self.source
    }

    /// The value of `name`, or a problem that says what it is for.
    pub(super) fn required(&mut self, name: &str, what: &str) -> Secret {
        self.secret(name).unwrap_or_else(|| {
            self.problems.push(format!("{name} is not set: {what}"));
            Secret::default()
        })
    }

    pub(super) fn secret(&self, name: &str) -> Option<Secret> {
        self.source.secret(name)
    }

    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.source.text(name)
    }

    /// The value of `name` as a `T`; a problem when it is none.
    pub(super) fn parsed<T: FromStr<Err: Display>>(&mut self, name: &str) -> Option<T> {
        let value = self.source.get(name)?;
        match value.reveal().parse() {
            Ok(value) => Some(value),
            Err(error) => {
                self.problems.push(format!("{name} is wrong: {error}"));
                None
            }
        }
    }
}
