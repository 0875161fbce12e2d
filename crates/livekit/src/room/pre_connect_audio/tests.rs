//! Files as browsers and other apps write them, and malformed ones.

use opus_pure::{Application, MAX_PACKET_BYTES, OggOpusWriter, OpusEncoder, OpusHead};
use parlor_sim::clips;

use super::*;

/// Samples per packet: 20 ms at 48 kHz.
const PACKET: usize = 960;

fn clip() -> Vec<i16> {
    clips::find("caller-hours").unwrap().samples()
}

/// The clip as Opus packets, encoded at 48 kHz as in browsers.
fn encoded() -> Vec<Vec<u8>> {
    let mut encoder = OpusEncoder::new(48_000, 1, Application::Voip).unwrap();
    let samples: Vec<i16> = clip().iter().flat_map(|it| [*it, *it]).collect();
    let encode = |block: &[i16]| {
        let mut packet = vec![0; MAX_PACKET_BYTES];
        let length = encoder.encode_s16(block, PACKET, &mut packet).unwrap();
        packet[..length].to_vec()
    };
    samples.chunks_exact(PACKET).map(encode).collect()
}

fn ogg(packets: &[Vec<u8>]) -> Vec<u8> {
    let head = OpusHead::new(1, 48_000).unwrap();
    let mut writer = OggOpusWriter::new(Vec::new(), head).unwrap();
    for packet in packets {
        writer.write_packet(packet).unwrap();
    }
    writer.finish().unwrap()
}

fn element(id: &[u8], body: &[u8]) -> Vec<u8> {
    let size = (body.len() as u32 | 0x1000_0000).to_be_bytes();
    [id, &size, body].concat()
}

/// A WebM file as a live recorder writes it: with unknown lengths.
fn webm(packets: &[Vec<u8>], codec: &[u8]) -> Vec<u8> {
    let head = element(&webm::MAGIC, &element(&[0x42, 0x82], b"webm"));
    let track = element(&[0xAE], &element(&[0x86], codec));
    let mut file = [head, vec![0x18, 0x53, 0x80, 0x67, 0x01]].concat();
    file.extend([0xFF; 7]);
    file.extend(element(&[0x16, 0x54, 0xAE, 0x6B], &track));
    for (nth, some) in packets.chunks(20).enumerate() {
        file.extend([0x1F, 0x43, 0xB6, 0x75, 0xFF]);
        file.extend(element(&[0xE7], &[nth as u8]));
        for packet in some {
            let block = [&[0x81, 0, 0, 0x80], packet.as_slice()].concat();
            file.extend(match nth % 2 {
                0 => element(&[0xA3], &block),
                _ => element(&[0xA0], &element(&[0xA1], &block)),
            });
        }
    }
    file
}

/// Similarity of two recordings by the loudness of each 20 ms, at the best shift of up to 60 ms.
fn likeness(a: &[i16], b: &[i16]) -> f64 {
    let shape = |of: &[i16]| -> Vec<f64> {
        let loud = |it: &[i16]| parlor_core::audio::loudness(it) as f64;
        of.chunks(480).map(loud).collect()
    };
    let (a, b) = (shape(a), shape(b));
    let cosine = |shift: usize| {
        let pairs = || a.iter().zip(b.iter().skip(shift));
        let sum = |of: fn(f64, f64) -> f64| pairs().map(|(a, b)| of(*a, *b)).sum::<f64>();
        sum(|a, b| a * b) / (sum(|a, _| a * a) * sum(|_, b| b * b)).sqrt()
    };
    (0..=3).map(cosine).fold(0.0, f64::max)
}

fn decoded(file: &[u8]) -> Result<Vec<i16>, AudioError> {
    Format::Opus.decode(file)
}

#[test]
fn webm_and_ogg_are_decoded() {
    let packets = encoded();
    let files = [ogg(&packets), webm(&packets, b"A_OPUS")];
    for file in files {
        let voice = decoded(&file).unwrap();
        assert!(
            voice.len().abs_diff(clip().len()) < 1_000,
            "{}",
            voice.len()
        );
        let likeness = likeness(&clip(), &voice);
        assert!(likeness > 0.97, "{likeness}");
    }
}

/// Recording made by Chromium, 100 ms of silence and then the clip, as livekit-client sends it: it
/// ends with the first byte of a block.
const CHROMIUM: &[u8] = include_bytes!("chromium.webm");

#[test]
fn a_recording_that_ends_in_the_middle_of_a_block_is_decoded() {
    let voice = decoded(CHROMIUM).unwrap();
    assert_eq!(voice.len(), 10 * 1_440, "each packet of 60 ms");
    let likeness = likeness(&clip()[..12_000], &voice[2_400..]);
    assert!(likeness > 0.97, "{likeness}");
}

#[test]
fn the_format_is_read_from_mime_type_and_attributes() {
    let detect = |mime: &str, attributes: &[(&str, &str)]| {
        let own = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        Format::detect(mime, &attributes.iter().map(own).collect())
    };
    for mime in ["audio/opus", "audio/webm;codecs=opus", "audio/ogg"] {
        assert_eq!(detect(mime, &[]), Ok(Format::Opus));
    }
    let pcm = Format::Pcm {
        rate: 48_000,
        channels: 2,
    };
    let both = [("sampleRate", "48000"), ("channels", "2")];
    assert_eq!(detect("application/octet-stream", &both), Ok(pcm));
    for wrong in [
        [("sampleRate", "48000"), ("channels", "0")],
        [("sampleRate", "0"), ("channels", "1")],
        [("sampleRate", "much"), ("channels", "1")],
        [("sampleRate", "48000"), ("trackId", "TR_1")],
    ] {
        assert_eq!(detect("", &wrong), Err(AudioError::Format), "{wrong:?}");
    }
}

#[test]
fn unsupported_and_overlong_files_are_errors() {
    let packets = encoded();
    assert_eq!(decoded(b"RIFF"), Err(AudioError::Container));
    assert_eq!(decoded(b""), Ok(Vec::new()));
    let other = webm(&packets[..1], b"A_VORBIS");
    assert_eq!(decoded(&other), Err(AudioError::Container));
    let long: Vec<_> = packets.iter().cycle().take(1_600).cloned().collect();
    for file in [ogg(&long), webm(&long, b"A_OPUS")] {
        assert_eq!(decoded(&file), Err(AudioError::TooLong));
    }
}

#[test]
fn hostile_bytes_never_panic() {
    let packets = &encoded()[..30];
    let mut state = 7_u32;
    let mut random = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as usize
    };
    for file in [ogg(packets), webm(packets, b"A_OPUS")] {
        let cut: Vec<_> = (0..file.len())
            .step_by(97)
            .map(|end| &file[..end])
            .collect();
        let of_cut: Vec<_> = cut.into_iter().map(decoded).collect();
        let longest = of_cut.iter().flatten().map(Vec::len).max();
        assert!(longest.is_some_and(|it| it <= 30 * 480), "{longest:?}");
        for _ in 0..300 {
            let mut hostile = file.clone();
            for _ in 0..1 + random() % 4 {
                let at = 4 + random() % (hostile.len() - 4);
                hostile[at] = random() as u8;
            }
            if let Ok(voice) = decoded(&hostile) {
                assert!(voice.len() <= LONGEST);
            }
        }
    }
}
