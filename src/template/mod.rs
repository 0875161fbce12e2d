//! Text with places that values fill: prompts, greetings, requests of tools. The only folder that
//! imports `minijinja`.
//!
//! Whoever writes a template is trusted; what fills it is not. So a template has limits in time and
//! length, and no error tells a value.

mod error;

use std::collections::BTreeSet;
use std::fmt;
use std::io::{self, Write};
use std::sync::{Arc, LazyLock};

use minijinja::{AutoEscape, Environment, ErrorKind, UndefinedBehavior, Value, filters};
use parking_lot::Mutex;

pub use error::TemplateError;

use undefined::Missing;

/// The most bytes that a template may be rendered to.
const MAX_OUTPUT: usize = 64 << 10;

/// The most instructions that a template may take.
const FUEL: u64 = 100_000;

/// A parsed template in Jinja's syntax, with its filters, `tojson` and `urlencode` among them. The
/// latter leaves nothing that means something in a URL. Cheap to clone.
#[derive(Clone, Default)]
pub struct Template {
    source: Arc<str>,
    variables: Arc<BTreeSet<String>>,
}

impl Template {
    /// Parses `source`.
    ///
    /// # Errors
    /// [`TemplateError`], also for filters and functions that do not exist, as far as the template
    /// gets to them without any values.
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

    /// The text with `values`, an object, filled in. For what goes to other programs.
    ///
    /// # Errors
    /// [`TemplateError`], also when a variable is written that `values` does not have, or has as
    /// null. Asking for one by `if`, and `default`, are fine.
    pub fn render(&self, values: &serde_json::Value) -> Result<String, TemplateError> {
        Ok(self.render_with(&STRICT, &Missing::Refused, values)?)
    }

    /// The same for a model: a value that is missing is marked by its name, `[caller.name?]`. Null
    /// and an empty text are missing, too.
    ///
    /// # Errors
    /// [`TemplateError`]
    pub fn render_marked(&self, values: &serde_json::Value) -> Result<String, TemplateError> {
        Ok(self.render_with(&MARKED, &Missing::Marked, values)?)
    }

    /// The same for a person: a value that is missing is left out, with the marks and the white
    /// space around it.
    ///
    /// # Errors
    /// [`TemplateError`]
    pub fn render_spoken(&self, values: &serde_json::Value) -> Result<Spoken, TemplateError> {
        let names = Arc::new(Mutex::new(BTreeSet::new()));
        let text = self.render_with(&SPOKEN, &Missing::Noted(names.clone()), values)?;
        let mut missing = std::mem::take(&mut *names.lock());
        if missing.is_empty() && text.contains(cleanup::HOLE) {
            missing.insert("a value without a name".to_owned());
        }
        Ok(Spoken {
            text: cleanup::tidy(&text),
            missing,
        })
    }

    /// The variables that the template takes from outside: `caller.name`, with as much of the path
    /// as the template spells out.
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

/// A text for a person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spoken {
    /// Without what is missing; empty if nothing is left.
    pub text: String,
    /// The variables that are missing where the template writes them.
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

/// The first name of a path.
fn root(path: &str) -> &str {
    path.split('.').next().unwrap_or(path)
}

/// Whether the template is wrong whatever its values are.
fn is_mistake(error: &minijinja::Error) -> bool {
    use ErrorKind::{UnknownFilter, UnknownFunction, UnknownTest};
    matches!(error.kind(), UnknownFilter | UnknownFunction | UnknownTest)
}

/// A missing value is an error.
static STRICT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = environment();
    environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    // Errors then name the variable that is missing.
    environment.set_debug(true);
    undefined::refuse(&mut environment);
    environment
});

/// A missing value is marked.
static MARKED: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = environment();
    environment.set_undefined_behavior(UndefinedBehavior::Chainable);
    undefined::mark(&mut environment);
    environment
});

/// A missing value leaves a hole.
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
    // It would write out every value, secrets among them.
    environment.remove_global("debug");
    environment.add_filter("urlencode", urlencode);
    environment
}

/// As Jinja has it, but for `/`, as a value must not add to a path, and for missing values, which
/// must not shorten one.
fn urlencode(value: &Value) -> Result<String, minijinja::Error> {
    if value.is_undefined() || value.is_none() {
        return Err(ErrorKind::UndefinedError.into());
    }
    let encoded = filters::urlencode(value)?;
    Ok(encoded.replace('/', "%2F"))
}

/// Text up to [`MAX_OUTPUT`].
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
