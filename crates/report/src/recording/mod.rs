//! The recording of a call: the caller on the left, the agent on the right, aligned in time. Audio
//! is queued without blocking; a separate task writes it.

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
use super::timeline::MutedSpan;
use mix::{Mixer, position};
use ogg::Ogg;
use wav::Wav;

/// Capacity of the queue of audio to write: about 6 s of both sides. If it is full, new audio is
/// dropped and counted, and the recording is silent there.
const QUEUE: usize = 1_024;

/// Maximum length of a recording, as a WAV file cannot be much longer. Later audio is dropped and
/// counted.
const LONGEST: Duration = Duration::from_secs(12 * 3600);

/// Format of recordings: stereo, 24 kHz.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Calls are not recorded.
    #[default]
    None,
    /// WAV with 16-bit samples: 345 MB per hour.
    Wav,
    /// Opus in Ogg: about 20 MB per hour.
    Ogg,
}

/// Input of a recording: takes the audio of a call, mono at 24 kHz. Never blocks. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Tap {
    began: Instant,
    queue: mpsc::Sender<QueuedAudio>,
    dropped: Arc<AtomicU64>,
}

/// A recording in progress.
#[derive(Debug)]
pub(super) struct Recording {
    tap: Tap,
    end: oneshot::Sender<End>,
    writing: JoinHandle<io::Result<()>>,
}

/// Samples of one side to mute.
#[derive(Debug)]
struct MutedSamples {
    side: Speaker,
    samples: Range<u64>,
}

#[derive(Debug)]
struct QueuedAudio {
    at: Duration,
    item: Item,
}

#[derive(Debug)]
enum Item {
    Heard(Speaker, Vec<i16>),
    Cut,
}

/// Instructions to end a recording.
#[derive(Debug)]
struct End {
    lasted: Duration,
    muted: Vec<MutedSamples>,
}

impl Format {
    /// The extension of files; `None` if calls are not recorded.
    pub(super) fn extension(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Wav => Some("wav"),
            Self::Ogg => Some("ogg"),
        }
    }
}

impl Tap {
    /// Records a frame of the caller that is heard at `now`.
    pub fn caller(&self, now: Instant, frame: &Frame) {
        self.give(now, Item::Heard(Speaker::Caller, frame.samples().to_vec()));
    }

    /// Records samples of the agent that are sent to the room at `now`. They are heard after all
    /// samples before them.
    pub fn agent(&self, now: Instant, samples: &[i16]) {
        self.give(now, Item::Heard(Speaker::Agent, samples.to_vec()));
    }

    /// Drops the agent's samples that were sent to the room but not heard until `now`.
    pub fn cut(&self, now: Instant) {
        self.give(now, Item::Cut);
    }

    fn give(&self, now: Instant, item: Item) {
        let at = now.saturating_duration_since(self.began);
        if self.queue.try_send(QueuedAudio { at, item }).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Recording {
    /// Records to `file` from `began` on. The file gets its name once it is complete.
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

    /// Whether writing failed; [`Self::finish`] returns why.
    pub(super) fn has_failed(&self) -> bool {
        self.tap.queue.is_closed()
    }

    /// Number of frames and chunks that were dropped.
    pub(super) fn dropped(&self) -> u64 {
        self.tap.dropped.load(Ordering::Relaxed)
    }

    /// Ends the recording of a call that lasted `lasted`, and mutes `muted`. Waits until the file
    /// is complete and has its name.
    ///
    /// # Errors
    /// The file could not be written.
    pub(super) async fn finish(self, lasted: Duration, muted: &[MutedSpan]) -> io::Result<()> {
        let muted = muted.iter().map(MutedSamples::from).collect();
        let lasted = lasted.min(LONGEST);
        // If the task has failed, it returns the error below.
        self.end.send(End { lasted, muted }).ok();
        self.writing.await.map_err(io::Error::other)?
    }
}

impl From<&MutedSpan> for MutedSamples {
    fn from(span: &MutedSpan) -> Self {
        let MutedSpan { side, from, to } = *span;
        Self {
            side,
            samples: position(from) as u64..position(to) as u64,
        }
    }
}

/// Writes a recording.
struct WriterTask {
    writer: Writer,
    mixer: Mixer,
    dropped: Arc<AtomicU64>,
}

/// Writes until the recording ends. If `ended` is dropped, the file keeps its temporary name.
async fn write(
    format: Format,
    file: PathBuf,
    dropped: Arc<AtomicU64>,
    mut pieces: mpsc::Receiver<QueuedAudio>,
    mut ended: oneshot::Receiver<End>,
) -> io::Result<()> {
    let partial = folder::partial(&file);
    let create = partial.clone();
    let mut task = WriterTask {
        writer: blocking(move || Writer::create(format, &create)).await?,
        mixer: Mixer::default(),
        dropped,
    };
    let end = loop {
        tokio::select! {
            biased;
            end = &mut ended => break end,
            Some(queued) = pieces.recv() => task = task.take(queued).await?,
        }
    };
    while let Ok(queued) = pieces.try_recv() {
        task = task.take(queued).await?;
    }
    let Ok(End { lasted, muted }) = end else {
        return blocking(move || task.writer.finish()).await;
    };
    while let Some(block) = task.mixer.rest(lasted) {
        task = task.write(block).await?;
    }
    blocking(move || {
        task.writer.finish()?;
        if !muted.is_empty() {
            mute(format, &partial, &muted)?;
        }
        folder::publish(&partial, &file)
    })
    .await
}

impl WriterTask {
    /// Adds a piece of audio, and writes the blocks that are final.
    async fn take(mut self, queued: QueuedAudio) -> io::Result<Self> {
        let QueuedAudio { at, item } = queued;
        self.mixer.advance(at.min(LONGEST));
        while let Some(block) = self.mixer.due() {
            self = self.write(block).await?;
        }
        let is_lost = match item {
            Item::Heard(side, samples) => at > LONGEST || !self.mixer.add(side, at, &samples),
            Item::Cut => {
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
            let mut task = self;
            task.writer.write(&block)?;
            Ok(task)
        })
        .await
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    task::spawn_blocking(work).await.map_err(io::Error::other)?
}

/// A file of either format.
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

fn mute(format: Format, partial: &Path, muted: &[MutedSamples]) -> io::Result<()> {
    match format {
        Format::Ogg => {
            let rewritten = folder::partial(partial);
            let file: File = folder::create(&rewritten)?;
            ogg::mute(partial, file, muted)?;
            fs::rename(&rewritten, partial)
        }
        Format::Wav | Format::None => wav::mute(partial, muted),
    }
}
