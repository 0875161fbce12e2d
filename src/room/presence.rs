//! Tells participants who left from participants who are only out of sight.
//!
//! When the native core joins again after a lost connection, it first reports everybody as gone and
//! then, if it succeeds, as new. A departure without a reason is therefore held back until it is
//! clear which of the two it was.

use std::time::{Duration, Instant};

use livekit::participant::DisconnectReason;
use parlor_core::conversation::LeaveReason;
use parlor_core::ids::Identity;

/// How long after a departure without a reason a lost connection shows.
const DOUBT: Duration = Duration::from_secs(1);

/// How long after ours somebody else's connection may take to come back: the server may have been
/// away for all.
const RETURN_WITHIN: Duration = Duration::from_secs(10);

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

    /// The connection is back; who is still missing may be on the way.
    pub(super) fn reconnected(&mut self, now: Instant) {
        self.reconnecting = false;
        self.doubt_until = (!self.missing.is_empty()).then(|| now + RETURN_WITHIN);
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

/// In which way somebody left, by the server's reason.
pub(super) fn gone(reason: DisconnectReason) -> LeaveReason {
    match reason {
        DisconnectReason::ClientInitiated
        | DisconnectReason::ParticipantRemoved
        | DisconnectReason::RoomDeleted
        | DisconnectReason::RoomClosed
        | DisconnectReason::UserUnavailable
        | DisconnectReason::UserRejected => LeaveReason::Left,
        _ => LeaveReason::Lost,
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
    fn who_goes_by_a_will_left_and_everybody_else_is_lost() {
        use DisconnectReason as Reason;
        for reason in [
            Reason::ClientInitiated,
            Reason::RoomDeleted,
            Reason::UserRejected,
            Reason::ParticipantRemoved,
        ] {
            assert_eq!(gone(reason), LeaveReason::Left, "{reason:?}");
        }
        for reason in [
            Reason::DuplicateIdentity,
            Reason::ConnectionTimeout,
            Reason::SignalClose,
            Reason::UnknownReason,
        ] {
            assert_eq!(gone(reason), LeaveReason::Lost, "{reason:?}");
        }
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
            presence.reconnected(now);
            assert_eq!(presence.deadline(), None);
        }
    }

    #[test]
    fn who_is_not_back_soon_after_the_connection_left() {
        let (mut presence, now) = (Presence::default(), crate::clock::now());
        for who in [ada(), "bob".into()] {
            presence.reconnecting();
            presence.left(now, &who, DisconnectReason::UnknownReason);
        }
        presence.reconnected(now);
        assert!(!presence.joined(&ada()), "the server was away for her too");
        assert_eq!(presence.certain(now + DOUBT), []);
        assert_eq!(presence.certain(now + RETURN_WITHIN), ["bob".into()]);
    }
}
