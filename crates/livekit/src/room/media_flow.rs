//! Checks that audio flows after a reconnect: some restored connections carry no packets. If so,
//! the room is rejoined, with the same tracks and subscriptions.

use std::sync::Arc;
use std::time::Duration;

use livekit::SimulateScenario;
use livekit::track::TrackKind;
use livekit::webrtc::stats::RtcStats;
use tokio::sync::watch;
use tokio::time::sleep;

use super::deadline::{SendError, within};

/// Interval between checks: longer than the pause between packets of silence.
const CHECK_INTERVAL: Duration = Duration::from_secs(2);

/// Number of checks until a connection counts as silent.
const CHECKS: usize = 2;

/// Maximum number of rejoins after one loss of the connection.
const REJOINS: u32 = 2;

/// Timeout for a request to the native core.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);

/// A connection whose media flow can be checked.
pub(super) trait Connection {
    /// Packets carried so far; `None` if they cannot be measured.
    fn measure(&self) -> impl Future<Output = Option<MediaFlow>> + Send;

    /// Starts to rejoin the room.
    fn rejoin(&self) -> impl Future<Output = Result<(), SendError>> + Send;
}

/// Audio packets that a connection has carried so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct MediaFlow {
    sent: u64,
    received: u64,
    /// Whether the agent has a published track.
    speaks: bool,
    /// Whether the agent is subscribed to a microphone that is not muted.
    listens: bool,
}

/// The direction in which no audio flows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum NoAudio {
    #[error("no audio is sent")]
    Agent,
    #[error("no audio is received")]
    Caller,
}

/// Checks the connection after each reconnect, until the room is left.
pub(super) async fn keep(connection: Arc<impl Connection>, mut back: watch::Receiver<u64>) {
    let mut rejoins = 0;
    while back.changed().await.is_ok() {
        match check(&*connection).await {
            Some(Ok(())) => {
                rejoins = 0;
                tracing::info!("audio flows again");
            }
            Some(Err(still)) if rejoins == REJOINS => {
                tracing::warn!(%still, "no audio flows even after the room was rejoined");
            }
            Some(Err(still)) => {
                rejoins += 1;
                tracing::warn!(%still, rejoins, "reconnected without audio; rejoining the room");
                if let Err(error) = connection.rejoin().await {
                    tracing::warn!(%error, "could not rejoin the room");
                }
            }
            None => tracing::debug!("could not measure the connection"),
        }
    }
}

/// Whether audio flows in both directions where it should; `None` if that cannot be measured.
async fn check(connection: &impl Connection) -> Option<Result<(), NoAudio>> {
    let first = connection.measure().await?;
    let mut result = Ok(());
    for _ in 0..CHECKS {
        sleep(CHECK_INTERVAL).await;
        result = connection.measure().await?.since(first);
        if result.is_ok() {
            break;
        }
    }
    Some(result)
}

impl MediaFlow {
    /// Whether packets have flowed since `before`. The counts restart when the room is rejoined.
    fn since(self, before: Self) -> Result<(), NoAudio> {
        let spoken = self.speaks && before.speaks;
        if spoken && self.sent == before.sent {
            return Err(NoAudio::Agent);
        }
        let listened = self.listens && before.listens;
        match listened && self.received == before.received {
            true => Err(NoAudio::Caller),
            false => Ok(()),
        }
    }
}

impl Connection for livekit::Room {
    async fn measure(&self) -> Option<MediaFlow> {
        let stats = within(ANSWER_WITHIN, self.get_stats()).await.ok()?;
        let all = || stats.publisher_stats.iter().chain(&stats.subscriber_stats);
        let sent = all().map(|it| match it {
            RtcStats::OutboundRtp(it) if it.stream.kind == "audio" => it.sent.packets_sent,
            _ => 0,
        });
        let received = all().map(|it| match it {
            RtcStats::InboundRtp(it) if it.stream.kind == "audio" => it.received.packets_received,
            _ => 0,
        });
        Some(MediaFlow {
            sent: sent.sum(),
            received: received.sum(),
            speaks: !self.local_participant().track_publications().is_empty(),
            listens: listens(self),
        })
    }

    async fn rejoin(&self) -> Result<(), SendError> {
        let scenario = SimulateScenario::FullReconnect;
        within(ANSWER_WITHIN, self.simulate_scenario(scenario)).await
    }
}

/// Whether the room has a subscribed audio track that is not muted.
fn listens(room: &livekit::Room) -> bool {
    let participants = room.remote_participants();
    participants.values().any(|participant| {
        let publications = participant.track_publications();
        publications
            .values()
            .any(|it| it.kind() == TrackKind::Audio && it.is_subscribed() && !it.is_muted())
    })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    /// A connection that carries a fixed number of packets between two checks.
    struct Fake {
        sends: u64,
        receives: u64,
        speaks: bool,
        listens: bool,
        looks: AtomicU64,
        rejoined: AtomicU64,
        back: watch::Sender<u64>,
    }

    impl Connection for Fake {
        async fn measure(&self) -> Option<MediaFlow> {
            let looks = self.looks.fetch_add(1, Ordering::Relaxed);
            Some(MediaFlow {
                sent: looks * self.sends,
                received: looks * self.receives,
                speaks: self.speaks,
                listens: self.listens,
            })
        }

        async fn rejoin(&self) -> Result<(), SendError> {
            self.rejoined.fetch_add(1, Ordering::Relaxed);
            self.back.send_modify(|times| *times += 1);
            Ok(())
        }
    }

    /// How often the room is rejoined within a minute after a loss.
    async fn rejoins(sends: u64, receives: u64, listens: bool) -> u64 {
        rejoins_of((sends, true), receives, listens).await
    }

    async fn rejoins_of((sends, speaks): (u64, bool), receives: u64, listens: bool) -> u64 {
        let fake = Arc::new(Fake {
            sends,
            receives,
            speaks,
            listens,
            looks: AtomicU64::default(),
            rejoined: AtomicU64::default(),
            back: watch::Sender::new(0),
        });
        let back = fake.back.subscribe();
        fake.back.send_modify(|times| *times += 1);
        let minute = sleep(Duration::from_secs(60));
        tokio::select! {
            () = keep(fake.clone(), back) => unreachable!("the room is not left"),
            () = minute => fake.rejoined.load(Ordering::Relaxed),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_room_is_rejoined_at_most_twice() {
        assert_eq!(rejoins(100, 100, true).await, 0);
        assert_eq!(rejoins(0, 100, true).await, 2, "nothing is sent");
        assert_eq!(rejoins(100, 0, true).await, 2, "nothing is received");
        let taken = rejoins_of((0, false), 100, true).await;
        assert_eq!(taken, 0, "the agent's track was revoked");
        assert_eq!(rejoins(100, 0, false).await, 0, "nobody is listened to");
    }
}
