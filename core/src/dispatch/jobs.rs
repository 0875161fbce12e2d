//! Calls, from the offer to the end.

use std::collections::HashMap;

use super::slots::Stage;
use super::{
    Action, Answer, Assignment, Command, Dispatch, Fact, Job, JobResult, JobStatus, JobType, Phase,
    Refusal, StopReason,
};
use crate::conversation::{AgentState, SecondAgent};
use crate::ids::{Identity, JobId};

/// The attribute that says in a room what the agent is called.
pub const NAME_ATTRIBUTE: &str = "lk.agent.name";

impl Dispatch {
    /// Answers at once. Who makes the call already, or was promised it, says yes again.
    pub(super) fn offered(&mut self, job: &Job) {
        let refusal = if self.slots.stage(&job.id).is_some() {
            None
        } else if self.is_there(job) {
            Some(Refusal::AlreadyThere)
        } else {
            self.refusal()
        };
        let answer = match refusal {
            None => {
                self.slots.reserve(self.cx.now, job);
                self.accept(job)
            }
            Some(refusal) => Answer::Refuse {
                job: job.id.clone(),
                for_all: refusal == Refusal::AlreadyThere,
            },
        };
        self.cx.send(Command::Answer(answer));
        let answered = refusal.map_or(Ok(()), Err);
        if answered.is_err() {
            self.note_capacity();
        }
        self.cx.observe(Fact::Answered(job.id.clone(), answered));
        if matches!(refusal, Some(Refusal::NoSlot | Refusal::Load)) {
            self.cx.observe(Fact::TurnedAway {
                room: job.room.clone(),
                dispatch: job.dispatch_id.clone(),
            });
        }
        self.report();
    }

    /// Whether the call would bring a second agent where one is enough.
    fn is_there(&self, job: &Job) -> bool {
        let is_one_enough =
            job.job_type == JobType::Room && self.second_agent == SecondAgent::Refuse;
        is_one_enough && self.slots.is_in(&job.room)
    }

    /// The identity holds the job's name: two jobs in one room must not throw each other out.
    fn accept(&self, job: &Job) -> Answer {
        let attributes = [
            (NAME_ATTRIBUTE, self.agent_name.as_str()),
            (AgentState::ATTRIBUTE, AgentState::Initializing.as_str()),
        ];
        Answer::Accept {
            job: job.id.clone(),
            identity: Identity::from(format!("agent-{}", job.id)),
            name: self.participant_name.clone(),
            attributes: HashMap::from(
                attributes.map(|(key, value)| (key.to_owned(), value.to_owned())),
            ),
        }
    }

    /// An assignment counts even when its promise was forgotten, as long as there is a slot: the
    /// server counts on us and asks nobody else.
    pub(super) fn assigned(&mut self, assignment: Assignment) {
        let job = assignment.job.id.clone();
        match self.slots.stage(&job) {
            Some(Stage::Starting | Stage::Running) => {}
            _ if self.phase != Phase::Open && self.slots.stage(&job).is_none() => {
                self.refuse_assigned(job);
            }
            _ if self.slots.start(&assignment.job) => {
                self.cx.act(Action::Start(assignment));
                self.report();
            }
            _ => self.refuse_assigned(job),
        }
    }

    fn refuse_assigned(&mut self, job: JobId) {
        let failed = JobResult::Failed("the worker has no slot any more".to_owned());
        self.tell(job, JobStatus::Ended(failed));
    }

    /// The server has ended a call: a promise is void, a call says goodbye. One that has just
    /// moved goes on: the server ends it because its agent seemed to leave.
    pub(super) fn terminated(&mut self, job: &JobId) {
        if self.slots.take_moved(self.cx.now, job) {
            self.cx.observe(Fact::Kept(job.clone()));
            return;
        }
        match self.slots.stage(job) {
            Some(Stage::Reserved(_)) => {
                self.slots.free(job);
                self.cx.observe(Fact::NotAssigned(job.clone()));
                self.report();
            }
            Some(Stage::Starting | Stage::Running) => {
                let stop = Action::Stop(job.clone(), StopReason::Terminated);
                self.cx.act(stop);
            }
            None => {}
        }
    }

    /// The status is told before the room is left: a worker that just leaves has failed.
    pub(super) fn ended(&mut self, job: JobId, result: JobResult) {
        if matches!(self.slots.stage(&job), None | Some(Stage::Reserved(_))) {
            return;
        }
        self.slots.free(&job);
        self.load.call_changed();
        self.tell(job.clone(), JobStatus::Ended(result));
        self.cx.act(Action::Release(job));
        self.report();
    }

    pub(super) fn tell(&mut self, job: JobId, status: JobStatus) {
        if self.link.is_registered() {
            self.cx.send(Command::Job(job, status));
        } else {
            self.untold.retain(|(told, _)| *told != job);
            self.untold.push_back((job, status));
        }
    }
}
