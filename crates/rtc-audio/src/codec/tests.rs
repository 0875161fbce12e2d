use super::packet::{has_fec, is_dtx, samples};
use super::{Decoder, Encoder, MAX_FRAME_BYTES, MAX_PACKET_SAMPLES, Settings};
use crate::SAMPLES_PER_FRAME;

type Frame = [i16; SAMPLES_PER_FRAME];

/// Frames of recorded speech.
fn speech() -> Vec<Frame> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../sim/src/clips/caller-long.wav"
    );
    let mut wav = hound::WavReader::open(path).unwrap();
    let samples: Vec<i16> = wav.samples().map(Result::unwrap).collect();
    samples.as_chunks().0.to_vec()
}

fn encode(settings: Settings, frames: impl Iterator<Item = Frame>) -> Vec<Option<Vec<u8>>> {
    let mut encoder = Encoder::new(settings).unwrap();
    let mut packet = [0; MAX_FRAME_BYTES];
    frames
        .map(|frame| {
            let len = encoder.encode(&frame, &mut packet).unwrap();
            len.map(|len| packet[..len].to_vec())
        })
        .collect()
}

fn energy(samples: &[i16]) -> f64 {
    let sum: f64 = samples.iter().map(|&s| f64::from(s).powi(2)).sum();
    sum / samples.len() as f64
}

/// Decodes all before `lost`, and then `lost` itself as `how` does.
fn decode_until(
    packets: &[Vec<u8>],
    lost: usize,
    how: impl Fn(&mut Decoder, &mut [i16]),
) -> [i16; SAMPLES_PER_FRAME] {
    let mut decoder = Decoder::new().unwrap();
    let mut out = [0; SAMPLES_PER_FRAME];
    for packet in &packets[..lost] {
        decoder.decode(packet, &mut out).unwrap();
    }
    how(&mut decoder, &mut out);
    out
}

#[test]
fn what_is_encoded_is_decoded_at_the_bitrate_asked_for() {
    let speech = speech();
    let packets = encode(Settings::default(), speech.iter().copied());
    let bytes: usize = packets.iter().flatten().map(Vec::len).sum();
    let bitrate = bytes * 8 * 50 / packets.len();
    assert!((24_000..40_000).contains(&bitrate), "{bitrate} bits/s");

    let mut decoder = Decoder::new().unwrap();
    let mut out = vec![0; MAX_PACKET_SAMPLES];
    let decoded: Vec<i16> = packets
        .iter()
        .flatten()
        .flat_map(|packet| {
            let len = decoder.decode(packet, &mut out).unwrap();
            assert_eq!(Some(len), samples(packet));
            out[..len].to_vec()
        })
        .collect();
    let original = speech.as_flattened();
    assert_eq!(decoded.len(), original.len());
    let level = energy(&decoded) / energy(original);
    assert!((0.7..1.4).contains(&level), "{level}");
}

#[test]
fn fec_is_closer_to_the_lost_frame_than_concealment() {
    let settings = Settings {
        expected_loss: 20,
        ..Settings::default()
    };
    let packets: Vec<Vec<u8>> = encode(settings, speech().into_iter())
        .into_iter()
        .flatten()
        .collect();
    let carries = packets.iter().filter(|p| has_fec(p)).count();
    assert!(
        carries * 10 > packets.len() * 7,
        "{carries} of {}",
        packets.len()
    );

    let (mut with, mut without) = (0.0, 0.0);
    for lost in (20..packets.len() - 1).step_by(20) {
        let next = &packets[lost + 1];
        let whole = decode_until(&packets, lost, |decoder, out| {
            decoder.decode(&packets[lost], out).unwrap();
        });
        let fec = decode_until(&packets, lost, |decoder, out| {
            decoder.decode_fec(next, out).unwrap();
        });
        let concealed = decode_until(&packets, lost, |decoder, out| {
            decoder.conceal(out).unwrap();
        });
        // libopus falls back to concealment where the packet has nothing.
        assert_eq!(has_fec(next), fec != concealed, "packet {lost}");
        let error = |decoded: &[i16]| {
            let difference: Vec<i16> = decoded
                .iter()
                .zip(whole)
                .map(|(a, b)| a.wrapping_sub(b))
                .collect();
            energy(&difference)
        };
        with += error(&fec);
        without += error(&concealed);
    }
    assert!(with < without / 2.0, "{with:.0} with, {without:.0} without");
}

#[test]
fn without_fec_no_packet_claims_to_have_it() {
    let settings = Settings {
        fec: false,
        ..Settings::default()
    };
    let packets = encode(settings, speech().into_iter());
    assert!(!packets.iter().flatten().any(|p| has_fec(p)));
}

#[test]
fn silence_is_sent_once_and_then_rarely() {
    let settings = Settings {
        dtx: true,
        ..Settings::default()
    };
    let speech = speech().into_iter().take(100);
    let silence = std::iter::repeat_n([0; SAMPLES_PER_FRAME], 200);
    let packets = encode(settings, speech.chain(silence));
    assert!(packets[..100].iter().all(Option::is_some));
    let sent = packets[150..].iter().flatten().count();
    assert!((1..=20).contains(&sent), "{sent} of 150");
    assert!(packets[100..].iter().flatten().any(|p| is_dtx(p)));
}

#[test]
fn garbage_is_refused_or_decoded_but_never_a_panic() {
    let mut state = 1_u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let mut decoder = Decoder::new().unwrap();
    let mut out = vec![0; MAX_PACKET_SAMPLES];
    for _ in 0..5_000 {
        let len = random() % 200;
        let packet: Vec<u8> = (0..len).map(|_| random() as u8).collect();
        has_fec(&packet);
        if let Some(expected) = samples(&packet)
            && let Ok(len) = decoder.decode(&packet, &mut out)
        {
            assert_eq!(len, expected);
        }
    }
}
