//! What is known of a participant, of either kind.

use parking_lot::{RwLock, RwLockReadGuard};

use super::{ConnectionQuality, DisconnectReason, ParticipantState};
use crate::engine::ParticipantInfo;

/// What is known of a participant at the moment.
#[derive(Debug)]
pub(crate) struct State {
    known: RwLock<Known>,
}

/// What the server describes, and what else was seen.
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

    /// Changes what is known, and returns what `change` does.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut Known) -> T) -> T {
        change(&mut self.known.write())
    }

    /// Takes over that it is gone.
    pub(crate) fn gone(&self, reason: DisconnectReason) {
        self.change(|known| {
            known.info.state = ParticipantState::Disconnected;
            known.info.disconnect_reason = reason;
        });
    }
}

/// The methods both kinds of participants share; `describe` gives the [`State`].
macro_rules! participant {
    ($name:ident) => {
        impl $name {
            /// The identifier of this stay.
            pub fn sid(&self) -> ParticipantSid {
                self.describe().read().info.sid.clone()
            }

            /// Who it is.
            pub fn identity(&self) -> ParticipantIdentity {
                self.describe().read().info.identity.clone()
            }

            /// The name shown.
            pub fn name(&self) -> String {
                self.describe().read().info.name.clone()
            }

            /// How far its stay is.
            pub fn state(&self) -> ParticipantState {
                self.describe().read().info.state
            }

            /// The program's text about it.
            pub fn metadata(&self) -> String {
                self.describe().read().info.metadata.clone()
            }

            /// The program's key-value pairs about it.
            pub fn attributes(&self) -> HashMap<String, String> {
                self.describe().read().info.attributes.clone()
            }

            /// Whether the server hears it speak.
            pub fn is_speaking(&self) -> bool {
                self.describe().read().speaking
            }

            /// How loud it is, 0 to 1; the native core does not tell: always 0.
            pub fn audio_level(&self) -> f32 {
                0.0
            }

            /// How good its connection is.
            pub fn connection_quality(&self) -> ConnectionQuality {
                self.describe().read().quality
            }

            /// What it is.
            pub fn kind(&self) -> ParticipantKind {
                self.describe().read().info.kind
            }

            /// More of what it is.
            pub fn kind_details(&self) -> Vec<ParticipantKindDetail> {
                self.describe().read().info.kind_details.clone()
            }

            /// Why it is gone.
            pub fn disconnect_reason(&self) -> DisconnectReason {
                self.describe().read().info.disconnect_reason
            }

            /// When it came, in Unix milliseconds.
            pub fn joined_at(&self) -> i64 {
                self.describe().read().info.joined_at
            }

            /// What it may do.
            pub fn permission(&self) -> Option<livekit_protocol::ParticipantPermission> {
                self.describe().read().info.permission.clone()
            }

            /// The version of its client's protocol.
            pub fn client_protocol(&self) -> i32 {
                self.describe().read().info.client_protocol
            }

            /// Whether all its media is encrypted end to end.
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
