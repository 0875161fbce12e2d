//! The packets that wait for their turn.

use std::collections::VecDeque;

use super::time::ticks;
use crate::codec::packet;

/// Bytes that a new payload gets room for, which Opus voice rarely exceeds.
const USUAL_PAYLOAD: usize = 256;

/// A packet that waits. Numbers do not wrap, times are in ticks.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) sequence: i64,
    pub(super) timestamp: i64,
    pub(super) arrival: i64,
    /// How long its audio is.
    pub(super) duration: i64,
    pub(super) payload: Vec<u8>,
}

impl Waiting {
    /// Whether it carries the frame before its own.
    pub(super) fn has_fec(&self) -> bool {
        packet::has_fec(&self.payload)
    }
}

/// Packets in the order of their sequence numbers. Reuses the memory of payloads.
#[derive(Debug)]
pub(super) struct Packets {
    waiting: VecDeque<Waiting>,
    spare: Vec<Vec<u8>>,
    capacity: usize,
}

/// What became of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Inserted {
    Added,
    Duplicate,
    /// It took the place of the oldest one.
    Replaced,
}

impl Packets {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            waiting: VecDeque::with_capacity(capacity + 1),
            spare: Vec::with_capacity(capacity + 1),
            capacity,
        }
    }

    /// Adds a packet. `samples` is the length of its audio.
    pub(super) fn insert(
        &mut self,
        (sequence, timestamp): (i64, i64),
        arrival: i64,
        samples: usize,
        payload: &[u8],
    ) -> Inserted {
        let at = self
            .waiting
            .iter()
            .rposition(|other| other.sequence <= sequence)
            .map_or(0, |before| before + 1);
        if at > 0 && self.waiting[at - 1].sequence == sequence {
            return Inserted::Duplicate;
        }
        let mut bytes = self
            .spare
            .pop()
            .unwrap_or_else(|| Vec::with_capacity(USUAL_PAYLOAD.max(payload.len())));
        bytes.clear();
        bytes.extend_from_slice(payload);
        self.waiting.insert(
            at,
            Waiting {
                sequence,
                timestamp,
                arrival,
                duration: ticks(samples),
                payload: bytes,
            },
        );
        if self.waiting.len() <= self.capacity {
            return Inserted::Added;
        }
        if let Some(oldest) = self.pop() {
            self.recycle(oldest);
        }
        Inserted::Replaced
    }

    pub(super) fn front(&self) -> Option<&Waiting> {
        self.waiting.front()
    }

    /// Takes the oldest packet, to be given to [`Self::recycle`].
    pub(super) fn pop(&mut self) -> Option<Waiting> {
        self.waiting.pop_front()
    }

    pub(super) fn recycle(&mut self, packet: Waiting) {
        self.spare.push(packet.payload);
    }

    /// Drops all. Returns how many there were.
    pub(super) fn clear(&mut self) -> usize {
        let len = self.waiting.len();
        self.spare
            .extend(self.waiting.drain(..).map(|packet| packet.payload));
        len
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }
}
