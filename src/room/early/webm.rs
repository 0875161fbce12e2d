//! The packets in a WebM file, as browsers' recorders write it (RFC 8794, RFC 9559).

use super::Unheard;

/// How every such file begins.
pub(super) const MAGIC: [u8; 4] = [0x1A, 0x45, 0xDF, 0xA3];

/// Elements whose content is elements: Segment, Cluster, BlockGroup, Tracks, TrackEntry. Those that
/// are written live have no length, and nothing here needs it.
const MASTERS: [u32; 5] = [0x1853_8067, 0x1F43_B675, 0xA0, 0x1654_AE6B, 0xAE];

/// SimpleBlock and Block.
const BLOCKS: [u32; 2] = [0xA3, 0xA1];

/// CodecID.
const CODEC: u32 = 0x86;

/// The bits of a block's flags that say that it holds several packets.
const LACED: u8 = 0x06;

/// The Opus packets of the file's only track, in order.
pub(super) fn packets(file: &[u8]) -> Result<Vec<&[u8]>, Unheard> {
    let (mut rest, mut packets) = (file, Vec::new());
    while !rest.is_empty() {
        let id = u32::try_from(number(&mut rest, true)?).map_err(|_| Unheard::Demux)?;
        let start = rest;
        let size = number(&mut rest, false)?;
        if MASTERS.contains(&id) {
            continue;
        }
        let bits = 7 * (start.len() - rest.len());
        if size == (1 << bits) - 1 {
            // Only masters may have no length.
            return Err(Unheard::Demux);
        }
        let size = usize::try_from(size).map_err(|_| Unheard::Demux)?;
        let (body, after) = rest.split_at_checked(size).ok_or(Unheard::Demux)?;
        rest = after;
        if BLOCKS.contains(&id) {
            packets.push(packet(body)?);
        } else if id == CODEC && body != b"A_OPUS" {
            return Err(Unheard::Container);
        }
    }
    Ok(packets)
}

/// What is in a block, behind its track, time and flags.
fn packet(mut block: &[u8]) -> Result<&[u8], Unheard> {
    number(&mut block, false)?;
    match block {
        [_, _, flags, packet @ ..] if flags & LACED == 0 => Ok(packet),
        _ => Err(Unheard::Demux),
    }
}

/// A number of 1 to 8 bytes, whose first bit that is set tells how many; `whole` keeps that bit.
fn number(rest: &mut &[u8], whole: bool) -> Result<u64, Unheard> {
    let first = *rest.first().ok_or(Unheard::Demux)?;
    let length = first.leading_zeros() as usize + 1;
    let (bytes, after) = rest.split_at_checked(length).ok_or(Unheard::Demux)?;
    if length > 8 {
        return Err(Unheard::Demux);
    }
    *rest = after;
    let number = bytes
        .iter()
        .fold(0, |sum, byte| sum << 8 | u64::from(*byte));
    let marker = 1 << (7 * length);
    Ok(if whole { number } else { number & !marker })
}
