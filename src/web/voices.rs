//! `GET /api/voices`: the voices that visitors may choose from.

use std::time::{Duration, Instant};

use parlor_common::clock;
use parlor_voice_agent::{AgentApi, voices};
use tokio::sync::Mutex;

use crate::definition::Voices;

/// Timeout for listing the voices of the Voice Agent API.
const LIST_WITHIN: Duration = Duration::from_secs(3);

/// Time for which a list is cached.
const KEPT_FOR: Duration = Duration::from_secs(300);

/// Time until the next attempt after the API returned no list.
const PAUSE: Duration = Duration::from_secs(30);

/// Sources of the list of voices that visitors may choose from.
#[derive(Debug, Clone)]
pub struct VoiceMenu {
    /// The voices that the agent file allows.
    pub choices: Voices,
    /// The API to get the list of existing voices from; `None` trusts the agent file.
    pub api: Option<AgentApi>,
}

/// The cached list of voices to choose from; empty if visitors may not choose.
#[derive(Debug)]
pub(super) struct VoiceCache {
    menu: Option<VoiceMenu>,
    /// Locked during a request to the API, so that concurrent visitors share one request.
    kept: Mutex<Kept>,
}

/// The last list from the API, and when to refresh it.
#[derive(Debug, Default)]
struct Kept {
    listed: Option<Vec<String>>,
    until: Option<Instant>,
}

impl VoiceCache {
    pub(super) fn new(menu: Option<VoiceMenu>) -> Self {
        Self {
            menu,
            kept: Mutex::default(),
        }
    }

    /// Whether visitors may choose a voice at all.
    pub(super) fn is_open(&self) -> bool {
        self.menu.is_some()
    }

    /// The voices to choose from; refreshes the list if it is old.
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

    /// Stores the response of the API, or keeps the previous list if there is none.
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
        Ok(None) => tracing::warn!("the Voice Agent API does not offer a list of its voices"),
        Err(error) => tracing::warn!(%error, "cannot list the voices of the Voice Agent API"),
    }
    listed.ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Option<Vec<String>> {
        Some(names.iter().map(|&it| it.to_owned()).collect())
    }

    #[test]
    fn a_list_is_cached_for_minutes_and_a_failure_for_seconds() {
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
        assert_eq!(
            kept.listed,
            names(&["alba"]),
            "the previous list stays in use"
        );
        assert!(kept.is_due(now + PAUSE));
        kept.take(now, names(&["vera"]));
        assert_eq!(kept.listed, names(&["vera"]));
    }
}
