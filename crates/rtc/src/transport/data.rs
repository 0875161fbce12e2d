//! LiveKit's data packets on the data channels: numbers of reliable packets, what waits, what is
//! sent again after a resume, and which packets came twice.

use std::collections::{HashMap, VecDeque};

use livekit_protocol as proto;
use livekit_protocol::data_packet::Kind;
use prost::Message as _;

use super::peer::{Peer, PeerError};
use crate::limits::{MAX_DATA_PACKET, MAX_PARTICIPANTS, MAX_REPLAY_BYTES, MAX_WAITING_PACKETS};

/// Why a data packet was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The encoded packet is longer than [`MAX_DATA_PACKET`].
    #[error("a data packet of {0} bytes is too long")]
    TooLong(usize),
    /// As many packets as may wait are waiting.
    #[error("too many data packets wait to be sent")]
    Full,
    /// The channel is not open, and a lossy packet does not wait.
    #[error("the data channel is not open")]
    NotOpen,
    /// The participant has left the room.
    #[error("the participant has left")]
    Left,
}

#[derive(Debug, Default)]
pub(crate) struct Data {
    last_sequence: u32,
    waiting: VecDeque<(u32, Vec<u8>)>,
    replay: VecDeque<(u32, Vec<u8>)>,
    replay_bytes: usize,
    /// Last reliable packet of each participant, by its session identifier.
    received: HashMap<String, u32>,
}

impl Data {
    /// Sends a packet, or keeps a reliable one until the channel can take it.
    pub(crate) fn send(
        &mut self,
        peer: Option<&mut Peer>,
        kind: Kind,
        mut packet: proto::DataPacket,
    ) -> Result<(), SendError> {
        packet.set_kind(kind);
        if kind == Kind::Lossy {
            let bytes = encode(&packet)?;
            let written = peer.is_some_and(|peer| peer.write(kind, &bytes).unwrap_or(false));
            return if written {
                Ok(())
            } else {
                Err(SendError::NotOpen)
            };
        }
        if self.waiting.len() == MAX_WAITING_PACKETS {
            return Err(SendError::Full);
        }
        packet.sequence = self.last_sequence.wrapping_add(1).max(1);
        let bytes = encode(&packet)?;
        self.last_sequence = packet.sequence;
        self.waiting.push_back((packet.sequence, bytes));
        if let Some(peer) = peer {
            let _ = self.flush(peer);
        }
        Ok(())
    }

    /// Writes reliable packets that wait, as far as the channel takes them.
    pub(crate) fn flush(&mut self, peer: &mut Peer) -> Result<(), PeerError> {
        while let Some((_, bytes)) = self.waiting.front() {
            if !peer.write(Kind::Reliable, bytes)? {
                break;
            }
            if let Some((sequence, bytes)) = self.waiting.pop_front() {
                self.keep(sequence, bytes);
            }
        }
        Ok(())
    }

    /// Whether no reliable packet waits.
    pub(crate) fn is_idle(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Bytes of reliable packets that wait.
    pub(crate) fn waiting_bytes(&self) -> usize {
        self.waiting.iter().map(|(_, bytes)| bytes.len()).sum()
    }

    /// The server has resumed the session and has seen reliable packets up to `last`.
    pub(crate) fn resumed(&mut self, last: u32) {
        self.replay_bytes = 0;
        let again = std::mem::take(&mut self.replay).into_iter();
        let later = std::mem::take(&mut self.waiting);
        self.waiting = again
            .filter(|(sequence, _)| *sequence > last)
            .chain(later)
            .collect();
    }

    /// The session is a new one. Packets that wait are numbered anew.
    pub(crate) fn restarted(&mut self) {
        self.replay.clear();
        self.replay_bytes = 0;
        self.received.clear();
        self.last_sequence = 0;
        for (sequence, bytes) in &mut self.waiting {
            let Ok(mut packet) = proto::DataPacket::decode(&bytes[..]) else {
                continue;
            };
            self.last_sequence += 1;
            packet.sequence = self.last_sequence;
            *sequence = self.last_sequence;
            *bytes = packet.encode_to_vec();
        }
    }

    /// Decodes a packet; `None` if it is malformed or came before.
    pub(crate) fn receive(&mut self, kind: Kind, bytes: &[u8]) -> Option<proto::DataPacket> {
        if bytes.len() > MAX_DATA_PACKET {
            return None;
        }
        let packet = proto::DataPacket::decode(bytes).ok()?;
        if kind == Kind::Lossy || packet.sequence == 0 || packet.participant_sid.is_empty() {
            return Some(packet);
        }
        if self.received.len() >= MAX_PARTICIPANTS
            && !self.received.contains_key(&packet.participant_sid)
        {
            return Some(packet);
        }
        let last = self
            .received
            .entry(packet.participant_sid.clone())
            .or_default();
        if packet.sequence <= *last {
            return None;
        }
        *last = packet.sequence;
        Some(packet)
    }

    /// For the server, so that it sends again what was lost.
    pub(crate) fn receive_states(&self) -> Vec<proto::DataChannelReceiveState> {
        let state = |(sid, last): (&String, &u32)| proto::DataChannelReceiveState {
            publisher_sid: sid.clone(),
            last_seq: *last,
        };
        self.received.iter().map(state).collect()
    }

    fn keep(&mut self, sequence: u32, bytes: Vec<u8>) {
        self.replay_bytes += bytes.len();
        self.replay.push_back((sequence, bytes));
        while self.replay_bytes > MAX_REPLAY_BYTES {
            let Some((_, oldest)) = self.replay.pop_front() else {
                break;
            };
            self.replay_bytes -= oldest.len();
        }
    }
}

fn encode(packet: &proto::DataPacket) -> Result<Vec<u8>, SendError> {
    let bytes = packet.encode_to_vec();
    if bytes.len() > MAX_DATA_PACKET {
        return Err(SendError::TooLong(bytes.len()));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(sid: &str, sequence: u32) -> Vec<u8> {
        proto::DataPacket {
            participant_sid: sid.into(),
            sequence,
            ..proto::DataPacket::default()
        }
        .encode_to_vec()
    }

    fn sequences(data: &Data) -> Vec<u32> {
        data.waiting.iter().map(|(sequence, _)| *sequence).collect()
    }

    #[test]
    fn packets_that_come_twice_are_dropped_for_each_sender() {
        let mut data = Data::default();
        let mut receive = |sid, sequence| {
            data.receive(Kind::Reliable, &packet(sid, sequence))
                .is_some()
        };
        let got = [("a", 1), ("a", 2), ("a", 2), ("a", 1), ("b", 1), ("a", 0)]
            .map(|(s, n)| receive(s, n));
        assert_eq!(got, [true, true, false, false, true, true]);
        assert!(data.receive(Kind::Reliable, b"\xff\xff").is_none());
        assert!(
            data.receive(Kind::Lossy, &vec![0; MAX_DATA_PACKET + 1])
                .is_none()
        );
    }

    #[test]
    fn a_resume_sends_again_what_the_server_has_not_seen() {
        let mut data = Data::default();
        for sequence in 1..=4 {
            data.keep(sequence, packet("", sequence));
        }
        data.last_sequence = 4;
        data.send(None, Kind::Reliable, proto::DataPacket::default())
            .unwrap();
        data.resumed(2);
        assert_eq!(sequences(&data), [3, 4, 5]);
    }

    #[test]
    fn a_new_session_numbers_waiting_packets_anew() {
        let mut data = Data {
            last_sequence: 7,
            ..Data::default()
        };
        for _ in 0..2 {
            data.send(None, Kind::Reliable, proto::DataPacket::default())
                .unwrap();
        }
        data.restarted();
        assert_eq!(sequences(&data), [1, 2]);
        data.send(None, Kind::Reliable, proto::DataPacket::default())
            .unwrap();
        assert_eq!(sequences(&data), [1, 2, 3]);
    }

    #[test]
    fn what_waits_and_what_is_kept_is_bounded() {
        let mut data = Data::default();
        for _ in 0..MAX_WAITING_PACKETS {
            data.send(None, Kind::Reliable, proto::DataPacket::default())
                .unwrap();
        }
        let full = data.send(None, Kind::Reliable, proto::DataPacket::default());
        assert_eq!(full, Err(SendError::Full));
        let lossy = data.send(None, Kind::Lossy, proto::DataPacket::default());
        assert_eq!(lossy, Err(SendError::NotOpen));
        for sequence in 0..100 {
            data.keep(sequence, vec![0; MAX_DATA_PACKET]);
        }
        assert!(data.replay_bytes <= MAX_REPLAY_BYTES);
    }
}
