//! The tools of an agent, by name.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::time::Duration;

use parlor_common::clock;
use parlor_common::dial::Proxies;
use parlor_common::settings::Source;
use parlor_core::ids::Identity;
use parlor_core::secret::Private;
use parlor_livekit::LiveKit;
use parlor_livekit::room::RoomControl;
use serde_json::{Map, Value};
use tokio::time::Instant;

use super::http::{HttpTool, Network};
use super::mcp::Mcp;
use super::rpc::RpcSpec;
use super::schema::Schema;
use super::{Answer, telephony};
use crate::{ToolExecutor, ToolSpec};

/// Maximum length of a chat message to the caller, in characters.
const MOST_WRITTEN: usize = 4_000;

/// The tools of an agent that run outside of `parlor_core`, by name. Tools of MCP servers are not
/// among them: they come with the [`ToolContext`].
#[derive(Default)]
pub struct Toolbox(HashMap<String, Tool>);

struct Tool {
    schema: Schema,
    executor: Executor,
}

/// How a tool is run, built from its [`ToolExecutor`].
enum Executor {
    Http(Box<HttpTool>),
    Rpc(RpcSpec),
    Dtmf,
    Transfer(BTreeMap<String, String>),
    RoomMessage,
}

/// The call in which a tool runs.
#[derive(Debug, Clone)]
pub struct ToolContext {
    /// Control of the call's room.
    pub control: RoomControl,
    /// The LiveKit server of the room.
    pub livekit: LiveKit,
    /// Template values that describe the job, the room and the caller.
    pub values: Value,
    /// Identity of the linked caller, if there is one.
    pub caller: Option<Identity>,
    /// The agent's MCP servers, if it has any.
    pub mcp: Option<Mcp>,
}

impl fmt::Debug for Toolbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Toolbox {
    /// Builds the tools, with environment variables from `source`.
    ///
    /// # Errors
    /// All problems of the tools, one message each.
    pub fn new(
        specs: &[ToolSpec],
        source: &Source,
        proxies: &Proxies,
    ) -> Result<Self, Vec<String>> {
        let mut problems = Vec::new();
        let mut tools = HashMap::new();
        let network = Network::new(proxies).map_err(|error| vec![error])?;
        for spec in specs {
            let name = &spec.rule.name;
            let key = |problem: String| format!("[[tools]] {name:?}: {problem}");
            let schema = Schema::compile(&spec.tool.parameters);
            let executor = build_executor(spec, source, &network);
            match (schema, executor) {
                (Ok(schema), Ok(Some(executor))) => {
                    tools.insert(name.clone(), Tool { schema, executor });
                }
                (Ok(_), Ok(None)) => {}
                (schema, executor) => {
                    problems.extend(schema.err().map(key));
                    problems.extend(executor.err().into_iter().flatten().map(key));
                }
            }
        }
        match problems.is_empty() {
            true => Ok(Self(tools)),
            false => Err(problems),
        }
    }

    /// Runs the tool `name` and returns its answer; failures are error answers. `timeout` is the
    /// timeout of HTTP, RPC and MCP tools. Dropping the future aborts the tool call.
    pub async fn use_tool(
        &self,
        name: &str,
        arguments: &Private<String>,
        timeout: Duration,
        context: &ToolContext,
    ) -> Answer {
        let arguments: Value = match serde_json::from_str(arguments.reveal()) {
            Ok(arguments) => arguments,
            Err(_) => return Answer::error("the arguments are not valid JSON"),
        };
        let deadline = Instant::from_std(clock::now()) + timeout;
        let Some(tool) = self.0.get(name) else {
            return call_mcp(name, arguments, deadline, context).await;
        };
        if let Err(problem) = tool.schema.check(&arguments) {
            return Answer::error(&problem);
        }
        let caller = context.caller.as_ref();
        match &tool.executor {
            Executor::Http(http) => http.call(&arguments, &context.values, deadline).await,
            Executor::Rpc(rpc) => {
                rpc.call(&context.control, caller, &arguments, timeout)
                    .await
            }
            Executor::Dtmf => telephony::press(&context.control, caller, &arguments).await,
            Executor::Transfer(destinations) => {
                let to = arguments["destination"].as_str().unwrap_or_default();
                let Some(to) = destinations.get(to) else {
                    return Answer::error("the destination is not one of those configured");
                };
                let room = context.values["room"]["name"].as_str().unwrap_or_default();
                telephony::transfer(&context.livekit, room, caller, to).await
            }
            Executor::RoomMessage => send_room_message(&context.control, caller, &arguments).await,
        }
    }
}

fn build_executor(
    spec: &ToolSpec,
    source: &Source,
    network: &Network,
) -> Result<Option<Executor>, Vec<String>> {
    let name = &spec.rule.name;
    Ok(Some(match &spec.executor {
        ToolExecutor::Conversation => return Ok(None),
        ToolExecutor::Http(http) => {
            let tool = HttpTool::new(name, http, source, network)?;
            let given = spec.tool.parameters.get("properties");
            let is_given = |it: &&String| given.is_some_and(|given| given.get(it).is_some());
            let missing = tool.arguments().iter().filter(|it| !is_given(it));
            let missing = missing.map(|it| format!("args.{it} is not among the tool's parameters"));
            let missing: Vec<_> = missing.collect();
            if !missing.is_empty() {
                return Err(missing);
            }
            Executor::Http(Box::new(tool))
        }
        ToolExecutor::Rpc(rpc) => Executor::Rpc(rpc.clone()),
        ToolExecutor::Dtmf => Executor::Dtmf,
        ToolExecutor::Transfer(destinations) => Executor::Transfer(destinations.clone()),
        ToolExecutor::RoomMessage => Executor::RoomMessage,
    }))
}

/// Calls a tool that is not in the toolbox: one of an MCP server.
async fn call_mcp(
    name: &str,
    arguments: Value,
    deadline: Instant,
    context: &ToolContext,
) -> Answer {
    let Some(mcp) = &context.mcp else {
        return Answer::error("there is no such tool");
    };
    match arguments {
        Value::Object(arguments) => mcp.call(name, arguments, deadline).await,
        _ => mcp.call(name, Map::new(), deadline).await,
    }
}

async fn send_room_message(
    control: &RoomControl,
    caller: Option<&Identity>,
    arguments: &Value,
) -> Answer {
    let text = arguments["text"].as_str().unwrap_or_default();
    if text.trim().is_empty() || text.chars().count() > MOST_WRITTEN {
        return Answer::error("text must be 1 to 4000 characters long, and not only white space");
    }
    match control.send_chat(caller, text).await {
        Ok(()) => Answer::ok(r#"{"ok":true}"#),
        Err(error) => {
            tracing::warn!(%error, "failed to send a chat message to the caller");
            Answer::error(&error.to_string())
        }
    }
}
