//! Audio tracks: publishing, subscribing, muting and reading.

use std::time::Duration;

use futures_util::{FutureExt as _, StreamExt as _};
use livekit_dylib::prelude::*;
use livekit_dylib::webrtc::audio_source::AudioSourceOptions;
use livekit_dylib::webrtc::audio_source::native::NativeAudioSource;
use livekit_dylib::webrtc::audio_stream::native::{NativeAudioStream, NativeAudioStreamOptions};
use livekit_dylib::webrtc::stats::RtcStats;

use crate::support::sound::{RATE, Tone, hear, silence};
use crate::support::{DEADLINE, Member, Server, pair, run, settle};

#[test]
fn a_published_tone_is_heard_by_the_other_participant() {
    run(async {
        let server = Server::start().await;
        let (alice, mut bob) = pair(&server, "tone").await;
        let tone = Tone::publish(&alice.room, 440.0).await;
        let (track, publication, participant) = subscribed(&mut bob).await;
        assert_eq!(participant.identity().as_str(), "alice");
        assert_eq!(
            (publication.source(), publication.kind()),
            (TrackSource::Microphone, TrackKind::Audio)
        );
        assert_eq!(
            (publication.sid(), publication.name()),
            (tone.publication.sid(), "voice".to_owned())
        );
        assert!(publication.is_subscribed());
        let mut stream = NativeAudioStream::new(track.rtc_track(), RATE as i32, 1);
        hear(&mut stream, 440.0).await;
        let received = |records: &[RtcStats]| {
            records.iter().any(|record| {
                matches!(record, RtcStats::InboundRtp(it)
                    if it.stream.kind == "audio" && it.received.packets_received > 0)
            })
        };
        let sent = |records: &[RtcStats]| {
            records
                .iter()
                .any(|record| matches!(record, RtcStats::OutboundRtp(it) if it.sent.bytes_sent > 0))
        };
        let stats = bob.room.get_stats().await.unwrap();
        assert!(
            received(&stats.publisher_stats) || received(&stats.subscriber_stats),
            "{stats:?}"
        );
        let stats = alice.room.get_stats().await.unwrap();
        assert!(sent(&stats.publisher_stats), "{stats:?}");
        tone.stop().await;
        bob.leave().await;
        alice.leave().await;
    });
}

#[test]
fn both_hear_each_other() {
    run(async {
        let server = Server::start().await;
        let (mut alice, mut bob) = pair(&server, "duet").await;
        let low = Tone::publish(&alice.room, 300.0).await;
        let high = Tone::publish(&bob.room, 1_000.0).await;
        let (from_alice, ..) = subscribed(&mut bob).await;
        let (from_bob, ..) = subscribed(&mut alice).await;
        let mut heard_by_bob = NativeAudioStream::new(from_alice.rtc_track(), RATE as i32, 1);
        let mut heard_by_alice = NativeAudioStream::new(from_bob.rtc_track(), RATE as i32, 1);
        tokio::join!(
            hear(&mut heard_by_bob, 300.0),
            hear(&mut heard_by_alice, 1_000.0)
        );
        low.stop().await;
        high.stop().await;
        alice.leave().await;
        bob.leave().await;
    });
}

#[test]
fn muting_is_seen_by_both_and_heard() {
    run(async {
        let server = Server::start().await;
        let (mut alice, mut bob) = pair(&server, "mute").await;
        let tone = Tone::publish(&alice.room, 440.0).await;
        let (track, publication, _) = subscribed(&mut bob).await;
        let mut stream = NativeAudioStream::new(track.rtc_track(), RATE as i32, 1);
        hear(&mut stream, 440.0).await;

        tone.publication.mute();
        assert!(tone.publication.is_muted());
        for member in [&mut alice, &mut bob] {
            let muted = |event| match event {
                RoomEvent::TrackMuted { participant } => Some(participant),
                _ => None,
            };
            let who = member.wait("the track muted", muted).await;
            assert_eq!(who.identity().as_str(), "alice");
        }
        assert!(publication.is_muted());

        tone.publication.unmute();
        for member in [&mut alice, &mut bob] {
            let unmuted = |event| match event {
                RoomEvent::TrackUnmuted { participant } => Some(participant),
                _ => None,
            };
            let who = member.wait("the track unmuted", unmuted).await;
            assert_eq!(who.identity().as_str(), "alice");
        }
        assert!(!publication.is_muted());
        hear(&mut stream, 440.0).await;
        tone.stop().await;
        alice.leave().await;
        bob.leave().await;
    });
}

fn unsubscribed(event: RoomEvent) -> Option<TrackSid> {
    match event {
        RoomEvent::TrackUnsubscribed {
            track: RemoteTrack::Audio(track),
        } => Some(track.sid()),
        _ => None,
    }
}

#[test]
fn unpublishing_ends_the_streams_of_subscribers() {
    run(async {
        let server = Server::start().await;
        let (mut alice, mut bob) = pair(&server, "unpublish").await;
        let tone = Tone::publish(&alice.room, 440.0).await;
        let sid = tone.publication.sid();
        let (track, _, participant) = subscribed(&mut bob).await;
        let mut stream = NativeAudioStream::new(track.rtc_track(), RATE as i32, 1);
        hear(&mut stream, 440.0).await;

        let gone = alice
            .room
            .local_participant()
            .unpublish_track(&sid)
            .await
            .unwrap();
        assert_eq!(gone.sid(), sid);
        assert!(
            alice
                .room
                .local_participant()
                .track_publications()
                .is_empty()
        );
        let unpublished =
            |event| matches!(event, RoomEvent::LocalTrackUnpublished { .. }).then_some(());
        alice.wait("the track unpublished", unpublished).await;
        let error = alice
            .room
            .local_participant()
            .unpublish_track(&sid)
            .await
            .unwrap_err();
        assert!(matches!(error, RoomError::Internal(_)), "{error}");

        assert_eq!(bob.wait("the track unsubscribed", unsubscribed).await, sid);
        ends(&mut stream).await;
        settle(
            || participant.track_publications().is_empty(),
            "an unpublished track is still listed",
        )
        .await;
        tone.stop().await;
        alice.leave().await;
        bob.leave().await;
    });
}

#[test]
fn a_track_can_be_unsubscribed_and_subscribed_again() {
    run(async {
        let server = Server::start().await;
        let (alice, mut bob) = pair(&server, "subscription").await;
        let tone = Tone::publish(&alice.room, 440.0).await;
        let (track, publication, _) = subscribed(&mut bob).await;
        let mut stream = NativeAudioStream::new(track.rtc_track(), RATE as i32, 1);
        hear(&mut stream, 440.0).await;

        publication.set_subscribed(false);
        let unsubscribed =
            |event| matches!(event, RoomEvent::TrackUnsubscribed { .. }).then_some(());
        bob.wait("the track unsubscribed", unsubscribed).await;
        assert!(!publication.is_subscribed());
        ends(&mut stream).await;

        publication.set_subscribed(true);
        let (track, ..) = subscribed(&mut bob).await;
        let mut stream = NativeAudioStream::new(track.rtc_track(), RATE as i32, 1);
        hear(&mut stream, 440.0).await;
        tone.stop().await;
        alice.leave().await;
        bob.leave().await;
    });
}

#[test]
fn leaving_ends_the_streams_and_leaves_tracks_harmless() {
    run(async {
        let server = Server::start().await;
        let (alice, mut bob) = pair(&server, "leaving").await;
        let tone = Tone::publish(&alice.room, 440.0).await;
        let (track, publication, _) = subscribed(&mut bob).await;
        let mut stream = NativeAudioStream::new(track.rtc_track(), RATE as i32, 1);
        hear(&mut stream, 440.0).await;
        bob.leave().await;
        ends(&mut stream).await;
        // Requests on objects of a left room are rejected before they reach the native core.
        publication.set_subscribed(false);
        assert!(
            NativeAudioStream::new(track.rtc_track(), RATE as i32, 1)
                .next()
                .await
                .is_none()
        );
        tone.stop().await;
        alice.leave().await;
    });
}

#[test]
fn a_stream_nobody_reads_keeps_the_newest_frames() {
    run(async {
        let server = Server::start().await;
        let (alice, mut bob) = pair(&server, "late").await;
        let tone = Tone::publish(&alice.room, 440.0).await;
        let (track, ..) = subscribed(&mut bob).await;
        let options = NativeAudioStreamOptions {
            queue_size_frames: Some(5),
        };
        let mut stream =
            NativeAudioStream::with_options(track.rtc_track(), RATE as i32, 1, options);
        hear(&mut stream, 440.0).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        let mut waiting = 0;
        while stream.next().now_or_never().is_some() {
            waiting += 1;
        }
        assert!((4..=6).contains(&waiting), "{waiting} frames waited");
        stream.close();
        assert!(stream.next().await.is_none());
        tone.stop().await;
        alice.leave().await;
        bob.leave().await;
    });
}

#[test]
fn capture_waits_for_the_queue_and_clearing_frees_it() {
    run(async {
        let source = NativeAudioSource::new(AudioSourceOptions::default(), RATE, 1, 1_000);
        let half = silence(RATE, 1, RATE / 2);
        // The source accepts as much as its queue holds without waiting.
        for _ in 0..2 {
            source.capture_frame(&half).await.unwrap();
        }
        let started = tokio::time::Instant::now();
        let (filled, ()) = tokio::join!(source.capture_frame(&half), async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            source.clear_buffer();
        });
        filled.unwrap();
        assert!(
            started.elapsed() < Duration::from_millis(400),
            "{:?}",
            started.elapsed()
        );
    });
}

#[test]
fn clones_of_a_source_take_turns() {
    run(async {
        let source = NativeAudioSource::new(AudioSourceOptions::default(), RATE, 1, 20);
        let frame = silence(RATE, 1, RATE / 50);
        let captures = (0..20).map(|_| source.capture_frame(&frame));
        for captured in futures_util::future::join_all(captures).await {
            captured.unwrap();
        }
        // A capture that is cancelled while it waits does not affect the next one.
        for _ in 0..10 {
            let _ =
                tokio::time::timeout(Duration::from_millis(1), source.capture_frame(&frame)).await;
        }
        source.capture_frame(&frame).await.unwrap();
    });
}

/// Waits for the next subscribed audio track.
pub(crate) async fn subscribed(
    member: &mut Member,
) -> (RemoteAudioTrack, RemoteTrackPublication, RemoteParticipant) {
    member
        .wait("a subscribed audio track", |event| match event {
            RoomEvent::TrackSubscribed {
                track: RemoteTrack::Audio(track),
                publication,
                participant,
            } => Some((track, publication, participant)),
            _ => None,
        })
        .await
}

/// Reads a stream to its end.
async fn ends(stream: &mut NativeAudioStream) {
    let ended = tokio::time::timeout(DEADLINE, async { while stream.next().await.is_some() {} });
    ended.await.expect("the stream did not end");
}

#[test]
fn the_tracks_of_a_participant_who_leaves_end() {
    run(async {
        let server = Server::start().await;
        let (alice, mut bob) = pair(&server, "takes").await;
        let tone = Tone::publish(&alice.room, 440.0).await;
        let (track, _, participant) = subscribed(&mut bob).await;
        let mut stream = NativeAudioStream::new(track.rtc_track(), RATE as i32, 1);
        hear(&mut stream, 440.0).await;
        alice.leave().await;
        ends(&mut stream).await;
        let left = |event| {
            if let RoomEvent::ParticipantDisconnected(who) = event {
                Some(who)
            } else {
                None
            }
        };
        let left = bob.wait("alice leaving", left).await;
        assert_eq!(left.disconnect_reason(), DisconnectReason::ClientInitiated);
        assert!(bob.room.remote_participants().is_empty());
        settle(
            || participant.track_publications().is_empty(),
            "a participant who left still has publications",
        )
        .await;
        tone.stop().await;
        bob.leave().await;
    });
}
