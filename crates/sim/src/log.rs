//! A log of what the simulator saw, for tests and for its operator.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use parlor_core::secret::Private;
use serde_json::Value;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

/// Maximum number of entries kept; later ones are only counted.
const BOUND: usize = 10_000;

/// Maximum number of requests and results kept of each kind.
const MOST: usize = 1_000;

/// An entry of the log.
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    /// A client connected.
    Connected,
    /// A client sent a message of this type. Audio is only logged once per connection.
    Received(String),
    /// A client updated a session after its first update.
    Changed,
    /// A client resumed a session that was lost or that another connection had.
    Resumed,
    /// A client violated the protocol.
    Violation(String),
    /// A handshake was refused with this HTTP status.
    Refused(u16),
    /// The caller interrupted a reply.
    BargeIn,
    /// The agent called a tool.
    ToolCalled {
        /// Name of the tool.
        name: String,
    },
    /// A client answered a tool call.
    ToolAnswered {
        /// Whether the result says that the tool failed.
        is_error: bool,
    },
    /// A result came before the `reply.done` of the reply that made the call; the API accepts that.
    EarlyResult,
    /// A step of a scenario ran for the first time in a session; its index among the steps of all
    /// scenarios.
    Acted(usize),
    /// A reply was sent completely.
    Replied,
    /// A connection ended, for this reason.
    Ended(&'static str),
}

/// Contents of the first update of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRequest {
    /// Whether it had a greeting.
    pub has_greeting: bool,
    /// System prompt; empty if there was none.
    pub system_prompt: Private<String>,
    /// Voice, if one was given.
    pub voice: Option<String>,
}

/// Reader of the log; clones read the same log.
#[derive(Debug, Clone)]
pub struct Log {
    entries: Arc<Mutex<Vec<(Instant, Entry)>>>,
    session_requests: BoundedList<SessionRequest>,
    prompts: BoundedList<Private<String>>,
    answers: BoundedList<Private<String>>,
    count: watch::Receiver<usize>,
}

/// Writer of the log.
#[derive(Debug, Clone)]
pub(super) struct LogWriter {
    entries: Arc<Mutex<Vec<(Instant, Entry)>>>,
    session_requests: BoundedList<SessionRequest>,
    prompts: BoundedList<Private<String>>,
    answers: BoundedList<Private<String>>,
    count: Arc<watch::Sender<usize>>,
}

pub(super) fn log() -> (LogWriter, Log) {
    let entries = Arc::new(Mutex::new(Vec::new()));
    let session_requests = BoundedList::default();
    let prompts = BoundedList::default();
    let answers = BoundedList::default();
    let (count, count_out) = watch::channel(0);
    let log_writer = LogWriter {
        entries: entries.clone(),
        session_requests: session_requests.clone(),
        prompts: prompts.clone(),
        answers: answers.clone(),
        count: Arc::new(count),
    };
    let log = Log {
        entries,
        session_requests,
        prompts,
        answers,
        count: count_out,
    };
    (log_writer, log)
}

impl SessionRequest {
    /// Extracts the contents of a `session`.
    pub(super) fn of(session: &Value) -> Self {
        let prompt = session["system_prompt"].as_str().unwrap_or_default();
        Self {
            has_greeting: session.get("greeting").is_some(),
            system_prompt: Private::new(prompt.to_owned()),
            voice: session["output"]["voice"].as_str().map(str::to_owned),
        }
    }
}

impl LogWriter {
    pub(super) fn note(&self, entry: Entry) {
        match &entry {
            Entry::Violation(what) => tracing::warn!(%what, "a client violated the protocol"),
            entry => tracing::debug!(?entry, "simulator"),
        }
        // `Log::wait` locks the count, then the entries: never hold both here.
        {
            let mut entries = self.entries.lock();
            if entries.len() < BOUND {
                entries.push((Instant::now(), entry));
            }
        }
        self.count.send_modify(|count| *count += 1);
    }

    pub(super) fn session_request(&self, request: SessionRequest) {
        self.session_requests.push(request);
    }

    pub(super) fn prompted(&self, prompt: &str) {
        self.prompts.push(prompt.to_owned().into());
    }

    pub(super) fn answered(&self, result: Private<String>) {
        self.answers.push(result);
    }
}

/// A list of the first values of a kind, up to [`MOST`].
#[derive(Debug)]
struct BoundedList<T>(Arc<Mutex<Vec<T>>>);

impl<T> Default for BoundedList<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T> Clone for BoundedList<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: Clone> BoundedList<T> {
    fn push(&self, thing: T) {
        let mut all = self.0.lock();
        if all.len() < MOST {
            all.push(thing);
        }
    }

    fn all(&self) -> Vec<T> {
        self.0.lock().clone()
    }
}

impl Log {
    /// All entries so far, in order.
    pub fn entries(&self) -> Vec<(Instant, Entry)> {
        self.entries.lock().clone()
    }

    /// Contents of each session's first update, in order, as far as accepted; the first 1000.
    pub fn session_requests(&self) -> Vec<SessionRequest> {
        self.session_requests.all()
    }

    /// System prompt of a session after each of its updates, in order; the first 1000.
    pub fn prompts(&self) -> Vec<String> {
        let all = self.prompts.all().into_iter();
        all.map(Private::into_inner).collect()
    }

    /// Tool results that clients sent, in order; the first 1000.
    pub fn answers(&self) -> Vec<Private<String>> {
        self.answers.all()
    }

    /// Protocol violations by clients.
    pub fn violations(&self) -> Vec<String> {
        let violation = |(_, entry)| match entry {
            Entry::Violation(what) => Some(what),
            _ => None,
        };
        self.entries().into_iter().filter_map(violation).collect()
    }

    /// Number of entries equal to `entry`.
    pub fn count(&self, entry: &Entry) -> usize {
        let entries = self.entries.lock();
        entries.iter().filter(|(_, it)| it == entry).count()
    }

    /// Whether a client sent a message of this type.
    pub fn received(&self, kind: &str) -> bool {
        self.entries()
            .iter()
            .any(|(_, entry)| matches!(entry, Entry::Received(it) if it == kind))
    }

    /// Waits up to `within` for an entry that `wanted` accepts, past or future; returns its time.
    pub async fn wait(
        &mut self,
        within: Duration,
        wanted: impl Fn(&Entry) -> bool,
    ) -> Option<Instant> {
        let entries = self.entries.clone();
        let find = || {
            let entries = entries.lock();
            let found = entries.iter().find(|(_, entry)| wanted(entry));
            found.map(|(at, _)| *at)
        };
        let seen = timeout(within, self.count.wait_for(|_| find().is_some())).await;
        matches!(seen, Ok(Ok(_))).then(find).flatten()
    }

    /// Waits up to `within` until `entry` occurred `times` times; returns whether it did.
    pub async fn wait_often(&mut self, within: Duration, entry: &Entry, times: usize) -> bool {
        let log = self.clone();
        let seen = self.count.wait_for(|_| log.count(entry) >= times);
        matches!(timeout(within, seen).await, Ok(Ok(_)))
    }
}
