//! Offers, reservations and calls.

use super::harness::{
    Bench, SECOND, assignment, ended, facts, job, machine, place, sent, statuses,
};
use crate::conversation::SecondAgent;
use crate::dispatch::slots::{ASSIGNED_WITHIN, MOVED_FOR};
use crate::dispatch::{
    Action, Answer, Command, Event, Fact, Job, JobResult, JobStatus, JobType, Refusal, ServerEvent,
    Settings, StopReason,
};

#[test]
fn an_offer_is_accepted_immediately_with_the_identity_of_the_agent() {
    let mut bench = Bench::registered(2);
    let actions = bench.server(ServerEvent::Offer(job("AJ_1")));
    let Command::Answer(Answer::Accept {
        job,
        identity,
        name,
        attributes,
    }) = &sent(&actions)[0]
    else {
        panic!("{actions:?}");
    };
    assert_eq!(
        (job.as_str(), identity.as_str(), name.as_str()),
        ("AJ_1", "agent-AJ_1", "Parlor")
    );
    assert_eq!(attributes["lk.agent.name"], "clerk");
    assert_eq!(attributes["lk.agent.state"], "initializing");
    assert!(matches!(sent(&actions)[1], Command::Status(_)));
}

#[test]
fn a_slot_is_reserved_for_one_job_only() {
    let mut bench = Bench::registered(2);
    assert!(bench.offer("AJ_1"));
    let second = bench.server(ServerEvent::Offer(job("AJ_2")));
    let [.., last] = statuses(&second)[..] else {
        panic!("{second:?}")
    };
    assert!(last.full && last.load >= 0.7, "{last:?}");
    assert!(facts(&second).contains(&&Fact::Full(true)));
    let third = bench.server(ServerEvent::Offer(job("AJ_3")));
    let refused = Command::Answer(Answer::Refuse {
        job: "AJ_3".into(),
        for_all: false,
    });
    assert_eq!(sent(&third)[0], refused);
    let why = Fact::Answered("AJ_3".into(), Err(Refusal::NoSlot));
    assert!(facts(&third).contains(&&why));
}

#[test]
fn a_reservation_without_an_assignment_expires() {
    let mut bench = Bench::registered(1);
    assert!(bench.offer("AJ_1"));
    assert!(!bench.offer("AJ_2"));
    let actions = bench.pass(ASSIGNED_WITHIN);
    assert!(facts(&actions).contains(&&Fact::NotAssigned("AJ_1".into())));
    assert!(!statuses(&actions).last().unwrap().full);
    assert!(bench.offer("AJ_2"));
    // The server may still assign the job, but its slot is taken.
    let late = bench.assign("AJ_1");
    assert!(matches!(
        &sent(&late)[0],
        Command::Job(_, JobStatus::Ended(JobResult::Failed(_)))
    ));
    assert!(!late.contains(&Action::Start(assignment("AJ_1"))));
}

#[test]
fn a_late_assignment_is_accepted_while_a_slot_is_free() {
    let mut bench = Bench::registered(1);
    assert!(bench.offer("AJ_1"));
    bench.pass(ASSIGNED_WITHIN);
    assert!(
        bench
            .assign("AJ_1")
            .contains(&Action::Start(assignment("AJ_1")))
    );
}

#[test]
fn a_job_offered_or_assigned_twice_is_started_once() {
    let mut bench = Bench::registered(1);
    assert!(bench.offer("AJ_1"));
    assert!(bench.offer("AJ_1"), "the same reservation");
    bench.assign("AJ_1");
    assert_eq!(bench.assign("AJ_1"), []);
    assert!(bench.offer("AJ_1"), "it has been assigned already");
    bench.on(Event::Running("AJ_1".into()));
    assert_eq!(bench.on(Event::Running("AJ_1".into())), []);
    assert_eq!(bench.assign("AJ_1"), []);
    assert_eq!(bench.dispatch.calls(), 1);
}

#[test]
fn the_end_is_reported_before_the_agent_leaves_the_room() {
    let mut bench = Bench::registered(1);
    bench.call("AJ_1");
    let actions = bench.end("AJ_1");
    let sent = place(&actions, &Action::Send(ended("AJ_1")));
    assert!(sent < place(&actions, &Action::Release("AJ_1".into())));
    assert!(!statuses(&actions)[0].full);
    assert_eq!(bench.end("AJ_1"), [], "the end is reported once");
}

#[test]
fn a_call_that_fails_before_it_runs_is_reported_with_its_error() {
    let mut bench = Bench::registered(1);
    assert!(bench.offer("AJ_1"));
    bench.assign("AJ_1");
    let failed = JobResult::Failed("no such room".to_owned());
    let actions = bench.on(Event::Ended("AJ_1".into(), failed.clone()));
    let expected = Command::Job("AJ_1".into(), JobStatus::Ended(failed));
    assert_eq!(sent(&actions)[0], expected);
}

#[test]
fn a_termination_stops_a_call_or_cancels_a_reservation() {
    let mut bench = Bench::registered(4);
    for (id, running) in [("AJ_1", false), ("AJ_2", true)] {
        assert!(bench.offer(id));
        bench.assign(id);
        if running {
            bench.on(Event::Running(id.into()));
        }
        let actions = bench.server(ServerEvent::Terminated(id.into()));
        assert_eq!(actions, [Action::Stop(id.into(), StopReason::Terminated)]);
        assert_eq!(sent(&bench.end(id))[0], ended(id));
    }
    assert!(bench.offer("AJ_3"));
    let actions = bench.server(ServerEvent::Terminated("AJ_3".into()));
    assert!(facts(&actions).contains(&&Fact::NotAssigned("AJ_3".into())));
    assert_eq!(bench.server(ServerEvent::Terminated("AJ_4".into())), []);
}

#[test]
fn a_busy_machine_refuses_offers_and_reports_that_it_is_full() {
    let mut bench = Bench::registered(4);
    let first = bench.on(Event::Load(machine(0.9)));
    assert_eq!(first, [], "one sample is not a sustained load");
    let busy = bench.machine(0.9, 60 * SECOND);
    let turn = place(&busy, &Action::Observe(Fact::Full(true)));
    let [now, ..] = statuses(&busy[turn..])[..] else {
        panic!("{busy:?}")
    };
    assert!(now.full && now.load >= 0.7, "{now:?}");
    let refused = bench.server(ServerEvent::Offer(job("AJ_1")));
    let why = Fact::Answered("AJ_1".into(), Err(Refusal::Load));
    assert!(facts(&refused).contains(&&why));
    let [Fact::Capacity(capacity), ..] = facts(&refused)[..] else {
        panic!("{refused:?}")
    };
    assert_eq!(capacity.full, Some(Refusal::Load));
    assert!(
        capacity.sustained >= 0.7 && capacity.slots == 4,
        "{capacity:?}"
    );
    let idle = bench.machine(0.1, 5 * SECOND);
    let turn = place(&idle, &Action::Observe(Fact::Full(false)));
    assert!(!statuses(&idle[turn..])[0].full);
    assert!(bench.offer("AJ_1"));
    assert_eq!(
        bench.on(Event::Load(machine(0.2))),
        [],
        "nothing has changed"
    );
    assert_eq!(statuses(&bench.pass(3 * SECOND)).len(), 1);
}

#[test]
fn a_call_that_moved_survives_the_termination_caused_by_the_move() {
    let mut bench = Bench::registered(2);
    bench.call("AJ_1");
    let terminated = || ServerEvent::Terminated("AJ_1".into());
    let stop = [Action::Stop("AJ_1".into(), StopReason::Terminated)];
    assert_eq!(bench.on(Event::Moved("AJ_1".into())), []);
    let actions = bench.server(terminated());
    assert_eq!(facts(&actions), [&Fact::TerminationIgnored("AJ_1".into())]);
    assert_eq!(
        bench.server(terminated()),
        stop,
        "the second termination is not caused by the move"
    );

    bench.on(Event::Moved("AJ_1".into()));
    bench.pass(MOVED_FOR);
    assert_eq!(
        bench.server(terminated()),
        stop,
        "too late to be caused by the move"
    );
    assert_eq!(bench.on(Event::Moved("AJ_9".into())), []);
}

#[test]
fn a_second_agent_in_a_room_is_refused() {
    let mut bench = Bench::registered(4);
    bench.call("AJ_1");
    let again = Job {
        room: job("AJ_1").room,
        ..job("AJ_2")
    };
    let offer = |job: &Job| ServerEvent::Offer(job.clone());
    let refused = Command::Answer(Answer::Refuse {
        job: "AJ_2".into(),
        for_all: true,
    });
    assert_eq!(sent(&bench.server(offer(&again)))[0], refused);
    let for_somebody = Job {
        job_type: JobType::Participant,
        ..again.clone()
    };
    let answer = sent(&bench.server(offer(&for_somebody)))[0].clone();
    assert!(
        matches!(answer, Command::Answer(Answer::Accept { .. })),
        "each participant may have an agent"
    );
    bench.server(ServerEvent::Terminated("AJ_2".into()));
    bench.end("AJ_1");
    let answer = sent(&bench.server(offer(&again)))[0].clone();
    assert!(
        matches!(answer, Command::Answer(Answer::Accept { .. })),
        "the first agent has left"
    );
}

#[test]
fn a_second_agent_may_be_configured_to_replace_the_first() {
    let mut bench = Bench::new(Settings {
        second_agent: SecondAgent::Replace,
        ..Settings::default()
    });
    bench.actions();
    bench.register();
    bench.call("AJ_1");
    let again = Job {
        room: job("AJ_1").room,
        ..job("AJ_2")
    };
    let answer = sent(&bench.server(ServerEvent::Offer(again)))[0].clone();
    assert!(matches!(answer, Command::Answer(Answer::Accept { .. })));
}
