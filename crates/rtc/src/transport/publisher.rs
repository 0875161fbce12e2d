//! Offers of the client: what is to change, the offer that is on its way, and its answer.

use std::time::Instant;

use livekit_protocol::SessionDescription;
use str0m::change::{SdpAnswer, SdpApi, SdpPendingOffer};
use str0m::channel::ChannelId;
use str0m::media::{Direction, MediaKind, Mid};

use super::peer::{Peer, PeerError};
use crate::limits::{ANSWER_TIMEOUT, MAX_SECTIONS};

/// A change that needs an offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change {
    /// This side's data channels.
    Channels,
    /// A media section that sends the track with this client identifier.
    Send(String),
    /// Stop sending on a media section.
    Stop(Mid),
    /// Media sections that receive audio: so many more, and those that the server left inactive. An
    /// offer is made in any case, since the server waits for one to bind a track to a section.
    Receive(usize),
    /// New ICE credentials.
    Restart,
}

struct InFlight {
    pending: SdpPendingOffer,
    changes: Vec<Change>,
    draft: Draft,
    id: u32,
    until: Instant,
    sdp: String,
}

/// What an offer adds.
#[derive(Default)]
struct Draft {
    senders: Vec<(String, Mid)>,
    receivers: Vec<Mid>,
    channels: Option<[Option<ChannelId>; 2]>,
    /// Media sections that could receive but are inactive.
    idle: Vec<Mid>,
    /// How many media sections may be added to receive.
    room: usize,
}

impl Draft {
    fn apply(&mut self, api: &mut SdpApi<'_>, change: &Change) {
        match change {
            Change::Channels => self.channels = Some(Peer::add_channels(api)),
            Change::Send(cid) => {
                let (direction, id) = (Direction::SendOnly, Some(cid.clone()));
                let mid = api.add_media(MediaKind::Audio, direction, id.clone(), id, None);
                self.senders.push((cid.clone(), mid));
            }
            Change::Stop(mid) => api.set_direction(*mid, Direction::Inactive),
            Change::Receive(sections) => {
                let direction = Direction::RecvOnly;
                self.idle
                    .iter()
                    .for_each(|mid| api.set_direction(*mid, direction));
                let least = usize::from(self.idle.is_empty());
                for _ in 0..(*sections).max(least).min(self.room) {
                    let mid = api.add_media(MediaKind::Audio, direction, None, None, None);
                    self.receivers.push(mid);
                }
            }
            Change::Restart => {
                api.ice_restart(true);
            }
        }
    }
}

/// The negotiation of the client's offers: one at a time.
#[derive(Default)]
pub(super) struct Publisher {
    queue: Vec<Change>,
    in_flight: Option<InFlight>,
    last_id: u32,
    /// Client identifier and media section of each track that may be sent.
    senders: Vec<(String, Mid)>,
    /// Media sections that receive audio, when the server lets them.
    receivers: Vec<Mid>,
    /// The last offer and answer that took effect.
    agreed: Option<(String, String)>,
}

impl std::fmt::Debug for Publisher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Publisher")
            .field("queue", &self.queue)
            .field("in_flight", &self.in_flight.as_ref().map(|offer| offer.id))
            .finish_non_exhaustive()
    }
}

impl Publisher {
    pub(super) fn push(&mut self, change: Change) {
        let same = |queued: &&mut Change| match (&**queued, &change) {
            (Change::Receive(_), Change::Receive(_)) => true,
            (queued, change) => queued == change,
        };
        match (self.queue.iter_mut().find(same), &change) {
            (Some(Change::Receive(sum)), Change::Receive(more)) => *sum += more,
            (Some(_), _) => {}
            (None, _) => self.queue.push(change),
        }
    }

    /// Media section of a track, if the server has answered its offer.
    pub(super) fn mid(&self, cid: &str) -> Option<Mid> {
        let sender = self.senders.iter().find(|(known, _)| known == cid);
        sender.map(|(_, mid)| *mid)
    }

    /// Client identifier of the track that a media section sends.
    pub(super) fn cid(&self, mid: Mid) -> Option<&str> {
        let sender = self.senders.iter().find(|(_, known)| *known == mid);
        sender.map(|(cid, _)| cid.as_str())
    }

    /// Stops sending a track.
    pub(super) fn stop(&mut self, cid: &str) {
        self.queue
            .retain(|change| *change != Change::Send(cid.to_owned()));
        if let Some(at) = self.senders.iter().position(|(known, _)| known == cid) {
            let (_, mid) = self.senders.swap_remove(at);
            self.push(Change::Stop(mid));
        }
    }

    /// The last offer and answer that took effect.
    pub(super) fn agreed(&self) -> Option<&(String, String)> {
        self.agreed.as_ref()
    }

    /// When the answer is overdue.
    pub(super) fn timeout(&self) -> Option<Instant> {
        self.in_flight.as_ref().map(|offer| offer.until)
    }

    /// Whether an answer is overdue; the offer is then to be made again.
    pub(super) fn is_overdue(&self, now: Instant) -> bool {
        self.timeout().is_some_and(|until| until <= now)
    }

    /// Makes the next offer, unless there is nothing to change or one is on its way.
    pub(super) fn offer(&mut self, now: Instant, peer: &mut Peer) -> Option<SessionDescription> {
        if self.in_flight.is_some() || self.queue.is_empty() {
            return None;
        }
        let changes = std::mem::take(&mut self.queue);
        let mut draft = Draft {
            idle: self
                .receivers
                .iter()
                .copied()
                .filter(|mid| peer.is_inactive(*mid))
                .collect(),
            room: MAX_SECTIONS.saturating_sub(self.receivers.len()),
            ..Draft::default()
        };
        let mut api = peer.sdp();
        changes
            .iter()
            .for_each(|change| draft.apply(&mut api, change));
        let (offer, pending) = api.apply()?;
        if changes.contains(&Change::Restart) {
            peer.restarted();
        }
        self.last_id = self.last_id.wrapping_add(1).max(1);
        let sdp = offer.to_sdp_string();
        self.in_flight = Some(InFlight {
            pending,
            changes,
            draft,
            id: self.last_id,
            until: now + ANSWER_TIMEOUT,
            sdp: sdp.clone(),
        });
        Some(SessionDescription {
            r#type: "offer".to_owned(),
            sdp,
            id: self.last_id,
            ..SessionDescription::default()
        })
    }

    /// Takes back an offer that will have no answer. Its changes go into the next one.
    pub(super) fn roll_back(&mut self) {
        if let Some(offer) = self.in_flight.take() {
            let later = std::mem::replace(&mut self.queue, offer.changes);
            later.into_iter().for_each(|change| self.push(change));
        }
    }

    /// Applies an answer; false if it answers no offer that is on its way.
    pub(super) fn answer(
        &mut self,
        peer: &mut Peer,
        answer: &SessionDescription,
    ) -> Result<bool, PeerError> {
        // Servers that do not know of identifiers send 0.
        let matches = |offer: &InFlight| answer.id == 0 || answer.id == offer.id;
        if !self.in_flight.as_ref().is_some_and(matches) {
            return Ok(false);
        }
        let Some(offer) = self.in_flight.take() else {
            return Ok(false);
        };
        let parsed = SdpAnswer::from_sdp_string(&answer.sdp)
            .map_err(|error| PeerError(error.to_string()))?;
        peer.sdp().accept_answer(offer.pending, parsed)?;
        if let Some(channels) = offer.draft.channels {
            peer.set_own_channels(channels);
        }
        self.senders.extend(offer.draft.senders);
        self.receivers.extend(offer.draft.receivers);
        self.agreed = Some((offer.sdp, answer.sdp.clone()));
        peer.described();
        Ok(true)
    }
}
