//! The source of settings: the environment, or a map in tests.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::str::FromStr;

use parlor_core::secret::Secret;

use super::variables::{self, is_known};
use super::{ConfigError, address};

/// Environment variables by name, and the problems recorded about them.
#[derive(Debug, Clone, Default)]
pub struct Source {
    values: BTreeMap<String, Secret>,
    problems: Vec<String>,
}

impl Source {
    /// The process's environment. Values that are not valid UTF-8 are left out; for a variable of
    /// Parlor that is a problem.
    pub fn environment() -> Self {
        let mut source = Self::default();
        for (name, value) in std::env::vars_os() {
            let Ok(name) = name.into_string() else {
                continue;
            };
            match OsString::into_string(value) {
                Ok(value) => {
                    source.values.insert(name, Secret::new(value));
                }
                Err(_) if is_known(&name) => {
                    source.note(format!("{name} is invalid: it is not valid UTF-8"))
                }
                Err(_) => {}
            }
        }
        source
    }

    /// Adds `others`, which replace variables of the same name; an empty value counts as not set.
    #[must_use]
    pub fn with<'a>(mut self, others: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let others = others.into_iter();
        self.values
            .extend(others.map(|(name, value)| (name.to_owned(), Secret::new(value))));
        self
    }

    /// Records a problem, with which loading anything from this source fails.
    pub fn note(&mut self, problem: String) {
        self.problems.push(problem);
    }

    /// Fails if problems have been recorded.
    ///
    /// # Errors
    /// All of them.
    pub fn check(&self) -> Result<(), ConfigError> {
        match self.problems.as_slice() {
            [] => Ok(()),
            problems => Err(ConfigError(problems.to_vec())),
        }
    }

    /// Removes and returns the recorded problems.
    pub fn take_problems(&mut self) -> Vec<String> {
        std::mem::take(&mut self.problems)
    }

    /// Warnings about variables whose names resemble those of known ones; the values do not matter.
    pub fn misspelled(&self) -> Vec<String> {
        let names = self.values.keys().map(String::as_str);
        names.filter_map(variables::misspelled).collect()
    }

    /// All variables with their values, for the environment of a child process.
    pub fn variables(&self) -> impl Iterator<Item = (&str, &str)> {
        let pairs = self.values.iter();
        pairs.map(|(name, value)| (name.as_str(), value.reveal()))
    }

    /// The value of `name` as text that may be shown; not for secrets.
    pub fn text(&self, name: &str) -> Option<String> {
        self.get(name).map(str::to_owned)
    }

    /// The value of `name` as a secret.
    pub fn secret(&self, name: &str) -> Option<Secret> {
        self.get(name).map(Secret::new)
    }

    /// The value of `name` without surrounding white space; an empty one counts as not set.
    ///
    /// All reads go through here, because Kubernetes secrets often end in a newline.
    fn get(&self, name: &str) -> Option<&str> {
        let value = self.values.get(name)?.reveal().trim();
        (!value.is_empty()).then_some(value)
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Source {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let wrap = |(name, value): (K, V)| (name.into(), Secret::new(value));
        Self {
            values: pairs.into_iter().map(wrap).collect(),
            problems: Vec::new(),
        }
    }
}

/// Reads settings and collects all problems, so that they are reported together.
#[derive(Debug)]
pub struct Reader<'a> {
    source: &'a Source,
    /// The problems found so far.
    pub problems: Vec<String>,
}

impl<'a> Reader<'a> {
    /// Reads from `source`. Problems recorded there are the first ones.
    pub fn new(source: &'a Source) -> Self {
        Self {
            source,
            problems: source.problems.clone(),
        }
    }

    /// Adds a problem, once.
    pub fn problem(&mut self, problem: String) {
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    /// The source of the settings.
    pub fn source(&self) -> &'a Source {
        self.source
    }

    /// The value of `name`. If it is not set, that is a problem, and `what` says how to set it.
    pub fn required(&mut self, name: &str, what: &str) -> Secret {
        let value = self.secret(name).unwrap_or_default();
        let is_quoted = |mark| {
            let inner = value.reveal().strip_prefix(mark);
            inner.is_some_and(|it| it.ends_with(mark))
        };
        if value.is_empty() {
            self.problem(format!("{name} is not set: {what}"));
        } else if is_quoted('"') || is_quoted('\'') {
            // Docker, for example, passes the quotation marks of its env files on.
            self.problem(format!(
                "{name} is invalid: remove the quotation marks around it"
            ));
        }
        value
    }

    /// Like [`required`](Self::required), for a [`key`](Self::key).
    pub fn required_key(&mut self, name: &str, what: &str) -> Secret {
        self.required(name, what);
        self.key(name).unwrap_or_default()
    }

    /// The value of `name`, which goes into a header or a token. Anything but printable ASCII, and
    /// white space, is a problem.
    pub fn key(&mut self, name: &str) -> Option<Secret> {
        let key = self.secret(name)?;
        if !key.reveal().bytes().all(|byte| byte.is_ascii_graphic()) {
            let why = "it must be ASCII without white space and control characters";
            self.problem(format!("{name} is invalid: {why}"));
        }
        Some(key)
    }

    /// The value of `name`, a passphrase: spaces are valid, control characters are a problem.
    pub fn passphrase(&mut self, name: &str) -> Option<Secret> {
        let secret = self.secret(name)?;
        if secret.reveal().contains(char::is_control) {
            let why = "it must not contain control characters, such as line breaks";
            self.problem(format!("{name} is invalid: {why}"));
        }
        Some(secret)
    }

    /// The value of `name` as a secret.
    pub fn secret(&self, name: &str) -> Option<Secret> {
        self.source.secret(name)
    }

    /// The value of `name` as text that may be shown; not for secrets.
    pub fn text(&self, name: &str) -> Option<String> {
        self.source.text(name)
    }

    /// The value of `name`, parsed; an invalid one is a problem.
    pub fn parsed<T: FromStr>(&mut self, name: &str) -> Option<T> {
        let value = self.source.get(name)?;
        let parsed = value.parse().ok();
        if parsed.is_none() {
            self.problem(variables::invalid_value(name));
        }
        parsed
    }

    /// `value` of the variable `name` as a valid address without trailing slashes. An invalid one is
    /// a problem; a missing one is reported elsewhere.
    pub fn address(&mut self, name: &str, value: &str) -> String {
        let checked = address::checked(value);
        if let Err(why) = checked
            && !value.is_empty()
        {
            self.problem(format!("{name} is invalid: {why}"));
        }
        checked.unwrap_or_default()
    }

    /// `value`, unless there are problems.
    ///
    /// # Errors
    /// All problems.
    pub fn finish<T>(self, value: T) -> Result<T, ConfigError> {
        match self.problems.is_empty() {
            true => Ok(value),
            false => Err(ConfigError(self.problems)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_around_a_value_is_ignored() {
        let source = Source::from_iter([("A", " \tone two\r\n"), ("B", " \n"), ("C", "")]);
        assert_eq!(source.text("A").as_deref(), Some("one two"));
        assert_eq!(source.secret("A"), Some(Secret::new("one two")));
        for blank in ["B", "C", "D"] {
            assert_eq!(source.text(blank), None, "{blank}");
        }
    }
}
