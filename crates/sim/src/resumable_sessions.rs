//! Sessions that can be resumed: from ready until 30 s after their connection was lost.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};
use serde_json::Value;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::messages;
use super::refusal::Refusal;

/// Time for which a session outlives its connection.
const GRACE: Duration = Duration::from_secs(30);

/// Maximum number of sessions kept, including connected ones; beyond it the oldest is forgotten.
const BOUND: usize = 256;

/// Prefix of resume tokens; keys never have it.
const TOKEN: &str = "resume";

/// The resumable sessions of a simulator; clones share them.
#[derive(Clone, Default)]
pub(super) struct ResumableSessions(Arc<Mutex<Sessions>>);

/// The part of a session that survives its connection.
#[derive(Clone)]
pub(super) struct Identity {
    pub(super) id: String,
    /// Requested configuration, including updates; null before the first.
    pub(super) asked: Value,
    pub(super) opened: Instant,
}

/// A connection's claim to its session. When dropped, the session counts as lost and can be
/// resumed.
pub(super) struct Hold {
    kept: ResumableSessions,
    token: String,
    taken: Arc<Notify>,
}

/// Oldest first.
type Sessions = VecDeque<Known>;

struct Known {
    identity: Identity,
    /// Current resume token; also tells the current connection from earlier ones.
    token: String,
    lost_at: Option<Instant>,
    /// Notifies the current connection that another one has taken over.
    taken: Arc<Notify>,
}

/// Whether the credential has the format of a resume token.
pub(super) fn is_token(credential: &str) -> bool {
    let rest = credential.strip_prefix(TOKEN);
    rest.is_some_and(|rest| rest.starts_with('_'))
}

/// The session does not exist, or has expired.
pub(super) fn not_found() -> Refusal {
    Refusal::of("session_not_found", "session_id", "unknown session")
}

/// Waits until another connection takes over the session; forever without a hold.
pub(super) async fn taken(hold: Option<&Hold>) {
    match hold {
        Some(hold) => hold.taken().await,
        None => std::future::pending().await,
    }
}

impl ResumableSessions {
    /// Registers a session that has become ready.
    pub(super) fn keep(&self, identity: Identity) -> Hold {
        let mut sessions = self.current();
        if sessions.len() >= BOUND {
            sessions.pop_front();
        }
        let known = Known {
            identity,
            token: messages::id(TOKEN),
            lost_at: None,
            taken: Arc::default(),
        };
        let hold = self.hold(&known);
        sessions.push_back(known);
        hold
    }

    /// Resumes a session for the holder of its token, even if another connection still has it.
    pub(super) fn resume(&self, id: &str, token: &str) -> Result<(Identity, Hold), Refusal> {
        let mut sessions = self.current();
        let found = sessions.iter_mut().find(|it| it.identity.id == id);
        let known = found.ok_or_else(not_found)?;
        if known.token != token {
            let message = "the token does not match the session";
            return Err(Refusal::of("session_forbidden", "session_id", message));
        }
        known.token = messages::id(TOKEN);
        known.lost_at = None;
        std::mem::take(&mut known.taken).notify_one();
        Ok((known.identity.clone(), self.hold(known)))
    }

    fn hold(&self, known: &Known) -> Hold {
        Hold {
            kept: self.clone(),
            token: known.token.clone(),
            taken: known.taken.clone(),
        }
    }

    /// The sessions, after removing those that were lost for too long.
    fn current(&self) -> MutexGuard<'_, Sessions> {
        let mut sessions = self.0.lock();
        let in_time = |lost_at: Instant| lost_at.elapsed() < GRACE;
        sessions.retain(|it| it.lost_at.is_none_or(in_time));
        sessions
    }
}

impl fmt::Debug for ResumableSessions {
    /// Prints neither tokens nor prompts.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Kept").field(&self.0.lock().len()).finish()
    }
}

impl Hold {
    /// Token that resumes the session.
    pub(super) fn token(&self) -> &str {
        &self.token
    }

    /// Stores the current configuration.
    pub(super) fn note(&self, asked: &Value) {
        self.change(|known| known.identity.asked = asked.clone());
    }

    /// Waits until another connection takes over the session; await from one place at a time.
    pub(super) async fn taken(&self) {
        self.taken.notified().await;
    }

    /// Ends the session: it can no longer be resumed.
    pub(super) fn end(self) {
        let mut sessions = self.kept.0.lock();
        sessions.retain(|it| it.token != self.token);
    }

    /// Does nothing if another connection has taken over the session.
    fn change(&self, change: impl FnOnce(&mut Known)) {
        let mut sessions = self.kept.0.lock();
        let mut known = sessions.iter_mut();
        if let Some(known) = known.find(|it| it.token == self.token) {
            change(known);
        }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.change(|known| known.lost_at = Some(Instant::now()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;
    use tokio::time::advance;

    const LEAST: Duration = Duration::from_millis(1);

    fn identity(id: &str) -> Identity {
        Identity {
            id: id.to_owned(),
            asked: Value::Null,
            opened: Instant::now(),
        }
    }

    /// Resumes a session; returns the new hold or the code of the refusal.
    fn resume(kept: &ResumableSessions, id: &str, token: &str) -> Result<Hold, &'static str> {
        let resumed = kept.resume(id, token);
        resumed
            .map(|(_, hold)| hold)
            .map_err(|refusal| refusal.code)
    }

    /// Loses a session; returns its token.
    fn lose(hold: Hold) -> String {
        hold.token().to_owned()
    }

    #[tokio::test(start_paused = true)]
    async fn a_lost_session_can_be_resumed_for_30_seconds_each_time() {
        let kept = ResumableSessions::default();
        let token = lose(kept.keep(identity("a")));
        advance(GRACE - LEAST).await;
        let token = lose(resume(&kept, "a", &token).unwrap());
        advance(GRACE - LEAST).await;
        let again = resume(&kept, "a", &token).unwrap();
        advance(2 * GRACE).await;
        let token = lose(resume(&kept, "a", again.token()).unwrap());
        advance(GRACE).await;
        assert_eq!(resume(&kept, "a", &token).err(), Some("session_not_found"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_lost_its_session_cannot_change_it() {
        let kept = ResumableSessions::default();
        let old = kept.keep(identity("a"));
        assert_eq!(old.taken().now_or_never(), None);
        let new = resume(&kept, "a", old.token()).unwrap();
        assert_eq!(old.taken().now_or_never(), Some(()));
        assert_eq!(new.taken().now_or_never(), None);
        old.note(&"the old one's".into());
        assert_eq!(
            resume(&kept, "a", old.token()).err(),
            Some("session_forbidden")
        );
        old.end();
        advance(2 * GRACE).await;
        let (identity, _newest) = kept.resume("a", new.token()).unwrap();
        assert_eq!(identity.asked, Value::Null);
    }

    #[tokio::test(start_paused = true)]
    async fn the_oldest_session_is_forgotten_but_stays_connected() {
        let kept = ResumableSessions::default();
        let oldest = kept.keep(identity("oldest"));
        let second = kept.keep(identity("second"));
        let _others: Vec<_> = (2..=BOUND).map(|_| kept.keep(identity("other"))).collect();
        let refused = resume(&kept, "oldest", oldest.token()).err();
        assert_eq!(refused, Some("session_not_found"));
        assert_eq!(oldest.taken().now_or_never(), None);
        assert!(resume(&kept, "second", second.token()).is_ok());
    }
}
