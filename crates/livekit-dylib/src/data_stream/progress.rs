//! Progress of a data stream.

use futures_util::Stream;
use tokio::sync::watch;

/// Progress of a data stream.
#[derive(Clone, Copy, Default, Debug, Hash, Eq, PartialEq)]
pub struct StreamProgress {
    bytes_processed: u64,
    bytes_total: Option<u64>,
}

impl StreamProgress {
    /// No progress on a stream of `bytes_total` bytes, if known.
    pub(super) fn none_of(bytes_total: Option<u64>) -> Self {
        Self {
            bytes_processed: 0,
            bytes_total,
        }
    }

    /// Completed progress on a stream of `bytes` bytes.
    pub(super) fn complete(bytes: u64) -> Self {
        Self {
            bytes_processed: bytes,
            bytes_total: Some(bytes),
        }
    }

    pub(super) fn add(&mut self, bytes: usize) {
        self.bytes_processed += bytes as u64;
    }

    /// Number of bytes read or written so far.
    pub fn bytes_processed(&self) -> u64 {
        self.bytes_processed
    }

    /// Total number of bytes; `None` if the sender did not announce it.
    pub fn bytes_total(&self) -> Option<u64> {
        self.bytes_total
    }

    /// Completed fraction from 0 to 1; `None` if the total is unknown.
    pub fn percentage(&self) -> Option<f32> {
        self.bytes_total.map(|total| {
            if total == 0 {
                1.0
            } else {
                self.bytes_processed as f32 / total as f32
            }
        })
    }
}

/// Returns a stream of the current progress and its changes, until the data stream has ended.
/// Intermediate values may be skipped.
pub(super) fn changes(
    progress: watch::Receiver<StreamProgress>,
) -> impl Stream<Item = StreamProgress> + Send + Unpin + 'static {
    Box::pin(futures_util::stream::unfold(
        (progress, true),
        |(mut progress, first)| async move {
            if !first && progress.changed().await.is_err() {
                return None;
            }
            let now = *progress.borrow_and_update();
            Some((now, (progress, false)))
        },
    ))
}

#[cfg(test)]
mod tests {
    use futures_util::{FutureExt as _, StreamExt as _};

    use super::*;

    #[test]
    fn the_fraction_needs_a_total() {
        assert_eq!(StreamProgress::none_of(None).percentage(), None);
        assert_eq!(StreamProgress::none_of(Some(0)).percentage(), Some(1.0));
        let mut half = StreamProgress::none_of(Some(8));
        half.add(4);
        assert_eq!((half.bytes_processed(), half.percentage()), (4, Some(0.5)));
    }

    #[test]
    fn changes_start_with_the_current_value_and_end_with_the_stream() {
        let progress = watch::Sender::new(StreamProgress::none_of(Some(2)));
        let mut changes = changes(progress.subscribe());
        let mut next = || changes.next().now_or_never();
        assert_eq!(next(), Some(Some(StreamProgress::none_of(Some(2)))));
        assert_eq!(next(), None);
        progress.send_modify(|progress| progress.add(2));
        assert_eq!(next(), Some(Some(StreamProgress::complete(2))));
        drop(progress);
        assert_eq!(next(), Some(None));
    }
}
