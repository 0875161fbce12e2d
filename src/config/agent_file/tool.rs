//! `[[tools]]` of the agent file.

use std::collections::BTreeMap;
use std::time::Duration;

use parlor_core::conversation::{ToolKind, ToolRule};
use parlor_core::secret::Private;
use parlor_core::wire::agent::{ExecutionMode, ResponseInstructions, SessionConfig, Tool};
use parlor_tools::http::HttpSpec;
use parlor_tools::rpc::RpcSpec;
use parlor_tools::{ToolExecutor, ToolSpec};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::limits::seconds;
use super::session::with_config_key;

/// Longest timeout of a tool in seconds, below the longest that the API accepts.
const LONGEST: f64 = 290.0;

/// How much longer the API's timeout is than ours, in seconds.
const MARGIN: f64 = 5.0;

/// The API's default timeout, in seconds.
const API_WAITS: f64 = 120.0;

/// `[[tools]]`: exactly one of `http`, `rpc` and `builtin`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ToolEntry {
    name: Option<String>,
    description: Option<String>,
    parameters: Option<Map<String, Value>>,
    http: Option<HttpSpec>,
    rpc: Option<RpcSpec>,
    builtin: Option<Builtin>,
    #[serde(default)]
    destinations: BTreeMap<String, String>,
    timeout: Option<f64>,
    #[serde(default)]
    hold: bool,
    #[serde(default)]
    immediate: bool,
    #[serde(default)]
    when_interrupted: WhenInterrupted,
    #[serde(default)]
    fillers: Vec<Private<String>>,
    filler_after: Option<f64>,
    on_success: Option<String>,
    on_error: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Builtin {
    EndCall,
    SetState,
    SendDtmf,
    TransferCall,
    SayToRoom,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum WhenInterrupted {
    #[default]
    Cancel,
    Keep,
}

impl ToolEntry {
    pub(super) fn spec(&self, phases: &[String]) -> ToolSpec {
        let defaults = ToolRule::default();
        let rule = ToolRule {
            name: self.name(),
            kind: match self.builtin {
                Some(Builtin::EndCall) => ToolKind::EndCall,
                Some(Builtin::SetState) => ToolKind::SetState,
                _ => ToolKind::External,
            },
            within: seconds(self.timeout).unwrap_or(defaults.within),
            immediate: self.immediate,
            survives_interruption: self.when_interrupted == WhenInterrupted::Keep
                || self.builtin == Some(Builtin::EndCall),
            holds: self.hold,
            fillers: self.fillers.clone(),
            filler_after: seconds(self.filler_after).unwrap_or(defaults.filler_after),
        };
        ToolSpec {
            executor: self.executor(),
            tool: self.tool(&rule, phases),
            rule,
        }
    }

    /// Problems of this tool, the `nth` of the file, counted from 0.
    pub(super) fn problems(&self, nth: usize) -> Vec<String> {
        let name = self.name();
        let key = match name.is_empty() {
            true => format!("[[tools]] {}", nth + 1),
            false => format!("[[tools]] {name:?}"),
        };
        let mut problems = Vec::new();
        let kinds = [
            self.http.is_some(),
            self.rpc.is_some(),
            self.builtin.is_some(),
        ];
        if kinds.iter().filter(|it| **it).count() != 1 {
            problems.push(format!("{key} needs exactly one of http, rpc and builtin"));
        }
        if self.builtin.is_none() && self.description.is_none() {
            problems.push(format!("{key} needs a description for the model"));
        }
        let timeout = self.timeout.unwrap_or(1.0);
        if !(0.1..=LONGEST).contains(&timeout) {
            problems.push(format!(
                "{key} timeout must be from 0.1 to {LONGEST} seconds"
            ));
        }
        if seconds(self.filler_after.or(Some(1.0))).is_none_or(|it| it.is_zero()) {
            problems.push(format!(
                "{key} filler_after must be more than 0 and at most 2592000 seconds"
            ));
        }
        let is_transfer = self.builtin == Some(Builtin::TransferCall);
        if is_transfer == self.destinations.is_empty() {
            problems.push(format!(
                "{key} destinations are required for transfer_call and invalid for other tools"
            ));
        }
        let wrong = SessionConfig {
            tools: Some(vec![self.tool(&ToolRule::default(), &[])]),
            ..SessionConfig::default()
        };
        let wrong = wrong.problems();
        problems.extend(
            wrong
                .iter()
                .map(|it| format!("{key} {}", with_config_key(it))),
        );
        problems
    }

    /// Name by which the model calls the tool.
    fn name(&self) -> String {
        let builtin = self.builtin.map(|builtin| builtin.name().to_owned());
        self.name.clone().or(builtin).unwrap_or_default()
    }

    fn executor(&self) -> ToolExecutor {
        if let Some(http) = &self.http {
            return ToolExecutor::Http(Box::new(http.clone()));
        }
        if let Some(rpc) = &self.rpc {
            return ToolExecutor::Rpc(rpc.clone());
        }
        match self.builtin {
            Some(Builtin::SendDtmf) => ToolExecutor::Dtmf,
            Some(Builtin::TransferCall) => ToolExecutor::Transfer(self.destinations.clone()),
            Some(Builtin::SayToRoom) => ToolExecutor::RoomMessage,
            _ => ToolExecutor::Conversation,
        }
    }

    /// The tool as it is described to the model.
    fn tool(&self, rule: &ToolRule, phases: &[String]) -> Tool {
        let own = self.builtin.map(Builtin::description).unwrap_or_default();
        let description = self.description.as_deref().unwrap_or(own);
        let parameters = self.parameters.clone();
        let within = rule.within.as_secs_f64() + MARGIN;
        let instructions = ResponseInstructions {
            success: self.on_success.clone(),
            error: self.on_error.clone(),
        };
        Tool {
            name: self.name(),
            description: description.to_owned(),
            parameters: parameters.unwrap_or_else(|| self.own_parameters(phases)),
            execution_mode: self.hold.then_some(ExecutionMode::Hold),
            timeout_seconds: (within > API_WAITS).then(|| whole(within)),
            response_instructions: (instructions != ResponseInstructions::default())
                .then_some(instructions),
        }
    }

    fn own_parameters(&self, phases: &[String]) -> Map<String, Value> {
        let properties = match self.builtin {
            Some(Builtin::SetState) => json!({"state": {"type": "string", "enum": phases}}),
            Some(Builtin::SendDtmf) => json!({"digits": {
                "type": "string",
                "pattern": "^[0-9*#A-Dw]{1,32}$",
                "description": "Keys to press, in order; w pauses for half a second",
            }}),
            Some(Builtin::TransferCall) => {
                let names: Vec<_> = self.destinations.keys().collect();
                json!({"destination": {"type": "string", "enum": names}})
            }
            Some(Builtin::SayToRoom) => json!({"text": {"type": "string", "maxLength": 4000}}),
            Some(Builtin::EndCall) | None => json!({}),
        };
        let required: Vec<_> = properties
            .as_object()
            .into_iter()
            .flat_map(Map::keys)
            .collect();
        let schema = json!({
            "type": "object",
            "properties": &properties,
            "required": required,
        });
        match schema {
            Value::Object(schema) => schema,
            _ => Map::new(),
        }
    }
}

impl Builtin {
    fn name(self) -> &'static str {
        match self {
            Self::EndCall => "end_call",
            Self::SetState => "set_state",
            Self::SendDtmf => "send_dtmf",
            Self::TransferCall => "transfer_call",
            Self::SayToRoom => "say_to_room",
        }
    }

    fn description(self) -> &'static str {
        match self {
            Self::EndCall => "Ends the call. Use it once the caller needs nothing else.",
            Self::SetState => "Moves on to another part of the conversation.",
            Self::SendDtmf => "Presses telephone keys, for a menu at the other end.",
            Self::TransferCall => "Transfers the telephone call to somebody else and leaves it.",
            Self::SayToRoom => "Shows text on the caller's screen: links, numbers, spellings.",
        }
    }
}

/// Whole seconds, rounded up, as the API expects them.
fn whole(seconds: f64) -> u16 {
    Duration::try_from_secs_f64(seconds.ceil())
        .ok()
        .and_then(|it| u16::try_from(it.as_secs()).ok())
        .unwrap_or(u16::MAX)
}
