//! The end of a worker.

use std::time::Duration;

use super::harness::{Bench, SECOND, assignment, ended, facts, job, sent, statuses};
use crate::dispatch::{
    Action, CALLS_END_WITHIN, Event, Fact, Refusal, ServerEvent, Settings, StopReason,
};

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

fn is_stop(action: &Action) -> bool {
    matches!(action, Action::Stop(_, StopReason::Drained))
}

const HOUR: Duration = Duration::from_secs(3600);

#[test]
fn an_idle_worker_ends_at_once() {
    let mut bench = Bench::registered(2);
    let actions = bench.on(Event::Drain);
    let status = statuses(&actions)[0];
    assert!(status.full && status.draining, "{status:?}");
    assert_eq!(
        actions[actions.len() - 2..],
        [Action::Disconnect, Action::Finish { cut: 0 }]
    );
    assert_eq!(bench.dispatch.poll_timeout(), None);
    assert_eq!(bench.on(Event::Opened), []);
}

#[test]
fn running_calls_go_on_and_nothing_new_comes() {
    let mut bench = Bench::registered(3);
    bench.call("AJ_1");
    assert!(bench.offer("AJ_2"), "promised before the end was asked for");
    let actions = bench.on(Event::Drain);
    assert!(facts(&actions).contains(&&Fact::Draining { jobs: 1 }));
    assert!(
        !actions
            .iter()
            .any(|it| matches!(it, Action::Stop(..) | Action::Finish { .. }))
    );
    let refused = bench.server(ServerEvent::Offer(job("AJ_3")));
    let why = Fact::Answered("AJ_3".into(), Err(Refusal::Draining));
    assert!(facts(&refused).contains(&&why));
    assert!(
        bench
            .assign("AJ_2")
            .contains(&Action::Start(assignment("AJ_2")))
    );
    assert!(
        statuses(&bench.pass(SECOND * 600))
            .iter()
            .all(|it| it.full && it.draining)
    );
    assert_eq!(sent(&bench.end("AJ_1"))[0], ended("AJ_1"));
    let last = bench.end("AJ_2");
    assert_eq!(last.last(), Some(&Action::Finish { cut: 0 }));
}

#[test]
fn a_promise_nobody_keeps_does_not_hold_the_end_back_for_long() {
    let mut bench = Bench::registered(3);
    assert!(bench.offer("AJ_1"));
    bench.on(Event::Drain);
    assert_eq!(
        bench.pass(8 * SECOND).last(),
        Some(&Action::Finish { cut: 0 })
    );
}

#[test]
fn calls_that_go_on_for_too_long_say_goodbye() {
    let mut bench = Bench::registered(3);
    bench.call("AJ_1");
    bench.call("AJ_2");
    bench.on(Event::Drain);
    let actions = bench.pass(HOUR);
    for id in ["AJ_1", "AJ_2"] {
        assert!(actions.contains(&Action::Stop(id.into(), StopReason::Drained)));
    }
    assert_eq!(sent(&bench.end("AJ_1"))[0], ended("AJ_1"));
    assert_eq!(bench.end("AJ_2").last(), Some(&Action::Finish { cut: 2 }));
}

#[test]
fn a_goodbye_that_takes_too_long_is_cut() {
    let mut bench = Bench::registered(3);
    bench.call("AJ_1");
    bench.on(Event::Drain);
    bench.pass(HOUR);
    assert_eq!(
        bench.pass(CALLS_END_WITHIN).last(),
        Some(&Action::Finish { cut: 1 })
    );
    assert_eq!(bench.end("AJ_1"), []);
}

#[test]
fn a_drain_time_of_3_s_ends_every_call_and_waits_for_each() {
    let mut bench = Bench::of(Settings {
        slots: 20,
        drain_within: 3 * SECOND,
        ..Settings::default()
    });
    let ids: Vec<_> = (0..20).map(|nth| format!("AJ_{nth}")).collect();
    for id in &ids {
        bench.call(id);
    }
    bench.on(Event::Drain);
    assert!(!bench.pass(3 * SECOND - ms(1)).iter().any(is_stop));
    let actions = bench.pass(ms(1));
    assert_eq!(actions.iter().filter(|it| is_stop(it)).count(), 20);
    bench.pass(CALLS_END_WITHIN - ms(1));
    let mut last = Vec::new();
    for id in &ids {
        last = bench.end(id);
        assert_eq!(sent(&last)[0], ended(id));
    }
    assert_eq!(last.last(), Some(&Action::Finish { cut: 20 }));
    assert!(!bench.dispatch.is_hasty());
}

#[test]
fn a_call_that_is_assigned_after_the_drain_time_does_not_begin() {
    let mut bench = Bench::of(Settings {
        slots: 2,
        drain_within: 3 * SECOND,
        ..Settings::default()
    });
    bench.call("AJ_1");
    assert!(bench.offer("AJ_2"));
    bench.on(Event::Drain);
    bench.pass(3 * SECOND);
    let actions = bench.assign("AJ_2");
    assert!(!actions.iter().any(|it| matches!(it, Action::Start(_))));
    assert_eq!(sent(&actions).len(), 1, "the server is told");
    assert_eq!(bench.end("AJ_1").last(), Some(&Action::Finish { cut: 1 }));
}

#[test]
fn a_laptop_says_no_goodbye() {
    let mut bench = Bench::of(Settings {
        drain_within: Duration::ZERO,
        says_goodbye: false,
        ..Settings::default()
    });
    bench.call("AJ_1");
    bench.on(Event::Drain);
    let stop = Action::Stop("AJ_1".into(), StopReason::AtOnce);
    assert_eq!(bench.pass(Duration::ZERO), [stop]);
}

#[test]
fn asked_again_while_calls_say_goodbye_it_ends_now() {
    let mut bench = Bench::registered(3);
    bench.call("AJ_1");
    bench.on(Event::Drain);
    bench.pass(HOUR);
    assert!(!bench.dispatch.is_hasty());
    assert_eq!(
        bench.on(Event::Drain),
        [Action::Disconnect, Action::Finish { cut: 1 }]
    );
    assert!(bench.dispatch.is_hasty());
}

#[test]
fn asked_twice_it_ends_now() {
    let mut bench = Bench::registered(3);
    bench.call("AJ_1");
    bench.on(Event::Drain);
    assert_eq!(
        bench.on(Event::Drain),
        [Action::Disconnect, Action::Finish { cut: 1 }]
    );
}

#[test]
fn without_a_server_it_ends_all_the_same() {
    let mut bench = Bench::new(Settings::default());
    bench.actions();
    bench.on(Event::Lost("refused".to_owned()));
    assert_eq!(
        bench.on(Event::Drain).last(),
        Some(&Action::Finish { cut: 0 })
    );
}
