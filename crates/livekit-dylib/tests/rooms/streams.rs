//! Data streams of text and bytes.

use std::collections::HashMap;

use futures_util::StreamExt as _;
use livekit_dylib::prelude::*;
use livekit_dylib::{
    ByteStreamReader, SendByteOptions, SendTextOptions, StreamReader, StreamTextOptions,
    StreamWriter, TextStreamReader,
};

use crate::support::{Member, Server, pair, run};

async fn text_for(member: &mut Member) -> (TextStreamReader, String, ParticipantIdentity) {
    let opened = |event| match event {
        RoomEvent::TextStreamOpened {
            reader,
            topic,
            participant_identity,
        } => Some((reader.take().unwrap(), topic, participant_identity)),
        _ => None,
    };
    member.wait("a text", opened).await
}

async fn bytes_for(member: &mut Member) -> (ByteStreamReader, String) {
    let opened = |event| match event {
        RoomEvent::ByteStreamOpened { reader, topic, .. } => Some((reader.take().unwrap(), topic)),
        _ => None,
    };
    member.wait("bytes", opened).await
}

#[test]
fn a_text_arrives_with_its_attributes() {
    run(async {
        let server = Server::start().await;
        let (alice, mut bob) = pair(&server, "text").await;
        let long = "grüß dich ".repeat(10_000);
        for text in ["hello", "", long.as_str()] {
            let mut options = SendTextOptions::new_with_topic("lk.chat");
            options.attributes = HashMap::from([("colour".into(), "red".into())]);
            let me = alice.room.local_participant();
            let (sent, (reader, topic, sender)) =
                tokio::join!(me.send_text(text, options), text_for(&mut bob));
            assert_eq!((topic.as_str(), sender.as_str()), ("lk.chat", "alice"));
            assert_eq!(reader.info().attributes()["colour"], "red");
            assert_eq!(reader.read_all().await.unwrap(), text);
            assert_eq!(sent.unwrap().topic, "lk.chat");
        }
        alice.leave().await;
        bob.leave().await;
    });
}

#[test]
fn an_agent_sends_text_on_behalf_of_a_participant() {
    run(async {
        let server = Server::start().await;
        let agent = server.agent_token("transcription", "agent");
        let agent = Member::join_with(&server, &agent).await;
        let mut bob = Member::join(&server, "transcription", "bob").await;
        agent.meets("bob").await;
        bob.meets("agent").await;
        server.active("transcription", 2).await;
        let mut options = SendTextOptions::new_with_topic("lk.transcription");
        options.sender_identity = Some("bob".into());
        let me = agent.room.local_participant();
        let (sent, (reader, _, sender)) =
            tokio::join!(me.send_text("my own words", options), text_for(&mut bob));
        sent.unwrap();
        assert_eq!(sender.as_str(), "bob");
        assert_eq!(reader.read_all().await.unwrap(), "my own words");
        agent.leave().await;
        bob.leave().await;
    });
}

#[test]
fn a_text_is_read_while_it_is_written() {
    run(async {
        let server = Server::start().await;
        let (alice, mut bob) = pair(&server, "piecewise").await;
        let options = StreamTextOptions::new_with_topic("lk.transcription");
        let me = alice.room.local_participant();
        let writer = me.stream_text(options).await.unwrap();
        let (mut reader, topic, _) = text_for(&mut bob).await;
        assert_eq!(topic, "lk.transcription");
        for word in ["my ", "own ", "words"] {
            writer.write(word).await.unwrap();
            assert_eq!(reader.next().await.unwrap().unwrap(), word);
        }
        let attributes = HashMap::from([("final".into(), "true".into())]);
        let closed = writer.close_with_options(None, Some(attributes)).await;
        closed.unwrap();
        assert!(reader.next().await.is_none());
        assert_eq!(reader.info().attributes()["final"], "true");
        alice.leave().await;
        bob.leave().await;
    });
}

#[test]
fn bytes_arrive() {
    run(async {
        let server = Server::start().await;
        let (alice, mut bob) = pair(&server, "bytes").await;
        let me = alice.room.local_participant();
        let bytes: Vec<u8> = (0..100_000u32).map(|n| (n * 7 % 251) as u8).collect();
        let mut options = SendByteOptions::new_with_topic("picture");
        options.mime_type = Some("image/png".into());
        let (sent, (reader, topic)) =
            tokio::join!(me.send_bytes(&bytes, options), bytes_for(&mut bob));
        assert_eq!(
            (topic.as_str(), reader.info().mime_type.as_str()),
            ("picture", "image/png")
        );
        assert!(reader.read_all().await.unwrap() == bytes);
        sent.unwrap();
        alice.leave().await;
        bob.leave().await;
    });
}

#[test]
fn a_stream_whose_sender_leaves_is_incomplete() {
    run(async {
        let server = Server::start().await;
        let (alice, mut bob) = pair(&server, "incomplete").await;
        let options = StreamTextOptions::new_with_topic("log");
        let me = alice.room.local_participant();
        let writer = me.stream_text(options).await.unwrap();
        let (mut reader, ..) = text_for(&mut bob).await;
        writer.write("the first piece").await.unwrap();
        assert_eq!(reader.next().await.unwrap().unwrap(), "the first piece");
        alice.leave().await;
        let end = tokio::time::timeout(crate::support::DEADLINE, reader.next()).await;
        assert!(end.unwrap().is_none_or(|piece| piece.is_err()));
        writer.write("nobody hears").await.unwrap_err();
        bob.leave().await;
    });
}
