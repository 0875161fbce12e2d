//! A room that may have no agent.

use std::time::{Duration, Instant};

use super::event::DispatchView;

/// How long a dispatch must be without a job before its room may be claimed. Workers answer offers
/// within milliseconds; the server waits 3 s for one that does not.
pub(crate) const UNANSWERED_FOR: Duration = Duration::from_millis(1_500);

/// How long a room must be without the agent it had before it may be claimed: the agent of a call
/// that moves rejoins.
pub(crate) const GONE_FOR: Duration = Duration::from_secs(2);

/// How long an agent that has not been seen may take to join.
pub(crate) const JOINS_WITHIN: Duration = Duration::from_secs(8);

/// How long a new dispatch may be without a job before it counts as not taken.
pub(crate) const TAKEN_WITHIN: Duration = Duration::from_secs(4);

/// Maximum age of the room query that a claim is based on.
const FRESH_FOR: Duration = Duration::from_secs(1);

/// How long a room may be without an agent before it counts as waiting.
pub(crate) const WAITS_AFTER: Duration = Duration::from_millis(2_500);

/// State of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Claim {
    /// Not claimed.
    None,
    /// The server was asked to replace the dispatch.
    Asked,
    /// The room has had a new dispatch since this time.
    Made(Instant),
}

/// A room that may have no agent.
#[derive(Debug)]
pub(crate) struct Candidate {
    /// When the worker began to follow the room.
    pub(crate) since: Instant,
    /// Whether a query has shown callers without an agent.
    pub(crate) is_confirmed: bool,
    dispatches: Vec<DispatchView>,
    /// When the dispatches last changed.
    still_since: Instant,
    pub(crate) inspected: Option<Instant>,
    pub(crate) inspect_at: Instant,
    pub(crate) is_being_inspected: bool,
    pub(crate) claim: Claim,
    /// No claim before this time.
    pub(crate) not_before: Instant,
    /// Whether the room was reported as waiting.
    pub(crate) is_announced: bool,
    /// Whether this worker's own call in the room ended by itself.
    pub(crate) ended: bool,
}

impl Candidate {
    pub(crate) fn new(now: Instant, not_before: Instant) -> Self {
        Self {
            since: now,
            is_confirmed: false,
            dispatches: Vec::new(),
            still_since: now,
            inspected: None,
            inspect_at: now,
            is_being_inspected: false,
            claim: Claim::None,
            not_before,
            is_announced: false,
            ended: false,
        }
    }

    /// Notes that this worker refused an offer of `dispatch`.
    pub(crate) fn refused(&mut self, now: Instant, dispatch: String) {
        let view = DispatchView {
            id: dispatch,
            ..DispatchView::default()
        };
        self.dispatches(now, vec![view]);
    }

    /// Updates the dispatches. Returns whether a worker has just taken one.
    pub(crate) fn dispatches(&mut self, now: Instant, mut seen: Vec<DispatchView>) -> bool {
        seen.sort();
        if self.dispatches == seen {
            return false;
        }
        let before = |id: &str| self.dispatches.iter().find(|it| it.id == id);
        let is_news = |it: &DispatchView| it.jobs > before(&it.id).map_or(0, |it| it.jobs);
        let is_taken = seen.iter().any(is_news);
        self.dispatches = seen;
        self.still_since = now;
        is_taken
    }

    /// When the room may be claimed, unless something changes before.
    pub(crate) fn settled_at(&self, had_agent: bool) -> Instant {
        let was_taken = self.dispatches.iter().any(|it| it.jobs > 0);
        let patience = match was_taken {
            false => UNANSWERED_FOR,
            true if had_agent => GONE_FOR,
            true => JOINS_WITHIN,
        };
        (self.still_since + patience).max(self.not_before)
    }

    /// Whether callers are known to be without an agent, and no claim is pending.
    pub(crate) fn is_open(&self) -> bool {
        self.is_confirmed && self.claim == Claim::None && !self.ended
    }

    /// Whether a query of the room is due.
    pub(crate) fn is_due(&self, now: Instant) -> bool {
        !self.is_being_inspected && self.inspect_at <= now
    }

    pub(crate) fn is_fresh(&self, now: Instant) -> bool {
        let age = self.inspected.map(|at| now.saturating_duration_since(at));
        age.is_some_and(|age| age < FRESH_FOR)
    }

    /// The dispatch to claim. Every worker that sees the room chooses the same one.
    pub(crate) fn dispatch(&self) -> Option<String> {
        let is_free = |it: &&DispatchView| it.jobs == 0 || !it.is_once;
        self.dispatches.iter().find(is_free).map(|it| it.id.clone())
    }
}
