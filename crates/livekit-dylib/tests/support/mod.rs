//! A private livekit-server, participants in its rooms, and recognizable audio.
#![allow(dead_code, reason = "each test binary uses only a part")]

pub(crate) mod server;
pub(crate) mod sound;

use std::future::Future;
use std::time::Duration;

use livekit_dylib::prelude::*;
use tokio::sync::mpsc::UnboundedReceiver;

pub(crate) use server::Server;

/// Deadline of any single step in a test.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// The tests share one native core, so they run one at a time, and none may leave anything behind
/// in it.
static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// Runs a test on its own runtime, then asserts that all native objects have been freed.
pub(crate) fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let _alone = ALONE.lock().await;
        test.await;
        settle(
            || livekit_dylib::native::live_handles() == 0,
            "native objects left behind",
        )
        .await;
    });
}

/// Polls until a condition holds that no event reports; panics with `otherwise` at the deadline.
pub(crate) async fn settle(holds: impl Fn() -> bool, otherwise: &str) {
    let held = tokio::time::timeout(DEADLINE, async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    assert!(
        held.await.is_ok(),
        "{otherwise} ({} live handles)",
        livekit_dylib::native::live_handles()
    );
}

/// A participant in a room, with its event receiver.
pub(crate) struct Member {
    pub(crate) room: Room,
    pub(crate) events: UnboundedReceiver<RoomEvent>,
}

impl Member {
    pub(crate) async fn join(server: &Server, room: &str, identity: &str) -> Self {
        Self::join_with(server, &server.token(room, identity)).await
    }

    /// Joins the room that a token grants access to.
    pub(crate) async fn join_with(server: &Server, token: &str) -> Self {
        Self::join_as(server, token, RoomOptions::default()).await
    }

    /// Joins the room that a token grants access to, with options.
    pub(crate) async fn join_as(server: &Server, token: &str, options: RoomOptions) -> Self {
        let (room, mut events) = Room::connect(&server.url(), token, options).await.unwrap();
        let first = events.recv().await;
        assert!(
            matches!(first, Some(RoomEvent::Connected { .. })),
            "{first:?}"
        );
        Self { room, events }
    }

    /// Waits for the first matching event; skips all others.
    pub(crate) async fn wait<T>(
        &mut self,
        what: &str,
        wanted: impl Fn(RoomEvent) -> Option<T>,
    ) -> T {
        let found = tokio::time::timeout(DEADLINE, async {
            loop {
                let event = self
                    .events
                    .recv()
                    .await
                    .unwrap_or_else(|| panic!("the room ended before {what}"));
                if let Some(found) = wanted(event) {
                    return found;
                }
            }
        });
        found
            .await
            .unwrap_or_else(|_| panic!("timed out waiting for {what}"))
    }

    /// Waits until another participant is known.
    pub(crate) async fn meets(&self, identity: &str) -> RemoteParticipant {
        let known = || self.room.remote_participants().remove(&identity.into());
        settle(|| known().is_some(), "the other participant is unknown").await;
        known().unwrap()
    }

    pub(crate) async fn leave(self) {
        self.room.close().await.unwrap();
    }
}

/// Joins two participants and waits until they see each other and can receive data.
pub(crate) async fn pair(server: &Server, room: &str) -> (Member, Member) {
    let alice = Member::join(server, room, "alice").await;
    let bob = Member::join(server, room, "bob").await;
    alice.meets("bob").await;
    bob.meets("alice").await;
    server.active(room, 2).await;
    (alice, bob)
}
