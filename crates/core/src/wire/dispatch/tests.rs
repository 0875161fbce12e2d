//! The worker protocol in both directions.

use std::collections::HashMap;

use super::*;

fn written(command: &Command) -> ToServer {
    let mut out = BytesMut::new();
    encode(command, &mut out);
    proto::WorkerMessage::decode(out.freeze())
        .unwrap()
        .message
        .unwrap()
}

fn read(message: FromServer) -> Result<ServerEvent, DecodeError> {
    let message = proto::ServerMessage {
        message: Some(message),
    };
    decode(&message.encode_to_vec())
}

fn proto_job() -> proto::Job {
    proto::Job {
        id: "AJ_1".to_owned(),
        r#type: proto::JobType::JtPublisher.into(),
        room: Some(proto::Room {
            name: "kitchen".to_owned(),
            ..proto::Room::default()
        }),
        participant: Some(proto::ParticipantInfo {
            identity: "ada".to_owned(),
            ..proto::ParticipantInfo::default()
        }),
        metadata: "{\"lang\":\"en\"}".to_owned(),
        attributes: HashMap::from([("tier".to_owned(), "gold".to_owned())]),
        dispatch_id: "AD_1".to_owned(),
        ..proto::Job::default()
    }
}

#[test]
fn a_registration_contains_name_deployment_and_permissions() {
    let settings = Settings {
        agent_name: "clerk".to_owned(),
        deployment: "blue".to_owned(),
        ..Settings::default()
    };
    let ToServer::Register(register) = written(&Command::Register(Box::new(settings))) else {
        panic!("unexpected message");
    };
    assert_eq!(
        (register.agent_name.as_str(), register.deployment.as_str()),
        ("clerk", "blue")
    );
    assert_eq!(register.r#type(), proto::JobType::JtRoom);
    assert_eq!(register.version, env!("CARGO_PKG_VERSION"));
    let allowed = register.allowed_permissions.unwrap();
    assert!(allowed.can_publish && allowed.can_subscribe && allowed.can_publish_data);
    assert!(allowed.can_update_metadata && !allowed.hidden);
}

#[test]
fn answers_contain_the_agents_identity_or_a_refusal() {
    let accept = Answer::Accept {
        job: "AJ_1".into(),
        identity: "agent-AJ_1".into(),
        name: "clerk".to_owned(),
        attributes: HashMap::from([("lk.agent.name".to_owned(), "clerk".to_owned())]),
    };
    let ToServer::Availability(yes) = written(&Command::Answer(accept)) else {
        panic!("unexpected message");
    };
    assert!(yes.available && !yes.terminate && !yes.supports_resume);
    assert_eq!(
        (yes.job_id.as_str(), yes.participant_identity.as_str()),
        ("AJ_1", "agent-AJ_1")
    );
    assert_eq!(yes.participant_attributes["lk.agent.name"], "clerk");
    for for_all in [false, true] {
        let job = "AJ_2".into();
        let refuse = Answer::Refuse { job, for_all };
        let ToServer::Availability(no) = written(&Command::Answer(refuse)) else {
            panic!("unexpected message");
        };
        assert_eq!(no.job_id, "AJ_2");
        assert_eq!((no.available, no.terminate), (false, for_all));
    }
}

#[test]
fn status_reports_always_contain_a_load() {
    for full in [false, true] {
        let status = Status {
            full,
            load: 0.25,
            jobs: 3,
            draining: full,
            seq: 9,
        };
        let ToServer::UpdateWorker(update) = written(&Command::Status(status)) else {
            panic!("unexpected message");
        };
        let expected = match full {
            true => proto::WorkerStatus::WsFull,
            false => proto::WorkerStatus::WsAvailable,
        };
        assert_eq!(update.status, Some(expected.into()));
        assert_eq!(
            (update.load, update.job_count, update.draining, update.seq),
            (0.25, 3, full, 9)
        );
    }
}

#[test]
fn a_job_has_three_statuses() {
    let failed = JobResult::Failed("no such room".to_owned());
    let cases = [
        (JobStatus::Running, proto::JobStatus::JsRunning, ""),
        (
            JobStatus::Ended(JobResult::Success),
            proto::JobStatus::JsSuccess,
            "",
        ),
        (
            JobStatus::Ended(failed),
            proto::JobStatus::JsFailed,
            "no such room",
        ),
    ];
    for (status, expected, error) in cases {
        let ToServer::UpdateJob(update) = written(&Command::Job("AJ_1".into(), status)) else {
            panic!("unexpected message");
        };
        assert_eq!((update.status(), update.error.as_str()), (expected, error));
    }
    let migrate = Command::Migrate(vec!["AJ_1".into(), "AJ_2".into()]);
    let ToServer::MigrateJob(migrate) = written(&migrate) else {
        panic!("unexpected message");
    };
    assert_eq!(migrate.job_ids, ["AJ_1", "AJ_2"]);
}

#[test]
fn offers_and_assignments_contain_the_job() {
    let offer = proto::AvailabilityRequest {
        job: Some(proto_job()),
        resuming: true,
    };
    let Ok(ServerEvent::Offer(job)) = read(FromServer::Availability(offer)) else {
        panic!("unexpected event");
    };
    assert_eq!(job.id.as_str(), "AJ_1");
    assert_eq!(
        (job.job_type, job.room.as_str()),
        (JobType::Publisher, "kitchen")
    );
    assert_eq!(job.participant, Some("ada".into()));
    assert_eq!(job.metadata.reveal(), "{\"lang\":\"en\"}");
    assert_eq!(job.attributes["tier"], "gold");
    assert!(job.resuming);

    for (url, expected) in [
        (None, None),
        (Some(""), None),
        (Some("ws://b"), Some("ws://b")),
    ] {
        let assignment = proto::JobAssignment {
            job: Some(proto_job()),
            url: url.map(str::to_owned),
            token: "secret-token".to_owned(),
        };
        let Ok(ServerEvent::Assigned(assignment)) = read(FromServer::Assignment(assignment)) else {
            panic!("unexpected event");
        };
        assert_eq!(assignment.url.as_deref(), expected);
        assert_eq!(assignment.token.reveal(), "secret-token");
        assert!(!format!("{assignment:?}").contains("secret-token"));
        assert!(
            !format!("{assignment:?}").contains("lang"),
            "metadata is private"
        );
    }
}

#[test]
fn unknown_and_unused_messages_are_ignored() {
    assert_eq!(decode(&[]).unwrap(), ServerEvent::Other);
    // Field 99, a message of two bytes.
    assert_eq!(decode(&[0x9a, 0x06, 2, 8, 1]).unwrap(), ServerEvent::Other);
    let pong = FromServer::Pong(proto::WorkerPong::default());
    assert_eq!(read(pong).unwrap(), ServerEvent::Other);
}

#[test]
fn a_job_without_an_id_is_an_error() {
    for job in [None, Some(proto::Job::default())] {
        let offer = proto::AvailabilityRequest {
            job,
            resuming: false,
        };
        let error = read(FromServer::Availability(offer)).unwrap_err();
        assert!(matches!(error, DecodeError::NoJob), "{error}");
    }
}

#[test]
fn corrupt_messages_do_not_panic() {
    let offer = proto::AvailabilityRequest {
        job: Some(proto_job()),
        resuming: false,
    };
    let message = proto::ServerMessage {
        message: Some(FromServer::Availability(offer)),
    };
    let whole = message.encode_to_vec();
    for at in 0..whole.len() {
        // Neither a truncated message nor a changed byte may panic.
        drop(decode(&whole[..at]));
        let mut changed = whole.clone();
        changed[at] ^= 0x55;
        drop(decode(&changed));
    }
}
