//! Unknown variables as gaps that can be seen, and that are nothing to `if`, `for` and `default`.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Enumerator, Object, ObjectRepr, Rest, Serde, ValueKind};
use minijinja::{Environment, Error, ErrorKind, Output, State, Value, filters};

/// Written where a variable is unknown that has no name of its own.
const NAMELESS: &str = "[?]";

/// `values`, an object or nothing; gaps for those of `roots` that it does not have, and for all
/// that a template asks of objects in it.
pub(super) fn with_gaps<'a>(
    values: &serde_json::Value,
    roots: impl Iterator<Item = &'a str>,
) -> Value {
    let values = values.as_object();
    let mut context: Vec<(String, Value)> = Vec::new();
    for (name, value) in values.into_iter().flatten() {
        context.push((name.clone(), known(Value::from(Serde(value)), name.clone())));
    }
    for root in roots {
        if values.is_none_or(|values| !values.contains_key(root)) {
            context.push((root.to_owned(), gap(root.to_owned())));
        }
    }
    Value::from_pairs(context)
}

/// Lets gaps be written, and be nothing.
pub(super) fn install(environment: &mut Environment<'_>) {
    environment.set_formatter(
        |output: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value| {
            if value.is_undefined() {
                return output.write_str(NAMELESS).map_err(Error::from);
            }
            minijinja::escape_formatter(output, state, value)
        },
    );
    environment.add_filter("default", default);
    environment.add_filter("d", default);
    environment.add_test("defined", |value: &Value| !is_missing(value));
    environment.add_test("undefined", is_missing);
}

fn default(state: &State<'_, '_>, value: &Value, others: Rest<Value>) -> Result<Value, Error> {
    if is_missing(value) {
        filters::default(state, &Value::UNDEFINED, others)
    } else {
        filters::default(state, value, others)
    }
}

fn is_missing(value: &Value) -> bool {
    value.is_undefined() || value.downcast_object_ref::<Gap>().is_some()
}

/// `value`, which the template knows by `path`.
fn known(value: Value, path: String) -> Value {
    match value.kind() {
        ValueKind::Map => Value::from_object(Known { path, map: value }),
        _ => value,
    }
}

fn gap(path: String) -> Value {
    Value::from_object(Gap(path))
}

/// An object whose missing attributes are gaps. Everything else, `in` and loops among it, is as if
/// it were not wrapped.
#[derive(Debug)]
struct Known {
    path: String,
    map: Value,
}

impl Object for Known {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let value = self.map.get_item(key).ok()?;
        (!value.is_undefined()).then(|| known(value, format!("{}.{key}", self.path)))
    }

    /// The template wrote `path.key`.
    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        let value = self.get_value(&Value::from(key));
        Some(value.unwrap_or_else(|| gap(format!("{}.{key}", self.path))))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        let keys = self.map.try_iter().into_iter().flatten();
        Enumerator::Values(keys.collect())
    }
}

/// A variable that is not there, by its path.
#[derive(Debug)]
struct Gap(String);

impl Object for Gap {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Iterable
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        Some(gap(format!("{}.{key}", self.0)))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Empty
    }

    fn is_true(self: &Arc<Self>) -> bool {
        false
    }

    fn call(self: &Arc<Self>, _: &mut State<'_, '_>, _: &[Value]) -> Result<Value, Error> {
        let unknown = format!("function {} is unknown", self.0);
        Err(Error::new(ErrorKind::UnknownFunction, unknown))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}?]", self.0)
    }
}
