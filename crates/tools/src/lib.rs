//! Tools of an agent. A tool takes a JSON object as arguments and returns an [`Answer`].
//! `parlor_core` decides when a tool may run and when its answer is sent.
//!
//! ```text
//! Action::RunTool ─▶ runner ─▶ toolbox ─┬▶ http       an HTTP request
//!                                       ├▶ rpc        a method of the caller's app
//!                                       ├▶ telephony  DTMF tones, call transfer
//! Event::ToolDone ◀─ runner ◀─ answer ◀─┴▶ mcp        a tool of an MCP server
//! ```

mod answer;
pub mod glob;
pub mod http;
pub mod mcp;
pub mod rpc;
mod runner;
mod schema;
mod spec;
mod telephony;
pub mod template;
mod toolbox;

pub use answer::Answer;
pub use runner::{ToolInvocation, ToolRunner};
pub use spec::{ToolExecutor, ToolSpec};
pub use toolbox::{ToolContext, Toolbox};
