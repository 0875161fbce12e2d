//! What senders do: fall silent, pause, start anew, and send frames of other lengths.

use std::time::{Duration, Instant};

use opus::{Application, Channels};
use parlor_rtc_audio::SAMPLES_PER_10_MS;
use parlor_rtc_audio::codec::Settings;
use parlor_rtc_audio::receiver::{Audio, Packet, Pushed, Receiver};

use crate::support::network::Network;
use crate::support::run::{FRAME_TICKS, origin, run};
use crate::support::speech::{clip, encode};

/// A receiver with its clock.
struct Call {
    receiver: Receiver,
    now: Instant,
    out: [i16; SAMPLES_PER_10_MS],
    packets: Vec<Option<Vec<u8>>>,
}

impl Call {
    fn new() -> Self {
        let speech: Vec<_> = clip("caller-long").as_chunks().0.to_vec();
        Self {
            receiver: Receiver::new(Default::default()).unwrap(),
            now: origin(),
            out: [0; SAMPLES_PER_10_MS],
            packets: encode(Settings::default(), &speech),
        }
    }

    fn push(&mut self, ssrc: u32, sequence: usize, timestamp: u32) -> Pushed {
        let payload = self.packets[sequence % self.packets.len()].as_deref();
        let packet = Packet {
            ssrc,
            sequence: sequence as u16,
            timestamp,
            payload: payload.unwrap(),
            repeated: false,
        };
        self.receiver.push(self.now, packet)
    }

    fn pull(&mut self) -> Audio {
        let audio = self.receiver.pull(self.now, &mut self.out);
        self.now += Duration::from_millis(10);
        audio
    }

    /// Sends packets, and pulls meanwhile. Returns what was heard.
    fn talk(&mut self, ssrc: u32, sequences: std::ops::Range<usize>, offset: u32) -> Vec<Audio> {
        let mut heard = Vec::new();
        for sequence in sequences {
            let timestamp = (sequence as u32).wrapping_mul(FRAME_TICKS);
            self.push(ssrc, sequence, timestamp.wrapping_add(offset));
            heard.extend([self.pull(), self.pull()]);
        }
        heard
    }

    /// Sends nothing for so long.
    fn pause(&mut self, millis: usize) -> Vec<Audio> {
        (0..millis / 10).map(|_| self.pull()).collect()
    }
}

fn count(heard: &[Audio], audio: Audio) -> usize {
    heard.iter().filter(|&&other| other == audio).count()
}

#[test]
fn silence_that_is_not_sent_is_not_taken_for_loss() {
    let settings = Settings {
        dtx: true,
        ..Settings::default()
    };
    let mut samples = Vec::new();
    for name in ["caller-hours", "caller-table", "caller-stop", "caller-bye"] {
        samples.extend(clip(name));
        samples.resize(samples.len() + 48_000, 0);
    }
    let packets = encode(settings, samples.as_chunks().0);
    let sent = packets.iter().flatten().count();
    assert!(sent < packets.len() * 9 / 10, "{sent} of {}", packets.len());
    let outcome = run(&Network::default(), &packets);
    assert_eq!(outcome.stats.packets_lost, 0);
    assert_eq!(outcome.stats.concealed_samples, 0);
    let comfort = |pull: &&crate::support::run::Pull| pull.audio == Audio::Comfort;
    assert!(outcome.pulls.iter().filter(comfort).count() > 100);
    let slow = outcome.pulls.iter().filter_map(|pull| pull.delay(0.0));
    assert!(slow.clone().all(|delay| delay < 0.08));
}

#[test]
fn a_muted_source_fades_to_silence_and_comes_back_at_once() {
    // Whether its timestamps go on meanwhile or not.
    for advances in [true, false] {
        let mut call = Call::new();
        call.talk(1, 0..200, 0);
        let heard = call.pause(5_000);
        assert!(count(&heard, Audio::Concealed) <= 22);
        assert!(heard[25..].iter().all(|&audio| audio == Audio::Silence));
        let offset = if advances { 250 * FRAME_TICKS } else { 0 };
        let heard = call.talk(1, 200..400, offset);
        let first = heard.iter().position(|&a| a == Audio::Received).unwrap();
        assert!(first <= 8, "{first}");
        assert!(heard[first..].iter().all(|&a| a == Audio::Received));
        assert!(call.receiver.target_delay() < Duration::from_millis(60));
        assert_eq!(call.receiver.stats().packets_lost, 0);
    }
}

#[test]
fn a_pause_in_which_timestamps_stand_still_is_no_jitter() {
    let mut call = Call::new();
    call.talk(1, 0..200, 0);
    call.pause(600);
    let heard = call.talk(1, 200..600, 0);
    assert!(count(&heard, Audio::Received) >= 790, "{heard:?}");
    assert!(call.receiver.target_delay() < Duration::from_millis(60));
}

#[test]
fn another_source_takes_over() {
    let mut call = Call::new();
    call.talk(1, 0..200, 0);
    let heard = call.talk(2, 40_000..40_200, 123_456_789);
    assert!(count(&heard, Audio::Received) >= 390);
    // What is still under way of the old one changes nothing.
    assert_eq!(call.push(1, 200, 200 * FRAME_TICKS), Pushed::Refused);
    let heard = call.talk(2, 40_200..40_400, 123_456_789);
    assert_eq!(count(&heard, Audio::Received), 400);
}

#[test]
fn a_source_that_starts_anew_is_believed_with_its_second_packet() {
    let mut call = Call::new();
    call.talk(1, 0..200, 0);
    assert_eq!(call.push(1, 30_000, 999_999_999), Pushed::Refused);
    let heard = call.talk(1, 200..250, 0);
    assert_eq!(count(&heard, Audio::Received), 100);
    let heard = call.talk(1, 50_000..50_200, 777_777_777);
    assert!(count(&heard, Audio::Received) >= 388);
}

#[test]
fn numbers_wrap() {
    let mut call = Call::new();
    // Sequence numbers wrap after 65,536 packets, timestamps twice in 24.8 h.
    let heard = call.talk(1, 65_000..66_000, u32::MAX - 65_500 * FRAME_TICKS);
    assert!(count(&heard, Audio::Received) >= 1_990);
    assert_eq!(call.receiver.stats().packets_lost, 0);
}

#[test]
fn frames_of_any_length_are_played() {
    let speech = clip("caller-long");
    for millis in [10, 40, 60] {
        let mut encoder = opus::Encoder::new(24_000, Channels::Mono, Application::Voip).unwrap();
        let mut receiver = Receiver::new(Default::default()).unwrap();
        let mut now = origin();
        let mut out = [0; SAMPLES_PER_10_MS];
        let mut heard = Vec::new();
        for (number, frame) in speech.chunks_exact(24 * millis).enumerate() {
            let payload = encoder.encode_vec(frame, 1_500).unwrap();
            let packet = Packet {
                ssrc: 1,
                sequence: number as u16,
                timestamp: (number * millis * 48) as u32,
                payload: &payload,
                repeated: false,
            };
            receiver.push(now, packet);
            for _ in 0..millis / 10 {
                heard.push(receiver.pull(now, &mut out));
                now += Duration::from_millis(10);
            }
        }
        let received = count(&heard[50..], Audio::Received);
        assert_eq!(received, heard.len() - 50, "{millis} ms");
    }
}

#[test]
fn a_copy_that_comes_with_the_next_packet_replaces_a_lost_one() {
    let mut call = Call::new();
    let mut heard = Vec::new();
    for sequence in 0..400_usize {
        let packet = |number: usize, repeated| Packet {
            ssrc: 1,
            sequence: number as u16,
            timestamp: number as u32 * FRAME_TICKS,
            payload: call.packets[number % call.packets.len()]
                .as_deref()
                .unwrap(),
            repeated,
        };
        if sequence % 5 != 0 {
            let before = packet(sequence.saturating_sub(1), true);
            call.receiver.push(call.now, before);
            call.receiver.push(call.now, packet(sequence, false));
        }
        heard.extend([call.pull(), call.pull()]);
    }
    let stats = call.receiver.stats();
    assert!(count(&heard, Audio::Received) > 790, "{stats:?}");
    assert!(stats.frames_recovered + stats.packets_lost < 4, "{stats:?}");
    assert_eq!(stats.packets_duplicated, 0);
}
