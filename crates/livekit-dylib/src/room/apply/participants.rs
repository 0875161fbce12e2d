//! Events about participants: joins, leaves and changes.

use std::collections::HashMap;

use super::super::RoomEvent;
use super::super::session::Session;
use crate::engine::{Event, ParticipantInfo};
use crate::id::ParticipantIdentity;
use crate::participant::{Participant, ParticipantState};

impl Session {
    pub(super) fn apply_participant(&self, event: Event) -> Option<RoomEvent> {
        Some(match event {
            Event::ParticipantConnected(info) => RoomEvent::ParticipantConnected(self.add(info)),
            Event::ParticipantActive(identity) => {
                let participant = self.remote(&identity)?;
                participant
                    .describe()
                    .change(|known| known.info.state = ParticipantState::Active);
                RoomEvent::ParticipantActive(participant)
            }
            Event::ParticipantDisconnected(identity, reason) => {
                let participant = self.remove(&identity)?;
                participant.describe().mark_disconnected(reason.into());
                RoomEvent::ParticipantDisconnected(participant)
            }
            Event::ParticipantsUpdated(infos) => {
                let participants = infos
                    .into_iter()
                    .filter_map(|info| self.describe(info))
                    .collect();
                RoomEvent::ParticipantsUpdated { participants }
            }
            Event::ActiveSpeakersChanged(identities) => self.speaking(&identities),
            Event::ConnectionQualityChanged(identity, quality) => {
                let participant = self.participant(&identity)?;
                participant
                    .describe()
                    .change(|known| known.quality = quality);
                RoomEvent::ConnectionQualityChanged {
                    quality,
                    participant,
                }
            }
            event => return self.apply_description(event),
        })
    }

    /// Applies changes to a participant's description.
    pub(super) fn apply_description(&self, event: Event) -> Option<RoomEvent> {
        Some(match event {
            Event::MetadataChanged(identity, metadata) => {
                let participant = self.participant(&identity)?;
                let old_metadata = participant
                    .describe()
                    .change(|known| std::mem::replace(&mut known.info.metadata, metadata.clone()));
                RoomEvent::ParticipantMetadataChanged {
                    participant,
                    old_metadata,
                    metadata,
                }
            }
            Event::NameChanged(identity, name) => {
                let participant = self.participant(&identity)?;
                let old_name = participant
                    .describe()
                    .change(|known| std::mem::replace(&mut known.info.name, name.clone()));
                RoomEvent::ParticipantNameChanged {
                    participant,
                    old_name,
                    name,
                }
            }
            Event::AttributesChanged {
                identity,
                all,
                changed,
            } => self.attributes(&identity, all, changed)?,
            Event::EncryptionStatusChanged(identity, is_encrypted) => {
                let participant = self.participant(&identity)?;
                participant
                    .describe()
                    .change(|known| known.encrypted = is_encrypted);
                RoomEvent::ParticipantEncryptionStatusChanged {
                    participant,
                    is_encrypted,
                }
            }
            Event::EncryptionStateChanged(identity, state) => RoomEvent::E2eeStateChanged {
                participant: self.participant(&identity)?,
                state,
            },
            Event::PermissionChanged(identity, permission) => {
                let participant = self.participant(&identity)?;
                participant
                    .describe()
                    .change(|known| known.info.permission.clone_from(&permission));
                RoomEvent::ParticipantPermissionChanged {
                    participant,
                    permission,
                }
            }
            _ => return None,
        })
    }

    /// Applies a full description, except the fields that have their own change events: the
    /// description is newer than the events before it, which must report the old values.
    fn describe(&self, info: ParticipantInfo) -> Option<Participant> {
        let participant = self.participant(&info.identity)?;
        participant.describe().change(|known| {
            known.info = ParticipantInfo {
                name: std::mem::take(&mut known.info.name),
                metadata: std::mem::take(&mut known.info.metadata),
                attributes: std::mem::take(&mut known.info.attributes),
                ..info
            };
        });
        Some(participant)
    }

    fn attributes(
        &self,
        identity: &ParticipantIdentity,
        all: HashMap<String, String>,
        changed_attributes: HashMap<String, String>,
    ) -> Option<RoomEvent> {
        let participant = self.participant(identity)?;
        participant
            .describe()
            .change(|known| known.info.attributes = all);
        Some(RoomEvent::ParticipantAttributesChanged {
            participant,
            changed_attributes,
        })
    }

    fn speaking(&self, identities: &[ParticipantIdentity]) -> RoomEvent {
        let everybody = self.remotes().into_values().map(Participant::Remote);
        for participant in everybody.chain([Participant::Local(self.local().clone())]) {
            let speaking = identities.contains(&participant.identity());
            participant
                .describe()
                .change(|known| known.speaking = speaking);
        }
        let speakers = identities
            .iter()
            .filter_map(|identity| self.participant(identity))
            .collect();
        RoomEvent::ActiveSpeakersChanged { speakers }
    }
}
