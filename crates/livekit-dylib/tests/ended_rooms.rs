//! All the ways in which a room can end. None may leave a thread, a handle or an open file behind.
//!
//! A separate test binary, because it counts the threads and open files of the process.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test that prints its measurements"
)]

#[path = "support/mod.rs"]
mod support;

use std::fmt;
use std::fs;
use std::time::Duration;

use livekit_dylib::native::idle_sources;
use livekit_dylib::prelude::*;
use livekit_dylib::webrtc::audio_stream::native::NativeAudioStream;

use support::sound::{RATE, Tone, frames_with, hear};
use support::{DEADLINE, Member, Server, run, settle};

/// Number of measured rooms for each way to end.
const ROOMS: usize = 8;

/// Memory that the native core may retain for each room that ends while somebody else is inside, in
/// bytes.
const KEPT_BY_CORE: usize = 300 << 10;

/// Memory that the native core needs for a join, in bytes. An abandoned join continues inside the
/// core for seconds.
const JOINING: usize = 5 << 20;

/// Memory that the allocator may take at any time, in bytes.
const ALLOWANCE: usize = 6 << 20;

/// Number of connections that the test's own clients may keep open.
const OWN_FILES: usize = 6;

/// Thread name of an audio source, as truncated by the system.
const SOURCE_THREAD: &str = "AudioSourceCapt";

/// How a room ends for a participant who publishes in it, or how a join fails.
#[derive(Clone, Copy, Debug)]
enum Way {
    Left,
    Dropped,
    Removed,
    Deleted,
    Replaced,
    LeftWhileReconnecting,
    Refused,
    GivenUp,
}

impl Way {
    /// Memory that the native core may retain for each room, in bytes.
    fn kept(self) -> usize {
        match self {
            Self::GivenUp => JOINING,
            _ => KEPT_BY_CORE,
        }
    }
}

const WAYS: [Way; 8] = [
    Way::Left,
    Way::Dropped,
    Way::Removed,
    Way::Deleted,
    Way::Replaced,
    Way::LeftWhileReconnecting,
    Way::Refused,
    Way::GivenUp,
];

#[test]
fn no_way_to_end_a_room_leaves_anything_behind() {
    run(async {
        let mut server = Server::start().await;
        // Warm-up: thread pools are started, and the core has retained what it retains once.
        for round in 0..2 {
            for way in WAYS {
                end(&mut server, way, &format!("{way:?}-warm-{round}")).await;
            }
        }
        for way in WAYS {
            let (before, resident) = (Count::take(), resident());
            for number in 0..ROOMS {
                end(&mut server, way, &format!("{way:?}-{number}")).await;
            }
            // The core's threads exit shortly after their work is done.
            let settled = tokio::time::timeout(DEADLINE, async {
                while !Count::take().fits(&before) {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            });
            let settled = settled.await.is_ok();
            let (after, grown) = (Count::take(), self::resident().saturating_sub(resident));
            println!(
                "{way:?}, {ROOMS} rooms: {before}, then {after}, {} KB more",
                grown >> 10
            );
            assert!(settled, "{way:?}: {before}, then {after}");
            assert!(
                grown <= ROOMS * way.kept() + ALLOWANCE,
                "{way:?}: memory grew by {grown} bytes"
            );
        }
        assert!(idle_sources() <= 1, "published one at a time");
    });
}

#[test]
fn a_reused_source_carries_no_audio_of_the_previous_room() {
    run(async {
        let mut server = Server::start().await;
        // Sometimes the core is fast enough to unpublish the track, and keeps nothing.
        let mut rooms = 0..20;
        while idle_sources() == 0 {
            let number = rooms.next().expect("the core keeps a source");
            end(&mut server, Way::Removed, &format!("before-{number}")).await;
        }
        let spare = idle_sources();

        let alice = Member::join(&server, "after", "alice").await;
        let mut bob = Member::join(&server, "after", "bob").await;
        let mut tone = Tone::silent(&alice.room).await;
        assert_eq!(idle_sources(), spare - 1, "the source is reused");
        let mut stream = subscribed(&mut bob).await;
        assert_eq!(frames_with(&mut stream, 440.0, 100).await, 0);
        tone.sound(1_000.0);
        hear(&mut stream, 1_000.0).await;
        tone.publication.mute();
        tone.publication.unmute();
        hear(&mut stream, 1_000.0).await;
        tone.stop().await;
        alice.leave().await;
        bob.leave().await;
    });
}

/// Joins two participants, of whom one hears the other, then ends the room for the one who is
/// heard.
async fn end(server: &mut Server, way: Way, name: &str) {
    match way {
        Way::Refused => assert!(join(server, "nonsense").await.is_err()),
        Way::GivenUp => {
            let token = server.token(name, "alice");
            let joining = join(server, &token);
            let joined = tokio::time::timeout(Duration::from_millis(20), joining).await;
            if let Ok(room) = joined {
                room.unwrap().close().await.unwrap();
            }
        }
        way => end_joined(server, way, name).await,
    }
    let none_is_used = || livekit_dylib::native::live_handles() == 0;
    settle(
        none_is_used,
        &format!("{way:?}: native objects left behind"),
    )
    .await;
}

async fn join(server: &Server, token: &str) -> RoomResult<Room> {
    let joined = Room::connect(&server.url(), token, RoomOptions::default()).await;
    joined.map(|(room, _)| room)
}

async fn end_joined(server: &mut Server, way: Way, name: &str) {
    let mut alice = Member::join(server, name, "alice").await;
    let mut bob = Member::join(server, name, "bob").await;
    let tone = Tone::publish(&alice.room, 440.0).await;
    let mut stream = subscribed(&mut bob).await;
    hear(&mut stream, 440.0).await;
    match way {
        Way::Left => alice.room.close().await.unwrap(),
        Way::Dropped => {}
        Way::Removed => {
            let rooms = server.rooms();
            rooms.remove_participant(name, "alice").await.unwrap();
            alice.wait("the end", ended).await;
        }
        Way::Deleted => {
            server.rooms().delete_room(name).await.unwrap();
            alice.wait("the end", ended).await;
        }
        Way::Replaced => {
            let second = Member::join(server, name, "alice").await;
            alice.wait("the end", ended).await;
            second.leave().await;
        }
        Way::LeftWhileReconnecting => {
            server.kill();
            let reconnecting = |event| matches!(event, RoomEvent::Reconnecting).then_some(());
            alice.wait("reconnecting", reconnecting).await;
            alice.room.close().await.unwrap();
            bob.room.close().await.unwrap();
            *server = Server::start().await;
        }
        Way::Refused | Way::GivenUp => {}
    }
    tone.stop().await;
    drop((alice, stream, bob));
}

async fn subscribed(member: &mut Member) -> NativeAudioStream {
    let track = member
        .wait("a subscribed track", |event| match event {
            RoomEvent::TrackSubscribed {
                track: RemoteTrack::Audio(track),
                ..
            } => Some(track),
            _ => None,
        })
        .await;
    NativeAudioStream::new(track.rtc_track(), RATE as i32, 1)
}

fn ended(event: RoomEvent) -> Option<()> {
    match event {
        RoomEvent::Disconnected { .. } => Some(()),
        _ => None,
    }
}

/// Resident memory of this process, in bytes.
fn resident() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let mut lines = status.lines();
    let line = lines.find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    let kilobytes: usize = line.trim().trim_end_matches(" kB").parse().unwrap();
    kilobytes << 10
}

/// Resources of this process.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    threads: usize,
    sources: usize,
    files: usize,
}

impl Count {
    fn take() -> Self {
        let names = || fs::read_dir("/proc/self/task").unwrap().flatten();
        let is_source = |it: &fs::DirEntry| {
            // A thread may exit while the threads are counted.
            fs::read_to_string(it.path().join("comm")).is_ok_and(|it| it.trim() == SOURCE_THREAD)
        };
        Self {
            threads: names().count(),
            sources: names().filter(is_source).count(),
            files: fs::read_dir("/proc/self/fd").unwrap().count(),
        }
    }

    fn fits(&self, before: &Self) -> bool {
        self.threads <= before.threads
            && self.sources <= before.sources
            && self.files <= before.files + OWN_FILES
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            threads,
            sources,
            files,
        } = self;
        write!(
            f,
            "{threads} threads ({sources} of audio sources), {files} files"
        )
    }
}
