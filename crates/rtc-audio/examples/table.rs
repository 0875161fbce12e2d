//! Prints how the receiver does behind networks of all kinds, over recorded speech. Run it with
//! `cargo run --release -p parlor-rtc-audio --example table`.
#![expect(clippy::print_stdout, reason = "an example prints its results")]
#![allow(clippy::unwrap_used, reason = "a bench may panic")]

#[path = "../tests/support/mod.rs"]
mod support;

use std::time::Duration;

use parlor_rtc_audio::codec::Settings;
use support::network::{Loss, Network};
use support::run::run;
use support::score::score;
use support::speech::{encode, speech};

fn main() {
    let once = speech();
    let frames: Vec<_> = once.iter().cycle().take(once.len() * 4).copied().collect();
    let with = encode(
        Settings {
            expected_loss: 10,
            ..Settings::default()
        },
        &frames,
    );
    let without = encode(
        Settings {
            fec: false,
            ..Settings::default()
        },
        &frames,
    );
    println!(
        "{:<28} {:>6} {:>6} {:>6} {:>6} {:>6} {:>6} {:>7} {:>7} {:>6}",
        "network", "target", "delay", "p95", "conc%", "cut%", "rep%", "events", "recov%", "dB"
    );
    for (name, network, fec) in networks() {
        let outcome = run(&network, if fec { &with } else { &without });
        let score = score(&outcome, network.drift, &frames);
        let targets = outcome.pulls.iter().skip(300).map(|pull| pull.target);
        let target = targets.clone().sum::<Duration>().as_secs_f64() / targets.count() as f64;
        println!(
            "{name:<28} {:>6.0} {:>6.0} {:>6.0} {:>6.2} {:>6.2} {:>6.2} {:>7.1} {:>7.1} {:>6.2}",
            target * 1e3,
            score.delay,
            score.delay_95,
            score.concealed,
            score.cut,
            score.repeated,
            score.events,
            score.recovered,
            score.distance
        );
    }
    println!("delays in ms behind the fastest packet; events a minute; dB: spectral distance");
}

/// Networks, with their names and whether the sender uses FEC.
fn networks() -> Vec<(String, Network, bool)> {
    let plain = Network::default();
    let mut all = vec![("clean".to_owned(), plain, true)];
    let mut add = |name: String, network, fec| all.push((name, network, fec));
    for percent in [1.0, 5.0, 10.0, 20.0] {
        let network = with_loss(percent, plain);
        add(format!("loss {percent} %, FEC"), network, true);
        add(format!("loss {percent} %, no FEC"), network, false);
    }
    for (share, length) in [(0.05, 3.0), (0.10, 4.0)] {
        let loss = Loss::Bursts { share, length };
        let name = format!("bursts of {length}, {} %", share * 100.0);
        add(name, Network { loss, ..plain }, true);
    }
    for millis in [30, 60, 100, 200] {
        let network = with_jitter(millis, plain);
        add(format!("jitter {millis} ms"), network, true);
        let name = format!("jitter {millis} ms, loss 5 %");
        add(name, with_loss(5.0, network), true);
    }
    let overtakes = Network {
        overtakes: true,
        ..plain
    };
    add(
        "overtaking 60 ms".to_owned(),
        with_jitter(60, overtakes),
        true,
    );
    add(
        "reordered 2 %".to_owned(),
        Network {
            reordered: 0.02,
            ..plain
        },
        true,
    );
    add(
        "duplicated 10 %".to_owned(),
        Network {
            duplicated: 0.10,
            ..plain
        },
        true,
    );
    for drift in [200.0, -200.0] {
        add(
            format!("drift {drift} ppm"),
            Network { drift, ..plain },
            true,
        );
    }
    all
}

fn with_loss(percent: f64, network: Network) -> Network {
    Network {
        loss: Loss::Random(percent / 100.0),
        ..network
    }
}

fn with_jitter(millis: u64, network: Network) -> Network {
    Network {
        jitter: Duration::from_millis(millis),
        ..network
    }
}
