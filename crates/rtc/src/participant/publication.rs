//! Tracks of the local participant: from the request to the server's confirmation, again after a
//! new session, and their frames.

use std::time::Instant;

use livekit_protocol as proto;
use livekit_protocol::signal_request;

use super::Participant;
use super::event::Event;
use super::options::TrackOptions;
use super::request::RequestError;
use crate::limits::{MAX_AUDIO_FRAME, MAX_PUBLICATIONS, PUBLISH_TIMEOUT};
use crate::transport::{Frame, Transports};

#[derive(Debug)]
enum State {
    /// To be requested when the session is established.
    Queued,
    /// Requested; the server must confirm it until then.
    Requested(Instant),
    Published,
}

#[derive(Debug)]
pub(super) struct Publication {
    cid: String,
    options: TrackOptions,
    info: Option<proto::TrackInfo>,
    /// Identifier in the former session.
    former: Option<String>,
    state: State,
    muted: bool,
}

impl Publication {
    #[allow(
        deprecated,
        reason = "servers that do not know audio features read the flags"
    )]
    fn request(&self) -> proto::AddTrackRequest {
        let features = [
            (self.options.stereo, proto::AudioTrackFeature::TfStereo),
            (!self.options.dtx, proto::AudioTrackFeature::TfNoDtx),
        ];
        let features = features.into_iter().filter(|(wanted, _)| *wanted);
        proto::AddTrackRequest {
            cid: self.cid.clone(),
            name: self.options.name.clone(),
            r#type: proto::TrackType::Audio.into(),
            source: self.options.source.into(),
            muted: self.muted,
            disable_dtx: !self.options.dtx,
            stereo: self.options.stereo,
            audio_features: features.map(|(_, feature)| feature.into()).collect(),
            disable_red: true,
            stream: self.options.stream.clone(),
            ..proto::AddTrackRequest::default()
        }
    }
}

impl Participant {
    /// Publishes an audio track. Returns its client identifier, with which frames are sent; the
    /// outcome is [`Event::LocalTrackPublished`] or [`Event::PublishFailed`].
    ///
    /// # Errors
    /// If the participant has left or publishes too many tracks.
    pub fn publish(&mut self, now: Instant, options: TrackOptions) -> Result<String, RequestError> {
        let cid = self.add_publication(options)?;
        self.drive(now);
        Ok(cid)
    }

    /// Ends a track of the local participant; false if there is none with this client identifier.
    pub fn unpublish(&mut self, now: Instant, cid: &str) -> bool {
        let Some(at) = self.publications.iter().position(|known| known.cid == cid) else {
            return false;
        };
        let publication = self.publications.remove(at);
        if let Some(transports) = &mut self.transports {
            transports.unpublish(cid);
        }
        if let Some(info) = publication.info {
            self.emit(Event::LocalTrackUnpublished(publication.cid, info.sid));
        }
        self.drive(now);
        true
    }

    /// Mutes or unmutes a track of the local participant. Frames of a muted track are dropped.
    pub fn mute(&mut self, now: Instant, cid: &str, muted: bool) -> bool {
        let Some(publication) = self.publications.iter_mut().find(|known| known.cid == cid) else {
            return false;
        };
        if publication.muted != muted {
            publication.muted = muted;
            if let Some(info) = &mut publication.info {
                info.muted = muted;
                let sid = info.sid.clone();
                let request = proto::MuteTrackRequest { sid, muted };
                self.signal.send(signal_request::Message::Mute(request));
            }
            let cid = cid.to_owned();
            self.emit(Event::LocalTrackMuted { cid, muted });
            self.drive(now);
        }
        true
    }

    /// Sends a frame of a published track. False if it was dropped: the track is muted or unknown,
    /// the frame too long, or the media not connected.
    pub fn send_frame(&mut self, now: Instant, cid: &str, frame: Frame) -> bool {
        let publication = self.publications.iter().find(|known| known.cid == cid);
        let muted = publication.is_none_or(|publication| publication.muted);
        let Some(transports) = &mut self.transports else {
            return false;
        };
        if muted
            || matches!(self.phase, super::Phase::Closed)
            || frame.payload.len() > MAX_AUDIO_FRAME
        {
            return false;
        }
        match transports.send(now, cid, frame) {
            Ok(sent) => {
                self.drive(now);
                sent
            }
            Err(error) => {
                self.transport_failed(now, error.to_string());
                self.drive(now);
                false
            }
        }
    }

    /// Client identifier and state of each track that the server has confirmed.
    pub fn publications(&self) -> impl Iterator<Item = (&str, &proto::TrackInfo)> {
        let confirmed = |known: &'_ Publication| known.info.is_some();
        self.publications
            .iter()
            .filter(move |known| confirmed(known))
            .filter_map(|known| Some((known.cid.as_str(), known.info.as_ref()?)))
    }

    /// Client identifiers of all tracks, confirmed or not, in the order of their publication.
    pub fn client_ids(&self) -> impl Iterator<Item = &str> {
        self.publications.iter().map(|known| known.cid.as_str())
    }

    pub(super) fn add_publication(
        &mut self,
        options: TrackOptions,
    ) -> Result<String, RequestError> {
        if self.is_closed() {
            return Err(RequestError::Left);
        }
        if self.publications.len() == MAX_PUBLICATIONS {
            return Err(RequestError::TooMany);
        }
        self.last_cid += 1;
        // The server takes client identifiers as they are; other sessions must not share them.
        let cid = format!("audio-{}-{:016x}", self.last_cid, self.random.next());
        self.publications.push(Publication {
            cid: cid.clone(),
            muted: options.muted,
            options,
            info: None,
            former: None,
            state: State::Queued,
        });
        Ok(cid)
    }

    /// Requests for tracks that a join carries.
    pub(super) fn publications_with_join(
        &mut self,
        now: Instant,
        transports: &mut Transports,
    ) -> Vec<proto::AddTrackRequest> {
        let mut requests = Vec::new();
        for publication in &mut self.publications {
            publication.state = State::Requested(now + PUBLISH_TIMEOUT);
            transports.publish(&publication.cid);
            requests.push(publication.request());
        }
        requests
    }

    /// Requests tracks that wait, once the session is established.
    pub(super) fn start_publications(&mut self, now: Instant) {
        let Some(transports) = &mut self.transports else {
            return;
        };
        if !self.signal.is_established() {
            return;
        }
        for publication in &mut self.publications {
            if matches!(publication.state, State::Queued) {
                publication.state = State::Requested(now + PUBLISH_TIMEOUT);
                let request = publication.request();
                self.signal.send(signal_request::Message::AddTrack(request));
                if self.fast_publish && !transports.is_published(&publication.cid) {
                    transports.publish(&publication.cid);
                }
            }
        }
    }

    /// The session is gone: every track is to be published anew.
    pub(super) fn publications_lost(&mut self) {
        for publication in &mut self.publications {
            publication.state = State::Queued;
            if let Some(info) = publication.info.take() {
                publication.former = Some(info.sid);
            }
        }
    }

    /// A request that the server has not confirmed may be lost.
    pub(super) fn publications_after_resume(&mut self) {
        for publication in &mut self.publications {
            if matches!(publication.state, State::Requested(_)) {
                publication.state = State::Queued;
            }
        }
    }

    /// The server confirmed a track.
    pub(super) fn track_confirmed(&mut self, cid: &str, track: Box<proto::TrackInfo>) {
        let Some(publication) = self.publications.iter_mut().find(|known| known.cid == cid) else {
            return;
        };
        if matches!(publication.state, State::Published) {
            publication.info = Some(*track);
            return;
        }
        publication.state = State::Published;
        publication.info = Some((*track).clone());
        if let Some(transports) = &mut self.transports
            && !transports.is_published(cid)
        {
            transports.publish(cid);
        }
        // Whether it is muted may have changed since the request.
        if track.muted != publication.muted {
            self.signal
                .send(signal_request::Message::Mute(proto::MuteTrackRequest {
                    sid: track.sid.clone(),
                    muted: publication.muted,
                }));
        }
        let cid = cid.to_owned();
        match publication.former.take() {
            Some(former) => {
                self.emit_connected(Event::LocalTrackRepublished(cid, former, track));
            }
            None => self.emit_connected(Event::LocalTrackPublished(cid, track)),
        }
    }

    /// The server ended a track of the local participant.
    pub(super) fn track_ended(&mut self, sid: &str) {
        if let Some(cid) = self.cid(sid) {
            self.publications.retain(|known| known.cid != cid);
            if let Some(transports) = &mut self.transports {
                transports.unpublish(&cid);
            }
            self.emit(Event::LocalTrackUnpublished(cid, sid.to_owned()));
        }
    }

    /// The server muted or unmuted a track of the local participant.
    pub(super) fn track_muted(&mut self, sid: &str, muted: bool) {
        let published =
            |known: &&mut Publication| known.info.as_ref().is_some_and(|i| i.sid == sid);
        if let Some(publication) = self.publications.iter_mut().find(published)
            && publication.muted != muted
        {
            publication.muted = muted;
            if let Some(info) = &mut publication.info {
                info.muted = muted;
            }
            let cid = publication.cid.clone();
            self.emit(Event::LocalTrackMuted { cid, muted });
        }
    }

    /// A track cannot be published.
    pub(super) fn track_refused(&mut self, cid: &str, why: String) {
        let Some(at) = self.publications.iter().position(|known| known.cid == cid) else {
            return;
        };
        self.publications.remove(at);
        if let Some(transports) = &mut self.transports {
            transports.unpublish(cid);
        }
        self.emit(Event::PublishFailed(cid.to_owned(), why));
    }

    pub(super) fn publications_deadline(&self) -> Option<Instant> {
        if !self.signal.is_established() {
            return None;
        }
        let deadline = |known: &Publication| match known.state {
            State::Requested(until) => Some(until),
            _ => None,
        };
        self.publications.iter().filter_map(deadline).min()
    }

    pub(super) fn publication_timeout(&mut self, now: Instant) {
        if !self.signal.is_established() {
            return;
        }
        let overdue =
            |known: &&Publication| matches!(known.state, State::Requested(until) if until <= now);
        let overdue: Vec<String> = self
            .publications
            .iter()
            .filter(overdue)
            .map(|known| known.cid.clone())
            .collect();
        for cid in overdue {
            self.track_refused(
                &cid,
                "the server did not confirm the track in time".to_owned(),
            );
        }
    }

    /// For the server, when a session is resumed.
    pub(super) fn published(&self) -> Vec<proto::TrackPublishedResponse> {
        let response = |(cid, track): (&str, &proto::TrackInfo)| proto::TrackPublishedResponse {
            cid: cid.to_owned(),
            track: Some(track.clone()),
        };
        self.publications().map(response).collect()
    }

    fn cid(&self, sid: &str) -> Option<String> {
        let published = |known: &&Publication| known.info.as_ref().is_some_and(|i| i.sid == sid);
        let publication = self.publications.iter().find(published);
        publication.map(|known| known.cid.clone())
    }
}
