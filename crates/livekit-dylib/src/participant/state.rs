//! State shared by local and remote participants.

use parking_lot::{RwLock, RwLockReadGuard};

use crate::engine::ParticipantInfo;

/// The current description of a participant.
#[derive(Debug)]
pub(crate) struct State {
    known: RwLock<ParticipantInfo>,
}

impl State {
    pub(super) fn new(info: ParticipantInfo) -> Self {
        Self {
            known: RwLock::new(info),
        }
    }

    pub(super) fn read(&self) -> RwLockReadGuard<'_, ParticipantInfo> {
        self.known.read()
    }

    /// Updates the description.
    pub(crate) fn change(&self, change: impl FnOnce(&mut ParticipantInfo)) {
        change(&mut self.known.write());
    }
}

/// Defines the methods that both kinds of participants share; `describe` returns the [`State`].
macro_rules! participant {
    ($name:ident) => {
        impl $name {
            /// Identity of the participant.
            pub fn identity(&self) -> ParticipantIdentity {
                self.describe().read().identity.clone()
            }

            /// Application-defined attributes of the participant.
            pub fn attributes(&self) -> HashMap<String, String> {
                self.describe().read().attributes.clone()
            }

            /// Kind of the participant.
            pub fn kind(&self) -> ParticipantKind {
                self.describe().read().kind
            }

            /// Time of joining, in milliseconds since the Unix epoch.
            pub fn joined_at(&self) -> i64 {
                self.describe().read().joined_at
            }

            /// Permissions of the participant.
            pub fn permission(&self) -> Option<ParticipantPermission> {
                self.describe().read().permission.clone()
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name))
                    .field("identity", &self.identity())
                    .finish()
            }
        }
    };
}
pub(super) use participant;
