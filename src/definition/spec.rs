//! An agent as it was written, before its templates and tools are made.

use std::collections::BTreeMap;

use parlor_core::conversation::{Limits, Patience, ToolRule};
use parlor_core::secret::Private;
use parlor_core::wire::agent::{SessionConfig, Tool};

use super::voices::Voices;
use crate::tools::http::HttpSpec;
use crate::tools::mcp::McpSpec;
use crate::tools::rpc::RpcSpec;

/// An agent as it was written.
#[derive(Debug, Clone, Default)]
pub struct AgentSpec {
    /// What it is at first.
    pub first: PhaseSpec,
    /// What it can become.
    pub others: Vec<PhaseSpec>,
    /// Which voices a dispatch may choose.
    pub voices: Voices,
    /// What it can do besides speaking.
    pub tools: Vec<ToolSpec>,
    /// Whose tools it can use as well.
    pub mcp: Vec<McpSpec>,
    /// What a call must not exceed.
    pub limits: Limits,
    /// What it says without being asked.
    pub lines: LinesSpec,
}

/// A phase as it was written.
#[derive(Debug, Clone, Default)]
pub struct PhaseSpec {
    /// What `set_state` calls it.
    pub name: String,
    /// What the API is told, but for prompt, greeting and tools.
    pub session: SessionConfig,
    /// A template.
    pub prompt: Option<Private<String>>,
    /// A template.
    pub greeting: Option<Private<String>>,
    /// When callers get longer to answer.
    pub patience: Option<Patience>,
    /// The tools that the model is shown, `*` for anything; all without it.
    pub tools: Option<Vec<String>>,
    /// The call goes on in it after words of the caller that contain any of these.
    pub when_caller_says: Vec<String>,
    /// The call goes on in it after any of these tools has done its work.
    pub after_tool: Vec<String>,
}

/// A tool as it was written.
#[derive(Debug, Clone)]
pub struct ToolSpec {
    /// How it is used.
    pub rule: ToolRule,
    /// What the model is told of it.
    pub tool: Tool,
    /// How it is carried out.
    pub means: ToolExecutor,
}

/// How a tool is carried out.
#[derive(Debug, Clone)]
pub enum ToolExecutor {
    /// By the call itself.
    Core,
    /// By an HTTP request.
    Http(Box<HttpSpec>),
    /// By the caller's own app.
    Rpc(RpcSpec),
    /// By pressing keys of the telephone.
    Dtmf,
    /// By handing the telephone call over to one of these, `tel:` or `sip:`.
    Transfer(BTreeMap<String, String>),
    /// By writing to the room.
    Write,
}

/// What the agent says, or is written, without being asked. Each is a template.
#[derive(Debug, Clone, Default)]
pub struct LinesSpec {
    /// To a caller who is silent.
    pub idle: Vec<Private<String>>,
    /// Before the call ends.
    pub goodbye: Option<Private<String>>,
    /// Written while the service has no room.
    pub busy: Option<Private<String>>,
    /// Written while the connection to the service is interrupted.
    pub lost: Option<Private<String>>,
}
