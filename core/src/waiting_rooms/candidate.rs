//! A room that may have no agent.

use std::time::{Duration, Instant};

use super::event::DispatchView;

/// How long a dispatch that no worker has taken must stay so. Workers answer offers within
/// milliseconds; the server waits 3 s for one that does not.
pub(crate) const UNANSWERED_FOR: Duration = Duration::from_millis(1_500);

/// How long a room whose agent was seen must be without it: a call that moves joins again.
pub(crate) const GONE_FOR: Duration = Duration::from_secs(2);

/// How long an agent that was never seen may take to join.
pub(crate) const JOINS_WITHIN: Duration = Duration::from_secs(8);

/// How long a new dispatch may go without a taker.
pub(crate) const TAKEN_WITHIN: Duration = Duration::from_secs(4);

/// How old a look may be for a claim to rest on it.
const FRESH_FOR: Duration = Duration::from_secs(1);

/// How long a room may be without an agent before it counts as waiting.
pub(crate) const WAITS_AFTER: Duration = Duration::from_millis(2_500);

/// How far a claim is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Claim {
    /// There is none.
    None,
    /// The server is asked.
    Asked,
    /// The room has a new dispatch since then.
    Made(Instant),
}

/// A room that may have no agent.
#[derive(Debug)]
pub(crate) struct Candidate {
    /// Since when.
    pub(crate) since: Instant,
    /// A look has shown callers without an agent.
    pub(crate) is_confirmed: bool,
    dispatches: Vec<DispatchView>,
    /// Since when these dispatches have stayed as they are.
    still_since: Instant,
    pub(crate) looked: Option<Instant>,
    pub(crate) look_at: Instant,
    pub(crate) is_looked_at: bool,
    pub(crate) claim: Claim,
    /// No claim before then.
    pub(crate) not_before: Instant,
    /// It was said that the room waits.
    pub(crate) is_announced: bool,
    /// Our call here ended by itself.
    pub(crate) ended: bool,
}

impl Candidate {
    pub(crate) fn new(now: Instant, not_before: Instant) -> Self {
        Self {
            since: now,
            is_confirmed: false,
            dispatches: Vec::new(),
            still_since: now,
            looked: None,
            look_at: now,
            is_looked_at: false,
            claim: Claim::None,
            not_before,
            is_announced: false,
            ended: false,
        }
    }

    /// Nobody took `dispatch` when it was offered.
    pub(crate) fn refused(&mut self, now: Instant, dispatch: String) {
        let view = DispatchView {
            id: dispatch,
            ..DispatchView::default()
        };
        self.dispatches(now, vec![view]);
    }

    /// Takes in the dispatches as they are now; whether a worker has just taken one.
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

    /// From when on the room may be claimed, unless something changes.
    pub(crate) fn settled_at(&self, had_agent: bool) -> Instant {
        let was_taken = self.dispatches.iter().any(|it| it.jobs > 0);
        let patience = match was_taken {
            false => UNANSWERED_FOR,
            true if had_agent => GONE_FOR,
            true => JOINS_WITHIN,
        };
        (self.still_since + patience).max(self.not_before)
    }

    /// Whether callers are known to be there without an agent, and no claim is under way.
    pub(crate) fn is_open(&self) -> bool {
        self.is_confirmed && self.claim == Claim::None && !self.ended
    }

    /// Whether a look at it is due.
    pub(crate) fn is_due(&self, now: Instant) -> bool {
        !self.is_looked_at && self.look_at <= now
    }

    pub(crate) fn is_fresh(&self, now: Instant) -> bool {
        let age = self.looked.map(|at| now.saturating_duration_since(at));
        age.is_some_and(|age| age < FRESH_FOR)
    }

    /// The dispatch to claim; every worker that sees the room chooses the same one.
    pub(crate) fn dispatch(&self) -> Option<String> {
        let is_free = |it: &&DispatchView| it.jobs == 0 || !it.is_once;
        self.dispatches.iter().find(is_free).map(|it| it.id.clone())
    }
}
