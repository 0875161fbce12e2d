//! What the simulator saw, for tests and for whoever runs it.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use parlor_core::secret::Private;
use serde_json::Value;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

/// The most entries kept; what comes after is only counted.
const BOUND: usize = 10_000;

/// The most that is kept of what clients asked for and answered; what comes after is not.
const MOST: usize = 1_000;

/// Something worth noting.
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    /// A client connected.
    Connected,
    /// A client sent a message of this type. Audio is noted once.
    Received(String),
    /// A session was changed after its first update.
    Changed,
    /// A client took up a session that was lost, or that another connection had.
    Resumed,
    /// A client did what it may not.
    Violation(String),
    /// A handshake was refused with this HTTP status.
    Refused(u16),
    /// The caller interrupted a reply.
    BargeIn,
    /// The agent called a tool.
    ToolCalled {
        /// Which.
        name: String,
    },
    /// A client answered a call.
    ToolAnswered {
        /// Whether it said that the tool failed.
        is_error: bool,
    },
    /// The answer came before the reply that called was done; the API takes it.
    EarlyResult,
    /// A step of the scenarios, by its number among all of them from 0, was done for the first time
    /// in a session.
    Acted(usize),
    /// A reply was sent whole.
    Replied,
    /// A connection ended, and how.
    Ended(&'static str),
}

/// What the first update of a session asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Whether it had a greeting.
    pub has_greeting: bool,
    /// Its prompt; empty without one.
    pub system_prompt: Private<String>,
    /// Its voice, if it named one.
    pub voice: Option<String>,
}

/// A handle on what was seen; copies see the same.
#[derive(Debug, Clone)]
pub struct Log {
    entries: Arc<Mutex<Vec<(Instant, Entry)>>>,
    asked: Shelf<Asked>,
    prompts: Shelf<Private<String>>,
    answers: Shelf<Private<String>>,
    count: watch::Receiver<usize>,
}

/// The writing end.
#[derive(Debug, Clone)]
pub(super) struct Pen {
    entries: Arc<Mutex<Vec<(Instant, Entry)>>>,
    asked: Shelf<Asked>,
    prompts: Shelf<Private<String>>,
    answers: Shelf<Private<String>>,
    count: Arc<watch::Sender<usize>>,
}

pub(super) fn log() -> (Pen, Log) {
    let entries = Arc::new(Mutex::new(Vec::new()));
    let asked = Shelf::default();
    let prompts = Shelf::default();
    let answers = Shelf::default();
    let (count, count_out) = watch::channel(0);
    let pen = Pen {
        entries: entries.clone(),
        asked: asked.clone(),
        prompts: prompts.clone(),
        answers: answers.clone(),
        count: Arc::new(count),
    };
    let log = Log {
        entries,
        asked,
        prompts,
        answers,
        count: count_out,
    };
    (pen, log)
}

impl Asked {
    /// What a `session` asks for.
    pub(super) fn of(session: &Value) -> Self {
        let prompt = session["system_prompt"].as_str().unwrap_or_default();
        Self {
            has_greeting: session.get("greeting").is_some(),
            system_prompt: Private::new(prompt.to_owned()),
            voice: session["output"]["voice"].as_str().map(str::to_owned),
        }
    }
}

impl Pen {
    pub(super) fn note(&self, entry: Entry) {
        match &entry {
            Entry::Violation(what) => tracing::warn!(%what, "a client broke the protocol"),
            entry => tracing::debug!(?entry, "simulator"),
        }
        // A waiter locks the count first, then the entries: never hold both here.
        {
            let mut entries = self.entries.lock();
            if entries.len() < BOUND {
                entries.push((Instant::now(), entry));
            }
        }
        self.count.send_modify(|count| *count += 1);
    }

    pub(super) fn asked(&self, asked: Asked) {
        self.asked.push(asked);
    }

    pub(super) fn prompted(&self, prompt: &str) {
        self.prompts.push(prompt.to_owned().into());
    }

    pub(super) fn answered(&self, result: Private<String>) {
        self.answers.push(result);
    }
}

/// The first things of a kind.
#[derive(Debug)]
struct Shelf<T>(Arc<Mutex<Vec<T>>>);

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T> Clone for Shelf<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: Clone> Shelf<T> {
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
    /// Everything seen so far, in order.
    pub fn entries(&self) -> Vec<(Instant, Entry)> {
        self.entries.lock().clone()
    }

    /// What each session's first update asked for, in order, as far as it was taken.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.all()
    }

    /// The prompt of a session after each of its updates, in order.
    pub fn prompts(&self) -> Vec<String> {
        let all = self.prompts.all().into_iter();
        all.map(Private::into_inner).collect()
    }

    /// The results of tools that clients sent, in order; the first 1000.
    pub fn answers(&self) -> Vec<Private<String>> {
        self.answers.all()
    }

    /// What clients did that they may not.
    pub fn violations(&self) -> Vec<String> {
        let violation = |(_, entry)| match entry {
            Entry::Violation(what) => Some(what),
            _ => None,
        };
        self.entries().into_iter().filter_map(violation).collect()
    }

    /// How often something was seen.
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

    /// Waits until something like `wanted` was seen, from entry `from` on, at most `within`;
    /// gives when.
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

    /// Waits until `entry` was seen so many times, at most `within`; whether it was.
    pub async fn wait_often(&mut self, within: Duration, entry: &Entry, times: usize) -> bool {
        let log = self.clone();
        let seen = self.count.wait_for(|_| log.count(entry) >= times);
        matches!(timeout(within, seen).await, Ok(Ok(_)))
    }
}
