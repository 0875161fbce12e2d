//! Wire formats, one folder each, and the only place that names their spelling.

pub mod agent;
pub mod dispatch;
