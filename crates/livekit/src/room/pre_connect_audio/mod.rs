//! Decodes pre-connect audio (`lk.agent.pre-connect-audio-buffer`): what a caller's app recorded
//! before the agent had joined. The result is mono at 24 kHz.

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

/// Topic of the byte stream.
pub(super) const TOPIC: &str = "lk.agent.pre-connect-audio-buffer";

/// Timeout for receiving and decoding the audio.
const ARRIVES_WITHIN: Duration = Duration::from_secs(10);

/// Maximum size, in bytes.
const LARGEST: usize = 2 << 20;

/// Maximum length, in samples: 30 s. Apps keep 10 s.
const LONGEST: usize = 30 * 24_000;

/// Why pre-connect audio could not be used. Does not contain any of the audio.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum AudioError {
    /// It is too large.
    #[error("it is larger than {LARGEST} bytes")]
    TooLarge,
    /// It is too long.
    #[error("it is longer than 30 s")]
    TooLong,
    /// It took too long to arrive.
    #[error("it did not arrive in time")]
    Timeout,
    /// The stream ended before its end.
    #[error("the stream broke off")]
    Broken,
    /// The sample rate or the number of channels is missing or out of range.
    #[error("its sample rate or number of channels is missing or invalid")]
    Format,
    /// It is neither WebM nor Ogg with Opus.
    #[error("it is not Opus in a WebM or Ogg container")]
    Container,
    /// The container cannot be parsed.
    #[error("its container is corrupt")]
    Demux,
    /// The decoder rejected it.
    #[error("it cannot be decoded")]
    Decode,
}

/// Encoding of the audio.
#[derive(Debug, PartialEq, Eq)]
enum Format {
    /// Opus in WebM or Ogg.
    Opus,
    /// Interleaved 16-bit samples, little-endian.
    Pcm { rate: u32, channels: usize },
}

/// Reads the stream of `from` to its end and decodes it. After an error the audio is empty.
pub(super) async fn read(from: Identity, reader: ByteStreamReader) -> Event {
    let heard = timeout(ARRIVES_WITHIN, hear(reader)).await;
    let voice = match heard.unwrap_or(Err(AudioError::Timeout)) {
        Ok(voice) => {
            let ms = duration_of(voice.len()).as_millis();
            tracing::info!(%from, ms, "received pre-connect audio of a caller");
            voice
        }
        Err(error) => {
            tracing::warn!(%from, %error, "could not use the pre-connect audio of a caller");
            Vec::new()
        }
    };
    let voice = Frame::new(voice);
    Event::PreConnectAudio { from, voice }
}

async fn hear(mut reader: ByteStreamReader) -> Result<Vec<i16>, AudioError> {
    let info = reader.info();
    let format = Format::detect(&info.mime_type, &info.attributes())?;
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
    fn detect(mime: &str, attributes: &HashMap<String, String>) -> Result<Self, AudioError> {
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
