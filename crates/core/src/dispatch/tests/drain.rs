//! Draining a worker.

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
fn an_idle_worker_finishes_immediately() {
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
fn while_draining_calls_continue_and_new_jobs_are_refused() {
    let mut bench = Bench::registered(3);
    bench.call("AJ_1");
    assert!(bench.offer("AJ_2"), "accepted before the drain");
    let actions = bench.on(Event::Drain);
    assert!(facts(&actions).contains(&&Fact::Draining { jobs: 1 }));
    assert!(actions.contains(&Action::Drain));
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
fn an_unassigned_reservation_does_not_delay_the_drain_for_long() {
    let mut bench = Bench::registered(3);
    assert!(bench.offer("AJ_1"));
    bench.on(Event::Drain);
    assert_eq!(
        bench.pass(8 * SECOND).last(),
        Some(&Action::Finish { cut: 0 })
    );
}

#[test]
fn calls_say_goodbye_at_the_end_of_the_drain_time() {
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
fn a_goodbye_that_takes_too_long_is_cut_off() {
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
    assert!(!bench.dispatch.is_immediate());
}

#[test]
fn a_job_that_is_assigned_after_the_drain_time_is_not_started() {
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
fn without_a_drain_time_or_goodbye_calls_stop_immediately() {
    let mut bench = Bench::of(Settings {
        drain_within: Duration::ZERO,
        says_goodbye: false,
        ..Settings::default()
    });
    bench.call("AJ_1");
    bench.on(Event::Drain);
    let stop = Action::Stop("AJ_1".into(), StopReason::WithoutGoodbye);
    assert_eq!(bench.pass(Duration::ZERO), [stop]);
}

#[test]
fn a_second_drain_during_the_goodbyes_finishes_immediately() {
    let mut bench = Bench::registered(3);
    bench.call("AJ_1");
    bench.on(Event::Drain);
    bench.pass(HOUR);
    assert!(!bench.dispatch.is_immediate());
    assert_eq!(
        bench.on(Event::Drain),
        [Action::Disconnect, Action::Finish { cut: 1 }]
    );
    assert!(bench.dispatch.is_immediate());
}

#[test]
fn a_second_drain_finishes_immediately() {
    let mut bench = Bench::registered(3);
    bench.call("AJ_1");
    bench.on(Event::Drain);
    assert_eq!(
        bench.on(Event::Drain),
        [Action::Disconnect, Action::Finish { cut: 1 }]
    );
}

#[test]
fn draining_works_without_a_server() {
    let mut bench = Bench::new(Settings::default());
    bench.actions();
    bench.on(Event::Lost("refused".to_owned()));
    assert_eq!(
        bench.on(Event::Drain).last(),
        Some(&Action::Finish { cut: 0 })
    );
}
