//! How rooms end, and how joining fails.

use std::collections::HashMap;
use std::time::Duration;

use livekit_dylib::DisconnectReason;
use livekit_dylib::SendTextOptions;
use livekit_dylib::prelude::{Room, RoomError, RoomEvent, RoomOptions, SipDTMF};
use livekit_dylib::rtc_engine::{EngineError, SignalError};

use crate::support::sound::Tone;
use crate::support::{Member, Server, pair, run, settle};

#[test]
fn a_left_room_sends_a_last_event_and_rejects_requests() {
    run(async {
        let server = Server::start().await;
        let mut alice = Member::join(&server, "left", "alice").await;
        alice.room.close().await.unwrap();
        assert_eq!(
            alice.wait("the end", ended).await,
            DisconnectReason::ClientInitiated
        );
        assert!(
            alice.events.recv().await.is_none(),
            "nothing follows the end"
        );
        assert!(matches!(
            alice.room.close().await,
            Err(RoomError::AlreadyClosed)
        ));
        let me = alice.room.local_participant();
        assert!(matches!(
            me.set_attributes(HashMap::new()).await,
            Err(RoomError::AlreadyClosed)
        ));
        let options = SendTextOptions::new_with_topic("t");
        assert!(me.send_text("x", options).await.is_err());
        assert!(alice.room.get_stats().await.is_err());
        me.register_rpc_method("x".into(), |_| Box::pin(async { Ok(String::new()) }));
    });
}

#[test]
fn requests_end_when_the_room_does() {
    run(async {
        let server = Server::start().await;
        let (alice, bob) = pair(&server, "race").await;
        let me = alice.room.local_participant();
        let sender = tokio::spawn(async move {
            loop {
                let key = SipDTMF {
                    code: 1,
                    digit: "1".into(),
                    destination_identities: Vec::new(),
                };
                if me.publish_dtmf(key).await.is_err() {
                    break;
                }
            }
        });
        alice.leave().await;
        tokio::time::timeout(Duration::from_secs(5), sender)
            .await
            .expect("the request did not end")
            .unwrap();
        bob.leave().await;
    });
}

#[test]
fn a_dropped_room_is_left() {
    run(async {
        let server = Server::start().await;
        let (alice, mut bob) = pair(&server, "dropped").await;
        drop(alice);
        let gone = |event| matches!(event, RoomEvent::ParticipantDisconnected(_)).then_some(());
        bob.wait("alice leaving", gone).await;
        bob.leave().await;
    });
}

#[test]
fn an_abandoned_join_leaves_nothing_behind() {
    run(async {
        let server = Server::start().await;
        let mut bob = Member::join(&server, "given-up", "bob").await;
        for millis in [0, 5, 20, 40, 60] {
            let token = server.token("given-up", "alice");
            let (url, options) = (server.url(), RoomOptions::default());
            let join = Room::connect(&url, &token, options);
            let _ = tokio::time::timeout(Duration::from_millis(millis), join).await;
        }
        settle(
            || bob.room.remote_participants().is_empty(),
            "a participant whose join was abandoned is still in the room",
        )
        .await;
        while bob.events.try_recv().is_ok() {}
        bob.leave().await;
    });
}

#[test]
fn the_server_removes_a_participant() {
    run(async {
        let server = Server::start().await;
        let (mut alice, bob) = pair(&server, "removed").await;
        let tone = Tone::publish(&alice.room, 440.0).await;
        server
            .rooms()
            .remove_participant("removed", "alice")
            .await
            .unwrap();
        assert_eq!(
            alice.wait("the end", ended).await,
            DisconnectReason::ParticipantRemoved
        );
        alice.room.close().await.unwrap();
        tone.stop().await;
        bob.leave().await;
    });
}

#[test]
fn the_server_deletes_a_room() {
    run(async {
        let server = Server::start().await;
        let (mut alice, mut bob) = pair(&server, "deleted").await;
        server.rooms().delete_room("deleted").await.unwrap();
        assert_eq!(
            alice.wait("the end", ended).await,
            DisconnectReason::RoomDeleted
        );
        assert_eq!(
            bob.wait("the end", ended).await,
            DisconnectReason::RoomDeleted
        );
        alice.room.close().await.unwrap();
        // An ended room may be dropped without closing it.
        drop(bob);
    });
}

#[test]
fn a_second_participant_with_the_same_identity_replaces_the_first() {
    run(async {
        let server = Server::start().await;
        let mut first = Member::join(&server, "twice", "alice").await;
        let second = Member::join(&server, "twice", "alice").await;
        assert_eq!(
            first.wait("the end", ended).await,
            DisconnectReason::DuplicateIdentity
        );
        first.leave().await;
        second.leave().await;
    });
}

#[test]
fn a_killed_server_is_noticed_and_the_room_can_be_left() {
    run(async {
        let mut server = Server::start().await;
        let mut alice = Member::join(&server, "killed", "alice").await;
        server.kill();
        let reconnecting = |event| matches!(event, RoomEvent::Reconnecting).then_some(());
        alice.wait("reconnecting", reconnecting).await;
        // If a room is left while it reconnects, the native core sends no final event, so this
        // crate generates one.
        alice.room.close().await.unwrap();
        assert_eq!(
            alice.wait("the end", ended).await,
            DisconnectReason::ClientInitiated
        );
    });
}

#[test]
fn failed_joins_return_the_reason() {
    run(async {
        let server = Server::start().await;
        let token = server.token("none", "alice");
        let refused = connect("ws://127.0.0.1:9", &token).await;
        assert!(
            matches!(
                refused,
                RoomError::Engine(EngineError::Signal(SignalError::Connection(_)))
            ),
            "{refused:?}"
        );
        let no_url = connect("not a url", &token).await;
        assert!(
            matches!(
                no_url,
                RoomError::Engine(EngineError::Signal(SignalError::UrlParse(_)))
            ),
            "{no_url:?}"
        );
        let no_token = connect(&server.url(), "nonsense").await;
        assert!(
            matches!(
                no_token,
                RoomError::Engine(EngineError::Signal(SignalError::Client(_)))
            ),
            "{no_token:?}"
        );
        let broken = connect(&server.url(), "with\nbreak").await;
        assert!(
            matches!(
                broken,
                RoomError::Engine(EngineError::Signal(SignalError::TokenFormat))
            ),
            "{broken:?}"
        );
        for error in [refused, no_url, no_token, broken] {
            let text = error.to_string();
            assert!(!text.contains(&token), "the token is in: {text}");
        }
    });
}

async fn connect(url: &str, token: &str) -> RoomError {
    match Room::connect(url, token, RoomOptions::default()).await {
        Ok((room, _)) => panic!("joined {room:?}"),
        Err(error) => error,
    }
}

fn ended(event: RoomEvent) -> Option<DisconnectReason> {
    if let RoomEvent::Disconnected { reason } = event {
        Some(reason)
    } else {
        None
    }
}
