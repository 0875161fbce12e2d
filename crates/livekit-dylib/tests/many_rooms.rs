//! Fifty rooms in one process, one after another: neither the number of threads nor memory may
//! grow.
//!
//! A separate test binary, because it measures the threads and the memory of the process.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test that prints its measurements"
)]

#[path = "support/mod.rs"]
mod support;

use std::fs;

use livekit_dylib::prelude::*;
use livekit_dylib::webrtc::audio_stream::native::NativeAudioStream;

use support::sound::{RATE, Tone, hear};
use support::{Member, Server, run, settle};

/// Number of rooms joined and left.
const ROOMS: usize = 50;
/// Number of rooms before the first measurement: caches are warm and thread pools are started.
const WARM_UP: usize = 10;
/// In every tenth room, the subscriber leaves while the publisher is still inside; the native core
/// then retains 280 KB for the room.
const LEAVE_FIRST_EVERY: usize = 10;
/// Limit for the growth of memory from the tenth room to the last, in bytes: 4 times 280 KB, plus 4
/// MB for the allocator.
const GROWTH: usize = 6 << 20;

#[test]
fn fifty_rooms_leave_nothing_behind() {
    run(async {
        let server = Server::start().await;
        let mut warm = (0, 0);
        for number in 1..=ROOMS {
            one_room(&server, number).await;
            if number == WARM_UP {
                warm = (threads(), resident());
            }
        }
        // Pool threads exit some time after their work is done.
        settle(
            || threads() <= warm.0,
            &format!("more than the {} threads after {WARM_UP} rooms", warm.0),
        )
        .await;
        let growth = resident().saturating_sub(warm.1);
        assert!(
            growth <= GROWTH,
            "resident memory grew by {growth} bytes over {} rooms",
            ROOMS - WARM_UP
        );
        let (threads, resident, growth) = (threads(), resident() >> 10, growth >> 10);
        println!(
            "{ROOMS} rooms: {threads} threads, {resident} KB resident, {growth} KB more than after {WARM_UP} rooms"
        );
    });
}

/// Joins two participants, one of whom hears the other; then both leave.
async fn one_room(server: &Server, number: usize) {
    let room = format!("room-{number}");
    let alice = Member::join(server, &room, "alice").await;
    let mut bob = Member::join(server, &room, "bob").await;
    let tone = Tone::publish(&alice.room, 440.0).await;
    let track = bob
        .wait("a subscribed track", |event| match event {
            RoomEvent::TrackSubscribed {
                track: RemoteTrack::Audio(track),
                ..
            } => Some(track),
            _ => None,
        })
        .await;
    let mut stream = NativeAudioStream::new(track.rtc_track(), RATE as i32, 1);
    hear(&mut stream, 440.0).await;
    tone.stop().await;
    if number.is_multiple_of(LEAVE_FIRST_EVERY) {
        bob.leave().await;
        alice.leave().await;
    } else {
        alice.leave().await;
        let left = |event| matches!(event, RoomEvent::ParticipantDisconnected(_)).then_some(());
        bob.wait("the other participant leaving", left).await;
        bob.leave().await;
    }
}

/// Number of threads of this process.
fn threads() -> usize {
    fs::read_dir("/proc/self/task").unwrap().count()
}

/// Resident memory of this process, in bytes.
fn resident() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .unwrap();
    line.trim()
        .trim_end_matches(" kB")
        .parse::<usize>()
        .unwrap()
        << 10
}
