//! What happened to a stream, by the names of the W3C's "Identifiers for WebRTC's Statistics".

use std::time::Duration;

/// Sums since the receiver was made. Samples are of [`SAMPLE_RATE`](crate::SAMPLE_RATE). As in W3C's
/// `inbound-rtp`, differences between two calls divided by each other tell of the time between.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Stats {
    /// Packets pushed that belong to the stream, late ones and duplicates too.
    pub packets_received: u64,
    /// Packets that had not come when it was their turn.
    pub packets_lost: u64,
    /// Packets that were never played: late, more than the buffer holds, of a stream that was replaced,
    /// or not Opus.
    pub packets_discarded: u64,
    /// Those of `packets_discarded` that came after their turn. Not of W3C.
    pub packets_late: u64,
    /// Packets that came again. Not of W3C for a receiver.
    pub packets_duplicated: u64,
    /// Packets that carried the frame before them.
    pub fec_packets_received: u64,
    /// Those of `fec_packets_received` whose additional frame was not needed.
    pub fec_packets_discarded: u64,
    /// Lost frames that were rebuilt from the next packet. Not of W3C.
    pub frames_recovered: u64,
    /// Variation of the time that packets take, as of RFC 3550.
    pub jitter: Duration,
    /// Samples given out since the first packet.
    pub total_samples_received: u64,
    /// Samples that were made up for lack of packets.
    pub concealed_samples: u64,
    /// Those of `concealed_samples` that are silence.
    pub silent_concealed_samples: u64,
    /// Times that samples were made up, however many in a row.
    pub concealment_events: u64,
    /// Samples added to slow down speech.
    pub inserted_samples_for_deceleration: u64,
    /// Samples cut to speed up speech.
    pub removed_samples_for_acceleration: u64,
    /// Time that samples spent in the buffer, summed over the samples.
    pub jitter_buffer_delay: Duration,
    /// Delay behind the fastest packets that was aimed at, summed over the samples.
    pub jitter_buffer_target_delay: Duration,
    /// Samples that left the buffer, which are those to divide the two delays by.
    pub jitter_buffer_emitted_count: u64,
}

impl Stats {
    /// Mean time that a sample spent in the buffer.
    pub fn mean_delay(&self) -> Duration {
        let samples = u32::try_from(self.jitter_buffer_emitted_count).unwrap_or(u32::MAX);
        self.jitter_buffer_delay
            .checked_div(samples)
            .unwrap_or_default()
    }
}
