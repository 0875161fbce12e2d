//! Fifty rooms in one process, one after the other: neither threads nor memory may grow with them.
//!
//! Alone in its binary, because it counts the threads and the memory of the process.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test, and its figures are wanted"
)]

#[path = "support/mod.rs"]
mod support;

use std::fs;

use livekit_dylib::prelude::*;
use livekit_dylib::webrtc::audio_stream::native::NativeAudioStream;

use support::sound::{RATE, Tone, hear};
use support::{Member, Server, run, settle};

/// Rooms joined and left again.
const ROOMS: usize = 50;
/// Rooms before the first reading: caches are warm, thread pools are up.
const WARM_UP: usize = 10;
/// In every so many rooms we leave while the other is inside; the native core then keeps 280 KB of each.
const LEAVE_FIRST_EVERY: usize = 10;
/// What memory may grow by from the tenth room to the last, in bytes: 4 times 280 KB, and 4 MB of the allocator's.
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
        // Threads of a pool stay a while after their work.
        settle(
            || threads() <= warm.0,
            &format!(
                "more than the {} threads there were after {WARM_UP}",
                warm.0
            ),
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
            "{ROOMS} rooms: {threads} threads, {resident} KB resident, {growth} KB more than after {WARM_UP}"
        );
    });
}

/// Two participants; one publishes, the other hears it; both leave.
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
        bob.wait("the other leaving", left).await;
        bob.leave().await;
    }
}

/// How many threads this process has.
fn threads() -> usize {
    fs::read_dir("/proc/self/task").unwrap().count()
}

/// How much memory this process has, in bytes.
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
