//! Tool calls under disturbances, at random and at every step of a turn. [`watch`] checks the
//! invariants.

mod at_every_step;
mod at_random;
mod server;
mod watch;

use super::harness::*;
use crate::conversation::*;
use crate::secret::Secret;
use crate::wire::agent::SessionConfig;

/// Tools of every kind. The API runs `weather`, and `coffee` does not exist.
const TOOLS: [&str; 9] = [
    "tea",
    "milk",
    "now",
    "surely",
    "slowly",
    "end_call",
    "set_state",
    "weather",
    "coffee",
];

/// What the agent says to a caller while `slowly` runs.
const FILLERS: [&str; 2] = ["One moment.", "Soon."];

fn rules() -> Vec<ToolRule> {
    let rule = |name: &str| ToolRule {
        name: name.to_owned(),
        ..ToolRule::default()
    };
    vec![
        rule("tea"),
        rule("milk"),
        ToolRule {
            immediate: true,
            ..rule("now")
        },
        ToolRule {
            survives_interruption: true,
            ..rule("surely")
        },
        ToolRule {
            fillers: FILLERS.map(|it| it.to_owned().into()).to_vec(),
            filler_after: 2 * SECOND,
            ..rule("slowly")
        },
        ToolRule {
            kind: ToolKind::EndCall,
            survives_interruption: true,
            ..rule("end_call")
        },
        ToolRule {
            kind: ToolKind::SetState,
            ..rule("set_state")
        },
    ]
}

fn profile(limits: Limits, goodbye: bool) -> AgentProfile {
    AgentProfile {
        first: phase("hello"),
        others: vec![phase("order")],
        tools: rules(),
        limits,
        lines: Lines {
            goodbye: goodbye.then(|| "Good bye.".to_owned().into()),
            ..Lines::default()
        },
        own_voice: None,
    }
}

fn phase(name: &str) -> Phase {
    let prompt = format!("You are in {name}.");
    Phase {
        name: name.to_owned(),
        session: SessionConfig {
            system_prompt: Some(prompt.into()),
            ..SessionConfig::default()
        },
        ..Phase::default()
    }
}

/// `session.ready` of a session that can be resumed.
fn session() -> Event {
    Event::Agent(AgentEvent::SessionReady {
        session: Some("s".into()),
        resume_token: Some(Secret::new("token")),
        expires_at: None,
        server_tools: vec!["weather".to_owned()],
    })
}

/// A call of the tool `name`. With `set_state`, the arguments contain a known or an unknown phase.
fn calls(call: &str, name: &str, arguments: &str) -> Event {
    Event::Agent(AgentEvent::ToolCall {
        call: call.into(),
        name: name.to_owned(),
        arguments: arguments.to_owned().into(),
    })
}

fn gives(call: &str) -> Event {
    Event::ToolDone {
        call: call.into(),
        result: "{}".to_owned().into(),
        is_error: false,
    }
}
