//! Names of the barge-in policies.

use std::str::FromStr;

use parlor_core::conversation::BargeIn;
use serde::Deserialize;

/// A barge-in policy, as named in the agent file and in `PARLOR_BARGE_IN`.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum BargeInName {
    Immediate,
    Hold,
    Confirmed,
}

impl From<BargeInName> for BargeIn {
    fn from(name: BargeInName) -> Self {
        match name {
            BargeInName::Immediate => Self::Immediate,
            BargeInName::Hold => Self::Hold,
            BargeInName::Confirmed => Self::Confirmed,
        }
    }
}

impl FromStr for BargeInName {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "immediate" => Ok(Self::Immediate),
            "hold" => Ok(Self::Hold),
            "confirmed" => Ok(Self::Confirmed),
            _ => Err("it must be immediate, hold or confirmed"),
        }
    }
}
