//! Templates of prompts, greetings and tool requests. The only module that imports `minijinja`.
//!
//! The author of a template is trusted; the values are not. So rendering is limited in time and
//! length, and no error contains a value.

mod error;

use std::collections::BTreeSet;
use std::fmt;
use std::io::{self, Write};
use std::sync::{Arc, LazyLock};

use minijinja::{AutoEscape, Environment, ErrorKind, UndefinedBehavior, Value, filters};
use parking_lot::Mutex;

pub use error::TemplateError;

use undefined::Missing;

/// Maximum length of the rendered text, in bytes.
const MAX_OUTPUT: usize = 64 << 10;

/// Maximum number of instructions per rendering.
const FUEL: u64 = 100_000;

/// A parsed template with Jinja's syntax and filters, including `tojson` and `urlencode`. The
/// latter also encodes `/`, so that its output has no special meaning in a URL. Cheap to clone.
#[derive(Clone, Default)]
pub struct Template {
    source: Arc<str>,
    variables: Arc<BTreeSet<String>>,
}

impl Template {
    /// Parses `source`.
    ///
    /// # Errors
    /// [`TemplateError`], also for filters and functions that do not exist, if rendering without
    /// values reaches them.
    pub fn parse(source: &str) -> Result<Self, TemplateError> {
        let parsed = STRICT.template_from_str(source)?;
        let is_global = |name: &str| STRICT.globals().any(|(global, _)| global == name);
        let variables = parsed.undeclared_variables(true).into_iter();
        let template = Self {
            source: source.into(),
            variables: Arc::new(variables.filter(|name| !is_global(name)).collect()),
        };
        match template.render_with(&MARKED, &Missing::Marked, &serde_json::Value::Null) {
            Err(error) if is_mistake(&error) => Err(error.into()),
            Err(_) | Ok(_) => Ok(template),
        }
    }

    /// Renders the template with `values`, a JSON object, for other programs.
    ///
    /// # Errors
    /// [`TemplateError`], also if the template writes a variable that is missing or null in
    /// `values`. Checking for one with `if` or `default` is fine.
    pub fn render(&self, values: &serde_json::Value) -> Result<String, TemplateError> {
        Ok(self.render_with(&STRICT, &Missing::Refused, values)?)
    }

    /// Renders the template for a model: missing variables render as `[caller.name?]`. Null and
    /// blank strings count as missing.
    ///
    /// # Errors
    /// [`TemplateError`]
    pub fn render_marked(&self, values: &serde_json::Value) -> Result<String, TemplateError> {
        Ok(self.render_with(&MARKED, &Missing::Marked, values)?)
    }

    /// Renders the template for a person: missing variables are left out, together with the
    /// punctuation and white space around them. Null and blank strings count as missing.
    ///
    /// # Errors
    /// [`TemplateError`]
    pub fn render_spoken(&self, values: &serde_json::Value) -> Result<Spoken, TemplateError> {
        let names = Arc::new(Mutex::new(BTreeSet::new()));
        let text = self.render_with(&SPOKEN, &Missing::LeftOut(names.clone()), values)?;
        let mut missing = std::mem::take(&mut *names.lock());
        if missing.is_empty() && text.contains(cleanup::PLACEHOLDER) {
            missing.insert("an unnamed value".to_owned());
        }
        Ok(Spoken {
            text: cleanup::tidy(&text),
            missing,
        })
    }

    /// The variables that the template takes from `values`, such as `caller.name`, with as much of
    /// the path as the template spells out.
    pub fn variables(&self) -> &BTreeSet<String> {
        &self.variables
    }

    fn render_with(
        &self,
        environment: &Environment<'_>,
        missing: &Missing,
        values: &serde_json::Value,
    ) -> Result<String, minijinja::Error> {
        let roots = self.variables.iter().map(|path| root(path));
        self.render_in(environment, missing.context(values, roots))
    }

    fn render_in(
        &self,
        environment: &Environment<'_>,
        values: Value,
    ) -> Result<String, minijinja::Error> {
        let template = environment.template_from_str(&self.source)?;
        let mut output = Bounded::default();
        template.render_captured_to(values, &mut output)?;
        let not_text = |_| minijinja::Error::from(ErrorKind::WriteFailure);
        String::from_utf8(output.0).map_err(not_text)
    }
}

/// Text for a person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spoken {
    /// The text without missing values; empty if nothing is left.
    pub text: String,
    /// The missing variables that the template writes.
    pub missing: BTreeSet<String>,
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "<template of {} characters>",
            self.source.chars().count()
        )
    }
}

/// The first name of `path`.
fn root(path: &str) -> &str {
    path.split('.').next().unwrap_or(path)
}

/// Whether the template is invalid for all values.
fn is_mistake(error: &minijinja::Error) -> bool {
    use ErrorKind::{UnknownFilter, UnknownFunction, UnknownTest};
    matches!(error.kind(), UnknownFilter | UnknownFunction | UnknownTest)
}

/// A missing value is an error: for [`Template::render`].
static STRICT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = environment();
    environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    // With it, errors name the missing variable.
    environment.set_debug(true);
    undefined::refuse(&mut environment);
    environment
});

/// A missing value is marked: for [`Template::render_marked`].
static MARKED: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = environment();
    environment.set_undefined_behavior(UndefinedBehavior::Chainable);
    undefined::mark(&mut environment);
    environment
});

/// A missing value leaves a placeholder: for [`Template::render_spoken`].
static SPOKEN: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = environment();
    environment.set_undefined_behavior(UndefinedBehavior::Chainable);
    undefined::note(&mut environment);
    environment
});

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_fuel(Some(FUEL));
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    // It would print all values, including secrets.
    environment.remove_global("debug");
    environment.add_filter("urlencode", urlencode);
    environment
}

/// Jinja's `urlencode`, with two differences: it encodes `/`, so that a value cannot add segments
/// to a path, and rejects missing values, so that they cannot remove one.
fn urlencode(value: &Value) -> Result<String, minijinja::Error> {
    if value.is_undefined() || value.is_none() {
        return Err(ErrorKind::UndefinedError.into());
    }
    let encoded = filters::urlencode(value)?;
    Ok(encoded.replace('/', "%2F"))
}

/// Output of at most [`MAX_OUTPUT`] bytes.
#[derive(Default)]
struct Bounded(Vec<u8>);

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MAX_OUTPUT {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

mod cleanup;
mod missing_values;
#[cfg(test)]
mod tests;
mod undefined;
