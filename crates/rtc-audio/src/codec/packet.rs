//! What can be told from the first bytes of an Opus packet (RFC 6716, sections 3.1 and 4.2).

use crate::SAMPLE_RATE;

/// Packets of at most this many bytes have no audio in them: the sender is silent.
const DTX_BYTES: usize = 2;

/// Whether the packet only says that silence goes on.
pub(crate) fn is_dtx(packet: &[u8]) -> bool {
    packet.len() <= DTX_BYTES
}

/// Number of samples that the packet decodes to, or `None` if it is no valid packet.
pub(crate) fn samples(packet: &[u8]) -> Option<usize> {
    let samples = opus::packet::get_nb_samples(packet, SAMPLE_RATE).ok()?;
    (0 < samples && samples <= super::MAX_PACKET_SAMPLES).then_some(samples)
}

/// Whether the packet carries the frame before it in fewer bits.
pub(crate) fn has_fec(packet: &[u8]) -> bool {
    let Some(&toc) = packet.first() else {
        return false;
    };
    let config = toc >> 3;
    if config >= 16 || is_dtx(packet) {
        return false; // Only SILK, alone or in a hybrid, has it.
    }
    // The header of a SILK frame: one bit of voice activity for each 20 ms, then the bit wanted.
    let voice_bits = match (config < 12, config & 3) {
        (true, 2) => 2,
        (true, 3) => 3,
        _ => 1,
    };
    let header = match toc & 3 {
        0 | 1 => 1,
        2 => 1 + length_bytes(packet, 1),
        _ => return first_of_any(packet).is_some_and(|byte| bit(byte, voice_bits)),
    };
    packet
        .get(header)
        .is_some_and(|&byte| bit(byte, voice_bits))
}

fn bit(byte: u8, from_left: u8) -> bool {
    byte << from_left & 0x80 != 0
}

/// Number of bytes that the length of a frame takes.
fn length_bytes(packet: &[u8], at: usize) -> usize {
    match packet.get(at) {
        Some(252..) => 2,
        _ => 1,
    }
}

/// First byte of the first frame of a packet of any number of frames.
fn first_of_any(packet: &[u8]) -> Option<u8> {
    let flags = *packet.get(1)?;
    let (variable, padded, frames) = (flags & 0x80 != 0, flags & 0x40 != 0, flags & 0x3f);
    let mut at = 2;
    if padded {
        while *packet.get(at)? == 255 {
            at += 1;
        }
        at += 1;
    }
    if variable {
        for _ in 1..frames {
            at += length_bytes(packet, at);
        }
    }
    packet.get(at).copied()
}
