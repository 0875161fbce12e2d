//! A shared value that can be taken once.

use std::fmt;
use std::sync::Arc;

use parking_lot::RwLock;

/// Holds a value that can be taken once; clones share it.
pub struct TakeCell<T> {
    value: Arc<RwLock<Option<T>>>,
}

impl<T> TakeCell<T> {
    pub(crate) fn new(value: T) -> Self {
        Self {
            value: Arc::new(RwLock::new(Some(value))),
        }
    }

    /// Takes the value; `None` if it has already been taken.
    pub fn take(&self) -> Option<T> {
        self.value.write().take()
    }
}

impl<T> Clone for TakeCell<T> {
    fn clone(&self) -> Self {
        Self {
            value: Arc::clone(&self.value),
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for TakeCell<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.value.read();
        let shown = value
            .as_ref()
            .map_or(&"<taken>" as &dyn fmt::Debug, |value| value);
        f.debug_struct("TakeCell").field("value", shown).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_take_of_all_clones_succeeds() {
        let cell = TakeCell::new(7);
        let other = cell.clone();
        assert_eq!((other.take(), cell.take()), (Some(7), None));
    }

    #[test]
    fn debug_shows_whether_the_value_is_taken() {
        let cell = TakeCell::new(7);
        assert_eq!(format!("{cell:?}"), "TakeCell { value: 7 }");
        cell.take();
        assert_eq!(format!("{cell:?}"), "TakeCell { value: \"<taken>\" }");
    }
}
