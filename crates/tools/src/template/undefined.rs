//! Missing values in templates. They are undefined for `if`, `for` and `default`, and render in one
//! of three ways.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use minijinja::value::{Enumerator, Kwargs, Object, ObjectRepr, Rest, Serde, ValueKind};
use minijinja::{Environment, Error, ErrorKind, Output, State, Value, filters};
use parking_lot::Mutex;
use serde_json::Value as Json;

use super::cleanup::PLACEHOLDER;

/// Mark of a missing value without a name, for a model.
const NAMELESS: &str = "[?]";

/// How a missing value renders.
#[derive(Debug, Clone)]
pub(super) enum Missing {
    /// Rendering fails. An empty string is not missing.
    Refused,
    /// As a mark with its name, for a model. A blank string counts as missing.
    Marked,
    /// As a placeholder for [`super::cleanup`]; its name is added to the set. A blank string counts
    /// as missing.
    LeftOut(Arc<Mutex<BTreeSet<String>>>),
}

impl Missing {
    /// Converts `values`, an object or null, to a template context with gaps for missing values.
    /// `roots` are the first names of all paths in the template.
    pub(super) fn context<'a>(&self, values: &Json, roots: impl Iterator<Item = &'a str>) -> Value {
        let values = values.as_object();
        let mut context: Vec<(String, Value)> = Vec::new();
        for (name, value) in values.into_iter().flatten() {
            context.push((name.clone(), self.present(value, name.clone())));
        }
        for root in roots {
            if values.is_none_or(|values| !values.contains_key(root)) {
                context.push((root.to_owned(), self.missing_value(root.to_owned())));
            }
        }
        context.retain(|(_, value)| !value.is_undefined());
        Value::from_pairs(context)
    }

    /// Converts the value at `path`.
    fn present(&self, value: &Json, path: String) -> Value {
        match value {
            Json::Null => self.missing_value(path),
            Json::String(text) if self.is_missing(text) => self.missing_value(path),
            Json::Object(map) => {
                let entry = |(key, value): (&String, &Json)| {
                    (key.clone(), self.present(value, format!("{path}.{key}")))
                };
                Value::from_object(PresentObject {
                    entries: map.iter().map(entry).collect(),
                    missing: self.clone(),
                    path,
                })
            }
            Json::Array(items) => {
                let items = items.iter().enumerate();
                let items = items.map(|(nth, item)| self.present(item, format!("{path}.{nth}")));
                Value::from(items.collect::<Vec<_>>())
            }
            value => Value::from(Serde(value)),
        }
    }

    fn is_missing(&self, text: &str) -> bool {
        !matches!(self, Self::Refused) && text.trim().is_empty()
    }

    fn missing_value(&self, path: String) -> Value {
        match self {
            Self::Refused => Value::UNDEFINED,
            Self::Marked | Self::LeftOut(_) => Value::from_object(MissingValue {
                path,
                missing: self.clone(),
            }),
        }
    }
}

/// Makes missing values without a name an error.
pub(super) fn refuse(environment: &mut Environment<'_>) {
    environment.set_formatter(
        |output: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value| match value.is_none() {
            true => Err(Error::from(ErrorKind::UndefinedError)),
            false => minijinja::escape_formatter(output, state, value),
        },
    );
}

/// Makes missing values render as marks for a model.
pub(super) fn mark(environment: &mut Environment<'_>) {
    write_nameless(environment, NAMELESS);
}

/// Makes missing values render as placeholders.
pub(super) fn note(environment: &mut Environment<'_>) {
    write_nameless(environment, PLACEHOLDER);
}

fn write_nameless(environment: &mut Environment<'_>, nameless: &'static str) {
    environment.set_formatter(
        move |output: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value| {
            if value.is_undefined() || value.is_none() {
                return output.write_str(nameless).map_err(Error::from);
            }
            minijinja::escape_formatter(output, state, value)
        },
    );
    environment.add_filter("default", default);
    environment.add_filter("d", default);
    environment.add_filter("tojson", tojson);
    environment.add_test("defined", |value: &Value| !is_missing(value));
    environment.add_test("undefined", is_missing);
    environment.add_test("none", is_missing);
}

fn default(state: &State<'_, '_>, value: &Value, others: Rest<Value>) -> Result<Value, Error> {
    if is_missing(value) {
        filters::default(state, &Value::UNDEFINED, others)
    } else {
        filters::default(state, value, others)
    }
}

fn tojson(value: &Value, indent: Option<Value>, options: Kwargs) -> Result<Value, Error> {
    filters::tojson(&plain(value), indent, options)
}

/// `value` with null in place of gaps.
fn plain(value: &Value) -> Value {
    if is_missing(value) {
        return Value::from(());
    }
    if let Some(present) = value.downcast_object_ref::<PresentObject>() {
        let entries = present.entries.iter();
        return Value::from_pairs(entries.map(|(key, value)| (key.clone(), plain(value))));
    }
    match (value.kind(), value.try_iter()) {
        (ValueKind::Seq, Ok(items)) => items.map(|item| plain(&item)).collect(),
        _ => value.clone(),
    }
}

fn is_missing(value: &Value) -> bool {
    value.is_undefined() || value.is_none() || value.downcast_object_ref::<MissingValue>().is_some()
}

/// An object whose missing attributes are gaps.
#[derive(Debug)]
struct PresentObject {
    path: String,
    entries: Vec<(String, Value)>,
    missing: Missing,
}

impl Object for PresentObject {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let key = key.as_str()?;
        let (_, value) = self.entries.iter().find(|(name, _)| name == key)?;
        (!value.is_undefined()).then(|| value.clone())
    }

    /// Called for `path.key` in the template's text.
    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        let value = self.get_value(&Value::from(key));
        let value =
            value.unwrap_or_else(|| self.missing.missing_value(format!("{}.{key}", self.path)));
        (!value.is_undefined()).then_some(value)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        let keys = self.entries.iter().map(|(key, _)| Value::from(key.clone()));
        Enumerator::Values(keys.collect())
    }
}

/// A missing value and its path.
#[derive(Debug)]
struct MissingValue {
    path: String,
    missing: Missing,
}

impl Object for MissingValue {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Iterable
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        Some(self.missing.missing_value(format!("{}.{key}", self.path)))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Empty
    }

    fn is_true(self: &Arc<Self>) -> bool {
        false
    }

    fn call(self: &Arc<Self>, _: &mut State<'_, '_>, _: &[Value]) -> Result<Value, Error> {
        let unknown = format!("function {} is unknown", self.path);
        Err(Error::new(ErrorKind::UnknownFunction, unknown))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.missing {
            Missing::Refused | Missing::Marked => write!(f, "[{}?]", self.path),
            Missing::LeftOut(names) => {
                names.lock().insert(self.path.clone());
                f.write_str(PLACEHOLDER)
            }
        }
    }
}
