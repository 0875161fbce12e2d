//! Who may watch a call, and who may ask about it.

use serde::Deserialize;

/// Who may watch a call, and what more is open to them. `[monitor]` in `agent.toml`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Access {
    /// Who sees states, what is said, errors and usage.
    pub who: Who,
    /// They may read and do what is for managers otherwise.
    pub open: bool,
}

/// Who may watch a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    /// Whoever is in the room.
    #[default]
    Everyone,
    /// Participants whose token says `canManageAgentSession`.
    Managers,
    /// Nobody.
    Off,
}

/// How much of a call something tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Depth {
    /// What the room sees and hears anyway.
    Shown,
    /// What only the agent and those who run it know: instructions, what tools were given and
    /// gave, what was typed; and whatever changes the call.
    Inner,
}

impl Access {
    /// Whether everybody in the room is told what is this deep.
    pub(super) fn is_public(self, depth: Depth) -> bool {
        self.who == Who::Everyone && (self.open || depth == Depth::Shown)
    }

    /// Whether a participant may ask for what is this deep.
    pub(super) fn allows(self, manages: bool, depth: Depth) -> bool {
        match self.who {
            Who::Off => false,
            Who::Managers => manages,
            Who::Everyone => manages || self.is_public(depth),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_what() {
        use Depth::{Inner, Shown};
        use Who::{Everyone, Managers, Off};
        let allowed = |who, open| {
            let access = Access { who, open };
            let asks = [(false, Shown), (false, Inner), (true, Shown), (true, Inner)];
            asks.map(|(manages, depth)| access.allows(manages, depth))
        };
        assert_eq!(allowed(Everyone, false), [true, false, true, true]);
        assert_eq!(allowed(Everyone, true), [true; 4]);
        assert_eq!(allowed(Managers, false), [false, false, true, true]);
        assert_eq!(allowed(Managers, true), [false, false, true, true]);
        assert_eq!(allowed(Off, true), [false; 4]);
    }

    #[test]
    fn the_default_shows_what_the_room_hears_anyway() {
        let access = Access::default();
        assert!(access.is_public(Depth::Shown) && !access.is_public(Depth::Inner));
    }
}
