//! What a caller said before the agent came (`lk.agent.pre-connect-audio-buffer`): from the bytes
//! that its app sends to mono at 24 kHz.

mod opus;
mod pcm;
mod webm;

use std::collections::HashMap;
use std::time::Duration;

use futures_util::StreamExt;
use livekit::{ByteStreamReader, StreamReader as _};
use parlor_core::audio::{Frame, duration_of};
use parlor_core::conversation::Event;
use parlor_core::ids::Identity;
use tokio::time::timeout;

/// The topic of the stream.
pub(super) const TOPIC: &str = "lk.agent.pre-connect-audio-buffer";

/// How long it may take to arrive.
const ARRIVES_WITHIN: Duration = Duration::from_secs(10);

/// The most bytes.
const LARGEST: usize = 2 << 20;

/// The longest that is decoded, in samples: 30 s. Apps keep 10 s.
const LONGEST: usize = 30 * 24_000;

/// Why it is not heard. Tells nothing of what was in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum AudioError {
    /// Nobody knows how long that would take.
    #[error("it is larger than {LARGEST} bytes")]
    TooLarge,
    /// Nobody speaks so long to nobody.
    #[error("it is longer than 30 s")]
    TooLong,
    /// The stream takes too long.
    #[error("it did not come in time")]
    Timeout,
    /// The stream ended in the middle.
    #[error("it broke off")]
    Broken,
    /// It has no sample rate, or one that no microphone has.
    #[error("its sample rate or its channels are not told, or cannot be")]
    Format,
    /// It is neither WebM nor Ogg.
    #[error("it is Opus in no container that is known")]
    Container,
    /// The container is not whole.
    #[error("its container is broken")]
    Demux,
    /// The decoder does not take it.
    #[error("it cannot be decoded")]
    Decode,
}

/// How it is written.
#[derive(Debug, PartialEq, Eq)]
enum Format {
    /// In WebM or Ogg.
    Opus,
    /// Interleaved, 16 bits, the low byte first.
    Pcm { rate: u32, channels: usize },
}

/// Reads the stream of `from` to its end.
pub(super) async fn read(from: Identity, reader: ByteStreamReader) -> Event {
    let heard = timeout(ARRIVES_WITHIN, hear(reader)).await;
    let voice = match heard.unwrap_or(Err(AudioError::Timeout)) {
        Ok(voice) => {
            let ms = duration_of(voice.len()).as_millis();
            tracing::info!(%from, ms, "a caller spoke before the agent came");
            voice
        }
        Err(error) => {
            tracing::warn!(%from, %error, "what a caller said before the agent came is not heard");
            Vec::new()
        }
    };
    let voice = Frame::new(voice);
    Event::Early { from, voice }
}

async fn hear(mut reader: ByteStreamReader) -> Result<Vec<i16>, AudioError> {
    let info = reader.info();
    let format = Format::told(&info.mime_type, &info.attributes())?;
    let mut bytes = Vec::new();
    while let Some(piece) = reader.next().await {
        bytes.extend_from_slice(&piece.map_err(|_broken| AudioError::Broken)?);
        if bytes.len() > LARGEST {
            return Err(AudioError::TooLarge);
        }
    }
    let decoding = tokio::task::spawn_blocking(move || format.decode(&bytes));
    decoding.await.unwrap_or(Err(AudioError::Decode))
}

impl Format {
    fn told(mime: &str, attributes: &HashMap<String, String>) -> Result<Self, AudioError> {
        if mime.starts_with("audio/opus")
            || mime.starts_with("audio/webm")
            || mime.starts_with("audio/ogg")
        {
            return Ok(Self::Opus);
        }
        let number = |name| attributes.get(name)?.trim().parse().ok();
        let rate = number("sampleRate").filter(|rate| (8_000..=192_000).contains(rate));
        let channels = number("channels").filter(|channels| (1..=8).contains(channels));
        match (rate, channels) {
            (Some(rate), Some(channels)) => Ok(Self::Pcm {
                rate,
                channels: channels as usize,
            }),
            _ => Err(AudioError::Format),
        }
    }

    fn decode(&self, bytes: &[u8]) -> Result<Vec<i16>, AudioError> {
        match self {
            _ if bytes.is_empty() => Ok(Vec::new()),
            Self::Opus if bytes.starts_with(b"OggS") => opus::ogg(bytes),
            Self::Opus if bytes.starts_with(&webm::MAGIC) => opus::packets(&webm::packets(bytes)?),
            Self::Opus => Err(AudioError::Container),
            Self::Pcm { rate, channels } => pcm::mono(bytes, *rate, *channels),
        }
    }
}

#[cfg(test)]
mod tests;
