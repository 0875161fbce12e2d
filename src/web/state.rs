//! State shared by all requests.

use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use parlor_livekit::LiveKit;

use super::assets::Page;
use super::error::Refusal;
use super::headers::Headers;
use super::origin::AccessControl;
use super::rate_limit::Limit;
use super::token_request::Rules;
use super::voices::VoiceCache;

/// State shared by all requests.
#[derive(Debug)]
pub(super) struct AppState {
    pub(super) page: Page,
    pub(super) access_control: AccessControl,
    pub(super) headers: Headers,
    pub(super) rules: Rules,
    pub(super) voice_cache: VoiceCache,
    pub(super) limit: Mutex<Limit>,
    pub(super) livekit: LiveKit,
    /// URL of the LiveKit server for browsers.
    pub(super) server_url: String,
    pub(super) counts: Counts,
}

/// Counts of token requests by outcome, without those refused for their host or origin.
#[derive(Debug, Default)]
pub(super) struct Counts {
    given: AtomicU64,
    refused: AtomicU64,
    limited: AtomicU64,
}

impl Counts {
    /// Counts an issued token, or a refused request.
    pub(super) fn note(&self, refusal: Option<Refusal>) {
        let count = match refusal {
            None => &self.given,
            Some(Refusal::TooMany(_)) => &self.limited,
            Some(_) => &self.refused,
        };
        count.fetch_add(1, Ordering::Relaxed);
    }

    /// Logs the counts.
    pub(super) fn log(&self) {
        let [given, refused, limited] =
            [&self.given, &self.refused, &self.limited].map(|it| it.load(Ordering::Relaxed));
        tracing::info!(given, refused, limited, "token endpoint stopped");
    }
}
