//! LiveKit's worker protocol: one Protobuf message in each binary WebSocket frame.
//!
//! The server closes the connection when it receives a message it cannot dispatch, so nothing is
//! sent that an older server does not know. Messages from the server may be newer than this crate:
//! an unknown message becomes [`ServerEvent::Other`], a missing field is empty.

#[cfg(test)]
mod tests;

use bytes::BytesMut;
use livekit_protocol as proto;
use livekit_protocol::server_message::Message as FromServer;
use livekit_protocol::worker_message::Message as ToServer;
use prost::Message as _;

use crate::dispatch::{
    Answer, Assignment, Command, Job, JobResult, JobStatus, JobType, Permissions, ServerEvent,
    Settings, Status,
};
use crate::ids::{Identity, JobId};
use crate::secret::Secret;

/// Why a frame from the server could not be decoded.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// The frame is not a valid Protobuf message of the worker protocol.
    #[error("invalid message from the LiveKit server: {0}")]
    Malformed(#[from] prost::DecodeError),
    /// An offer or an assignment has no job, or its job has no ID.
    #[error("invalid message from the LiveKit server: the job has no ID")]
    NoJob,
}

/// Appends `command` to `out` as one message.
pub fn encode(command: &Command, out: &mut BytesMut) {
    let message = match command {
        Command::Register(settings) => ToServer::Register(register(settings)),
        Command::Answer(answer) => ToServer::Availability(availability(answer)),
        Command::Status(status) => ToServer::UpdateWorker(update_worker(*status)),
        Command::Job(job, status) => ToServer::UpdateJob(update_job(job, status)),
        Command::Migrate(jobs) => ToServer::MigrateJob(proto::MigrateJobRequest {
            job_ids: jobs.iter().map(JobId::to_string).collect(),
        }),
    };
    let message = proto::WorkerMessage {
        message: Some(message),
    };
    message.encode(out).expect("the buffer grows as needed");
}

/// Decodes one binary frame.
///
/// # Errors
/// Returns a [`DecodeError`] if the frame is invalid. Later frames are not affected.
pub fn decode(frame: &[u8]) -> Result<ServerEvent, DecodeError> {
    Ok(match proto::ServerMessage::decode(frame)?.message {
        Some(FromServer::Register(registered)) => ServerEvent::Registered {
            worker_id: registered.worker_id,
        },
        Some(FromServer::Availability(offer)) => {
            let resuming = offer.resuming;
            ServerEvent::Offer(job(offer.job, resuming)?)
        }
        Some(FromServer::Assignment(assignment)) => ServerEvent::Assigned(Assignment {
            job: job(assignment.job, false)?,
            url: assignment.url.filter(|url| !url.is_empty()),
            token: Secret::new(assignment.token),
        }),
        Some(FromServer::Termination(terminated)) => {
            ServerEvent::Terminated(terminated.job_id.into())
        }
        Some(FromServer::GoAway(away)) => ServerEvent::GoAway {
            reason: away.reason,
        },
        Some(FromServer::Pong(_)) | None => ServerEvent::Other,
    })
}

fn register(settings: &Settings) -> proto::RegisterWorkerRequest {
    let job_type = match settings.job_type {
        JobType::Room => proto::JobType::JtRoom,
        JobType::Publisher => proto::JobType::JtPublisher,
        JobType::Participant => proto::JobType::JtParticipant,
    };
    proto::RegisterWorkerRequest {
        r#type: job_type.into(),
        agent_name: settings.agent_name.clone(),
        version: settings.version.clone(),
        allowed_permissions: Some(permissions(settings.permissions)),
        deployment: settings.deployment.clone(),
        ..proto::RegisterWorkerRequest::default()
    }
}

fn permissions(permissions: Permissions) -> proto::ParticipantPermission {
    #[expect(
        deprecated,
        reason = "the server still reads it, as the SDKs of LiveKit send it"
    )]
    proto::ParticipantPermission {
        can_subscribe: permissions.subscribe,
        can_publish: permissions.publish,
        can_publish_data: permissions.publish_data,
        can_update_metadata: permissions.update_metadata,
        hidden: permissions.hidden,
        agent: true,
        ..proto::ParticipantPermission::default()
    }
}

fn availability(answer: &Answer) -> proto::AvailabilityResponse {
    match answer {
        Answer::Accept {
            job,
            identity,
            name,
            attributes,
        } => proto::AvailabilityResponse {
            job_id: job.to_string(),
            available: true,
            participant_identity: identity.to_string(),
            participant_name: name.clone(),
            participant_attributes: attributes.clone(),
            ..proto::AvailabilityResponse::default()
        },
        // Unless `terminate` is set, the server asks the next worker.
        Answer::Refuse { job, for_all } => proto::AvailabilityResponse {
            job_id: job.to_string(),
            terminate: *for_all,
            ..proto::AvailabilityResponse::default()
        },
    }
}

fn update_worker(status: Status) -> proto::UpdateWorkerStatus {
    let is = match status.full {
        true => proto::WorkerStatus::WsFull,
        false => proto::WorkerStatus::WsAvailable,
    };
    proto::UpdateWorkerStatus {
        status: Some(is.into()),
        load: status.load,
        job_count: status.jobs,
        draining: status.draining,
        seq: status.seq,
    }
}

fn update_job(job: &JobId, status: &JobStatus) -> proto::UpdateJobStatus {
    let (status, error) = match status {
        JobStatus::Running => (proto::JobStatus::JsRunning, ""),
        JobStatus::Ended(JobResult::Success) => (proto::JobStatus::JsSuccess, ""),
        JobStatus::Ended(JobResult::Failed(error)) => (proto::JobStatus::JsFailed, error.as_str()),
    };
    proto::UpdateJobStatus {
        job_id: job.to_string(),
        status: status.into(),
        error: error.to_owned(),
    }
}

fn job(job: Option<proto::Job>, resuming: bool) -> Result<Job, DecodeError> {
    let job = job
        .filter(|job| !job.id.is_empty())
        .ok_or(DecodeError::NoJob)?;
    let job_type = match job.r#type() {
        proto::JobType::JtRoom => JobType::Room,
        proto::JobType::JtPublisher => JobType::Publisher,
        proto::JobType::JtParticipant => JobType::Participant,
    };
    let participant = job.participant.map(|it| Identity::from(it.identity));
    Ok(Job {
        id: job.id.into(),
        job_type,
        room: job.room.map(|room| room.name).unwrap_or_default(),
        participant,
        dispatch_id: job.dispatch_id,
        metadata: job.metadata.into(),
        attributes: job.attributes,
        resuming,
    })
}
