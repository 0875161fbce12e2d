//! `GET /api/voices`: the voices that visitors may choose from.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use tokio::sync::Mutex;

use super::state::AppState;
use crate::clock;
use crate::config::AgentApi;
use crate::definition::Voices;
use crate::voice_agent::voices;

/// How long the API may take to list its voices.
const LIST_WITHIN: Duration = Duration::from_secs(3);

/// How long a list is kept.
const KEPT_FOR: Duration = Duration::from_secs(300);

/// How long the API is left alone after it gave no list.
const PAUSE: Duration = Duration::from_secs(30);

/// Where the voices that visitors may choose from are known.
#[derive(Debug, Clone)]
pub struct VoiceMenu {
    /// What the agent's file allows.
    pub choices: Voices,
    /// The API, which has the list of its voices. Without it the agent's file is believed.
    pub api: Option<AgentApi>,
}

/// The voices that visitors may choose from; none when nobody may choose.
#[derive(Debug)]
pub(super) struct Menu {
    menu: Option<VoiceMenu>,
    /// Held while the API is asked, so that it is asked once for all who wait.
    kept: Mutex<Kept>,
}

/// What the API listed last, and until when it is not asked again.
#[derive(Debug, Default)]
struct Kept {
    listed: Option<Vec<String>>,
    until: Option<Instant>,
}

impl Menu {
    pub(super) fn new(menu: Option<VoiceMenu>) -> Self {
        Self {
            menu,
            kept: Mutex::default(),
        }
    }

    /// Whether visitors may choose at all.
    pub(super) fn is_open(&self) -> bool {
        self.menu.is_some()
    }

    /// The voices to choose from, asked for again when the list is old.
    pub(super) async fn offered(&self) -> Vec<String> {
        let Some(menu) = &self.menu else {
            return Vec::new();
        };
        let Some(api) = &menu.api else {
            return menu.choices.offered(None);
        };
        let mut kept = self.kept.lock().await;
        if kept.is_due(clock::now()) {
            let listed = listed(api).await;
            kept.take(clock::now(), listed);
        }
        menu.choices.offered(kept.listed.as_deref())
    }
}

impl Kept {
    fn is_due(&self, now: Instant) -> bool {
        self.until.is_none_or(|until| until <= now)
    }

    /// Takes the answer of the API; without one, the list before counts on.
    fn take(&mut self, now: Instant, listed: Option<Vec<String>>) {
        let wait = if listed.is_some() { KEPT_FOR } else { PAUSE };
        self.until = Some(now + wait);
        self.listed = listed.or_else(|| self.listed.take());
    }
}

async fn listed(api: &AgentApi) -> Option<Vec<String>> {
    let listed = voices(api, LIST_WITHIN).await;
    match &listed {
        Ok(Some(_)) => {}
        Ok(None) => tracing::warn!("the Voice Agent API does not list its voices"),
        Err(error) => tracing::warn!(%error, "the Voice Agent API did not list its voices"),
    }
    listed.ok().flatten()
}

/// Answers with the voices.
pub(super) async fn list(State(shared): State<Arc<AppState>>) -> Response {
    let voices = shared.menu.offered().await;
    let headers = [(CACHE_CONTROL, "no-store")];
    (headers, Json(json!({ "voices": voices }))).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Option<Vec<String>> {
        Some(names.iter().map(|&it| it.to_owned()).collect())
    }

    #[test]
    fn a_list_is_kept_for_minutes_and_a_failure_for_seconds() {
        let mut now = clock::now();
        let mut kept = Kept::default();
        assert!(kept.is_due(now));
        kept.take(now, None);
        assert_eq!(kept.listed, None);
        assert!(!kept.is_due(now + PAUSE / 2) && kept.is_due(now + PAUSE));
        now += PAUSE;
        kept.take(now, names(&["alba"]));
        assert!(!kept.is_due(now + KEPT_FOR / 2) && kept.is_due(now + KEPT_FOR));
        now += KEPT_FOR;
        kept.take(now, None);
        assert_eq!(kept.listed, names(&["alba"]), "the list before counts on");
        assert!(kept.is_due(now + PAUSE));
        kept.take(now, names(&["vera"]));
        assert_eq!(kept.listed, names(&["vera"]));
    }
}
