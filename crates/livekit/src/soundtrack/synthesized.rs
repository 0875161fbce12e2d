//! The built-in sounds, synthesized: the same samples every time.

use std::f32::consts::TAU;

use parlor_core::audio::SAMPLE_RATE;

const RATE: f32 = SAMPLE_RATE as f32;

/// Length of each sound, in seconds.
const LENGTH: f32 = 4.0;

/// Soft, uneven typing on a keyboard.
pub(super) fn keys() -> Vec<i16> {
    let mut sound = silence();
    let mut noise = Noise(0x9E37_79B9);
    let mut at = 0.06;
    // The last key has faded out before the sound repeats.
    while at < LENGTH - 0.1 {
        let loudness = 0.25 + 0.15 * noise.next().abs();
        add(&mut sound, at, 0.05, |seconds| {
            let click = noise.next() * (-seconds / 0.003).exp();
            let thud = (TAU * 170.0 * seconds).sin() * (-seconds / 0.010).exp();
            loudness * (0.6 * click + 0.4 * thud)
        });
        let pause = 0.18 + 0.10 * noise.next();
        let is_word_over = noise.next() > 0.7;
        at += if is_word_over { pause + 0.25 } else { pause };
    }
    samples(&sound)
}

/// Two soft notes, one after another, and a pause.
pub(super) fn chime() -> Vec<i16> {
    let mut sound = silence();
    for (at, pitch) in [(0.0, 659.26), (0.6, 523.25)] {
        add(&mut sound, at, LENGTH - at, |seconds| {
            let attack = (seconds / 0.01).min(1.0);
            let decay = (-seconds / 0.45).exp();
            let tone = (TAU * pitch * seconds).sin() + 0.3 * (TAU * 2.0 * pitch * seconds).sin();
            0.3 * attack * decay * tone
        });
    }
    samples(&sound)
}

fn silence() -> Vec<f32> {
    vec![0.0; (LENGTH * RATE) as usize]
}

/// Adds `length` seconds of `tone` from second `at` on; the argument of `tone` starts at 0.
fn add(sound: &mut [f32], at: f32, length: f32, mut tone: impl FnMut(f32) -> f32) {
    let from = (at * RATE) as usize;
    let part = sound.iter_mut().skip(from).take((length * RATE) as usize);
    for (nth, sample) in part.enumerate() {
        *sample += tone(nth as f32 / RATE);
    }
}

fn samples(sound: &[f32]) -> Vec<i16> {
    let sample = |it: &f32| (it * f32::from(i16::MAX)) as i16;
    sound.iter().map(sample).collect()
}

/// Marsaglia's xorshift random number generator.
struct Noise(u32);

impl Noise {
    /// A number from -1 to 1.
    fn next(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0 as f32 / u32::MAX as f32 * 2.0 - 1.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peak(samples: &[i16]) -> u16 {
        let peaks = samples.iter().map(|it| it.unsigned_abs());
        peaks.max().unwrap_or_default()
    }

    #[test]
    fn sounds_are_soft_and_the_same_every_time() {
        for sound in [keys, chime] {
            let made = sound();
            assert_eq!(made.len(), 96_000, "4 s");
            assert_eq!(made, sound());
            let peak = peak(&made);
            assert!((4_000..16_000).contains(&peak), "{peak}");
        }
    }

    #[test]
    fn sounds_loop_without_a_click() {
        for made in [keys(), chime()] {
            assert!(peak(&made[..2]) < 100 && peak(&made[made.len() - 240..]) < 100);
        }
    }

    #[test]
    fn keys_are_struck_several_times_a_second() {
        let made = keys();
        let loud = made.chunks(1_200).map(|part| peak(part) > 2_000);
        let struck = loud.filter(|is_loud| *is_loud).count();
        assert!((12..40).contains(&struck), "{struck} of 80 parts of 50 ms");
    }
}
