//! Extracts the packets from a WebM file, as browsers record it (RFC 8794, RFC 9559).

use super::AudioError;

/// First bytes of every WebM file.
pub(crate) const MAGIC: [u8; 4] = [0x1A, 0x45, 0xDF, 0xA3];

/// Elements that contain elements: Segment, Cluster, BlockGroup, Tracks, TrackEntry. In a live
/// recording they may have an unknown length, which is not needed here.
const MASTERS: [u64; 5] = [0x1853_8067, 0x1F43_B675, 0xA0, 0x1654_AE6B, 0xAE];

/// IDs of SimpleBlock and Block.
const BLOCKS: [u64; 2] = [0xA3, 0xA1];

/// ID of CodecID.
const CODEC: u64 = 0x86;

/// Lacing bits of a block's flags: set if the block holds several packets.
const LACED: u8 = 0x06;

/// The Opus packets of the file's only track, in order. Apps stop recording in the middle of a
/// block: an incomplete block is left out.
pub(crate) fn packets(file: &[u8]) -> Result<Vec<&[u8]>, AudioError> {
    let (mut rest, mut packets) = (file, Vec::new());
    while let Some((id, body)) = element(&mut rest)? {
        if BLOCKS.contains(&id) {
            packets.push(packet(body)?);
        } else if id == CODEC && body != b"A_OPUS" {
            return Err(AudioError::Container);
        }
    }
    Ok(packets)
}

/// The next element, if it is complete. An element of [`MASTERS`] is returned with an empty body;
/// its content follows as the next elements.
fn element<'a>(rest: &mut &'a [u8]) -> Result<Option<(u64, &'a [u8])>, AudioError> {
    let Some(id) = number(rest, true)? else {
        return Ok(None);
    };
    let before = rest.len();
    let Some(size) = number(rest, false)? else {
        return Ok(None);
    };
    if MASTERS.contains(&id) {
        return Ok(Some((id, &[])));
    }
    let bits = 7 * (before - rest.len());
    if size == (1 << bits) - 1 {
        // Only master elements may have an unknown length.
        return Err(AudioError::Demux);
    }
    let size = usize::try_from(size).map_err(|_| AudioError::Demux)?;
    Ok(rest.split_off(..size).map(|body| (id, body)))
}

/// The packet in a block, after its track number, timestamp and flags.
fn packet(mut block: &[u8]) -> Result<&[u8], AudioError> {
    number(&mut block, false)?;
    match block {
        [_, _, flags, packet @ ..] if flags & LACED == 0 => Ok(packet),
        _ => Err(AudioError::Demux),
    }
}

/// Reads a variable-length number of 1 to 8 bytes, if it is complete. The position of the first set
/// bit tells the length; `whole` keeps that bit in the result.
fn number(rest: &mut &[u8], whole: bool) -> Result<Option<u64>, AudioError> {
    let Some(first) = rest.first() else {
        return Ok(None);
    };
    let length = first.leading_zeros() as usize + 1;
    if length > 8 {
        return Err(AudioError::Demux);
    }
    let Some(bytes) = rest.split_off(..length) else {
        return Ok(None);
    };
    let number = bytes
        .iter()
        .fold(0, |sum, byte| sum << 8 | u64::from(*byte));
    let marker = 1 << (7 * length);
    Ok(Some(if whole { number } else { number & !marker }))
}
