//! A participant in a room, with what tests wait for.

use std::sync::Arc;
use std::time::Duration;

use parlor_rtc::edge::{Receiver, Room, connect};
use parlor_rtc::participant::{Event, Joined, Options, TrackOptions};
use parlor_rtc::{Frame, Rtp};
use tokio::time::{Instant, sleep_until, timeout};

use crate::server::Server;

/// Longest time that a test waits for anything.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Peer {
    pub(crate) room: Room,
    pub(crate) receiver: Receiver,
    pub(crate) joined: Box<Joined>,
}

pub(crate) fn options(single: bool) -> Options {
    let mut options = Options::default();
    options.single_peer_connection = single;
    options.seed = rand();
    options
}

fn rand() -> u64 {
    use std::hash::{BuildHasher as _, RandomState};
    RandomState::new().hash_one(0)
}

impl Peer {
    pub(crate) async fn join(server: &Server, room: &str, identity: &str, single: bool) -> Self {
        let token = server.token(room, identity);
        Self::join_with(server, &token, options(single)).await
    }

    pub(crate) async fn join_with(server: &Server, token: &str, options: Options) -> Self {
        Self::join_at(&server.url(), token, options).await
    }

    pub(crate) async fn join_at(url: &str, token: &str, options: Options) -> Self {
        let joining = connect(url, token, options);
        let joined = timeout(PATIENCE, joining).await.expect("joins in time");
        let (room, receiver, joined) = joined.expect("joins");
        Self {
            room,
            receiver,
            joined,
        }
    }

    /// Waits for an event that `pick` takes.
    pub(crate) async fn wait<T>(&mut self, mut pick: impl FnMut(Event) -> Option<T>) -> T {
        let mut seen = Vec::new();
        let found = timeout(PATIENCE, async {
            while let Some(event) = self.receiver.events.recv().await {
                seen.push(format!("{event:?}").chars().take(100).collect::<String>());
                if let Some(found) = pick(event) {
                    return Some(found);
                }
            }
            None
        });
        match found.await {
            Ok(Some(found)) => found,
            Ok(None) => panic!("the room ended: {seen:#?}"),
            Err(_) => panic!("no such event: {seen:#?}"),
        }
    }

    /// Publishes a microphone; returns its client identifier and track.
    pub(crate) async fn publish(&mut self, name: &str) -> (Arc<str>, String) {
        let track = TrackOptions::microphone(name);
        let published = self.room.call(move |p, now| p.publish(now, track));
        let cid = published.await.unwrap().unwrap();
        self.published(&cid).await
    }

    pub(crate) async fn published(&mut self, cid: &str) -> (Arc<str>, String) {
        let cid = cid.to_owned();
        let sid = self
            .wait(|event| match event {
                Event::LocalTrackPublished(published, track) if published == cid => Some(track.sid),
                _ => None,
            })
            .await;
        (cid.into(), sid)
    }

    /// Waits until a track is subscribed to; returns participant and track.
    pub(crate) async fn subscribed(&mut self) -> (String, String) {
        self.wait(|event| match event {
            Event::TrackSubscribed(participant, track) => Some((participant, track)),
            _ => None,
        })
        .await
    }

    /// Sends numbered frames every 20 ms while `other` is awaited.
    pub(crate) async fn talk<T>(&self, cid: &Arc<str>, other: impl Future<Output = T>) -> T {
        let mut other = std::pin::pin!(other);
        let (mut at, mut number) = (Instant::now(), 0u32);
        loop {
            tokio::select! {
                done = &mut other => return done,
                () = sleep_until(at) => {
                    at += Duration::from_millis(20);
                    let _ = self.room.send_frame(cid, frame(number));
                    number += 1;
                }
            }
        }
    }

    /// Receives this many packets of a track.
    pub(crate) async fn packets(&mut self, track: &str, count: usize) -> Vec<Rtp> {
        let mut packets = Vec::new();
        let heard = timeout(PATIENCE, async {
            while packets.len() < count {
                let packet = self.receiver.rtp.recv().await.expect("the room goes on");
                if *packet.track == *track && !packet.payload.is_empty() {
                    packets.push(packet);
                }
            }
        });
        heard
            .await
            .unwrap_or_else(|_| panic!("not enough of {track} heard"));
        packets
    }
}

/// A frame that tells its number.
pub(crate) fn frame(number: u32) -> Frame {
    let mut payload = vec![0x78; 80];
    payload[1..5].copy_from_slice(&number.to_be_bytes());
    Frame {
        payload: payload.into(),
        samples: 960,
        skipped: 0,
        level: Some((20, true)),
    }
}

/// The number that a frame tells.
pub(crate) fn number(packet: &Rtp) -> u32 {
    u32::from_be_bytes(packet.payload[1..5].try_into().unwrap())
}
