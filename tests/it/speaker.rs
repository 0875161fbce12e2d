//! A scripted room that receives the agent's audio.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use parlor_core::audio::duration_of;
use parlor_livekit::room::Sink;
use tokio::time::{Instant, sleep_until};

/// A room whose buffer holds 60 ms and drains in real time.
#[derive(Clone, Default)]
pub(crate) struct Room(pub(crate) Arc<Mutex<Buffer>>);

#[derive(Default)]
pub(crate) struct Buffer {
    pub(crate) captured: Vec<i16>,
    full_until: Option<Instant>,
    pub(crate) cleared: Vec<Instant>,
}

impl Sink for Room {
    async fn capture(&mut self, samples: &[i16]) -> Result<(), String> {
        let room_at = {
            let mut buffer = self.0.lock();
            buffer.captured.extend_from_slice(samples);
            let from = buffer
                .full_until
                .unwrap_or_else(Instant::now)
                .max(Instant::now());
            let until = from + duration_of(samples.len());
            buffer.full_until = Some(until);
            until - Duration::from_millis(60)
        };
        sleep_until(room_at).await;
        Ok(())
    }

    fn clearer(&self) -> impl Fn() + Send + Sync + 'static {
        let buffer = self.0.clone();
        move || {
            let mut buffer = buffer.lock();
            buffer.full_until = None;
            buffer.cleared.push(Instant::now());
        }
    }
}
