//! A tool as written in the agent file.

use std::collections::BTreeMap;

use parlor_core::conversation::ToolRule;
use parlor_core::wire::agent::Tool;

use crate::http::HttpSpec;
use crate::rpc::RpcSpec;

/// A tool as written in the agent file.
#[derive(Debug, Clone)]
pub struct ToolSpec {
    /// How the conversation handles calls of the tool.
    pub rule: ToolRule,
    /// The tool as it is described to the model.
    pub tool: Tool,
    /// How the tool is executed.
    pub executor: ToolExecutor,
}

/// How a tool is executed.
#[derive(Debug, Clone)]
pub enum ToolExecutor {
    /// By the conversation itself.
    Conversation,
    /// With an HTTP request.
    Http(Box<HttpSpec>),
    /// By the caller's app, through LiveKit RPC.
    Rpc(RpcSpec),
    /// By sending DTMF tones to the caller's telephone.
    Dtmf,
    /// By transferring the telephone call to one of these `tel:` or `sip:` addresses, by name.
    Transfer(BTreeMap<String, String>),
    /// By writing a message to the room.
    RoomMessage,
}
