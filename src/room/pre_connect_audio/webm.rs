//! The packets in a WebM file, as browsers' recorders write it (RFC 8794, RFC 9559).

use super::AudioError;

/// How every such file begins.
pub(crate) const MAGIC: [u8; 4] = [0x1A, 0x45, 0xDF, 0xA3];

/// Elements whose content is elements: Segment, Cluster, BlockGroup, Tracks, TrackEntry. Those that
/// are written live have no length, and nothing here needs it.
const MASTERS: [u64; 5] = [0x1853_8067, 0x1F43_B675, 0xA0, 0x1654_AE6B, 0xAE];

/// SimpleBlock and Block.
const BLOCKS: [u64; 2] = [0xA3, 0xA1];

/// CodecID.
const CODEC: u64 = 0x86;

/// The bits of a block's flags that say that it holds several packets.
const LACED: u8 = 0x06;

/// The Opus packets of the file's only track, in order. Apps stop recording in the middle of a
/// block: what is cut off is left out.
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

/// The next element, if it is whole. Of a master it is the head alone, and its content comes next.
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
        // Only masters may have no length.
        return Err(AudioError::Demux);
    }
    let size = usize::try_from(size).map_err(|_| AudioError::Demux)?;
    Ok(rest.split_off(..size).map(|body| (id, body)))
}

/// What is in a block, behind its track, time and flags.
fn packet(mut block: &[u8]) -> Result<&[u8], AudioError> {
    number(&mut block, false)?;
    match block {
        [_, _, flags, packet @ ..] if flags & LACED == 0 => Ok(packet),
        _ => Err(AudioError::Demux),
    }
}

/// A number of 1 to 8 bytes, whose first bit that is set tells how many, if they are there; `whole`
/// keeps that bit.
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
