//! Converts instants into wall-clock timestamps.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use pbjson_types::Timestamp;

/// The wall-clock time at one instant. All timestamps are computed from it, so they stay in order
/// if the system clock is adjusted.
#[derive(Debug, Clone, Copy)]
pub(super) struct WallClock {
    pub(super) at: Instant,
    pub(super) wall: SystemTime,
}

impl WallClock {
    /// The wall-clock time at this instant.
    pub(super) fn stamp(&self, at: Instant) -> Timestamp {
        let since = self.wall.duration_since(UNIX_EPOCH).unwrap_or_default();
        let time = match at.checked_duration_since(self.at) {
            Some(after) => since + after,
            None => since.saturating_sub(self.at.saturating_duration_since(at)),
        };
        Timestamp {
            seconds: i64::try_from(time.as_secs()).unwrap_or(i64::MAX),
            nanos: time.subsec_nanos().cast_signed(),
        }
    }
}

/// The instant `ago` before `now`, or `now` if it is unknown or cannot be represented.
pub(super) fn before(now: Instant, ago: Option<Duration>) -> Instant {
    ago.and_then(|ago| now.checked_sub(ago)).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_convert_to_timestamps() {
        let at = parlor_common::clock::now();
        let wall = UNIX_EPOCH + Duration::from_millis(10_500);
        let wall_clock = WallClock { at, wall };
        let stamp = |at| {
            let stamp = wall_clock.stamp(at);
            (stamp.seconds, stamp.nanos)
        };
        assert_eq!(stamp(at), (10, 500_000_000));
        assert_eq!(stamp(at + Duration::from_millis(700)), (11, 200_000_000));
        let earlier = before(at, Some(Duration::from_millis(600)));
        assert_eq!(stamp(earlier), (9, 900_000_000));
        assert_eq!(before(at, None), at);
    }
}
