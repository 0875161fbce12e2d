//! Whether voices flow once a lost connection is back: some stand and carry nothing. Then the room
//! is joined again, with the same track and the same listeners.

use std::sync::Arc;
use std::time::Duration;

use livekit::SimulateScenario;
use livekit::track::TrackKind;
use livekit::webrtc::stats::RtcStats;
use tokio::sync::watch;
use tokio::time::sleep;

use super::deadline::{SendError, within};

/// How long a voice may stand still: longer than a pause between packets of silence.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Looks at a connection, before it is given up.
const LOOKS: usize = 2;

/// How often the room is joined again for one loss.
const REJOINS: u32 = 2;

/// How long the native core may take for a request.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);

/// A connection that is looked at.
pub(super) trait Connection {
    /// What it has carried; `None` while it cannot be measured.
    fn measure(&self) -> impl Future<Output = Option<MediaFlow>> + Send;

    /// Begins to join the room again.
    fn rejoin(&self) -> impl Future<Output = Result<(), SendError>> + Send;
}

/// Packets of voice that a connection has carried so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct MediaFlow {
    sent: u64,
    received: u64,
    /// The agent's voice is published.
    speaks: bool,
    /// Somebody's microphone is on and should be heard.
    listens: bool,
}

/// Which voice stands still.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum Still {
    #[error("nothing of the agent's voice is sent")]
    Agent,
    #[error("nothing of the caller's voice comes")]
    Caller,
}

/// Looks at the connection each time it is back, until the room is left.
pub(super) async fn keep(connection: Arc<impl Connection>, mut back: watch::Receiver<u64>) {
    let mut rejoins = 0;
    while back.changed().await.is_ok() {
        match look(&*connection).await {
            Some(Ok(())) => {
                rejoins = 0;
                tracing::info!("the voices flow again");
            }
            Some(Err(still)) if rejoins == REJOINS => {
                tracing::warn!(%still, "joining the room again did not help");
            }
            Some(Err(still)) => {
                rejoins += 1;
                tracing::warn!(%still, rejoins, "the room is back, but silent: joining it again");
                if let Err(error) = connection.rejoin().await {
                    tracing::warn!(%error, "the room cannot be joined again");
                }
            }
            None => tracing::debug!("the connection cannot be measured"),
        }
    }
}

/// Whether all voices flow that should; `None` when that cannot be measured.
async fn look(connection: &impl Connection) -> Option<Result<(), Still>> {
    let first = connection.measure().await?;
    let mut looked = Ok(());
    for _ in 0..LOOKS {
        sleep(LOOK_EVERY).await;
        looked = connection.measure().await?.since(first);
        if looked.is_ok() {
            break;
        }
    }
    Some(looked)
}

impl MediaFlow {
    /// Whether there is more than before. Counts begin anew when the room is joined again.
    fn since(self, before: Self) -> Result<(), Still> {
        let spoken = self.speaks && before.speaks;
        if spoken && self.sent == before.sent {
            return Err(Still::Agent);
        }
        let listened = self.listens && before.listens;
        match listened && self.received == before.received {
            true => Err(Still::Caller),
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

/// Whether a microphone that is on is subscribed to.
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

    /// Carries so many packets more at each look.
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

    /// How often a room is joined again after a loss.
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
    async fn a_silent_room_is_joined_again_but_not_for_ever() {
        assert_eq!(rejoins(100, 100, true).await, 0);
        assert_eq!(rejoins(0, 100, true).await, 2, "nothing is sent");
        assert_eq!(rejoins(100, 0, true).await, 2, "nothing comes");
        let taken = rejoins_of((0, false), 100, true).await;
        assert_eq!(taken, 0, "the agent's track was taken");
        assert_eq!(rejoins(100, 0, false).await, 0, "nothing has to come");
    }
}
