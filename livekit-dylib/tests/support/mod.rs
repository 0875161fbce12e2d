//! A livekit-server of our own, participants in it, and sound that can be recognised.
#![allow(dead_code, reason = "each test binary uses a part")]

pub(crate) mod server;
pub(crate) mod sound;

use std::future::Future;
use std::time::Duration;

use livekit_dylib::prelude::*;
use tokio::sync::mpsc::UnboundedReceiver;

pub(crate) use server::Server;

/// How long anything in a test may take.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// The tests share one native core: each runs alone, and leaves nothing behind in it.
static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// Runs a test on a runtime of its own, then asserts that every native object was given back.
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

/// Waits until something holds, for what no event tells.
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

/// Somebody in a room, with the events that came.
pub(crate) struct Member {
    pub(crate) room: Room,
    pub(crate) events: UnboundedReceiver<RoomEvent>,
}

impl Member {
    pub(crate) async fn join(server: &Server, room: &str, identity: &str) -> Self {
        Self::join_with(server, &server.token(room, identity)).await
    }

    /// Joins the room that a token is for.
    pub(crate) async fn join_with(server: &Server, token: &str) -> Self {
        Self::join_as(server, token, RoomOptions::default()).await
    }

    /// Joins the room that a token is for in a chosen way.
    pub(crate) async fn join_as(server: &Server, token: &str, options: RoomOptions) -> Self {
        let (room, mut events) = Room::connect(&server.url(), token, options).await.unwrap();
        let first = events.recv().await;
        assert!(
            matches!(first, Some(RoomEvent::Connected { .. })),
            "{first:?}"
        );
        Self { room, events }
    }

    /// The first event that is wanted; others before it are passed over.
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
        found.await.unwrap_or_else(|_| panic!("no {what}"))
    }

    /// Waits until somebody else can be sent data.
    pub(crate) async fn meets(&mut self, identity: &str) -> RemoteParticipant {
        let known = self.room.remote_participants().remove(&identity.into());
        if let Some(participant) =
            known.filter(|participant| participant.state() == ParticipantState::Active)
        {
            return participant;
        }
        self.wait("an active participant", |event| match event {
            RoomEvent::ParticipantActive(p) if p.identity().as_str() == identity => Some(p),
            _ => None,
        })
        .await
    }

    pub(crate) async fn leave(self) {
        self.room.close().await.unwrap();
    }
}

pub(crate) use livekit_dylib::ParticipantState;

/// Two participants who see each other.
pub(crate) async fn pair(server: &Server, room: &str) -> (Member, Member) {
    let mut alice = Member::join(server, room, "alice").await;
    let mut bob = Member::join(server, room, "bob").await;
    alice.meets("bob").await;
    bob.meets("alice").await;
    (alice, bob)
}
