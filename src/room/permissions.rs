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
    pub(super) hear: bool,
    /// Send data: captions, chat messages, RPC responses.
    pub(super) write: bool,
    /// Change its own attributes.
    pub(super) show: bool,
}

/// Whether a track may be published. When the server revokes the permission, it removes the track
/// without an event for the track.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct MayPublish {
    /// Whether it may be published at the moment.
    pub(super) now: bool,
    /// How often the permission was revoked. It may be restored before anybody looks.
    pub(super) taken: u32,
}

impl Default for Permissions {
    /// All permissions.
    fn default() -> Self {
        let always = MayPublish {
            now: true,
            taken: 0,
        };
        Self {
            voice: always,
            sounds: always,
            hear: true,
            write: true,
            show: true,
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
            voice: self.voice.then(may_publish(TrackSource::Microphone)),
            sounds: self.sounds.then(may_publish(TrackSource::Unknown)),
            hear: may(|it| it.can_subscribe),
            write: may(|it| it.can_publish_data),
            show: may(|it| it.can_update_metadata),
        }
    }

    /// Descriptions of the permissions that `self` has and `other` lacks.
    pub(super) fn beyond(&self, other: &Self) -> Vec<&'static str> {
        let all = [
            (self.voice.now, other.voice.now, "publish its voice"),
            (
                self.sounds.now,
                other.sounds.now,
                "publish background sounds",
            ),
            (self.hear, other.hear, "subscribe to callers"),
            (self.write, other.write, "send captions and data"),
            (self.show, other.show, "publish its state"),
        ];
        let beyond = all.into_iter().filter(|(here, there, _)| *here && !there);
        beyond.map(|(.., what)| what).collect()
    }
}

impl MayPublish {
    fn then(self, now: bool) -> Self {
        Self {
            now,
            taken: self.taken + u32::from(self.now && !now),
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
        assert_eq!(before.beyond(&after), taken);
        assert_eq!(after.beyond(&before), Vec::<&str>::new());
        let again = after.with(Some(&revoked)).with(Some(&all()));
        assert_eq!(again.beyond(&after), taken);
        let voice = MayPublish {
            now: true,
            taken: 1,
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
        assert!(!allowed.voice.now && !allowed.sounds.now);
        let microphone = ParticipantPermission {
            can_publish_sources: vec![TrackSource::Microphone as i32],
            ..all()
        };
        let allowed = allowed.with(Some(&microphone));
        assert!(allowed.voice.now && !allowed.sounds.now);
    }
}
