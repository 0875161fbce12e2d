//! Access control: who may monitor a call, and who may send requests about it.

use serde::Deserialize;

/// Access rules of the monitor, `[monitor]` in the agent file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Access {
    /// Who receives agent and user states, transcripts, errors and usage.
    pub who: Audience,
    /// Whether they may also read and do what is otherwise reserved for managers.
    pub open: bool,
}

/// Who may monitor a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// All participants in the room.
    #[default]
    Everyone,
    /// Managers: participants whose token grants `canManageAgentSession`.
    Managers,
    /// Nobody.
    Off,
}

/// How much of a call a piece of information reveals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Visibility {
    /// What all participants see and hear anyway.
    Public,
    /// What only the agent and its operators know: instructions, arguments and results of tools,
    /// typed messages. Also every request that changes the call.
    Internal,
}

impl Access {
    /// Returns whether all participants receive information of this visibility.
    pub(super) fn is_public(self, visibility: Visibility) -> bool {
        self.who == Audience::Everyone && (self.open || visibility == Visibility::Public)
    }

    /// Returns whether a participant may send requests of this visibility. `manages` tells whether
    /// the participant is a manager.
    pub(super) fn allows(self, manages: bool, visibility: Visibility) -> bool {
        match self.who {
            Audience::Off => false,
            Audience::Managers => manages,
            Audience::Everyone => manages || self.is_public(visibility),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_allowed_by_access_role_and_depth() {
        use Audience::{Everyone, Managers, Off};
        use Visibility::{Internal, Public};
        let allowed = |who, open| {
            let access = Access { who, open };
            let asks = [
                (false, Public),
                (false, Internal),
                (true, Public),
                (true, Internal),
            ];
            asks.map(|(manages, visibility)| access.allows(manages, visibility))
        };
        assert_eq!(allowed(Everyone, false), [true, false, true, true]);
        assert_eq!(allowed(Everyone, true), [true; 4]);
        assert_eq!(allowed(Managers, false), [false, false, true, true]);
        assert_eq!(allowed(Managers, true), [false, false, true, true]);
        assert_eq!(allowed(Off, true), [false; 4]);
    }

    #[test]
    fn by_default_everyone_receives_only_what_is_shown() {
        let access = Access::default();
        assert!(access.is_public(Visibility::Public) && !access.is_public(Visibility::Internal));
    }
}
