//! Events about participants: joins, leaves and changes.

use super::super::event::RoomEvent;
use super::super::session::Session;
use crate::engine::{Event, ParticipantInfo};
use crate::id::ParticipantIdentity;
use crate::participant::Participant;

impl Session {
    pub(super) fn apply_participant(&self, event: Event) -> Option<RoomEvent> {
        Some(match event {
            Event::ParticipantConnected(info) => RoomEvent::ParticipantConnected(self.add(info)),
            Event::ParticipantDisconnected(identity, reason) => {
                let participant = self.remove(&identity)?;
                participant
                    .describe()
                    .change(|known| known.disconnect_reason = reason.into());
                RoomEvent::ParticipantDisconnected(participant)
            }
            Event::ParticipantsUpdated(infos) => {
                infos.into_iter().for_each(|info| self.describe(info));
                return None;
            }
            Event::MetadataChanged(identity, metadata) => {
                self.change(&identity, |known| known.metadata = metadata)?;
                return None;
            }
            Event::NameChanged(identity, name) => {
                self.change(&identity, |known| known.name = name)?;
                return None;
            }
            Event::AttributesChanged(identity, all) => RoomEvent::ParticipantAttributesChanged {
                participant: self.change(&identity, |known| known.attributes = all)?,
            },
            Event::PermissionChanged(identity, permission) => {
                RoomEvent::ParticipantPermissionChanged {
                    participant: self.change(&identity, |known| known.permission = permission)?,
                }
            }
            _ => return None,
        })
    }

    /// Changes the description of a participant; `None` if it is unknown.
    fn change(
        &self,
        identity: &ParticipantIdentity,
        change: impl FnOnce(&mut ParticipantInfo),
    ) -> Option<Participant> {
        let participant = self.participant(identity)?;
        participant.describe().change(change);
        Some(participant)
    }

    /// Applies a full description, except the fields that have their own change events: the
    /// description is newer than the events before it, which must find the old values.
    fn describe(&self, info: ParticipantInfo) {
        let identity = info.identity.clone();
        self.change(&identity, |known| {
            *known = ParticipantInfo {
                name: std::mem::take(&mut known.name),
                metadata: std::mem::take(&mut known.metadata),
                attributes: std::mem::take(&mut known.attributes),
                ..info
            };
        });
    }
}
