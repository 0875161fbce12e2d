//! Requests of the local participant to the server, and data packets.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use livekit_protocol as proto;
use livekit_protocol::data_packet::Kind;
use livekit_protocol::{request_response, signal_request};

use super::Participant;
use super::event::Event;
use crate::transport::{Leg, PeerStats, SendError, StreamStats};

/// Why a request was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// The participant has left the room.
    #[error("the participant has left")]
    Left,
    /// There are too many of these already.
    #[error("too many tracks are published")]
    TooMany,
    /// Nobody publishes the track.
    #[error("nobody publishes the track")]
    UnknownTrack,
}

/// State of the connections, at the last report: about once a second.
#[derive(Debug, Clone, Default)]
pub struct Stats {
    /// The peer connections.
    pub peers: Vec<(Leg, PeerStats)>,
    /// Received tracks by their identifier.
    pub received: Vec<(Arc<str>, StreamStats)>,
    /// Sent tracks by their client identifier.
    pub sent: Vec<(String, StreamStats)>,
    /// Round trip time of the signalling.
    pub signal_rtt: std::time::Duration,
    /// Requests dropped because too many waited for a reconnect to end.
    pub dropped_requests: u64,
}

impl Participant {
    /// Changes name, metadata and attributes of the local participant; an attribute with an empty
    /// value is removed. All three are sent: give those that stay, too. Returns the identifier of
    /// the request; the outcome is [`Event::Response`].
    ///
    /// # Errors
    /// If the participant has left.
    pub fn update(
        &mut self,
        now: Instant,
        name: String,
        metadata: String,
        attributes: HashMap<String, String>,
    ) -> Result<u32, RequestError> {
        let request_id = self.request_id()?;
        let request = proto::UpdateParticipantMetadata {
            name,
            metadata,
            attributes,
            request_id,
        };
        self.signal
            .send(signal_request::Message::UpdateMetadata(request));
        self.drive(now);
        Ok(request_id)
    }

    /// Subscribes to a track, or ends the subscription.
    ///
    /// # Errors
    /// If the participant has left or nobody publishes the track.
    pub fn subscribe(
        &mut self,
        now: Instant,
        track: &str,
        wanted: bool,
    ) -> Result<(), RequestError> {
        self.open()?;
        let Some(publisher) = self.room.publisher(track) else {
            return Err(RequestError::UnknownTrack);
        };
        let track_sids = vec![track.to_owned()];
        let request = proto::UpdateSubscription {
            track_sids: track_sids.clone(),
            subscribe: wanted,
            participant_tracks: vec![proto::ParticipantTracks {
                participant_sid: publisher.sid.clone(),
                track_sids,
            }],
        };
        let mut events = Vec::new();
        self.room.desire(track, wanted, &mut events);
        self.emit_room(events);
        self.signal
            .send(signal_request::Message::Subscription(request));
        self.match_sections();
        self.drive(now);
        Ok(())
    }

    /// Asks the server to pause or resume sending a subscribed track.
    ///
    /// # Errors
    /// If the participant has left or nobody publishes the track.
    pub fn enable(&mut self, now: Instant, track: &str, enabled: bool) -> Result<(), RequestError> {
        self.open()?;
        if self.room.publisher(track).is_none() {
            return Err(RequestError::UnknownTrack);
        }
        let settings = proto::UpdateTrackSettings {
            track_sids: vec![track.to_owned()],
            disabled: !enabled,
            ..proto::UpdateTrackSettings::default()
        };
        self.signal
            .send(signal_request::Message::TrackSetting(settings));
        self.drive(now);
        Ok(())
    }

    /// Says who may subscribe to the tracks of the local participant.
    ///
    /// # Errors
    /// If the participant has left.
    pub fn permit(
        &mut self,
        now: Instant,
        permission: proto::SubscriptionPermission,
    ) -> Result<(), RequestError> {
        self.open()?;
        let message = signal_request::Message::SubscriptionPermission(permission);
        self.signal.send(message);
        self.drive(now);
        Ok(())
    }

    /// Asks the server to behave as in a fault, for tests.
    ///
    /// # Errors
    /// If the participant has left.
    pub fn simulate(
        &mut self,
        now: Instant,
        scenario: proto::simulate_scenario::Scenario,
    ) -> Result<(), RequestError> {
        self.open()?;
        let request = proto::SimulateScenario {
            scenario: Some(scenario),
        };
        self.signal.send(signal_request::Message::Simulate(request));
        self.drive(now);
        Ok(())
    }

    /// Sends a data packet. Sender and sequence number are set here; recipients are those of the
    /// packet. A reliable packet waits for its channel, also while the session is reconnected.
    ///
    /// # Errors
    /// If the packet is too long, too many wait, or a lossy one cannot be sent at once.
    pub fn send_data(
        &mut self,
        now: Instant,
        kind: Kind,
        mut packet: proto::DataPacket,
    ) -> Result<(), SendError> {
        if self.is_closed() {
            return Err(SendError::Left);
        }
        packet
            .participant_identity
            .clone_from(&self.room.local.identity);
        packet.participant_sid.clone_from(&self.room.local.sid);
        let peer = self
            .transports
            .as_mut()
            .map(|transports| transports.data_peer());
        self.data.send(peer, kind, packet)?;
        self.drive(now);
        Ok(())
    }

    /// Bytes that wait in a data channel and before it.
    pub fn buffered_amount(&mut self, kind: Kind) -> usize {
        let channel = self
            .transports
            .as_mut()
            .map_or(0, |transports| transports.buffered(kind));
        match kind {
            Kind::Reliable => channel + self.data.waiting_bytes(),
            Kind::Lossy => channel,
        }
    }

    /// Sets below how many bytes [`Event::BufferedAmountLow`] comes.
    pub fn set_buffered_amount_low_threshold(&mut self, kind: Kind, bytes: usize) {
        self.thresholds[kind as usize] = true;
        if let Some(transports) = &mut self.transports {
            transports.set_buffer_threshold(kind, bytes);
        }
    }

    /// State of the connections.
    pub fn stats(&self) -> Stats {
        let transports = self.transports.as_ref();
        Stats {
            peers: transports.map(|t| t.stats()).unwrap_or_default(),
            received: transports.map(|t| t.received()).unwrap_or_default(),
            sent: transports.map(|t| t.sent()).unwrap_or_default(),
            signal_rtt: self.signal.rtt(),
            dropped_requests: self.signal.dropped(),
        }
    }

    /// The room.
    pub fn room(&self) -> &proto::Room {
        &self.room.room
    }

    /// The local participant.
    pub fn local(&self) -> &proto::ParticipantInfo {
        &self.room.local
    }

    /// The remote participants by identity.
    pub fn remotes(&self) -> &HashMap<String, proto::ParticipantInfo> {
        &self.room.remotes
    }

    /// Outcome of a request.
    pub(super) fn response(&mut self, response: &proto::RequestResponse) {
        let reason = response.reason();
        if let Some(request_response::Request::AddTrack(request)) = &response.request
            && reason != request_response::Reason::Ok
            && reason != request_response::Reason::Queued
        {
            let why = format!("{}: {}", reason.as_str_name(), response.message);
            return self.track_refused(&request.cid, why);
        }
        self.emit(Event::Response {
            id: response.request_id,
            reason,
            message: response.message.clone(),
        });
    }

    fn request_id(&mut self) -> Result<u32, RequestError> {
        self.open()?;
        Ok(self.signal.next_request_id())
    }

    fn open(&self) -> Result<(), RequestError> {
        if self.is_closed() {
            return Err(RequestError::Left);
        }
        Ok(())
    }
}
