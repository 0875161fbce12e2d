//! What all requests have in common.

use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

use super::assets::Page;
use super::error::Refusal;
use super::headers::Headers;
use super::origin::Door;
use super::rate_limit::Limit;
use super::token_request::Rules;
use super::voices::Menu;
use crate::config::LiveKit;

/// What all requests have in common.
#[derive(Debug)]
pub(super) struct AppState {
    pub(super) page: Page,
    pub(super) door: Door,
    pub(super) headers: Headers,
    pub(super) rules: Rules,
    pub(super) menu: Menu,
    pub(super) limit: Mutex<Limit>,
    pub(super) livekit: LiveKit,
    /// LiveKit's address as browsers have it.
    pub(super) server_url: String,
    pub(super) counts: Counts,
}

/// What became of requests for tokens that were let in.
#[derive(Debug, Default)]
pub(super) struct Counts {
    given: AtomicU64,
    refused: AtomicU64,
    limited: AtomicU64,
}

impl Counts {
    /// Counts a token, or why there was none.
    pub(super) fn note(&self, refusal: Option<Refusal>) {
        let count = match refusal {
            None => &self.given,
            Some(Refusal::TooMany(_)) => &self.limited,
            Some(_) => &self.refused,
        };
        count.fetch_add(1, Ordering::Relaxed);
    }

    /// Says what was counted.
    pub(super) fn log(&self) {
        let [given, refused, limited] =
            [&self.given, &self.refused, &self.limited].map(|it| it.load(Ordering::Relaxed));
        tracing::info!(given, refused, limited, "no more tokens are given");
    }
}
