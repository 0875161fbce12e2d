//! Collected durations and their table row.

use std::time::Duration;

/// Durations of one measurement.
#[derive(Default)]
pub(crate) struct Figures(Vec<Duration>);

impl Figures {
    /// Column headings for [`Figures::row`].
    pub(crate) const HEAD: &str =
        "ms                               n        p50        p99        max";

    /// Adds a duration.
    pub(crate) fn add(&mut self, time: Duration) {
        self.0.push(time);
    }

    /// Formats a row of the table.
    pub(crate) fn row(&self, what: &str) -> String {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let [p50, p99, max] = [50, 99, 100].map(|percent| milliseconds(&sorted, percent));
        format!("{what:<28} {:>5} {p50} {p99} {max}", sorted.len())
    }
}

/// Percentile of sorted durations, in milliseconds.
fn milliseconds(sorted: &[Duration], percent: usize) -> String {
    let rank = (sorted.len() * percent).div_ceil(100);
    let time = sorted.get(rank.saturating_sub(1));
    time.map_or_else(String::new, |time| {
        format!("{:>10.2}", time.as_secs_f64() * 1e3)
    })
}
