//! Data streams of text, bytes and files.

use futures_util::StreamExt as _;
use livekit_dylib::prelude::*;
use livekit_dylib::{
    ByteStreamReader, SendByteOptions, SendTextOptions, StreamByteOptions, StreamReader,
    StreamTextOptions, StreamWriter, TextStreamReader,
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
            let options =
                SendTextOptions::new_with_topic("lk.chat").with_attribute("colour", "red");
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
fn an_agent_streams_text_on_behalf_of_a_participant() {
    run(async {
        let server = Server::start().await;
        let agent = server.agent_token("transcription", "agent");
        let mut agent = Member::join_with(&server, &agent).await;
        let mut bob = Member::join(&server, "transcription", "bob").await;
        agent.meets("bob").await;
        bob.meets("agent").await;
        let options = StreamTextOptions::new_with_topic("lk.transcription")
            .with_sender_identity("bob")
            .with_attribute("lk.transcription_final", "false");
        let me = agent.room.local_participant();
        let writer = me.stream_text(options).await.unwrap();
        let (mut reader, topic, sender) = text_for(&mut bob).await;
        assert_eq!(
            (topic.as_str(), sender.as_str()),
            ("lk.transcription", "bob")
        );
        for word in ["my ", "own ", "words"] {
            writer.write(word).await.unwrap();
            assert_eq!(reader.next().await.unwrap().unwrap(), word);
        }
        writer.close().await.unwrap();
        assert!(reader.next().await.is_none());
        agent.leave().await;
        bob.leave().await;
    });
}

#[test]
fn bytes_and_files_arrive() {
    run(async {
        let server = Server::start().await;
        let (alice, mut bob) = pair(&server, "bytes").await;
        let me = alice.room.local_participant();
        let bytes: Vec<u8> = (0..100_000u32).map(|n| (n * 7 % 251) as u8).collect();

        let options = SendByteOptions::new_with_topic("picture").with_name("a.png");
        let (sent, (reader, topic)) =
            tokio::join!(me.send_bytes(&bytes, options), bytes_for(&mut bob));
        assert_eq!(
            (topic.as_str(), reader.info().name.as_str()),
            ("picture", "a.png")
        );
        assert!(reader.read_all().await.unwrap() == bytes);
        sent.unwrap();

        let folder = std::env::temp_dir().join(format!("livekit-dylib-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("sent.bin");
        std::fs::write(&file, &bytes).unwrap();
        let options = SendByteOptions::new_with_topic("file");
        let (sent, (reader, _)) = tokio::join!(me.send_file(&file, options), bytes_for(&mut bob));
        let received = reader
            .write_to_file(Some(&folder), Some("received.bin"))
            .await
            .unwrap();
        assert!(std::fs::read(received).unwrap() == bytes);
        sent.unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        alice.leave().await;
        bob.leave().await;
    });
}

#[test]
fn a_stream_whose_sender_leaves_is_incomplete() {
    run(async {
        let server = Server::start().await;
        let (alice, mut bob) = pair(&server, "incomplete").await;
        let options = StreamByteOptions::new_with_topic("log");
        let writer = alice
            .room
            .local_participant()
            .stream_bytes(options)
            .await
            .unwrap();
        let (mut reader, _) = bytes_for(&mut bob).await;
        writer.write(b"the first piece").await.unwrap();
        assert_eq!(
            reader.next().await.unwrap().unwrap().as_ref(),
            b"the first piece"
        );
        alice.leave().await;
        let end = tokio::time::timeout(crate::support::DEADLINE, reader.next()).await;
        assert!(end.unwrap().is_none_or(|piece| piece.is_err()));
        writer.write(b"nobody hears").await.unwrap_err();
        bob.leave().await;
    });
}

/// livekit-client 2.17 announces a length of 0 for a recording whose length it does not know.
#[test]
fn a_byte_stream_announced_as_empty_is_read_to_its_end() {
    run(async {
        let server = Server::start().await;
        let (alice, mut bob) = pair(&server, "unmeasured").await;
        let options = StreamByteOptions::new_with_topic("recording").with_total_length(0);
        let me = alice.room.local_participant();
        let writer = me.stream_bytes(options).await.unwrap();
        let (mut reader, topic) = bytes_for(&mut bob).await;
        assert_eq!(topic, "recording");
        assert_eq!(reader.info().total_length, None);
        for part in [[1; 3], [2; 3], [3; 3]] {
            writer.write(&part).await.unwrap();
            assert_eq!(&reader.next().await.unwrap().unwrap()[..], part);
        }
        writer.close().await.unwrap();
        assert!(reader.next().await.is_none());
        alice.leave().await;
        bob.leave().await;
    });
}
