//! A bench for [`Dispatch`] with a simulated clock and a simulated server.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::conversation::tests::epoch;
use crate::dispatch::slots::Slots;
use crate::dispatch::{
    Action, Answer, Assignment, Command, Dispatch, Event, Fact, Job, JobResult, JobStatus, JobType,
    Sample, ServerEvent, Settings, Status,
};
use crate::ids::JobId;
use crate::secret::Secret;

pub(in crate::dispatch) const SECOND: Duration = Duration::from_secs(1);

pub(super) struct Bench {
    pub(super) now: Instant,
    pub(super) dispatch: Dispatch,
}

impl Bench {
    /// A worker that has just been started.
    pub(super) fn new(settings: Settings) -> Self {
        let now = epoch();
        Self {
            now,
            dispatch: Dispatch::new(now, settings, 7),
        }
    }

    /// A registered worker with `slots` slots.
    pub(super) fn registered(slots: usize) -> Self {
        Self::of(Settings {
            agent_name: "clerk".to_owned(),
            participant_name: "Parlor".to_owned(),
            slots,
            ..Settings::default()
        })
    }

    /// A registered worker with `settings`.
    pub(super) fn of(settings: Settings) -> Self {
        let mut bench = Self::new(settings);
        assert_eq!(bench.actions(), [Action::Connect]);
        bench.register();
        bench
    }

    /// Opens the WebSocket and registers. Returns the commands that the worker sends after that.
    pub(super) fn register(&mut self) -> Vec<Command> {
        let hello = sent(&self.on(Event::Opened));
        assert!(
            matches!(hello.as_slice(), [Command::Register(_)]),
            "{hello:?}"
        );
        let worker_id = "AW_1".to_owned();
        sent(&self.server(ServerEvent::Registered { worker_id }))
    }

    pub(super) fn actions(&mut self) -> Vec<Action> {
        std::iter::from_fn(|| self.dispatch.poll_action()).collect()
    }

    pub(super) fn on(&mut self, event: Event) -> Vec<Action> {
        self.dispatch.handle(self.now, event);
        self.actions()
    }

    pub(super) fn server(&mut self, event: ServerEvent) -> Vec<Action> {
        self.on(Event::Server(event))
    }

    /// Advances the clock by `time`, handling each timeout when it is due.
    pub(super) fn pass(&mut self, time: Duration) -> Vec<Action> {
        let end = self.now + time;
        let mut actions = Vec::new();
        while let Some(at) = self.dispatch.poll_timeout().filter(|at| *at <= end) {
            self.now = at;
            self.dispatch.handle_timeout(at);
            actions.extend(self.actions());
        }
        self.now = end;
        actions
    }

    /// Reports this load of the machine twice a second for `time`.
    pub(super) fn machine(&mut self, load: f32, time: Duration) -> Vec<Action> {
        let end = self.now + time;
        let mut actions = Vec::new();
        while self.now < end {
            actions.extend(self.pass(SECOND / 2));
            actions.extend(self.on(Event::Load(machine(load))));
        }
        actions
    }

    /// Offers the job `id`. Returns whether the worker accepted it.
    pub(super) fn offer(&mut self, id: &str) -> bool {
        let commands = sent(&self.server(ServerEvent::Offer(job(id))));
        match commands.as_slice() {
            [Command::Answer(Answer::Accept { .. }), ..] => true,
            [Command::Answer(Answer::Refuse { .. }), ..] => false,
            other => panic!("{other:?}"),
        }
    }

    pub(super) fn assign(&mut self, id: &str) -> Vec<Action> {
        self.server(ServerEvent::Assigned(assignment(id)))
    }

    /// Brings up a call whose agent is in its room.
    pub(super) fn call(&mut self, id: &str) {
        assert!(self.offer(id));
        assert!(self.assign(id).contains(&Action::Start(assignment(id))));
        let running = self.on(Event::Running(id.into()));
        assert!(sent(&running).contains(&Command::Job(id.into(), JobStatus::Running)));
    }

    pub(super) fn end(&mut self, id: &str) -> Vec<Action> {
        self.on(Event::Ended(id.into(), JobResult::Success))
    }
}

/// A sample of the whole machine, without the worker's share.
pub(in crate::dispatch) fn machine(load: f32) -> Sample {
    Sample {
        machine: load,
        own: None,
    }
}

/// `limit` slots, some of which are taken by running calls or reserved.
pub(in crate::dispatch) fn slots(running: usize, reserved: usize, limit: usize) -> Slots {
    let mut slots = Slots::new(limit);
    for number in 0..running + reserved {
        let job = job(&format!("AJ_{number}"));
        assert!(slots.reserve(epoch(), &job));
        if number < running {
            assert!(slots.start(&job) && slots.run(&job.id));
        }
    }
    slots
}

pub(in crate::dispatch) fn job(id: &str) -> Job {
    Job {
        id: JobId::from(id),
        job_type: JobType::Room,
        room: format!("room of {id}"),
        participant: None,
        dispatch_id: "AD_1".to_owned(),
        metadata: String::new().into(),
        attributes: HashMap::new(),
        resuming: false,
    }
}

pub(super) fn assignment(id: &str) -> Assignment {
    Assignment {
        job: job(id),
        url: None,
        token: Secret::new("token"),
    }
}

/// The commands that `actions` send to the server.
pub(super) fn sent(actions: &[Action]) -> Vec<Command> {
    let command = |action: &Action| match action {
        Action::Send(command) => Some(command.clone()),
        _ => None,
    };
    actions.iter().filter_map(command).collect()
}

pub(super) fn statuses(actions: &[Action]) -> Vec<Status> {
    let status = |command| match command {
        Command::Status(status) => Some(status),
        _ => None,
    };
    sent(actions).into_iter().filter_map(status).collect()
}

pub(super) fn facts(actions: &[Action]) -> Vec<&Fact> {
    let mut facts = Vec::new();
    for action in actions {
        if let Action::Observe(fact) = action {
            facts.push(fact);
        }
    }
    facts
}

/// The position of `action` in `actions`.
pub(super) fn place(actions: &[Action], action: &Action) -> usize {
    let place = actions.iter().position(|it| it == action);
    place.unwrap_or_else(|| panic!("{action:?} is not in {actions:?}"))
}

pub(super) fn ended(id: &str) -> Command {
    Command::Job(id.into(), JobStatus::Ended(JobResult::Success))
}
