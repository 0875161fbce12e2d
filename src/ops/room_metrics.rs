//! Prometheus metrics of waiting rooms.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use parlor_core::waiting_rooms::{Fact, Outcome};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// Histogram buckets for how long rooms wait, in seconds.
const WAITS: [f64; 10] = [1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0];

/// All metrics of waiting rooms.
#[derive(Debug)]
pub(super) struct RoomMetrics {
    waiting: Gauge,
    longest: Gauge<f64, AtomicU64>,
    waited: Family<Ended, Histogram, fn() -> Histogram>,
    claims: Family<Claim, Counter>,
    requests: Family<Request, Counter>,
    events_dropped: Counter,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Ended {
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Claim {
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    request: &'static str,
}

impl RoomMetrics {
    pub(super) fn new(registry: &mut Registry) -> Self {
        let metrics = Self {
            waiting: Gauge::default(),
            longest: Gauge::default(),
            waited: Family::new_with_constructor(|| Histogram::new(WAITS)),
            claims: Family::default(),
            requests: Family::default(),
            events_dropped: Counter::default(),
        };
        registry.register(
            "parlor_rooms_waiting",
            "Rooms waiting for an agent, as seen by this worker; all workers with the same agent \
             name see the same rooms",
            metrics.waiting.clone(),
        );
        registry.register(
            "parlor_rooms_waiting_longest_seconds",
            "Longest time that one of these rooms has been waiting",
            metrics.longest.clone(),
        );
        registry.register(
            "parlor_room_wait_seconds",
            "How long rooms waited until an agent joined or nobody waited any longer",
            metrics.waited.clone(),
        );
        registry.register(
            "parlor_rooms_claimed",
            "Attempts to dispatch the agent again, by outcome; lost: another worker was faster",
            metrics.claims.clone(),
        );
        registry.register(
            "parlor_room_requests",
            "Requests to the server about waiting rooms",
            metrics.requests.clone(),
        );
        registry.register(
            "parlor_room_news_dropped",
            "Room events that were dropped because the queue was full",
            metrics.events_dropped.clone(),
        );
        metrics
    }

    pub(super) fn waiting(&self, rooms: usize, longest: Duration) {
        self.waiting.set(i64::try_from(rooms).unwrap_or(i64::MAX));
        self.longest.set(longest.as_secs_f64());
    }

    pub(super) fn fact(&self, fact: &Fact) {
        match fact {
            Fact::Waits { .. } => {}
            Fact::Served { waited, .. } => self.waited("served", *waited),
            Fact::GaveUp { waited, .. } => self.waited("gave_up", *waited),
            Fact::Claimed { outcome, .. } => {
                let outcome = match outcome {
                    Outcome::Dispatched => "dispatched",
                    Outcome::Lost => "lost",
                    Outcome::Failed => "failed",
                };
                self.claims.get_or_create(&Claim { outcome }).inc();
            }
        }
    }

    fn waited(&self, outcome: &'static str, waited: Duration) {
        let waits = self.waited.get_or_create(&Ended { outcome });
        waits.observe(waited.as_secs_f64());
    }

    pub(super) fn asked(&self, request: &'static str) {
        self.requests.get_or_create(&Request { request }).inc();
    }

    pub(super) fn dropped(&self) {
        self.events_dropped.inc();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use parlor_core::dispatch::Settings;

    use super::*;
    use crate::ops::WorkerStatus;

    /// Names of Parlor's metrics in `text`.
    fn names(text: &str) -> BTreeSet<&str> {
        let is_part = |it: char| it.is_ascii_alphanumeric() || it == '_';
        let words = text.split(|it| !is_part(it));
        let is_ours = |it: &&str| it.starts_with("parlor_") || it.starts_with("lk_agents_");
        words.filter(is_ours).collect()
    }

    #[test]
    fn shipped_alerts_refer_to_existing_metrics() {
        let board = WorkerStatus::new(&Settings::default());
        for outcome in [Outcome::Dispatched, Outcome::Lost, Outcome::Failed] {
            let room = "hall".to_owned();
            board.room(&Fact::Claimed { room, outcome });
        }
        let page = board.metrics();
        let shown: BTreeSet<_> = page
            .lines()
            .filter(|line| !line.starts_with('#'))
            .flat_map(names)
            .collect();
        let alerts = include_str!("../../deploy/alerts.yaml");
        let expressions = alerts
            .lines()
            .filter_map(|it| it.trim().strip_prefix("expr:"));
        let wanted: BTreeSet<_> = expressions.flat_map(names).collect();
        assert!(wanted.contains("parlor_rooms_waiting"), "{wanted:?}");
        assert!(wanted.is_subset(&shown), "{wanted:?} in {shown:?}");
        assert!(page.contains("outcome=\"failed\"") && alerts.contains("outcome=\"failed\""));
    }

    #[test]
    fn waiting_rooms_are_shown_with_how_long_they_wait() {
        let status = WorkerStatus::new(&Settings::default());
        assert!(status.metrics().contains("parlor_rooms_waiting 0"));
        let since = parlor_common::clock::now().checked_sub(Duration::from_secs(5));
        status.rooms_wait(2, since);
        let page = status.metrics();
        assert!(page.contains("parlor_rooms_waiting 2"), "{page}");
        assert!(
            page.contains("parlor_rooms_waiting_longest_seconds 5."),
            "{page}"
        );
        let room = "hall".to_owned();
        let waited = Duration::from_secs(3);
        status.room(&Fact::Served { room, waited });
        let page = status.metrics();
        let served = "parlor_room_wait_seconds_bucket{le=\"5.0\",outcome=\"served\"} 1";
        assert!(page.contains(served), "{page}");
        assert!(
            !page.contains("hall"),
            "metrics must not contain room names: {page}"
        );
    }
}
