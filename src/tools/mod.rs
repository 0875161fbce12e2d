//! What an agent can do besides speaking. A tool takes a JSON object, does one thing, and gives an
//! [`Answer`]; when it may do so, and when its answer is told, `parlor_core` decides.
//!
//! ```text
//! Action::RunTool ─▶ workbench ─▶ toolbox ─┬▶ http      an HTTP request
//!                                          ├▶ rpc       a method of the caller's app
//!                                          ├▶ phone     keys, handing over
//! Event::ToolDone ◀─ workbench ◀─ answer ◀─┴▶ mcp       a tool of an MCP server
//! ```

mod answer;
pub mod http;
pub mod mcp;
pub(crate) mod pattern;
mod phone;
pub mod rpc;
mod schema;
mod toolbox;
mod workbench;

pub use answer::Answer;
pub use toolbox::{Surroundings, Toolbox};
pub use workbench::{Used, Workbench};
