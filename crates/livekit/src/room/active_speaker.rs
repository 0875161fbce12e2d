//! Picks the active speaker among several callers: the loudest one. Another caller must be louder
//! for 300 ms to take over, so that the choice does not flap.

use parlor_core::audio::SOUND;
use parlor_core::ids::Identity;

/// How long another caller must be louder, or the active speaker silent, before a switch: 300 ms,
/// in ticks of 10 ms.
const HOLD: u32 = 30;

/// Tracks the active speaker.
#[derive(Debug, Default)]
pub(super) struct ActiveSpeaker {
    speaker: Option<Identity>,
    /// Ticks since the active speaker was last heard.
    quiet: u32,
    /// The caller who is louder, and for how many ticks.
    challenger: Option<(Identity, u32)>,
}

impl ActiveSpeaker {
    /// Takes the level of each caller over the next 10 ms. Returns the active speaker: the caller
    /// who is speaking or spoke last.
    pub(super) fn update<'a>(
        &mut self,
        levels: impl Iterator<Item = (&'a Identity, u64)> + Clone,
    ) -> Option<&Identity> {
        let speaker = self.speaker.as_ref();
        let level = levels.clone().find(|(who, _)| Some(*who) == speaker);
        let is_heard = level.is_some_and(|(_, level)| level >= SOUND);
        self.quiet = if is_heard { 0 } else { self.quiet + 1 };
        let loudest = levels.filter(|(_, level)| *level >= SOUND);
        match loudest.max_by_key(|(_, level)| *level) {
            Some((who, _)) if Some(who) != speaker => {
                let is_free = level.is_none() || self.quiet >= HOLD;
                self.challenge(who, is_free);
            }
            _ => self.challenger = None,
        }
        self.speaker.as_ref()
    }

    /// The caller who is speaking; `None` after 300 ms of silence.
    pub(super) fn speaker(&self) -> Option<&Identity> {
        self.speaker.as_ref().filter(|_| self.quiet < HOLD)
    }

    fn challenge(&mut self, who: &Identity, is_free: bool) {
        let ticks = match &self.challenger {
            Some((it, ticks)) if it == who => ticks + 1,
            _ => 1,
        };
        if is_free || ticks >= HOLD {
            self.speaker = Some(who.clone());
            self.challenger = None;
            self.quiet = 0;
        } else {
            self.challenger = Some((who.clone(), ticks));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Passes `ticks` ticks of two levels; returns the active speaker.
    fn update(
        active_speaker: &mut ActiveSpeaker,
        ticks: u32,
        ada: u64,
        bob: u64,
    ) -> Option<String> {
        let both: [(Identity, u64); 2] = [("ada".into(), ada), ("bob".into(), bob)];
        for _ in 0..ticks {
            active_speaker.update(both.iter().map(|(who, level)| (who, *level)));
        }
        active_speaker
            .speaker
            .as_ref()
            .map(|who| who.as_str().to_owned())
    }

    fn speaks(active_speaker: &ActiveSpeaker) -> Option<&str> {
        active_speaker.speaker().map(Identity::as_str)
    }

    #[test]
    fn nobody_is_active_until_somebody_speaks() {
        let mut active_speaker = ActiveSpeaker::default();
        assert_eq!(update(&mut active_speaker, 100, 50, 20), None);
        assert_eq!(
            update(&mut active_speaker, 1, 50, 500).as_deref(),
            Some("bob")
        );
        assert_eq!(speaks(&active_speaker), Some("bob"));
        update(&mut active_speaker, HOLD, 50, 20);
        assert_eq!(speaks(&active_speaker), None);
    }

    #[test]
    fn a_caller_who_is_louder_for_300_ms_becomes_active() {
        let mut active_speaker = ActiveSpeaker::default();
        update(&mut active_speaker, 1, 900, 0);
        for _ in 0..10 {
            assert_eq!(
                update(&mut active_speaker, HOLD - 1, 900, 2_000).as_deref(),
                Some("ada")
            );
            assert_eq!(
                update(&mut active_speaker, 1, 3_000, 2_000).as_deref(),
                Some("ada")
            );
        }
        assert_eq!(
            update(&mut active_speaker, HOLD, 900, 2_000).as_deref(),
            Some("bob")
        );
    }

    #[test]
    fn a_silent_or_absent_speaker_is_replaced_immediately() {
        let mut active_speaker = ActiveSpeaker::default();
        update(&mut active_speaker, 1, 900, 0);
        update(&mut active_speaker, HOLD, 0, 0);
        assert_eq!(
            update(&mut active_speaker, 1, 0, 500).as_deref(),
            Some("bob")
        );
        let ada: Identity = "ada".into();
        let alone = active_speaker.update([(&ada, 200)].into_iter());
        assert_eq!(alone, Some(&ada), "bob is gone");
    }
}
