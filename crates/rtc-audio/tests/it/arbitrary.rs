//! Whatever a peer sends, nothing panics and nothing grows without bound.

use std::time::Duration;

use allocation_counter::measure;
use parlor_rtc_audio::SAMPLES_PER_10_MS;
use parlor_rtc_audio::codec::Settings;
use parlor_rtc_audio::receiver::{MAX_PACKETS, MAX_PAYLOAD, Packet, Pushed, Receiver};

use crate::support::Random;
use crate::support::run::{FRAME_TICKS, origin};
use crate::support::speech::{encode, speech};

/// Numbers that are near to where they were, or anywhere.
fn wander(random: &mut Random, value: u32) -> u32 {
    match random.next() % 8 {
        0 => random.next() as u32,
        1 => value.wrapping_sub(random.next() as u32 % 10),
        2 => value.wrapping_add(random.next() as u32 % 5_000),
        _ => value.wrapping_add(1),
    }
}

#[test]
fn arbitrary_packets_at_arbitrary_times() {
    let speech = encode(Settings::default(), &speech()[..200]);
    for seed in 0..40 {
        let mut random = Random::new(seed);
        let mut receiver = Receiver::new(Default::default()).unwrap();
        let mut now = origin();
        let (mut sequence, mut timestamp, mut ssrc) = (0_u32, 0_u32, 1);
        let mut bytes = vec![0; MAX_PAYLOAD + 100];
        let mut out = [0; SAMPLES_PER_10_MS];
        let mut pulled = 0;
        for _ in 0..1_500 {
            sequence = wander(&mut random, sequence);
            timestamp = match random.next() % 4 {
                0 => wander(&mut random, timestamp),
                _ => timestamp.wrapping_add(FRAME_TICKS),
            };
            if random.chance(0.02) {
                ssrc = random.next() as u32 % 3;
            }
            let payload: &[u8] = if random.chance(0.6) {
                speech[random.next() as usize % 200].as_deref().unwrap()
            } else {
                let len = random.next() as usize % if random.chance(0.2) { 1_600 } else { 60 };
                bytes.fill_with(|| random.next() as u8);
                &bytes[..len]
            };
            let packet = Packet {
                ssrc,
                sequence: sequence as u16,
                timestamp,
                payload,
                repeated: random.chance(0.1),
            };
            receiver.push(now, packet);
            for _ in 0..random.next() % 5 {
                receiver.pull(now, &mut out);
                pulled += out.len() as u64;
            }
            now += match random.next() % 20 {
                0 => Duration::from_millis(random.next() % 3_000),
                _ => Duration::from_micros(random.next() % 40_000),
            };
        }
        let stats = receiver.stats();
        assert!(stats.total_samples_received <= pulled);
        assert!(stats.silent_concealed_samples <= stats.concealed_samples);
    }
}

#[test]
fn a_flood_is_held_within_bounds() {
    let mut receiver = Receiver::new(Default::default()).unwrap();
    let now = origin();
    // Each one an Opus packet of three frames of silence, padded to the longest payload.
    let mut payload = vec![0; MAX_PAYLOAD];
    payload[..2].copy_from_slice(&[0x08 | 3, 1]);
    let mut push = |number: u32, payload: &[u8]| {
        let packet = Packet {
            ssrc: 1,
            sequence: number as u16,
            timestamp: number.wrapping_mul(FRAME_TICKS),
            payload,
            repeated: false,
        };
        receiver.push(now, packet)
    };
    assert_eq!(push(0, &[0; MAX_PAYLOAD + 1]), Pushed::Refused);
    assert_eq!(push(0, &[]), Pushed::Refused);
    let held = measure(|| {
        for number in 0..400 {
            push(number, &payload);
        }
    });
    let most = (MAX_PACKETS + 1) as i64 * MAX_PAYLOAD as i64;
    assert!(held.bytes_current <= most, "{} bytes", held.bytes_current);
    assert_eq!(
        receiver.stats().packets_discarded,
        2 + 400 - MAX_PACKETS as u64
    );
}
