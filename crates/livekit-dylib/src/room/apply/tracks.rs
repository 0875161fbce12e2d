//! Events about tracks and publications.

use super::super::RoomEvent;
use super::super::session::Session;
use crate::engine::{Event, PublicationInfo, Track};
use crate::id::{ParticipantIdentity, TrackSid};
use crate::track::{RemoteTrack, TrackError};

impl Session {
    pub(super) fn apply_local_track(&self, event: Event) -> Option<RoomEvent> {
        Some(match event {
            Event::LocalTrackPublished(sid) => {
                // The local participant sends the event itself, either immediately or when the
                // publish request completes.
                self.local().published(sid);
                return None;
            }
            Event::LocalTrackUnpublished(sid) => {
                let publication = self.local().unpublished(&sid)?;
                RoomEvent::LocalTrackUnpublished {
                    publication,
                    participant: self.local().clone(),
                }
            }
            Event::LocalTrackRepublished(previous_sid, info) => {
                self.republished(previous_sid, info)?
            }
            Event::LocalTrackSubscribed(sid) => RoomEvent::LocalTrackSubscribed {
                track: self.local().get_track_publication(&sid)?.track()?,
            },
            event => return self.apply_remote_track(event),
        })
    }

    pub(super) fn apply_remote_track(&self, event: Event) -> Option<RoomEvent> {
        Some(match event {
            Event::TrackPublished(identity, info, publication) => {
                let participant = self.remote(&identity)?;
                let publication = self.publish(&participant, info, publication);
                RoomEvent::TrackPublished {
                    publication,
                    participant,
                }
            }
            Event::TrackUnpublished(identity, sid) => {
                let participant = self.remote(&identity)?;
                let publication = participant.unpublished(&sid)?;
                RoomEvent::TrackUnpublished {
                    publication,
                    participant,
                }
            }
            Event::TrackSubscribed(identity, track) => self.subscribed(&identity, track)?,
            Event::TrackUnsubscribed(identity, sid) => {
                let participant = self.remote(&identity)?;
                let publication = participant.get_track_publication(&sid)?;
                RoomEvent::TrackUnsubscribed {
                    track: publication.unsubscribed()?,
                    publication,
                    participant,
                }
            }
            Event::TrackSubscriptionFailed(identity, track_sid, reason) => {
                tracing::debug!(target: "livekit", %track_sid, reason, "track subscription failed");
                let error = TrackError::TrackNotFound(track_sid.clone());
                RoomEvent::TrackSubscriptionFailed {
                    participant: self.remote(&identity)?,
                    error,
                    track_sid,
                }
            }
            Event::TrackMuted(identity, sid, muted) => {
                let participant = self.participant(&identity)?;
                let publication = participant.publication(&sid)?;
                publication.set_muted_state(muted);
                if muted {
                    RoomEvent::TrackMuted {
                        participant,
                        publication,
                    }
                } else {
                    RoomEvent::TrackUnmuted {
                        participant,
                        publication,
                    }
                }
            }
            event => return self.apply_participant(event),
        })
    }

    fn republished(&self, previous_sid: TrackSid, info: PublicationInfo) -> Option<RoomEvent> {
        self.engine().track_republished(&previous_sid, &info.sid);
        let publication = self
            .local()
            .rename_publication(&previous_sid, info.sid.clone())?;
        publication.republished(info);
        let track = publication.track()?;
        Some(RoomEvent::LocalTrackRepublished {
            previous_sid,
            publication,
            track,
            participant: self.local().clone(),
        })
    }

    fn subscribed(&self, identity: &ParticipantIdentity, track: Track) -> Option<RoomEvent> {
        let participant = self.remote(identity)?;
        let publication = participant.get_track_publication(&track.info.sid)?;
        let track = RemoteTrack::new(track, publication.source());
        publication.subscribed(track.clone());
        Some(RoomEvent::TrackSubscribed {
            track,
            publication,
            participant,
        })
    }
}
