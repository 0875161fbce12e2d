//! Background sounds, on a track of their own that audio visualizers ignore.

use std::sync::Arc;

use livekit::options::TrackPublishOptions;
use livekit::track::TrackSource;
use parlor_core::audio::SAMPLE_RATE;
use parlor_core::conversation::Background;
use tokio::sync::watch;

use super::audio_output::AudioOutput;
use super::permissions::Permissions;
use super::playout::Sink;
use super::playout_queue::SLICE;
use super::publication::Publication;
use crate::soundtrack::{Sound, Soundtrack};

/// Name of the track, the same as in LiveKit's own agents.
const NAME: &str = "background_audio";

/// Length of a fade-in or fade-out, in samples: 200 ms.
const FADE: usize = SAMPLE_RATE as usize / 5;

/// Publishes the track and plays on it until the sender of `wanted` is dropped. The call continues
/// if this fails.
pub(super) async fn run(
    room: Arc<livekit::Room>,
    soundtrack: Soundtrack,
    wanted: watch::Receiver<Background>,
    allowed: watch::Receiver<Permissions>,
) {
    let sink = AudioOutput::new();
    let options = TrackPublishOptions {
        source: TrackSource::Unknown,
        ..TrackPublishOptions::default()
    };
    let track = Publication {
        room,
        name: NAME,
        source: sink.source(),
        options,
        permission: |allowed| allowed.sounds,
    };
    tokio::select! {
        () = track.keep(allowed, async |unheard| {
            tracing::debug!(unheard = unheard.map(|it| it.name()), "background track updated");
        }) => {}
        () = play(Mix::new(soundtrack), sink, wanted) => {}
    }
}

/// Plays the mix in real time; sends nothing while all sounds are silent.
async fn play(mut mix: Mix, mut sink: impl Sink, mut wanted: watch::Receiver<Background>) {
    let mut slice = Vec::with_capacity(SLICE);
    loop {
        mix.turn_to(*wanted.borrow_and_update());
        if !mix.fill(&mut slice) {
            if wanted.changed().await.is_err() {
                return;
            }
        } else if let Err(error) = sink.capture(&slice).await {
            tracing::warn!(%error, "the audio source rejected a slice; background sounds stop");
            return;
        }
    }
}

/// Whether a sound plays in this state of the background.
type IsDue = fn(Background) -> bool;

/// The background sounds of a call; each fades in and out.
#[derive(Debug)]
struct Mix {
    voices: Vec<Voice>,
    volume: f32,
}

#[derive(Debug)]
struct Voice {
    sound: Sound,
    is_due: IsDue,
    wanted: bool,
    /// Index of the next sample.
    at: usize,
    /// Progress of the fade: 0 is silent, [`FADE`] is full volume.
    level: usize,
}

impl Mix {
    fn new(soundtrack: Soundtrack) -> Self {
        let voices: [(_, IsDue); 3] = [
            (soundtrack.ambience, |now| now != Background::Silence),
            (soundtrack.thinking, |now| now == Background::Thinking),
            (soundtrack.hold, |now| now == Background::Hold),
        ];
        let voice = |(sound, is_due): (Option<Sound>, _)| Some(Voice::new(sound?, is_due));
        Self {
            voices: voices.into_iter().filter_map(voice).collect(),
            volume: soundtrack.volume.factor(),
        }
    }

    /// Sets the state of the background from the next slice on.
    fn turn_to(&mut self, now: Background) {
        for voice in &mut self.voices {
            voice.turn_to(now);
        }
    }

    /// Fills `slice` with the next 20 ms and returns true. If all sounds are silent, leaves it
    /// empty and returns false.
    fn fill(&mut self, slice: &mut Vec<i16>) -> bool {
        slice.clear();
        if self.voices.iter().all(Voice::is_silent) {
            return false;
        }
        let mixed = (0..SLICE).map(|_| {
            let sum: f32 = self.voices.iter_mut().map(Voice::next).sum();
            // The conversion clips values that are out of range.
            (sum * self.volume) as i16
        });
        slice.extend(mixed);
        true
    }
}

impl Voice {
    fn new(sound: Sound, is_due: IsDue) -> Self {
        Self {
            sound,
            is_due,
            wanted: false,
            at: 0,
            level: 0,
        }
    }

    fn turn_to(&mut self, now: Background) {
        if self.is_silent() {
            self.at = 0;
        }
        self.wanted = (self.is_due)(now);
    }

    fn is_silent(&self) -> bool {
        !self.wanted && self.level == 0
    }

    /// The next sample, with the fade applied.
    fn next(&mut self) -> f32 {
        if self.is_silent() {
            return 0.0;
        }
        self.level = match self.wanted {
            true => FADE.min(self.level + 1),
            false => self.level - 1,
        };
        let samples = self.sound.samples();
        let sample = samples.get(self.at).copied().unwrap_or_default();
        self.at += 1;
        if self.at >= samples.len() {
            self.at = 0;
        }
        f32::from(sample) * self.level as f32 / FADE as f32
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use parking_lot::Mutex;
    use tokio::time::sleep;

    use super::*;

    const LEVEL: i16 = 10_000;

    /// Number of slices in a fade.
    const FADE_SLICES: usize = FADE / SLICE;

    fn even(level: i16) -> Option<Sound> {
        Some(vec![level; 10].into())
    }

    fn loud(soundtrack: Soundtrack) -> Mix {
        Mix::new(Soundtrack {
            volume: 1.0.try_into().unwrap(),
            ..soundtrack
        })
    }

    fn thinking(sound: Option<Sound>) -> Mix {
        loud(Soundtrack {
            thinking: sound,
            ..Soundtrack::default()
        })
    }

    /// The samples of the next `slices` slices; silent ones add none.
    fn heard(mix: &mut Mix, slices: usize) -> Vec<i16> {
        let (mut all, mut slice) = (Vec::new(), Vec::new());
        for _ in 0..slices {
            if mix.fill(&mut slice) {
                assert_eq!(slice.len(), SLICE);
            }
            all.extend_from_slice(&slice);
        }
        all
    }

    #[test]
    fn a_sound_fades_in_and_out_within_200_ms() {
        let mut mix = thinking(even(LEVEL));
        assert!(heard(&mut mix, 3).is_empty());
        mix.turn_to(Background::Thinking);
        let comes = heard(&mut mix, FADE_SLICES);
        assert!(comes[0] < 10 && comes.is_sorted());
        assert_eq!(comes.last(), Some(&LEVEL));
        assert!(heard(&mut mix, 3).iter().all(|it| *it == LEVEL));
        mix.turn_to(Background::Ambience);
        let goes = heard(&mut mix, FADE_SLICES);
        assert!(goes[0] < LEVEL && goes.iter().rev().is_sorted());
        assert_eq!(goes.last(), Some(&0));
        assert!(heard(&mut mix, 3).is_empty(), "no slice is sent");
    }

    #[test]
    fn a_fade_out_starts_at_the_level_reached() {
        let mut mix = thinking(even(LEVEL));
        mix.turn_to(Background::Thinking);
        heard(&mut mix, FADE_SLICES / 2);
        mix.turn_to(Background::Silence);
        let goes = heard(&mut mix, FADE_SLICES);
        assert_eq!(goes.len(), FADE / 2);
        assert!(goes[0] < LEVEL / 2 && goes[0] > LEVEL / 2 - 10);
    }

    #[test]
    fn a_sound_loops_and_restarts_when_it_is_wanted_again() {
        let ramp: Vec<i16> = (0..1_000).collect();
        let mut mix = thinking(Some(ramp.into()));
        mix.turn_to(Background::Thinking);
        let all = heard(&mut mix, FADE_SLICES + 5);
        assert_eq!(all[4_998..5_002], [998, 999, 0, 1]);
        mix.turn_to(Background::Silence);
        heard(&mut mix, FADE_SLICES + 1);
        mix.turn_to(Background::Thinking);
        heard(&mut mix, FADE_SLICES);
        assert_eq!(heard(&mut mix, 1)[0], 800, "4800 samples of 1000 later");
    }

    #[test]
    fn ambience_mixes_with_the_others_and_overflow_is_clipped() {
        let mut mix = loud(Soundtrack {
            ambience: even(LEVEL),
            thinking: even(2_000),
            hold: even(i16::MAX),
            ..Soundtrack::default()
        });
        for (background, level) in [
            (Background::Ambience, LEVEL),
            (Background::Thinking, LEVEL + 2_000),
            (Background::Hold, i16::MAX),
            (Background::Ambience, LEVEL),
        ] {
            mix.turn_to(background);
            heard(&mut mix, FADE_SLICES);
            let now = heard(&mut mix, 1);
            assert!(now.iter().all(|it| *it == level), "{background:?}");
        }
    }

    #[test]
    fn the_volume_applies_to_every_sound() {
        let mut mix = Mix::new(Soundtrack {
            hold: even(LEVEL),
            volume: 0.5.try_into().unwrap(),
            ..Soundtrack::default()
        });
        mix.turn_to(Background::Hold);
        heard(&mut mix, FADE_SLICES);
        assert_eq!(heard(&mut mix, 1)[0], LEVEL / 2);
    }

    /// A sink that takes 20 ms of audio every 20 ms.
    #[derive(Clone, Default)]
    struct Taken(Arc<Mutex<usize>>);

    impl Sink for Taken {
        async fn capture(&mut self, samples: &[i16]) -> Result<(), String> {
            *self.0.lock() += samples.len();
            sleep(Duration::from_millis(20)).await;
            Ok(())
        }

        fn clearer(&self) -> impl Fn() + Send + Sync + 'static {
            || {}
        }
    }

    #[tokio::test(start_paused = true)]
    async fn only_wanted_sounds_are_played_and_in_real_time() {
        let (wanted, wanted_out) = watch::channel(Background::Silence);
        let taken = Taken::default();
        let playing = tokio::spawn(play(thinking(even(LEVEL)), taken.clone(), wanted_out));
        let mut written = Vec::new();
        for background in [
            Background::Silence,
            Background::Thinking,
            Background::Ambience,
        ] {
            wanted.send_replace(background);
            sleep(Duration::from_millis(1_010)).await;
            written.push(std::mem::take(&mut *taken.0.lock()));
        }
        assert_eq!(written, [0, 51 * SLICE, FADE_SLICES * SLICE]);
        drop(wanted);
        playing.await.unwrap();
    }
}
