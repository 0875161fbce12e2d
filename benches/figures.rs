//! Times, and a line of a table for them.

use std::time::Duration;

/// Times of one kind.
#[derive(Default)]
pub(crate) struct Figures(Vec<Duration>);

impl Figures {
    /// Over the columns of [`Figures::row`].
    pub(crate) const HEAD: &str =
        "ms                               n        p50        p99        max";

    /// One more time.
    pub(crate) fn add(&mut self, time: Duration) {
        self.0.push(time);
    }

    /// A line of the table.
    pub(crate) fn row(&self, what: &str) -> String {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let [p50, p99, max] = [50, 99, 100].map(|percent| milliseconds(&sorted, percent));
        format!("{what:<28} {:>5} {p50} {p99} {max}", sorted.len())
    }
}

/// The time that so many percent of all reach at most.
fn milliseconds(sorted: &[Duration], percent: usize) -> String {
    let rank = (sorted.len() * percent).div_ceil(100);
    let time = sorted.get(rank.saturating_sub(1));
    time.map_or_else(String::new, |time| {
        format!("{:>10.2}", time.as_secs_f64() * 1e3)
    })
}
