//! Temporary tokens, which open sessions for a limited time. As measured, a token can be used
//! repeatedly.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

use super::messages;

/// Maximum number of tokens kept; beyond it the oldest is forgotten.
const BOUND: usize = 1_000;

/// Length of a token in characters, about that of a real one.
const LENGTH: usize = 2_600;

/// The tokens of a simulator; clones share them.
#[derive(Clone, Default)]
pub(super) struct Tokens(Arc<Mutex<VecDeque<(String, Instant)>>>);

impl Tokens {
    /// Creates a token that opens sessions for the next `valid`.
    pub(super) fn mint(&self, valid: Duration) -> String {
        let mut token = messages::id("temporary");
        token.extend(std::iter::repeat_n('0', LENGTH - token.len()));
        let mut tokens = self.0.lock();
        if tokens.len() >= BOUND {
            tokens.pop_front();
        }
        tokens.push_back((token.clone(), Instant::now() + valid));
        token
    }

    /// Whether this token opens sessions now.
    pub(super) fn has(&self, token: &str) -> bool {
        let now = Instant::now();
        let tokens = self.0.lock();
        tokens.iter().any(|(it, until)| it == token && now < *until)
    }
}

impl fmt::Debug for Tokens {
    /// Prints no tokens.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Tokens").field(&self.0.lock().len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_token_opens_sessions_until_it_expires() {
        let tokens = Tokens::default();
        let token = tokens.mint(Duration::from_secs(60));
        assert!(tokens.has(&token) && tokens.has(&token) && !tokens.has("another"));
        tokio::time::advance(Duration::from_secs(60)).await;
        assert!(!tokens.has(&token));
    }
}
