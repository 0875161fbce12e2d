//! Validation of client messages as strict as the API's. It is written independently of our
//! encoder, so that each reveals mistakes in the other.

mod shape;
#[cfg(test)]
mod tests;

use serde_json::Value;

use super::refusal::Refusal;
use shape::{FieldType, SESSION, object};

/// Fields that cannot change after the first update.
const IMMUTABLE: [&str; 4] = ["greeting", "output.voice", "output.format", "output.type"];

/// Validates the `session` of a `session.update`; `first` if it is the session's first.
pub(super) fn session(session: &Value, first: bool) -> Result<(), Refusal> {
    let Some(fields) = session.as_object() else {
        return Err(Refusal::of(
            "invalid_format",
            "session",
            "'session' must be an object",
        ));
    };
    if !first && fields.contains_key("agent_id") {
        let message = "agent_id is only allowed in the first session.update";
        return Err(Refusal::of("agent_id_not_first", "agent_id", message));
    }
    if !first && let Some(field) = IMMUTABLE.into_iter().find(|field| has(session, field)) {
        let message = format!("'{field}' cannot be changed after the first session.update");
        return Err(Refusal::of("immutable_field", field, message));
    }
    object("", fields, SESSION).map_err(of_webhook)?;
    webhook(session)?;
    if fields.contains_key("agent_id") && fields.len() > 1 {
        let message = "agent_id and inline configuration are mutually exclusive";
        return Err(Refusal::of("invalid_value", "agent_id", message));
    }
    if fields.contains_key("llm") {
        let message = "define it on a stored agent via POST /v1/agents";
        return Err(Refusal::of("invalid_value", "llm", message));
    }
    silences(session)?;
    let tools = session["tools"].as_array().into_iter().flatten();
    tools
        .enumerate()
        .try_for_each(|(index, tool)| self::tool(index, tool))
}

/// Validates any message other than `session.update` and `input.audio`.
pub(super) fn command(kind: &str, message: &Value) -> Result<(), Refusal> {
    let checked = fields_of(kind, message);
    checked.map_err(|refusal| match kind {
        "tool.result" => Refusal {
            code: "invalid_value",
            ..refusal
        },
        _ => refusal,
    })
}

fn fields_of(kind: &str, message: &Value) -> Result<(), Refusal> {
    let known: &[(&str, FieldType)] = match kind {
        "tool.result" => &[
            ("call_id", FieldType::Text),
            ("result", FieldType::Text),
            ("is_error", FieldType::Flag),
        ],
        "session.resume" => &[("session_id", FieldType::Text)],
        "reply.create" => &[("instructions", FieldType::Text)],
        "reply.cancel" => &[("reply_id", FieldType::Text)],
        "conversation.message" => &[
            ("role", FieldType::OneOf(&["user", "system"])),
            ("content", FieldType::Text),
        ],
        unknown => {
            let message = format!("Unknown message type: {unknown}");
            return Err(Refusal::new("invalid_format", message));
        }
    };
    let mut fields = message.as_object().cloned().unwrap_or_default();
    fields.remove("type");
    let optional = ["is_error", "instructions"];
    let missing = known
        .iter()
        .find(|(name, _)| !optional.contains(name) && !fields.contains_key(*name));
    if let Some((name, _)) = missing {
        return Err(Refusal::of(
            "invalid_format",
            name,
            format!("'{name}' is required"),
        ));
    }
    object("", &fields, known)
}

fn has(session: &Value, path: &str) -> bool {
    let field = path
        .split('.')
        .try_fold(session, |value, name| value.get(name));
    field.is_some()
}

/// Errors in a webhook have their own code.
fn of_webhook(refusal: Refusal) -> Refusal {
    let param = refusal.param.as_deref().unwrap_or_default();
    match param.split('.').next() {
        Some("webhook") => Refusal {
            code: "invalid_webhook",
            ..refusal
        },
        _ => refusal,
    }
}

fn webhook(session: &Value) -> Result<(), Refusal> {
    let Some(webhook) = session.get("webhook") else {
        return Ok(());
    };
    for name in ["url", "events"] {
        if webhook.get(name).is_none() {
            let param = format!("webhook.{name}");
            let message = format!("'{param}' is required");
            return Err(Refusal::of("invalid_webhook", &param, message));
        }
    }
    Ok(())
}

fn silences(session: &Value) -> Result<(), Refusal> {
    let turns = &session["input"]["turn_detection"];
    match (turns["min_silence"].as_u64(), turns["max_silence"].as_u64()) {
        (Some(min), Some(max)) if min >= max => Err(Refusal::of(
            "invalid_value",
            "input.turn_detection.min_silence",
            "min_silence must be less than max_silence",
        )),
        _ => Ok(()),
    }
}

fn tool(index: usize, tool: &Value) -> Result<(), Refusal> {
    let refuse = |field: &str, must: &str| {
        let param = format!("tools[{index}].{field}");
        let message = format!("'{param}' must {must}");
        Err(Refusal::of("invalid_value", &param, message))
    };
    let name = tool["name"].as_str().unwrap_or_default();
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if tool["type"] != "function" {
        return refuse("type", "be 'function'");
    }
    if name.is_empty() || name.len() > 64 || !name.chars().all(plain) || name.starts_with("aai_") {
        return refuse("name", "be 1 to 64 of A-Z, a-z, 0-9, _ and -");
    }
    let mode = &tool["execution_mode"];
    if !(mode.is_null() || mode == "interactive" || mode == "hold") {
        return refuse("execution_mode", "be 'interactive' or 'hold'");
    }
    let seconds = &tool["timeout_seconds"];
    let within = |seconds: f64| (1.0..=300.0).contains(&seconds);
    if !(seconds.is_null() || seconds.as_f64().is_some_and(within)) {
        return refuse("timeout_seconds", "be from 1 to 300");
    }
    if tool["parameters"]["properties"].is_null() || tool["parameters"]["properties"].is_object() {
        return Ok(());
    }
    refuse("parameters.properties", "be an object")
}
