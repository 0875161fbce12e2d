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
pub(crate) mod glob;
pub mod http;
pub mod mcp;
pub mod rpc;
mod runner;
mod schema;
mod telephony;
mod toolbox;

pub use answer::Answer;
pub use runner::{ToolInvocation, ToolRunner};
pub use toolbox::{ToolContext, Toolbox};
