//! What must hold behind networks that delay, lose, reorder and double packets.

use std::time::Duration;

use parlor_rtc_audio::codec::Settings;
use parlor_rtc_audio::receiver::Audio;

use crate::support::network::{Loss, Network};
use crate::support::run::{Outcome, drive, run};
use crate::support::score::{received, score};
use crate::support::speech::{Frame, encode, speech};

/// A minute of talk.
fn minute() -> Vec<Frame> {
    let once = speech();
    once.iter().cycle().take(3_000).copied().collect()
}

fn through(network: Network) -> Outcome {
    run(&network, &encode(Settings::default(), &minute()))
}

fn jitter(millis: u64) -> Network {
    Network {
        jitter: Duration::from_millis(millis),
        ..Network::default()
    }
}

/// Audio is in the order in which it was said: each 10 ms follow the 10 ms before, give or take a
/// period of speech.
fn is_in_order(outcome: &Outcome) -> bool {
    let received = || {
        outcome
            .pulls
            .iter()
            .filter_map(|pull| Some((pull.at, pull.media?)))
    };
    received().zip(received().skip(1)).all(|(a, b)| {
        let (heard, said) = (b.0 - a.0, b.1 - a.1);
        said > -0.0051 && said < heard + 0.120
    })
}

#[test]
fn a_good_network_adds_little_delay_and_changes_nothing() {
    let outcome = through(Network::default());
    assert!(received(&outcome, 1.0));
    assert!(is_in_order(&outcome));
    let score = score(&outcome, 0.0, &minute());
    assert!(score.delay_95 < 45.0, "{score:?}");
    assert!(score.cut + score.repeated < 0.1, "{score:?}");
    assert!(score.distance < 2.0, "{score:?}");
}

#[test]
fn there_is_no_gap_once_the_delay_has_adapted_to_jitter() {
    for millis in [30, 60] {
        for overtakes in [false, true] {
            let outcome = through(Network {
                overtakes,
                ..jitter(millis)
            });
            assert!(received(&outcome, 6.0), "{millis} ms");
            assert!(is_in_order(&outcome));
        }
    }
}

#[test]
fn the_delay_is_that_of_the_jitter_and_little_more() {
    for millis in [30, 60, 100, 200] {
        let outcome = through(jitter(millis));
        let score = score(&outcome, 0.0, &minute());
        let most = millis as f64 * 1.5 + 50.0;
        assert!(score.delay_95 < most, "{millis} ms: {score:?}");
        assert!(score.concealed < 0.5, "{millis} ms: {score:?}");
        assert!(is_in_order(&outcome));
    }
}

#[test]
fn without_fec_what_is_lost_is_concealed_and_nothing_else() {
    let packets = encode(
        Settings {
            fec: false,
            ..Settings::default()
        },
        &minute(),
    );
    for percent in [1, 5, 10, 20] {
        let loss = Loss::Random(f64::from(percent) / 100.0);
        let network = Network {
            loss,
            ..Network::default()
        };
        let outcome = run(&network, &packets);
        let score = score(&outcome, 0.0, &minute());
        let lost = 100.0 * outcome.lost as f64 / outcome.sent as f64;
        assert!(
            (score.concealed - lost).abs() < 0.3 + lost * 0.05,
            "{lost} %: {score:?}"
        );
        assert!(outcome.stats.packets_lost.abs_diff(outcome.lost as u64) <= 3);
        assert!(score.delay_95 < 50.0, "{lost} %: {score:?}");
        assert!(is_in_order(&outcome));
    }
}

#[test]
fn with_fec_only_what_it_does_not_rebuild_is_concealed() {
    for percent in [1, 5, 10, 20] {
        let loss = Loss::Random(f64::from(percent) / 100.0);
        let outcome = through(Network {
            loss,
            ..Network::default()
        });
        let score = score(&outcome, 0.0, &minute());
        let left = outcome.lost as f64 - outcome.stats.frames_recovered as f64;
        let left = 100.0 * left / outcome.sent as f64;
        assert!((score.concealed - left).abs() < 0.5, "{left} %: {score:?}");
        assert!(score.recovered > 55.0, "{percent} %: {score:?}");
        assert!(score.delay_95 < 60.0, "{percent} %: {score:?}");
        assert!(is_in_order(&outcome));
    }
}

#[test]
fn fec_makes_loss_sound_better() {
    let minute = minute();
    let network = Network {
        loss: Loss::Random(0.1),
        ..Network::default()
    };
    let of = |fec: bool| {
        let settings = Settings {
            fec,
            ..Settings::default()
        };
        score(&run(&network, &encode(settings, &minute)), 0.0, &minute).distance
    };
    let (with, without) = (of(true), of(false));
    assert!(with < without - 0.4, "{with} dB with, {without} dB without");
}

#[test]
fn doubled_packets_change_nothing() {
    let outcome = through(Network {
        duplicated: 0.2,
        ..Network::default()
    });
    assert!(received(&outcome, 1.0));
    assert!((400..800).contains(&outcome.stats.packets_duplicated));
    assert_eq!(outcome.stats.packets_discarded, 0);
    let score = score(&outcome, 0.0, &minute());
    assert!(score.delay_95 < 45.0, "{score:?}");
}

#[test]
fn packets_that_are_often_out_of_order_are_waited_for() {
    let outcome = through(Network {
        reordered: 0.05,
        ..Network::default()
    });
    let late = outcome.pulls.iter().filter(|pull| pull.at > 10.0);
    let concealed = late.filter(|pull| pull.audio == Audio::Concealed).count();
    assert!(concealed <= 10, "{concealed}");
    assert!(is_in_order(&outcome));
}

#[test]
fn what_a_stall_holds_up_is_heard_and_then_caught_up_with() {
    let packets = encode(Settings::default(), &minute());
    let network = Network::default();
    let mut arrivals = network.carry(packets.iter().map(Option::is_some));
    for arrival in &mut arrivals {
        if (20.0..20.4).contains(&arrival.at) {
            arrival.at = 20.4;
        }
    }
    let payload =
        |arrival: &crate::support::network::Arrival| packets[arrival.frame].as_deref().unwrap();
    let mut pulls = Vec::new();
    let stats = drive(&arrivals, payload, 59.0, |pull| pulls.push(pull));
    assert_eq!(stats.packets_discarded, 0);
    assert_eq!(stats.packets_lost, 0);
    let delay = |from: f64, to: f64| {
        let range = pulls.iter().filter(|p| (from..to).contains(&p.at));
        range.filter_map(|p| p.delay(0.0)).fold(0.0, f64::max)
    };
    assert!(delay(20.4, 21.0) > 0.3);
    assert!(delay(28.0, 29.0) < 0.15, "{}", delay(28.0, 29.0));
    let concealed = stats.concealed_samples - stats.silent_concealed_samples;
    assert!(concealed < 24_000 / 2, "{concealed}");
}

#[test]
fn a_clock_that_drifts_for_an_hour_leaves_the_delay_flat_and_no_gap() {
    let packets = encode(Settings::default(), &speech());
    for drift in [200.0, -200.0] {
        let network = Network {
            drift,
            jitter: Duration::from_millis(20),
            ..Network::default()
        };
        let arrivals = network.carry(std::iter::repeat_n(true, 180_000));
        let payload = |arrival: &crate::support::network::Arrival| {
            packets[arrival.frame % packets.len()].as_deref().unwrap()
        };
        let mut minutes = vec![(f64::MAX, 0.0_f64); 60];
        let stats = drive(&arrivals, payload, 3_599.0, |pull| {
            if pull.at < 5.0 {
                return;
            }
            assert_eq!(pull.audio, Audio::Received, "at {} s", pull.at);
            if let Some(delay) = pull.delay(drift) {
                let minute = &mut minutes[(pull.at / 60.0) as usize];
                *minute = (minute.0.min(delay), minute.1.max(delay));
            }
        });
        for (least, most) in minutes {
            assert!(least > 0.010 && most < 0.090, "{least} to {most} s");
        }
        let stretched = if drift > 0.0 {
            stats.removed_samples_for_acceleration
        } else {
            stats.inserted_samples_for_deceleration
        };
        // 200 millionths of an hour are 0.72 s.
        assert!((14_000..30_000).contains(&stretched), "{stretched}");
    }
}
