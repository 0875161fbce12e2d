//! A worker with arbitrary behaviour of its server, its calls and its operator.

#![no_main]

use std::collections::HashMap;
use std::time::{Duration, Instant};

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use parlor_core::dispatch::{
    Action, Assignment, Dispatch, Event, Job, JobResult, JobType, Sample, ServerEvent, Settings,
};
use parlor_core::secret::Secret;

#[derive(Debug, Arbitrary)]
struct Script {
    slots: u8,
    seed: u64,
    drain_within: u16,
    steps: Vec<Step>,
}

#[derive(Debug, Arbitrary)]
enum Step {
    Pass(u16),
    Sleep(u16),
    Opened,
    Lost,
    Registered,
    Offer(u8),
    Assigned(u8),
    Terminated(u8),
    GoAway,
    Load(f32, Option<f32>),
    Running(u8),
    Moved(u8),
    Ended(u8, bool),
    Drain,
}

fuzz_target!(|script: Script| {
    let mut now = Instant::now();
    let slots = usize::from(script.slots).max(1);
    let settings = Settings {
        slots,
        drain_within: Duration::from_secs(script.drain_within.into()),
        ..Settings::default()
    };
    let mut dispatch = Dispatch::new(now, settings, script.seed);
    let mut finished = false;
    drain(&mut dispatch, &mut finished);
    for step in script.steps {
        match event(step) {
            Next::Pass(time) => {
                let until = now + time;
                while let Some(at) = dispatch.poll_timeout().filter(|at| *at <= until) {
                    now = now.max(at);
                    dispatch.handle_timeout(now);
                    drain(&mut dispatch, &mut finished);
                }
                now = until;
            }
            Next::Sleep(time) => now += time,
            Next::Tell(event) => {
                dispatch.handle(now, event);
                drain(&mut dispatch, &mut finished);
            }
        }
        assert!(dispatch.calls() <= slots, "more calls than slots");
        let waits = dispatch.poll_timeout().is_some();
        assert!(waits || finished, "waits for ever");
    }
});

/// Takes all actions and checks them, without performing any. `Finish` must be the last one.
fn drain(dispatch: &mut Dispatch, finished: &mut bool) {
    while let Some(action) = dispatch.poll_action() {
        assert!(!*finished, "{action:?} after the end");
        *finished = matches!(action, Action::Finish { .. });
    }
}

enum Next {
    /// Time passes, and each timeout is handled when it is due.
    Pass(Duration),
    /// Time passes without any timeout being handled.
    Sleep(Duration),
    Tell(Event),
}

fn event(step: Step) -> Next {
    let name = |job: u8| format!("AJ_{}", job % 16);
    let id = |job: u8| name(job).into();
    Next::Tell(match step {
        Step::Pass(time) => return Next::Pass(Duration::from_millis(u64::from(time) * 10)),
        Step::Sleep(time) => return Next::Sleep(Duration::from_millis(u64::from(time) * 10)),
        Step::Opened => Event::Opened,
        Step::Lost => Event::Lost("reset".to_owned()),
        Step::Registered => Event::Server(ServerEvent::Registered {
            worker_id: "AW_1".to_owned(),
        }),
        Step::Offer(number) => Event::Server(ServerEvent::Offer(job(name(number)))),
        Step::Assigned(number) => Event::Server(ServerEvent::Assigned(Assignment {
            job: job(name(number)),
            url: None,
            token: Secret::new("token"),
        })),
        Step::Terminated(job) => Event::Server(ServerEvent::Terminated(id(job))),
        Step::GoAway => Event::Server(ServerEvent::GoAway {
            reason: String::new(),
        }),
        Step::Load(machine, own) => Event::Load(Sample { machine, own }),
        Step::Running(job) => Event::Running(id(job)),
        Step::Moved(job) => Event::Moved(id(job)),
        Step::Ended(job, true) => Event::Ended(id(job), JobResult::Success),
        Step::Ended(job, false) => Event::Ended(id(job), JobResult::Failed("broken".to_owned())),
        Step::Drain => Event::Drain,
    })
}

fn job(name: String) -> Job {
    Job {
        id: name.into(),
        job_type: JobType::Room,
        room: "kitchen".to_owned(),
        participant: None,
        dispatch_id: String::new(),
        metadata: String::new().into(),
        attributes: HashMap::new(),
        resuming: false,
    }
}
