//! Validation of steps.

use super::format::{Action, Step};

/// Messages that the simulator sends.
const SENT: [&str; 15] = [
    "sent",
    "session.updated",
    "session.ready",
    "session.error",
    "session.ended",
    "input.speech.started",
    "input.speech.stopped",
    "transcript.user.delta",
    "transcript.user",
    "reply.started",
    "reply.audio",
    "transcript.agent.delta",
    "transcript.agent",
    "reply.done",
    "tool.call",
];

/// Messages that a client sends.
const TAKEN: [&str; 8] = [
    "session.update",
    "session.resume",
    "session.end",
    "input.audio",
    "tool.result",
    "reply.create",
    "conversation.message",
    "reply.cancel",
];

/// Moments other than messages.
const MOMENTS: [&str; 4] = [
    "connect",
    "caller.starts",
    "caller.stops",
    "caller.interrupts",
];

/// Maximum seconds of audio that a step may generate.
const MOST_AUDIO: f64 = 3_600.0;

#[derive(Clone, Copy, PartialEq, Eq)]
enum On {
    Sent,
    Taken,
    Moment,
    Connect,
}

/// Validates a step; returns what is wrong with it.
pub(super) fn step(step: &Step) -> Result<(), String> {
    let on = on(&step.on)?;
    place(on, &step.does)?;
    value(&step.does)?;
    let changes = step.does.changes();
    if changes && (step.before || step.after_ms > 0) {
        let name = step.does.name();
        return Err(format!(
            "'{name}' applies to the event itself: use neither 'before' nor 'after_ms'"
        ));
    }
    if step.before && step.after_ms > 0 {
        return Err("use 'before' or 'after_ms', not both".to_owned());
    }
    let is_message = matches!(on, On::Sent | On::Taken);
    if step.before && !is_message {
        return Err("'before' cannot be used on a moment, only on a message".to_owned());
    }
    if !step.when.is_empty() && !is_message {
        return Err(format!(
            "'{}' has no fields, so 'when' cannot be used",
            step.on
        ));
    }
    if step.on == "session.end" && !step.before && !changes {
        return Err("nothing comes after session.end: use 'before = true'".to_owned());
    }
    Ok(())
}

fn on(name: &str) -> Result<On, String> {
    match name {
        "connect" => Ok(On::Connect),
        name if SENT.contains(&name) => Ok(On::Sent),
        name if TAKEN.contains(&name) => Ok(On::Taken),
        name if MOMENTS.contains(&name) => Ok(On::Moment),
        name => {
            let known = [SENT.as_slice(), &TAKEN, &MOMENTS].concat().join(", ");
            Err(format!(
                "unknown event '{name}' in 'on', must be one of {known}"
            ))
        }
    }
}

/// Checks that the action fits the event.
fn place(on: On, does: &Action) -> Result<(), String> {
    let (fits, to) = match does {
        Action::Refuse(_) => (on == On::Connect, "on = \"connect\""),
        Action::Reject(_) => (on == On::Taken, "a message of the client"),
        Action::Repeat(_) | Action::Swap(_) | Action::LongerS(_) => {
            (on == On::Sent, "a message of the simulator")
        }
        Action::DelayMs(_) | Action::Set(_) | Action::Remove(_) => {
            (matches!(on, On::Sent | On::Taken), "a message")
        }
        Action::Drop(_) => (on != On::Connect, "any event but the handshake"),
        _ => (true, ""),
    };
    if fits {
        return Ok(());
    }
    Err(format!("'{}' can only be used with {to}", does.name()))
}

fn value(does: &Action) -> Result<(), String> {
    let name = does.name();
    match does {
        Action::Swap(false)
        | Action::Interrupt(false)
        | Action::Cut(false)
        | Action::Hang(false) => Err(format!("{name} = false has no effect: remove the step")),
        Action::Refuse(status) if !(400..=599).contains(status) => {
            Err("refuse must be an HTTP status from 400 to 599".to_owned())
        }
        Action::Close(close) if !(1_000..=4_999).contains(&close.code) => {
            Err("the close code must be from 1000 to 4999".to_owned())
        }
        Action::AudioS(seconds) | Action::LongerS(seconds)
            if !(*seconds > 0.0 && *seconds <= MOST_AUDIO) =>
        {
            Err(format!(
                "{name} must be more than 0 and at most {MOST_AUDIO} seconds"
            ))
        }
        Action::Tool(calls) if calls.is_empty() => {
            Err("tool must list at least one call".to_owned())
        }
        _ => Ok(()),
    }
}
