//! Which track each media section of the server's offer carries.

use std::sync::Arc;

use str0m::media::Mid;

use crate::limits::MAX_SECTIONS;

/// Media section and track identifier of each section that sends.
///
/// LiveKit puts the identifier of the track into the second part of `a=msid` (RFC 8830). A section
/// is reused for another track, so every offer is read anew.
pub(super) fn tracks(sdp: &str) -> Vec<(Mid, Arc<str>)> {
    let mut all = Vec::new();
    for section in sdp.split("\nm=").skip(1).take(MAX_SECTIONS) {
        let (mut mid, mut track, mut sends) = (None, None, false);
        for line in section.lines() {
            if let Some(value) = line.strip_prefix("a=mid:") {
                mid = Some(value.trim());
            } else if let Some(value) = line.strip_prefix("a=msid:") {
                track = value.split_whitespace().nth(1);
            } else if matches!(line.trim(), "a=sendonly" | "a=sendrecv") {
                sends = true;
            }
        }
        if let (Some(mid), Some(track), true) = (mid, track, sends) {
            all.push((Mid::from(mid), track.into()));
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sections_that_send_carry_a_track() {
        let sdp = "v=0\r\nm=application 9 UDP/DTLS/SCTP x\r\na=mid:0\r\n\
                   m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:1\r\na=msid:PA_a TR_a\r\na=sendonly\r\n\
                   m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:2\r\na=msid:PA_a TR_b\r\na=inactive\r\n\
                   m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:3\r\na=sendrecv\r\n";
        let expected: Vec<(Mid, Arc<str>)> = vec![(Mid::from("1"), "TR_a".into())];
        assert_eq!(tracks(sdp), expected);
        assert!(tracks("").is_empty());
    }
}
