//! The steady path of audio allocates nothing.

use std::time::Duration;

use allocation_counter::measure;
use parlor_rtc_audio::SAMPLES_PER_10_MS;
use parlor_rtc_audio::codec::{Encoder, MAX_FRAME_BYTES, Settings};
use parlor_rtc_audio::receiver::{Packet, Receiver};

use crate::support::Random;
use crate::support::run::{FRAME_TICKS, origin};
use crate::support::speech::{encode, speech};

#[test]
fn receiving_allocates_nothing() {
    let packets = encode(Settings::default(), &speech());
    let mut receiver = Receiver::new(Default::default()).unwrap();
    let mut random = Random::new(3);
    let (mut now, mut number) = (origin(), 0_usize);
    let mut out = [0; SAMPLES_PER_10_MS];
    let mut receive = |frames: usize| {
        for _ in 0..frames {
            // Pairs in the wrong order, and one of ten lost.
            let sent = number ^ 1;
            number += 1;
            if !random.chance(0.1) {
                let payload = packets[sent % packets.len()].as_deref().unwrap();
                let packet = Packet {
                    ssrc: 1,
                    sequence: sent as u16,
                    timestamp: sent as u32 * FRAME_TICKS,
                    payload,
                    repeated: false,
                };
                receiver.push(now, packet);
            }
            for _ in 0..2 {
                receiver.pull(now, &mut out);
                now += Duration::from_millis(10);
            }
        }
    };
    receive(1_000);
    assert_eq!(measure(|| receive(3_000)).count_total, 0);
}

#[test]
fn encoding_allocates_nothing() {
    let frames = speech();
    let mut encoder = Encoder::new(Settings::default()).unwrap();
    let mut packet = [0; MAX_FRAME_BYTES];
    let allocations = measure(|| {
        for frame in &frames {
            encoder.encode(frame, &mut packet).unwrap();
        }
    });
    assert_eq!(allocations.count_total, 0);
}
