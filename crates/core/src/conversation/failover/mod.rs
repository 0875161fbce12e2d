//! Continuing a call after its voice session or its process was lost.

pub(crate) mod checkpoint;
pub(crate) mod history;
pub(crate) mod resume;
