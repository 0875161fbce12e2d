//! What an agent can do besides speaking. A tool takes a JSON object, does one thing, and gives an
//! [`Answer`]; when it may do so, and when its answer is told, `parlor_core` decides.

mod answer;

pub use answer::Answer;
