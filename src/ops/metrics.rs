//! Prometheus metrics of a worker. The names `lk_agents_*` are those of LiveKit's SDKs.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use parlor_core::dispatch::Capacity;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::room_metrics::RoomMetrics;
use crate::session::Counts;

/// Histogram buckets for the stages of a call start, in seconds.
const STARTS: [f64; 9] = [0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0, 10.0];

/// All metrics of a worker.
#[derive(Debug)]
pub(super) struct Metrics {
    registry: Registry,
    active: Gauge,
    load: Gauge<f64, AtomicU64>,
    connected: Gauge,
    lost: Counter,
    offers: Family<Answer, Counter>,
    not_assigned: Counter,
    full: Counter,
    call_cost: Gauge<f64, AtomicU64>,
    expected_load: Gauge<f64, AtomicU64>,
    calls: Family<Outcome, Counter>,
    assigned: Histogram,
    starts: Histogram,
    call_events: Family<CallEvent, Counter>,
    cells: Gauge,
    cell_events: Family<CellEvent, Counter>,
    resumed: Counter,
    resume_times: Histogram,
    pub(super) rooms: RoomMetrics,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answer {
    answer: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallEvent {
    event: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CellEvent {
    event: &'static str,
    why: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::default();
        let mut metrics = Self {
            rooms: RoomMetrics::new(&mut registry),
            registry,
            active: Gauge::default(),
            load: Gauge::default(),
            connected: Gauge::default(),
            lost: Counter::default(),
            offers: Family::default(),
            not_assigned: Counter::default(),
            full: Counter::default(),
            call_cost: Gauge::default(),
            expected_load: Gauge::default(),
            calls: Family::default(),
            assigned: Histogram::new(STARTS),
            starts: Histogram::new(STARTS),
            call_events: Family::default(),
            cells: Gauge::default(),
            cell_events: Family::default(),
            resumed: Counter::default(),
            resume_times: Histogram::new(STARTS),
        };
        metrics.register();
        metrics.register_cells();
        metrics
    }
}

impl Metrics {
    fn register(&mut self) {
        let registry = &mut self.registry;
        registry.register(
            "lk_agents_active_job_count",
            "Running calls",
            self.active.clone(),
        );
        registry.register(
            "lk_agents_worker_load",
            "Load reported to the server, 0 to 1",
            self.load.clone(),
        );
        registry.register(
            "parlor_connected",
            "1 while the worker is registered with the server, else 0",
            self.connected.clone(),
        );
        registry.register(
            "parlor_connections_lost",
            "Lost connections to the server and failed attempts to connect",
            self.lost.clone(),
        );
        registry.register("parlor_offers", "Job offers by answer", self.offers.clone());
        registry.register(
            "parlor_offers_not_assigned",
            "Accepted job offers that were not assigned to this worker",
            self.not_assigned.clone(),
        );
        registry.register(
            "parlor_full",
            "Times the worker became full",
            self.full.clone(),
        );
        registry.register(
            "parlor_call_price_ratio",
            "Share of the machine's CPU that one more call is expected to use, 0 to 1",
            self.call_cost.clone(),
        );
        registry.register(
            "parlor_expected_load_ratio",
            "Sustained CPU load including calls that are about to start, 0 to 1",
            self.expected_load.clone(),
        );
        registry.register(
            "parlor_calls",
            "Ended calls, by outcome",
            self.calls.clone(),
        );
        registry.register(
            "parlor_call_assigned_seconds",
            "Time from accepting a job offer to its assignment",
            self.assigned.clone(),
        );
        registry.register(
            "parlor_call_start_seconds",
            "Time from the assignment of a job until the agent has joined the room",
            self.starts.clone(),
        );
    }

    fn register_cells(&mut self) {
        let registry = &mut self.registry;
        registry.register(
            "parlor_call_events",
            "Events in calls, by type; totals persist when a cell exits",
            self.call_events.clone(),
        );
        registry.register("parlor_cells", "Running cells", self.cells.clone());
        registry.register(
            "parlor_cell_events",
            "Cells that became ready, were retired, were killed or died, by event and reason",
            self.cell_events.clone(),
        );
        registry.register(
            "parlor_calls_adopted",
            "Calls that continued in another cell after their cell died",
            self.resumed.clone(),
        );
        registry.register(
            "parlor_call_adoption_seconds",
            "Time from the death of a cell until its call has rejoined the room in another cell",
            self.resume_times.clone(),
        );
    }

    pub(super) fn now(&self, active: usize, load: f32, registered: bool) {
        self.active.set(i64::try_from(active).unwrap_or(i64::MAX));
        self.load.set(load.into());
        self.connected.set(registered.into());
    }

    pub(super) fn lost(&self) {
        self.lost.inc();
    }

    pub(super) fn answered(&self, answer: &'static str) {
        self.offers.get_or_create(&Answer { answer }).inc();
    }

    pub(super) fn not_assigned(&self) {
        self.not_assigned.inc();
    }

    pub(super) fn full(&self) {
        self.full.inc();
    }

    pub(super) fn capacity(&self, capacity: &Capacity) {
        self.call_cost.set(capacity.call_cost.into());
        self.expected_load.set(capacity.expected.into());
    }

    pub(super) fn assigned(&self, took: Duration) {
        self.assigned.observe(took.as_secs_f64());
    }

    pub(super) fn counted(&self, counts: &Counts) {
        for (event, by) in counts.each().filter(|(_, by)| *by > 0) {
            self.call_events
                .get_or_create(&CallEvent { event })
                .inc_by(by);
        }
    }

    pub(super) fn cells(&self, processes: usize) {
        self.cells.set(i64::try_from(processes).unwrap_or(i64::MAX));
    }

    pub(super) fn cell(&self, event: &'static str, why: &'static str) {
        let event = CellEvent { event, why };
        self.cell_events.get_or_create(&event).inc();
    }

    pub(super) fn resumed(&self, took: Duration) {
        self.resumed.inc();
        self.resume_times.observe(took.as_secs_f64());
    }

    pub(super) fn started(&self, took: Duration) {
        self.starts.observe(took.as_secs_f64());
    }

    pub(super) fn ended(&self, success: bool) {
        let outcome = if success { "success" } else { "failed" };
        self.calls.get_or_create(&Outcome { outcome }).inc();
    }

    /// Encodes all metrics in the OpenMetrics text format.
    pub(super) fn page(&self) -> String {
        let mut page = String::new();
        let written = prometheus_client::encoding::text::encode(&mut page, &self.registry);
        written.expect("writing to a String cannot fail");
        page
    }
}
