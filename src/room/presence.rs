//! Tells participants who left from participants who are only out of sight.
//!
//! When the native core joins again after a lost connection, it first reports everybody as gone and
//! then, if it succeeds, as new. A departure without a reason is therefore held back until it is
//! clear which of the two it was.

use std::time::{Duration, Instant};

use livekit::participant::DisconnectReason;
use parlor_core::ids::Identity;

/// How long after a departure without a reason a lost connection shows.
const DOUBT: Duration = Duration::from_secs(1);

/// Who is out of sight.
#[derive(Debug, Default)]
pub(super) struct Presence {
    missing: Vec<Identity>,
    doubt_until: Option<Instant>,
    reconnecting: bool,
}

impl Presence {
    /// Somebody is there; whether that is news.
    pub(super) fn joined(&mut self, identity: &Identity) -> bool {
        let before = self.missing.len();
        self.missing.retain(|missing| missing != identity);
        self.missing.len() == before
    }

    /// Somebody is gone; whether that is certain.
    pub(super) fn left(
        &mut self,
        now: Instant,
        identity: &Identity,
        reason: DisconnectReason,
    ) -> bool {
        if reason != DisconnectReason::UnknownReason {
            self.missing.retain(|missing| missing != identity);
            return true;
        }
        self.missing.push(identity.clone());
        if !self.reconnecting {
            self.doubt_until = Some(now + DOUBT);
        }
        false
    }

    /// The connection is lost: nothing is known until it is back.
    pub(super) fn reconnecting(&mut self) {
        self.reconnecting = true;
        self.doubt_until = None;
    }

    /// The connection is back; returns who left meanwhile.
    pub(super) fn reconnected(&mut self) -> Vec<Identity> {
        self.reconnecting = false;
        std::mem::take(&mut self.missing)
    }

    /// When [`certain`](Self::certain) has something to say.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.doubt_until
    }

    /// Who has certainly left by now.
    pub(super) fn certain(&mut self, now: Instant) -> Vec<Identity> {
        if self.doubt_until.is_none_or(|until| now < until) {
            return Vec::new();
        }
        self.doubt_until = None;
        std::mem::take(&mut self.missing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ada() -> Identity {
        "ada".into()
    }

    #[test]
    fn a_departure_with_a_reason_is_certain() {
        let (mut presence, now) = (Presence::default(), crate::clock::now());
        assert!(presence.left(now, &ada(), DisconnectReason::ClientInitiated));
        assert!(presence.joined(&ada()), "a return is news");
        assert_eq!(presence.deadline(), None);
    }

    #[test]
    fn a_departure_without_a_reason_is_certain_after_a_second() {
        let (mut presence, now) = (Presence::default(), crate::clock::now());
        assert!(!presence.left(now, &ada(), DisconnectReason::UnknownReason));
        assert_eq!(presence.certain(now), []);
        assert_eq!(presence.deadline(), Some(now + DOUBT));
        assert_eq!(presence.certain(now + DOUBT), [ada()]);
        assert_eq!(presence.certain(now + DOUBT), []);
    }

    #[test]
    fn who_is_back_with_the_connection_never_left() {
        for lost_first in [true, false] {
            let (mut presence, now) = (Presence::default(), crate::clock::now());
            if lost_first {
                presence.reconnecting();
            }
            assert!(!presence.left(now, &ada(), DisconnectReason::UnknownReason));
            presence.reconnecting();
            assert_eq!(presence.certain(now + 9 * DOUBT), [], "nothing is known");
            assert!(!presence.joined(&ada()), "no news");
            assert_eq!(presence.reconnected(), []);
        }
    }

    #[test]
    fn who_is_not_back_with_the_connection_left() {
        let (mut presence, now) = (Presence::default(), crate::clock::now());
        presence.reconnecting();
        presence.left(now, &ada(), DisconnectReason::UnknownReason);
        assert_eq!(presence.reconnected(), [ada()]);
    }
}
