//! Events about tracks and publications.

use super::super::event::RoomEvent;
use super::super::session::{Session, publish};
use crate::engine::{Event, PublicationInfo, Track};
use crate::id::{ParticipantIdentity, TrackSid};
use crate::track::{RemoteTrack, TrackError, TrackKind};

impl Session {
    pub(super) fn apply_local_track(&self, event: Event) -> Option<RoomEvent> {
        Some(match event {
            Event::LocalTrackUnpublished(sid) => {
                self.local().unpublished(&sid);
                RoomEvent::LocalTrackUnpublished {
                    participant: self.local().clone(),
                }
            }
            Event::LocalTrackRepublished(previous_sid, info) => {
                self.republished(&previous_sid, info)?
            }
            Event::LocalTrackSubscribed(sid) => RoomEvent::LocalTrackSubscribed {
                track: self.local().publication(&sid)?.track(),
            },
            event => return self.apply_remote_track(event),
        })
    }

    fn apply_remote_track(&self, event: Event) -> Option<RoomEvent> {
        Some(match event {
            Event::TrackPublished(identity, info, publication) => {
                let participant = self.remote(&identity)?;
                let publication = publish(&participant, info, publication);
                RoomEvent::TrackPublished {
                    publication,
                    participant,
                }
            }
            Event::TrackUnpublished(identity, sid) => {
                self.remote(&identity)?.unpublished(&sid);
                return None;
            }
            Event::TrackSubscribed(identity, track) => self.subscribed(&identity, track)?,
            Event::TrackUnsubscribed(identity, sid) => {
                let publication = self.remote(&identity)?.publication(&sid)?;
                RoomEvent::TrackUnsubscribed {
                    track: publication.unsubscribed()?,
                }
            }
            Event::TrackSubscriptionFailed(identity, sid, reason) => {
                tracing::debug!(target: "livekit", track_sid = %sid, reason, "track subscription failed");
                RoomEvent::TrackSubscriptionFailed {
                    participant: self.remote(&identity)?,
                    error: TrackError::TrackNotFound(sid),
                }
            }
            Event::TrackMuted(identity, sid, muted) => {
                let participant = self.participant(&identity)?;
                participant.set_muted_state(&sid, muted)?;
                if muted {
                    RoomEvent::TrackMuted { participant }
                } else {
                    RoomEvent::TrackUnmuted { participant }
                }
            }
            event => return self.apply_participant(event),
        })
    }

    fn republished(&self, previous: &TrackSid, info: PublicationInfo) -> Option<RoomEvent> {
        self.engine().track_republished(previous, &info.sid);
        let publication = self
            .local()
            .rename_publication(previous, info.sid.clone())?;
        publication.republished(info);
        Some(RoomEvent::LocalTrackRepublished {
            participant: self.local().clone(),
        })
    }

    fn subscribed(&self, identity: &ParticipantIdentity, track: Track) -> Option<RoomEvent> {
        if track.info.kind != TrackKind::Audio {
            return None;
        }
        let participant = self.remote(identity)?;
        let publication = participant.publication(&track.info.sid)?;
        let track = RemoteTrack::audio(track, publication.source());
        publication.subscribed(track.clone());
        Some(RoomEvent::TrackSubscribed {
            track,
            publication,
            participant,
        })
    }
}
