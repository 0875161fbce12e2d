//! `[limits]` of the agent file.

use std::time::Duration;

use parlor_core::conversation as call;
use serde::Deserialize;

/// Default `caller_grace`, enough to reload a page.
const CALLER_GRACE: Duration = Duration::from_secs(5);

/// Default `rejoin_grace`, enough for a lost network to come back.
const REJOIN_GRACE: Duration = Duration::from_secs(15);

/// The longest duration that can be set; adding longer ones could overflow the clock.
const LONGEST: Duration = Duration::from_secs(30 * 86_400);

/// `[limits]`; durations are in seconds.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Limits {
    caller_wait: Option<f64>,
    caller_grace: Option<f64>,
    rejoin_grace: Option<f64>,
    idle: Option<f64>,
    duration: Option<f64>,
    turns: Option<u32>,
    cost: Option<f64>,
    price: Option<f64>,
    tool_calls: Option<u32>,
    tool_calls_in_reply: Option<u32>,
    same_tool_calls: Option<u32>,
    pub(super) dismiss: call::Dismiss,
}

impl Limits {
    pub(super) fn caller_wait(&self) -> Option<Duration> {
        seconds(self.caller_wait)
    }

    pub(super) fn caller_grace(&self) -> Duration {
        seconds(self.caller_grace).unwrap_or(CALLER_GRACE)
    }

    pub(super) fn rejoin_grace(&self) -> Duration {
        seconds(self.rejoin_grace).unwrap_or(REJOIN_GRACE)
    }

    /// The limits that the conversation enforces.
    pub(super) fn call(&self) -> call::Limits {
        let defaults = call::Limits::default();
        call::Limits {
            idle: seconds(self.idle),
            duration: seconds(self.duration),
            turns: self.turns,
            cost: self.cost,
            price: self.price,
            tool_calls: self.tool_calls,
            tool_calls_in_reply: self
                .tool_calls_in_reply
                .unwrap_or(defaults.tool_calls_in_reply),
            same_tool_calls: self.same_tool_calls.unwrap_or(defaults.same_tool_calls),
        }
    }

    pub(super) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let waits = [
            ("caller_wait", self.caller_wait),
            ("caller_grace", self.caller_grace),
            ("rejoin_grace", self.rejoin_grace),
        ];
        for (key, value) in waits {
            if value.is_some() && seconds(value).is_none() {
                problems.push(format!("[limits] {key} must be from 0 to 2592000 seconds"));
            }
        }
        let spans = [("idle", self.idle), ("duration", self.duration)];
        for (key, value) in spans {
            if value.is_some() && seconds(value).is_none_or(|it| it.is_zero()) {
                problems.push(format!(
                    "[limits] {key} must be more than 0 and at most 2592000 seconds"
                ));
            }
        }
        for (key, value) in [("cost", self.cost), ("price", self.price)] {
            if value.is_some_and(|value| !value.is_finite() || value <= 0.0) {
                problems.push(format!("[limits] {key} must be a number greater than 0"));
            }
        }
        if self.cost.is_some() && self.price.is_none() {
            problems.push("[limits] cost needs price, the price of an hour".to_owned());
        }
        problems
    }
}

/// A duration of `value` seconds, if that is from 0 to 30 days.
pub(crate) fn seconds(value: Option<f64>) -> Option<Duration> {
    let duration = Duration::try_from_secs_f64(value?).ok()?;
    (duration <= LONGEST).then_some(duration)
}
