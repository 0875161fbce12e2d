//! The recording of a call: the caller on the left, the agent on the right, on the call's clock.
//! What is heard is handed over without waiting; a task of its own writes it down.

mod mix;
mod ogg;
#[cfg(test)]
mod tests;
mod wav;

use std::fs::{self, File};
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parlor_core::audio::Frame;
use serde::Deserialize;
use tokio::sync::{mpsc, oneshot};
use tokio::task::{self, JoinHandle};

use super::document::Speaker;
use super::folder;
use super::timeline::Silence;
use mix::{Mixer, position};
use ogg::Ogg;
use wav::Wav;

/// Pieces that wait to be written: about 6 s of both sides. When it is full the newest is
/// dropped and counted, and the recording is silent there.
const QUEUE: usize = 1_024;

/// A WAV file cannot be longer by much; what comes later is dropped and counted.
const LONGEST: Duration = Duration::from_secs(12 * 3600);

/// How a call is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Not at all.
    #[default]
    None,
    /// 16-bit samples, 345 MB an hour.
    Wav,
    /// Opus in Ogg, about 20 MB an hour.
    Ogg,
}

/// Where the audio of a call is handed over. Nothing here waits.
#[derive(Debug, Clone)]
pub struct Tap {
    began: Instant,
    queue: mpsc::Sender<Piece>,
    dropped: Arc<AtomicU64>,
}

/// A recording that is being made.
#[derive(Debug)]
pub(super) struct Recording {
    tap: Tap,
    end: oneshot::Sender<End>,
    writing: JoinHandle<io::Result<()>>,
}

/// Samples of one side that must not be heard.
#[derive(Debug)]
struct Unsaid {
    side: Speaker,
    samples: Range<u64>,
}

#[derive(Debug)]
struct Piece {
    at: Duration,
    what: What,
}

#[derive(Debug)]
enum What {
    Heard(Speaker, Vec<i16>),
    Cut,
}

/// How a recording ends.
#[derive(Debug)]
struct End {
    lasted: Duration,
    unsaid: Vec<Unsaid>,
}

impl Format {
    /// The file's extension; none when nothing is recorded.
    pub(super) fn extension(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Wav => Some("wav"),
            Self::Ogg => Some("ogg"),
        }
    }
}

impl Tap {
    /// The caller is heard now.
    pub fn caller(&self, now: Instant, frame: &Frame) {
        self.give(now, What::Heard(Speaker::Caller, frame.samples().to_vec()));
    }

    /// These samples of the agent are handed to the room now; they are heard after those before.
    pub fn agent(&self, now: Instant, samples: &[i16]) {
        self.give(now, What::Heard(Speaker::Agent, samples.to_vec()));
    }

    /// What was handed to the room and is not heard yet is dropped now.
    pub fn cut(&self, now: Instant) {
        self.give(now, What::Cut);
    }

    fn give(&self, now: Instant, what: What) {
        let at = now.saturating_duration_since(self.began);
        if self.queue.try_send(Piece { at, what }).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Recording {
    /// Records into `file` what is heard from `began` on; the name counts once it is whole.
    pub(super) fn start(format: Format, file: PathBuf, began: Instant) -> Self {
        let (queue, pieces) = mpsc::channel(QUEUE);
        let (end, ended) = oneshot::channel();
        let dropped = Arc::<AtomicU64>::default();
        let writing = task::spawn(write(format, file, Arc::clone(&dropped), pieces, ended));
        let tap = Tap {
            began,
            queue,
            dropped,
        };
        Self { tap, end, writing }
    }

    pub(super) fn tap(&self) -> Tap {
        self.tap.clone()
    }

    /// Whether it could not be written; its end says why.
    pub(super) fn has_failed(&self) -> bool {
        self.tap.queue.is_closed()
    }

    /// Pieces that are missing.
    pub(super) fn dropped(&self) -> u64 {
        self.tap.dropped.load(Ordering::Relaxed)
    }

    /// The call is over; waits until the file is whole and has its name.
    ///
    /// # Errors
    /// Why it could not be written.
    pub(super) async fn finish(self, lasted: Duration, unsaid: &[Silence]) -> io::Result<()> {
        let unsaid = unsaid.iter().map(Unsaid::from).collect();
        let lasted = lasted.min(LONGEST);
        // A task that has failed says so below.
        self.end.send(End { lasted, unsaid }).ok();
        self.writing.await.map_err(io::Error::other)?
    }
}

impl From<&Silence> for Unsaid {
    fn from(stretch: &Silence) -> Self {
        let Silence { side, from, to } = *stretch;
        Self {
            side,
            samples: position(from) as u64..position(to) as u64,
        }
    }
}

/// Writes a recording down.
struct Scribe {
    writer: Writer,
    mixer: Mixer,
    dropped: Arc<AtomicU64>,
}

/// Writes until the call is over. When nobody says how it ended, what is there stays unnamed.
async fn write(
    format: Format,
    file: PathBuf,
    dropped: Arc<AtomicU64>,
    mut pieces: mpsc::Receiver<Piece>,
    mut ended: oneshot::Receiver<End>,
) -> io::Result<()> {
    let partial = folder::partial(&file);
    let create = partial.clone();
    let mut scribe = Scribe {
        writer: blocking(move || Writer::create(format, &create)).await?,
        mixer: Mixer::default(),
        dropped,
    };
    let end = loop {
        tokio::select! {
            biased;
            end = &mut ended => break end,
            Some(piece) = pieces.recv() => scribe = scribe.take(piece).await?,
        }
    };
    while let Ok(piece) = pieces.try_recv() {
        scribe = scribe.take(piece).await?;
    }
    let Ok(End { lasted, unsaid }) = end else {
        return blocking(move || scribe.writer.finish()).await;
    };
    while let Some(block) = scribe.mixer.rest(lasted) {
        scribe = scribe.write(block).await?;
    }
    blocking(move || {
        scribe.writer.finish()?;
        if !unsaid.is_empty() {
            mute(format, &partial, &unsaid)?;
        }
        folder::publish(&partial, &file)
    })
    .await
}

impl Scribe {
    /// Puts a piece in its place, and writes what is due.
    async fn take(mut self, piece: Piece) -> io::Result<Self> {
        let Piece { at, what } = piece;
        self.mixer.advance(at.min(LONGEST));
        while let Some(block) = self.mixer.due() {
            self = self.write(block).await?;
        }
        let is_lost = match what {
            What::Heard(side, samples) => at > LONGEST || !self.mixer.push(side, at, &samples),
            What::Cut => {
                self.mixer.cut(at);
                false
            }
        };
        self.dropped
            .fetch_add(u64::from(is_lost), Ordering::Relaxed);
        Ok(self)
    }

    async fn write(self, block: Vec<i16>) -> io::Result<Self> {
        blocking(move || {
            let mut scribe = self;
            scribe.writer.write(&block)?;
            Ok(scribe)
        })
        .await
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    task::spawn_blocking(work).await.map_err(io::Error::other)?
}

/// A file of one format or the other.
enum Writer {
    Wav(Wav),
    Ogg(Box<Ogg>),
}

impl Writer {
    fn create(format: Format, partial: &Path) -> io::Result<Self> {
        let file = folder::create(partial)?;
        Ok(match format {
            Format::Ogg => Self::Ogg(Box::new(Ogg::new(file)?)),
            Format::Wav | Format::None => Self::Wav(Wav::new(file)?),
        })
    }

    fn write(&mut self, both: &[i16]) -> io::Result<()> {
        match self {
            Self::Wav(wav) => wav.write(both),
            Self::Ogg(ogg) => ogg.write(both),
        }
    }

    fn finish(self) -> io::Result<()> {
        match self {
            Self::Wav(wav) => wav.finish(),
            Self::Ogg(ogg) => ogg.finish(),
        }
    }
}

fn mute(format: Format, partial: &Path, unsaid: &[Unsaid]) -> io::Result<()> {
    match format {
        Format::Ogg => {
            let muted = folder::partial(partial);
            let file: File = folder::create(&muted)?;
            ogg::mute(partial, file, unsaid)?;
            fs::rename(&muted, partial)
        }
        Format::Wav | Format::None => wav::mute(partial, unsaid),
    }
}
