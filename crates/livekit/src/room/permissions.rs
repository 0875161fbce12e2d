//! The agent's permissions, which the server may revoke and restore during a call.

use livekit_protocol::{ParticipantPermission, TrackSource};

/// Current permissions of the agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Permissions {
    /// Publish its voice.
    pub(super) voice: MayPublish,
    /// Publish background sounds.
    pub(super) sounds: MayPublish,
    /// Subscribe to callers.
    pub(super) subscribe: bool,
    /// Send data: captions, chat messages, RPC responses.
    pub(super) send_data: bool,
    /// Change its own attributes.
    pub(super) update_attributes: bool,
}

/// Whether a track may be published. When the server revokes the permission, it removes the track
/// without an event for the track.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct MayPublish {
    /// Whether it may be published at the moment.
    pub(super) allowed: bool,
    /// How often the permission was revoked. It may be restored before anybody looks.
    pub(super) revocations: u32,
}

impl Default for Permissions {
    /// All permissions.
    fn default() -> Self {
        let always = MayPublish {
            allowed: true,
            revocations: 0,
        };
        Self {
            voice: always,
            sounds: always,
            subscribe: true,
            send_data: true,
            update_attributes: true,
        }
    }
}

impl Permissions {
    /// The permissions after an update from the server; everything is allowed if the server says
    /// nothing.
    pub(super) fn with(self, permission: Option<&ParticipantPermission>) -> Self {
        let may_publish = |source| permission.is_none_or(|it| may_publish(it, source));
        let may = |allows: fn(&ParticipantPermission) -> bool| permission.is_none_or(allows);
        Self {
            voice: self.voice.update(may_publish(TrackSource::Microphone)),
            sounds: self.sounds.update(may_publish(TrackSource::Unknown)),
            subscribe: may(|it| it.can_subscribe),
            send_data: may(|it| it.can_publish_data),
            update_attributes: may(|it| it.can_update_metadata),
        }
    }

    /// Descriptions of the permissions that `self` has and `other` lacks.
    pub(super) fn difference(&self, other: &Self) -> Vec<&'static str> {
        let all = [
            (self.voice.allowed, other.voice.allowed, "publish its voice"),
            (
                self.sounds.allowed,
                other.sounds.allowed,
                "publish background sounds",
            ),
            (self.subscribe, other.subscribe, "subscribe to callers"),
            (self.send_data, other.send_data, "send captions and data"),
            (
                self.update_attributes,
                other.update_attributes,
                "publish its state",
            ),
        ];
        let difference = all.into_iter().filter(|(here, there, _)| *here && !there);
        difference.map(|(.., what)| what).collect()
    }
}

impl MayPublish {
    fn update(self, allowed: bool) -> Self {
        Self {
            allowed,
            revocations: self.revocations + u32::from(self.allowed && !allowed),
        }
    }
}

/// Whether the permission covers publishing a track of this source; an empty list of sources means
/// all sources.
pub(super) fn may_publish(permission: &ParticipantPermission, source: TrackSource) -> bool {
    let sources = &permission.can_publish_sources;
    permission.can_publish && (sources.is_empty() || sources.contains(&(source as i32)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> ParticipantPermission {
        ParticipantPermission {
            can_publish: true,
            can_publish_data: true,
            can_subscribe: true,
            can_update_metadata: true,
            ..ParticipantPermission::default()
        }
    }

    #[test]
    fn revoked_and_restored_permissions_are_counted() {
        let before = Permissions::default();
        assert_eq!(before.with(None), before);
        assert_eq!(before.with(Some(&all())), before);
        let revoked = ParticipantPermission {
            can_publish: false,
            can_update_metadata: false,
            ..all()
        };
        let after = before.with(Some(&revoked));
        let taken = [
            "publish its voice",
            "publish background sounds",
            "publish its state",
        ];
        assert_eq!(before.difference(&after), taken);
        assert_eq!(after.difference(&before), Vec::<&str>::new());
        let again = after.with(Some(&revoked)).with(Some(&all()));
        assert_eq!(again.difference(&after), taken);
        let voice = MayPublish {
            allowed: true,
            revocations: 1,
        };
        assert_eq!((again.voice, again.sounds), (voice, voice));
    }

    #[test]
    fn a_list_of_sources_excludes_all_others() {
        let camera = ParticipantPermission {
            can_publish_sources: vec![TrackSource::Camera as i32],
            ..all()
        };
        let allowed = Permissions::default().with(Some(&camera));
        assert!(!allowed.voice.allowed && !allowed.sounds.allowed);
        let microphone = ParticipantPermission {
            can_publish_sources: vec![TrackSource::Microphone as i32],
            ..all()
        };
        let allowed = allowed.with(Some(&microphone));
        assert!(allowed.voice.allowed && !allowed.sounds.allowed);
    }
}
