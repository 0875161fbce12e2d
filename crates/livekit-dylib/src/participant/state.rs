//! State shared by local and remote participants.

use parking_lot::{RwLock, RwLockReadGuard};

use super::{ConnectionQuality, DisconnectReason, ParticipantState};
use crate::engine::ParticipantInfo;

/// Current state of a participant.
#[derive(Debug)]
pub(crate) struct State {
    known: RwLock<Known>,
}

/// The server's description of a participant, and the state derived from events.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) info: ParticipantInfo,
    pub(crate) speaking: bool,
    pub(crate) encrypted: bool,
    pub(crate) quality: ConnectionQuality,
}

impl State {
    pub(crate) fn new(info: ParticipantInfo) -> Self {
        let known = Known {
            info,
            speaking: false,
            encrypted: false,
            quality: ConnectionQuality::Excellent,
        };
        Self {
            known: RwLock::new(known),
        }
    }

    pub(crate) fn read(&self) -> RwLockReadGuard<'_, Known> {
        self.known.read()
    }

    /// Updates the state; returns the result of `change`.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut Known) -> T) -> T {
        change(&mut self.known.write())
    }

    /// Records that the participant has left.
    pub(crate) fn mark_disconnected(&self, reason: DisconnectReason) {
        self.change(|known| {
            known.info.state = ParticipantState::Disconnected;
            known.info.disconnect_reason = reason;
        });
    }
}

/// Defines the methods that both kinds of participants share; `describe` returns the [`State`].
macro_rules! participant {
    ($name:ident) => {
        impl $name {
            /// Identifier of the participant's session.
            pub fn sid(&self) -> ParticipantSid {
                self.describe().read().info.sid.clone()
            }

            /// Identity of the participant.
            pub fn identity(&self) -> ParticipantIdentity {
                self.describe().read().info.identity.clone()
            }

            /// Display name of the participant.
            pub fn name(&self) -> String {
                self.describe().read().info.name.clone()
            }

            /// State of the participant's session.
            pub fn state(&self) -> ParticipantState {
                self.describe().read().info.state
            }

            /// Application-defined metadata of the participant.
            pub fn metadata(&self) -> String {
                self.describe().read().info.metadata.clone()
            }

            /// Application-defined attributes of the participant.
            pub fn attributes(&self) -> HashMap<String, String> {
                self.describe().read().info.attributes.clone()
            }

            /// Whether the server has detected the participant as an active speaker.
            pub fn is_speaking(&self) -> bool {
                self.describe().read().speaking
            }

            /// Audio level from 0 to 1. Always 0, because the native core does not report it.
            pub fn audio_level(&self) -> f32 {
                0.0
            }

            /// Connection quality of the participant.
            pub fn connection_quality(&self) -> ConnectionQuality {
                self.describe().read().quality
            }

            /// Kind of the participant.
            pub fn kind(&self) -> ParticipantKind {
                self.describe().read().info.kind
            }

            /// Details of the participant's kind.
            pub fn kind_details(&self) -> Vec<ParticipantKindDetail> {
                self.describe().read().info.kind_details.clone()
            }

            /// Why the participant left.
            pub fn disconnect_reason(&self) -> DisconnectReason {
                self.describe().read().info.disconnect_reason
            }

            /// Time of joining, in milliseconds since the Unix epoch.
            pub fn joined_at(&self) -> i64 {
                self.describe().read().info.joined_at
            }

            /// Permissions of the participant.
            pub fn permission(&self) -> Option<livekit_protocol::ParticipantPermission> {
                self.describe().read().info.permission.clone()
            }

            /// Protocol version of the participant's client.
            pub fn client_protocol(&self) -> i32 {
                self.describe().read().info.client_protocol
            }

            /// Whether all media of the participant is end-to-end encrypted.
            pub fn is_encrypted(&self) -> bool {
                self.describe().read().encrypted
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name))
                    .field("sid", &self.sid())
                    .field("identity", &self.identity())
                    .field("name", &self.name())
                    .finish()
            }
        }
    };
}
pub(super) use participant;
