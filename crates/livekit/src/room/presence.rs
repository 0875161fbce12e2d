//! Distinguishes participants who left from those who seem gone because of a reconnect.
//!
//! When the native core rejoins after a lost connection, it first reports all participants as gone
//! and then, if it succeeds, as new. A departure without a reason is therefore held back until it
//! is clear whether the participant really left.

use std::time::{Duration, Instant};

use livekit::participant::DisconnectReason;
use parlor_core::conversation::LeaveReason;
use parlor_core::ids::Identity;

/// How long after a departure without a reason a lost connection is detected.
const DOUBT: Duration = Duration::from_secs(1);

/// How long after the agent's reconnect other participants may take to reconnect: the server may
/// have been unreachable for all of them.
const RETURN_WITHIN: Duration = Duration::from_secs(10);

/// Participants whose departure is not certain yet.
#[derive(Debug, Default)]
pub(super) struct Presence {
    missing: Vec<Identity>,
    doubt_until: Option<Instant>,
    reconnecting: bool,
}

impl Presence {
    /// A participant is in the room. Returns whether it is new, not back from a reconnect.
    pub(super) fn joined(&mut self, identity: &Identity) -> bool {
        let before = self.missing.len();
        self.missing.retain(|missing| missing != identity);
        self.missing.len() == before
    }

    /// A participant was reported as gone. Returns whether that is certain.
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

    /// The connection is lost: no departure is certain until it is restored.
    pub(super) fn reconnecting(&mut self) {
        self.reconnecting = true;
        self.doubt_until = None;
    }

    /// The connection is restored; participants that are missing may still reconnect.
    pub(super) fn reconnected(&mut self, now: Instant) {
        self.reconnecting = false;
        self.doubt_until = (!self.missing.is_empty()).then(|| now + RETURN_WITHIN);
    }

    /// When [`certain`](Self::certain) is to be called.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.doubt_until
    }

    /// Participants who have certainly left by now.
    pub(super) fn certain(&mut self, now: Instant) -> Vec<Identity> {
        if self.doubt_until.is_none_or(|until| now < until) {
            return Vec::new();
        }
        self.doubt_until = None;
        std::mem::take(&mut self.missing)
    }
}

/// Maps the reason given by the server: on purpose, or by a lost connection.
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
        let (mut presence, now) = (Presence::default(), parlor_common::clock::now());
        assert!(presence.left(now, &ada(), DisconnectReason::ClientInitiated));
        assert!(presence.joined(&ada()), "a return is a new join");
        assert_eq!(presence.deadline(), None);
    }

    #[test]
    fn reasons_map_to_left_or_lost() {
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
        let (mut presence, now) = (Presence::default(), parlor_common::clock::now());
        assert!(!presence.left(now, &ada(), DisconnectReason::UnknownReason));
        assert_eq!(presence.certain(now), []);
        assert_eq!(presence.deadline(), Some(now + DOUBT));
        assert_eq!(presence.certain(now + DOUBT), [ada()]);
        assert_eq!(presence.certain(now + DOUBT), []);
    }

    #[test]
    fn a_participant_who_is_back_after_the_reconnect_never_left() {
        for lost_first in [true, false] {
            let (mut presence, now) = (Presence::default(), parlor_common::clock::now());
            if lost_first {
                presence.reconnecting();
            }
            assert!(!presence.left(now, &ada(), DisconnectReason::UnknownReason));
            presence.reconnecting();
            assert_eq!(presence.certain(now + 9 * DOUBT), [], "nothing is certain");
            assert!(!presence.joined(&ada()), "not a new join");
            presence.reconnected(now);
            assert_eq!(presence.deadline(), None);
        }
    }

    #[test]
    fn a_participant_who_is_not_back_soon_after_the_reconnect_has_left() {
        let (mut presence, now) = (Presence::default(), parlor_common::clock::now());
        for who in [ada(), "bob".into()] {
            presence.reconnecting();
            presence.left(now, &who, DisconnectReason::UnknownReason);
        }
        presence.reconnected(now);
        assert!(!presence.joined(&ada()), "she lost the server too");
        assert_eq!(presence.certain(now + DOUBT), []);
        assert_eq!(presence.certain(now + RETURN_WITHIN), ["bob".into()]);
    }
}
