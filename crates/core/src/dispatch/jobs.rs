//! Jobs, from the offer to the end of the call.

use std::collections::HashMap;

use super::slots::Stage;
use super::{
    Action, Answer, Assignment, Command, Dispatch, Fact, Job, JobResult, JobStatus, JobType, Phase,
    Refusal, StopReason,
};
use crate::conversation::{AgentState, SecondAgent};
use crate::ids::{Identity, JobId};

/// Participant attribute that contains the name of the agent.
pub const NAME_ATTRIBUTE: &str = "lk.agent.name";

impl Dispatch {
    /// Answers an offer immediately. A job that the worker already has, or has accepted, is
    /// accepted again.
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
            self.cx.observe(Fact::OfferRefused {
                room: job.room.clone(),
                dispatch: job.dispatch_id.clone(),
            });
        }
        self.report();
    }

    /// Whether the job would put a second agent into a room that needs only one.
    fn is_there(&self, job: &Job) -> bool {
        let is_one_enough =
            job.job_type == JobType::Room && self.second_agent == SecondAgent::Refuse;
        is_one_enough && self.slots.is_in(&job.room)
    }

    /// Accepts a job. The identity contains the job ID, so that two agents in one room do not
    /// disconnect each other.
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

    /// Starts an assigned job, even if its reservation has expired, as long as a slot is free: the
    /// server relies on this worker and asks no other.
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
        let failed = JobResult::Failed("the worker has no free slot left".to_owned());
        self.report_status(job, JobStatus::Ended(failed));
    }

    /// Handles a termination by the server: a reservation is dropped, a call is stopped. A call
    /// that has just moved continues: the server terminated it only because it saw the agent leave.
    pub(super) fn terminated(&mut self, job: &JobId) {
        if self.slots.take_moved(self.cx.now, job) {
            self.cx.observe(Fact::TerminationIgnored(job.clone()));
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

    /// Sends the status before the agent leaves the room: if the agent left first, the server would
    /// count the job as failed.
    pub(super) fn ended(&mut self, job: JobId, result: JobResult) {
        if matches!(self.slots.stage(&job), None | Some(Stage::Reserved(_))) {
            return;
        }
        self.slots.free(&job);
        self.load.call_changed();
        self.report_status(job.clone(), JobStatus::Ended(result));
        self.cx.act(Action::Release(job));
        self.report();
    }

    pub(super) fn report_status(&mut self, job: JobId, status: JobStatus) {
        if self.connection.is_registered() {
            self.cx.send(Command::Job(job, status));
        } else {
            self.unsent_statuses.retain(|(other, _)| *other != job);
            self.unsent_statuses.push_back((job, status));
        }
    }
}
