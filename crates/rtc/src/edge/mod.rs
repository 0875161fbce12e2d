//! The tokio edge: one task for each room owns its WebSocket and UDP sockets and carries out what
//! the [`Participant`] says.
//!
//! | Queue | Bound | When full |
//! |---|---|---|
//! | calls | 64 | the caller waits |
//! | frames to send | 64 | the frame is dropped and counted |
//! | received RTP | 512 packets | the packet is dropped and counted |
//! | messages to the server | 256 | the connection counts as lost |
//! | events | 1024, then 4096 in the task | lossy data is dropped and counted; otherwise the room ends |

mod driver;
mod socket;
mod websocket;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use tokio::sync::{mpsc, oneshot};

use crate::participant::{Disconnected, Event, Joined, Options, Participant};
use crate::transport::{Frame, Rtp};
use driver::Driver;

const CALLS: usize = 64;
const FRAMES: usize = 64;
const PACKETS: usize = 512;
const EVENTS: usize = 1_024;

type Call = Box<dyn FnOnce(&mut Participant, Instant) + Send>;

/// The room has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the room has ended")]
pub struct Ended;

/// What was dropped because a queue was full.
#[derive(Debug, Default)]
struct Drops {
    frames: AtomicU64,
    packets: AtomicU64,
    events: AtomicU64,
    datagrams: AtomicU64,
}

/// Numbers of what was dropped because a queue was full.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Dropped {
    /// Frames to send.
    pub frames: u64,
    /// Received RTP packets.
    pub packets: u64,
    /// Lossy data packets.
    pub events: u64,
    /// Datagrams that the kernel did not take.
    pub datagrams: u64,
}

/// A room that was joined. Dropping its last clone leaves the room.
#[derive(Debug, Clone)]
pub struct Room {
    calls: mpsc::Sender<Call>,
    frames: mpsc::Sender<(Arc<str>, Frame)>,
    drops: Arc<Drops>,
}

/// What comes out of a room.
#[derive(Debug)]
pub struct Receiver {
    /// What happens; ends after [`Event::Disconnected`].
    pub events: mpsc::Receiver<Event>,
    /// RTP of subscribed tracks.
    pub rtp: mpsc::Receiver<Rtp>,
}

/// Joins the room that the token names. Must be called on a tokio runtime.
///
/// ```no_run
/// # use parlor_rtc::{Frame, edge::connect, participant::{Options, TrackOptions}};
/// # async fn call(opus_packet: Vec<u8>) -> Result<(), Box<dyn std::error::Error>> {
/// let mut options = Options::default();
/// options.tracks = vec![TrackOptions::microphone("voice")];
/// let joined = connect("wss://example.org", "token", options).await;
/// let (room, mut receiver, _joined) = joined.map_err(|end| format!("{end:?}"))?;
/// let cid = room.call(|p, _| p.client_ids().next().map(Into::into)).await?;
/// if let Some(cid) = cid {
///     let payload = opus_packet.into();
///     room.send_frame(&cid, Frame { payload, samples: 960, skipped: 0, level: None })?;
/// }
/// while let Some(packet) = receiver.rtp.recv().await {
///     println!("{} {} {}", packet.track, packet.sequence, packet.payload.len());
/// }
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// How the join ended, if the media was not connected.
pub async fn connect(
    url: &str,
    token: &str,
    options: Options,
) -> Result<(Room, Receiver, Box<Joined>), Disconnected> {
    let (calls, call_queue) = mpsc::channel(CALLS);
    let (frames, frame_queue) = mpsc::channel(FRAMES);
    let (rtp_sender, rtp) = mpsc::channel(PACKETS);
    let (event_sender, mut events) = mpsc::channel(EVENTS);
    let drops = Arc::new(Drops::default());
    let participant = Participant::join(url, token, options, now());
    let driver = Driver::new(
        participant,
        driver::Inputs {
            calls: call_queue,
            frames: frame_queue,
        },
        driver::Outputs {
            events: event_sender,
            rtp: rtp_sender,
            drops: Arc::clone(&drops),
        },
    );
    tokio::spawn(driver.run());
    let room = Room {
        calls,
        frames,
        drops,
    };
    match events.recv().await {
        Some(Event::Connected(joined)) => Ok((room, Receiver { events, rtp }, joined)),
        Some(Event::Disconnected(end)) => Err(end),
        _ => Err(Disconnected {
            reason: livekit_protocol::DisconnectReason::UnknownReason,
            failure: None,
        }),
    }
}

impl Room {
    /// Runs a request on the participant, in the room's task.
    ///
    /// # Errors
    /// If the room has ended.
    pub async fn call<T: Send + 'static>(
        &self,
        request: impl FnOnce(&mut Participant, Instant) -> T + Send + 'static,
    ) -> Result<T, Ended> {
        let (answer, outcome) = oneshot::channel();
        let call: Call = Box::new(move |participant, now| {
            let _ = answer.send(request(participant, now));
        });
        self.calls.send(call).await.map_err(|_| Ended)?;
        outcome.await.map_err(|_| Ended)
    }

    /// Sends a frame of the track with this client identifier, without waiting. A frame that comes
    /// too fast is dropped and counted.
    ///
    /// # Errors
    /// If the room has ended.
    pub fn send_frame(&self, cid: &Arc<str>, frame: Frame) -> Result<(), Ended> {
        match self.frames.try_send((Arc::clone(cid), frame)) {
            Ok(()) => Ok(()),
            Err(mpsc::error::TrySendError::Full(_)) => {
                self.drops.frames.fetch_add(1, Ordering::Relaxed);
                Ok(())
            }
            Err(mpsc::error::TrySendError::Closed(_)) => Err(Ended),
        }
    }

    /// Leaves the room and waits until its task has ended.
    pub async fn close(&self) {
        let _ = self.call(|participant, now| participant.leave(now)).await;
        self.calls.closed().await;
    }

    /// What was dropped because a queue was full.
    pub fn dropped(&self) -> Dropped {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Dropped {
            frames: read(&self.drops.frames),
            packets: read(&self.drops.packets),
            events: read(&self.drops.events),
            datagrams: read(&self.drops.datagrams),
        }
    }
}

/// The time of tokio's clock, which tests can pause.
fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}
