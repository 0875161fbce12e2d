//! The connection to the server.

use std::time::Duration;

use super::harness::{Bench, SECOND, ended, facts, machine, sent, statuses};
use crate::dispatch::connection::{CONNECT_WITHIN, REGISTER_WITHIN};
use crate::dispatch::{Action, Command, Event, Fact, ServerEvent, Settings};

#[test]
fn nothing_is_sent_before_the_registration_is_answered() {
    let mut bench = Bench::new(Settings::default());
    assert_eq!(bench.actions(), [Action::Connect]);
    assert_eq!(bench.on(Event::Load(machine(0.3))), []);
    let hello = bench.on(Event::Opened);
    let settings = Box::new(Settings::default());
    assert_eq!(hello, [Action::Send(Command::Register(settings))]);
    assert_eq!(
        bench.pass(9 * SECOND),
        [],
        "nothing is sent before the answer"
    );
    assert!(!bench.dispatch.is_ready());
    let worker_id = "AW_1".to_owned();
    let after = bench.server(ServerEvent::Registered { worker_id });
    assert!(
        matches!(sent(&after).as_slice(), [Command::Status(_)]),
        "{after:?}"
    );
    assert!(bench.dispatch.is_ready());
}

#[test]
fn status_reports_are_periodic_and_numbered() {
    let mut bench = Bench::registered(4);
    bench.on(Event::Load(machine(0.35)));
    let reports = statuses(&bench.pass(10 * SECOND));
    let counts: Vec<_> = reports.iter().map(|status| status.seq).collect();
    assert_eq!(
        counts,
        [2, 3, 4, 5],
        "the first report was sent immediately"
    );
    for status in reports {
        assert!(!status.full && !status.draining && status.jobs == 0);
        assert!((status.load - 0.345).abs() < 1e-3, "{status:?}");
    }
}

#[test]
fn a_server_that_does_not_answer_is_disconnected() {
    for opened in [false, true] {
        let mut bench = Bench::new(Settings::default());
        bench.actions();
        let within = if opened {
            REGISTER_WITHIN
        } else {
            CONNECT_WITHIN
        };
        if opened {
            bench.on(Event::Opened);
        }
        let actions = bench.pass(within);
        assert_eq!(actions[0], Action::Disconnect);
        assert!(matches!(facts(&actions)[0], Fact::Lost { attempt: 1, .. }));
        assert!(bench.pass(SECOND).contains(&Action::Connect));
    }
}

/// Delay between a loss of the connection and the next attempt.
fn wait_after_loss(bench: &mut Bench) -> Duration {
    let lost = bench.on(Event::Lost("refused".to_owned()));
    let Fact::Lost { retry_in, .. } = facts(&lost)[0] else {
        panic!("{lost:?}");
    };
    let retry_in = *retry_in;
    assert!(bench.pass(retry_in).contains(&Action::Connect));
    retry_in
}

#[test]
fn retries_back_off_without_limit_until_a_registration() {
    let mut bench = Bench::registered(4);
    let first = wait_after_loss(&mut bench);
    assert!(first <= SECOND / 2);
    // A server that accepts the connection and closes it counts as a failed attempt.
    bench.on(Event::Opened);
    let second = wait_after_loss(&mut bench);
    assert!(second > first);
    for _ in 0..1_000 {
        let wait = wait_after_loss(&mut bench);
        assert!(wait <= 10 * SECOND, "{wait:?}");
    }
    bench.register();
    assert_eq!(wait_after_loss(&mut bench), first);
}

/// Refuses the API key, and makes the next attempt if there is one. Returns whether the worker has
/// finished.
fn is_over_after_refusal(bench: &mut Bench) -> bool {
    let actions = bench.on(Event::Refused("HTTP 401".to_owned()));
    bench.pass(10 * SECOND);
    actions.contains(&Action::Finish { cut: 0 })
}

#[test]
fn a_worker_whose_first_registrations_are_refused_gives_up() {
    let mut bench = Bench::new(Settings::default());
    bench.actions();
    let ended: Vec<_> = (0..3).map(|_| is_over_after_refusal(&mut bench)).collect();
    assert_eq!(ended, [false, false, true]);
    assert_eq!(bench.dispatch.refusal_of_key(), Some("HTTP 401"));
    assert!(!bench.dispatch.is_ready());
}

#[test]
fn only_refusals_in_a_row_count() {
    let mut bench = Bench::new(Settings::default());
    bench.actions();
    for _ in 0..5 {
        assert!(!is_over_after_refusal(&mut bench));
        assert!(!is_over_after_refusal(&mut bench));
        wait_after_loss(&mut bench);
    }
    assert_eq!(bench.dispatch.refusal_of_key(), None);
}

#[test]
fn a_worker_that_was_registered_retries_however_often_it_is_refused() {
    let mut bench = Bench::registered(4);
    for _ in 0..20 {
        assert!(!is_over_after_refusal(&mut bench));
    }
    bench.register();
    assert!(bench.dispatch.is_ready());
}

#[test]
fn two_workers_do_not_reconnect_together() {
    let waits: Vec<_> = [1, 2]
        .into_iter()
        .map(|seed| {
            let mut bench = Bench::new(Settings::default());
            bench.dispatch = crate::dispatch::Dispatch::new(bench.now, Settings::default(), seed);
            bench.actions();
            wait_after_loss(&mut bench)
        })
        .collect();
    assert_ne!(waits[0], waits[1]);
}

#[test]
fn calls_survive_a_lost_connection_and_their_ends_are_reported_later() {
    let mut bench = Bench::registered(4);
    bench.call("AJ_1");
    bench.call("AJ_2");
    let lost = bench.on(Event::Lost("reset".to_owned()));
    assert!(
        !lost.iter().any(|it| matches!(it, Action::Stop(..))),
        "{lost:?}"
    );
    let end = bench.end("AJ_1");
    assert_eq!(sent(&end), []);
    assert!(end.contains(&Action::Release("AJ_1".into())));
    bench.pass(SECOND);
    let sent = bench.register();
    assert_eq!(sent[0], Command::Migrate(vec!["AJ_2".into()]));
    assert!(matches!(sent[1], Command::Status(status) if status.jobs == 1 && status.seq == 1));
    assert_eq!(sent[2..], [ended("AJ_1")]);
}

#[test]
fn reconnecting_after_go_away_does_not_back_off() {
    let mut bench = Bench::registered(4);
    bench.call("AJ_1");
    let reason = "drain".to_owned();
    let actions = bench.server(ServerEvent::GoAway { reason });
    assert!(actions.contains(&Action::Disconnect));
    assert!(bench.pass(SECOND / 2).contains(&Action::Connect));
    assert_eq!(bench.register()[0], Command::Migrate(vec!["AJ_1".into()]));
}

#[test]
fn a_second_registration_is_ignored() {
    let mut bench = Bench::registered(4);
    let worker_id = "AW_2".to_owned();
    assert_eq!(bench.server(ServerEvent::Registered { worker_id }), []);
    assert_eq!(bench.server(ServerEvent::Other), []);
}
