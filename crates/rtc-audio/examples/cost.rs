//! Measures the CPU time of one stream each way, as a share of a core. Run it with
//! `cargo run --release -p parlor-rtc-audio --example cost`.
#![expect(clippy::print_stdout, reason = "an example prints its results")]
#![allow(clippy::unwrap_used, reason = "a bench may panic")]

#[path = "../tests/support/mod.rs"]
mod support;

use std::hint::black_box;
use std::time::Duration;

use opus_pure::{Application, OpusDecoder, OpusEncoder};
use parlor_rtc_audio::codec::{Decoder, MAX_FRAME_BYTES, Settings};
use support::network::{Loss, Network};
use support::run::drive;
use support::speech::{Frame, encode, speech};

/// Times that the speech is gone through.
const ROUNDS: usize = 5;

fn main() {
    let frames = speech();
    let packets = encode(Settings::default(), &frames);
    println!("CPU time as a share of a core, one stream, the least of {ROUNDS} rounds");
    for complexity in [0, 5, 9, 10] {
        let settings = Settings {
            complexity,
            ..Settings::default()
        };
        report(&format!("encode, complexity {complexity}"), &frames, || {
            black_box(encode(settings, &frames));
        });
    }
    report("decode", &frames, || {
        let mut decoder = Decoder::new().unwrap();
        let mut out = [0; 480];
        for packet in packets.iter().flatten() {
            decoder.decode(packet, &mut out).unwrap();
        }
    });
    let jitter = Duration::from_millis(60);
    for (name, network) in [
        ("receive: clean", Network::default()),
        (
            "receive: jitter 60 ms, loss 10 %",
            Network {
                jitter,
                loss: Loss::Random(0.1),
                ..Network::default()
            },
        ),
    ] {
        let arrivals = network.carry(packets.iter().map(Option::is_some));
        let end = packets.len() as f64 * 0.020;
        report(name, &frames, || {
            let payload =
                |arrival: &support::network::Arrival| packets[arrival.frame].as_deref().unwrap();
            black_box(drive(&arrivals, payload, end, |pull| {
                black_box(pull);
            }));
        });
    }
    for complexity in [5, 9] {
        report(
            &format!("opus-pure: encode, complexity {complexity}"),
            &frames,
            || {
                encode_pure(complexity, &frames);
            },
        );
    }
    report("opus-pure: decode", &frames, || {
        let mut decoder = OpusDecoder::new(24_000, 1).unwrap();
        let mut out = [0; 480];
        for packet in packets.iter().flatten() {
            decoder.decode_s16(packet, 480, &mut out).unwrap();
        }
    });
}

fn encode_pure(complexity: i32, frames: &[Frame]) {
    let mut encoder = OpusEncoder::new(24_000, 1, Application::Voip).unwrap();
    encoder.bitrate_bps = 32_000;
    encoder.complexity = complexity;
    encoder.use_inband_fec = true;
    encoder.packet_loss_perc = 10;
    let mut packet = [0; MAX_FRAME_BYTES];
    for frame in frames {
        encoder.encode_s16(frame, 480, &mut packet).unwrap();
    }
    black_box(packet);
}

fn report(what: &str, frames: &[Frame], mut round: impl FnMut()) {
    let rounds = (0..ROUNDS).map(|_| {
        let start = cpu_time();
        round();
        cpu_time() - start
    });
    let least = rounds.min().unwrap();
    let speech = frames.len() as f64 * 0.020;
    println!(
        "{:>7.3} % {:>7.1} us a frame  {what}",
        100.0 * least.as_secs_f64() / speech,
        least.as_secs_f64() * 1e6 / frames.len() as f64
    );
}

/// Time that this thread ran, as Linux counts it, so that others on the machine do not matter.
fn cpu_time() -> Duration {
    let times = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(times.split_whitespace().next().unwrap().parse().unwrap())
}
