//! Finds values that a template writes although they may be missing, by trial rendering.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::Template;

/// A sample value.
const ANYTHING: &str = "anything";

impl Template {
    /// The variables that `may_be_missing` and that the template writes or needs without checking
    /// for them with `if` or `default`.
    pub fn unchecked_variables(&self, may_be_missing: impl Fn(&str) -> bool) -> BTreeSet<String> {
        let with = |is_there: &dyn Fn(&str) -> bool| {
            let mut values = json!({});
            let there = self.variables.iter().filter(|path| is_there(path));
            there.for_each(|path| put(&mut values, path));
            self.render_spoken(&values)
        };
        let can_be_filled = with(&|_| true).is_ok();
        let mut unchecked_variables = BTreeSet::new();
        let none = with(&|path| !may_be_missing(path));
        unchecked_variables.extend(none.map(|it| it.missing).unwrap_or_default());
        for missing in self.variables.iter().filter(|path| may_be_missing(path)) {
            match with(&|path| path != missing) {
                Ok(spoken) => unchecked_variables.extend(spoken.missing),
                Err(_) if can_be_filled => _ = unchecked_variables.insert(missing.clone()),
                Err(_) => {}
            }
        }
        unchecked_variables.retain(|path| may_be_missing(path));
        unchecked_variables
    }
}

/// Sets a sample value at `path`.
fn put(values: &mut Value, path: &str) {
    let mut at = values;
    for name in path.split('.') {
        if !at.is_object() {
            *at = json!({});
        }
        at = &mut at[name];
    }
    if at.is_null() {
        *at = ANYTHING.into();
    }
}
