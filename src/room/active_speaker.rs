//! Who of several callers speaks: the loudest, but for at least 300 ms, so that it does not flap.

use parlor_core::audio::SOUND;
use parlor_core::ids::Identity;

/// Ticks of 10 ms that another one must be louder, or the one who speaks silent: 300 ms.
const HOLD: u32 = 30;

/// Who has the floor.
#[derive(Debug, Default)]
pub(super) struct ActiveSpeaker {
    holder: Option<Identity>,
    /// Ticks since the holder was last heard.
    quiet: u32,
    /// Who is louder, and for how many ticks.
    challenger: Option<(Identity, u32)>,
}

impl ActiveSpeaker {
    /// 10 ms of all callers, with how loud each is. Whose these are: who speaks, or spoke last.
    pub(super) fn pass<'a>(
        &mut self,
        levels: impl Iterator<Item = (&'a Identity, u64)> + Clone,
    ) -> Option<&Identity> {
        let holder = self.holder.as_ref();
        let level = levels.clone().find(|(who, _)| Some(*who) == holder);
        let is_heard = level.is_some_and(|(_, level)| level >= SOUND);
        self.quiet = if is_heard { 0 } else { self.quiet + 1 };
        let loudest = levels.filter(|(_, level)| *level >= SOUND);
        match loudest.max_by_key(|(_, level)| *level) {
            Some((who, _)) if Some(who) != holder => {
                let is_free = level.is_none() || self.quiet >= HOLD;
                self.challenge(who, is_free);
            }
            _ => self.challenger = None,
        }
        self.holder.as_ref()
    }

    /// Who speaks now.
    pub(super) fn speaker(&self) -> Option<&Identity> {
        self.holder.as_ref().filter(|_| self.quiet < HOLD)
    }

    fn challenge(&mut self, who: &Identity, is_free: bool) {
        let ticks = match &self.challenger {
            Some((it, ticks)) if it == who => ticks + 1,
            _ => 1,
        };
        if is_free || ticks >= HOLD {
            self.holder = Some(who.clone());
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

    /// So many ticks of two voices; who has the floor then.
    fn pass(active_speaker: &mut ActiveSpeaker, ticks: u32, ada: u64, bob: u64) -> Option<String> {
        let both: [(Identity, u64); 2] = [("ada".into(), ada), ("bob".into(), bob)];
        for _ in 0..ticks {
            active_speaker.pass(both.iter().map(|(who, level)| (who, *level)));
        }
        active_speaker
            .holder
            .as_ref()
            .map(|who| who.as_str().to_owned())
    }

    fn speaks(active_speaker: &ActiveSpeaker) -> Option<&str> {
        active_speaker.speaker().map(Identity::as_str)
    }

    #[test]
    fn nobody_has_it_until_somebody_speaks() {
        let mut active_speaker = ActiveSpeaker::default();
        assert_eq!(pass(&mut active_speaker, 100, 50, 20), None);
        assert_eq!(
            pass(&mut active_speaker, 1, 50, 500).as_deref(),
            Some("bob")
        );
        assert_eq!(speaks(&active_speaker), Some("bob"));
        pass(&mut active_speaker, HOLD, 50, 20);
        assert_eq!(speaks(&active_speaker), None);
    }

    #[test]
    fn who_is_louder_for_long_enough_takes_it() {
        let mut active_speaker = ActiveSpeaker::default();
        pass(&mut active_speaker, 1, 900, 0);
        for _ in 0..10 {
            assert_eq!(
                pass(&mut active_speaker, HOLD - 1, 900, 2_000).as_deref(),
                Some("ada")
            );
            assert_eq!(
                pass(&mut active_speaker, 1, 3_000, 2_000).as_deref(),
                Some("ada")
            );
        }
        assert_eq!(
            pass(&mut active_speaker, HOLD, 900, 2_000).as_deref(),
            Some("bob")
        );
    }

    #[test]
    fn who_is_silent_or_gone_gives_it_up_at_once() {
        let mut active_speaker = ActiveSpeaker::default();
        pass(&mut active_speaker, 1, 900, 0);
        pass(&mut active_speaker, HOLD, 0, 0);
        assert_eq!(pass(&mut active_speaker, 1, 0, 500).as_deref(), Some("bob"));
        let ada: Identity = "ada".into();
        let alone = active_speaker.pass([(&ada, 200)].into_iter());
        assert_eq!(alone, Some(&ada), "bob is gone");
    }
}
