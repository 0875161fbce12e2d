//! Publishes captions as LiveKit's own agents do: as text streams on `lk.transcription` (one stream
//! for each update of a caller's turn, in the caller's name; one growing stream for a reply), and
//! as transcription packets for clients that do not support these streams.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use livekit::participant::ParticipantKind;
use livekit::track::TrackSource;
use livekit::{
    SendTextOptions, StreamTextOptions, StreamWriter, TextStreamWriter, Transcription,
    TranscriptionSegment,
};
use parlor_common::random;
use parlor_core::conversation::{Caption, Utterance};
use parlor_core::ids::Identity;
use tokio::sync::{mpsc, watch};

use super::deadline::{SendError, within};
use super::permissions::Permissions;

/// Capacity of the queue of captions; captions that do not fit are dropped and counted.
pub(super) const WAITING: usize = 256;

pub(super) const TOPIC: &str = "lk.transcription";
pub(super) const SEGMENT: &str = "lk.segment_id";
pub(super) const FINAL: &str = "lk.transcription_final";
const TRACK: &str = "lk.transcribed_track_id";
/// Parlor's own attribute: the caller interrupted the reply.
pub(super) const INTERRUPTED: &str = "lk.transcription_interrupted";

/// Client protocol version from which on clients read the streams and ignore the packets.
const READS_STREAMS: i32 = 3;

/// Timeout for sending one chunk of text.
const SHOWN_WITHIN: Duration = Duration::from_secs(2);

/// Maximum number of open replies; the oldest one is dropped when there are more.
const OPEN: usize = 16;

/// The task that publishes captions.
pub(super) struct Captions {
    room: Arc<livekit::Room>,
    /// Prefix of the segment IDs of this call.
    prefix: String,
    open: Vec<Stream>,
    /// The agent's permissions. The server silently drops data that the agent may not send.
    allowed: watch::Receiver<Permissions>,
}

/// Published part of a reply that is not final yet.
struct Stream {
    utterance: Utterance,
    /// SID of the agent's track when the stream was opened.
    track: Option<String>,
    /// `None` if the room missed a part of the text: the rest needs a new stream.
    writer: Option<TextStreamWriter>,
    shown: String,
}

impl Captions {
    pub(super) fn new(room: Arc<livekit::Room>, allowed: watch::Receiver<Permissions>) -> Self {
        Self {
            room,
            prefix: random::livekit("SG"),
            open: Vec::new(),
            allowed,
        }
    }

    /// Publishes captions until their sender is dropped.
    pub(super) async fn run(mut self, mut captions: mpsc::Receiver<Caption>) {
        let mut unshown = 0u64;
        while let Some(caption) = captions.recv().await {
            if let Err(error) = self.show(caption).await {
                unshown += 1;
                tracing::debug!(%error, unshown, "could not publish a caption");
            }
        }
    }

    async fn show(&mut self, caption: Caption) -> Result<(), SendError> {
        if !self.allowed.borrow().send_data {
            self.skip(caption);
            return Ok(());
        }
        match caption {
            Caption::Caller {
                caller,
                turn,
                text,
                is_final,
            } => {
                let line = Line {
                    segment: format!("{}_u{turn}", self.prefix),
                    speaker: caller.as_str().to_owned(),
                    track: self.track_of(&caller),
                    is_final,
                    interrupted: false,
                };
                self.whole(&line, text.reveal()).await
            }
            Caption::Agent { utterance, more } => self.grow(utterance, more.reveal()).await,
            Caption::AgentDone {
                utterance,
                text,
                interrupted,
            } => {
                let line = Line {
                    is_final: true,
                    interrupted,
                    ..self.line(utterance)
                };
                self.finish(utterance, &line, text.reveal()).await
            }
        }
    }

    /// Appends text to a reply.
    async fn grow(&mut self, utterance: Utterance, more: &str) -> Result<(), SendError> {
        let line = self.line(utterance);
        let (shown, known) = match self.take(utterance) {
            Some(open) if open.track == line.track => (open.shown, open.writer),
            // Rejoining the room ends all streams.
            Some(ended) => (ended.shown, None),
            None => (String::new(), None),
        };
        let shown = shown + more;
        let (writer, piece) = match known {
            Some(writer) => (writer, more),
            None => (self.begin(&line).await?, shown.as_str()),
        };
        let written = within(SHOWN_WITHIN, writer.write(piece)).await;
        self.keep(Stream {
            utterance,
            track: line.track.clone(),
            writer: Some(writer),
            shown: shown.clone(),
        });
        written?;
        self.packet(&line, &shown).await
    }

    /// Keeps the text of a caption that may not be published, in case it is needed later.
    fn skip(&mut self, caption: Caption) {
        match caption {
            Caption::Caller { .. } => {}
            Caption::Agent { utterance, more } => {
                let shown = self.take(utterance).map(|it| it.shown).unwrap_or_default();
                self.keep(Stream {
                    utterance,
                    track: None,
                    writer: None,
                    shown: shown + more.reveal(),
                });
            }
            Caption::AgentDone { utterance, .. } => drop(self.take(utterance)),
        }
    }

    async fn begin(&self, line: &Line) -> Result<TextStreamWriter, SendError> {
        let mut options = StreamTextOptions::new_with_topic(TOPIC);
        options.attributes = line.attributes();
        let opening = self.room.local_participant();
        within(SHOWN_WITHIN, opening.stream_text(options)).await
    }

    fn take(&mut self, utterance: Utterance) -> Option<Stream> {
        let at = self.open.iter().position(|it| it.utterance == utterance)?;
        Some(self.open.remove(at))
    }

    fn keep(&mut self, stream: Stream) {
        if self.open.len() == OPEN {
            self.open.remove(0);
        }
        self.open.push(stream);
    }

    /// Publishes the final text of a reply and closes its stream.
    async fn finish(
        &mut self,
        utterance: Utterance,
        line: &Line,
        text: &str,
    ) -> Result<(), SendError> {
        let open = self.take(utterance).filter(|it| it.track == line.track);
        let Some(Stream {
            writer: Some(writer),
            shown,
            ..
        }) = open
        else {
            return self.whole(line, text).await;
        };
        match text.strip_prefix(shown.as_str()) {
            Some("") => {}
            Some(rest) => within(SHOWN_WITHIN, writer.write(rest)).await?,
            // Readers replace earlier streams of a segment with the newest one.
            None if !text.is_empty() => {
                within(SHOWN_WITHIN, writer.close()).await?;
                return self.whole(line, text).await;
            }
            None => {}
        }
        let attributes = Some(line.attributes());
        within(SHOWN_WITHIN, writer.close_with_options(None, attributes)).await?;
        self.packet(line, text).await
    }

    /// Publishes a text in a stream of its own. Skips an empty text: clients would not show it.
    async fn whole(&self, line: &Line, text: &str) -> Result<(), SendError> {
        if text.is_empty() {
            return Ok(());
        }
        let mut options = SendTextOptions::new_with_topic(TOPIC);
        options.attributes = line.attributes();
        options.sender_identity = Some(line.speaker.as_str().into());
        let sending = self.room.local_participant();
        within(SHOWN_WITHIN, sending.send_text(text, options)).await?;
        self.packet(line, text).await
    }

    /// Publishes a text as a packet if a client in the room does not read the streams.
    async fn packet(&self, line: &Line, text: &str) -> Result<(), SendError> {
        let participants = self.room.remote_participants();
        let mut apps = participants
            .values()
            .filter(|it| it.kind() == ParticipantKind::Standard);
        let Some(track) = line.track.clone() else {
            return Ok(());
        };
        if apps.all(|app| app.client_protocol() >= READS_STREAMS) {
            return Ok(());
        }
        let packet = Transcription {
            participant_identity: line.speaker.clone(),
            track_id: track,
            segments: vec![TranscriptionSegment {
                id: line.segment.clone(),
                text: text.to_owned(),
                r#final: line.is_final,
                ..TranscriptionSegment::default()
            }],
        };
        within(
            SHOWN_WITHIN,
            self.room.local_participant().publish_transcription(packet),
        )
        .await
    }

    /// Metadata of a reply that is not final.
    fn line(&self, utterance: Utterance) -> Line {
        let us = self.room.local_participant();
        let publications = us.track_publications();
        let voice = publications
            .values()
            .find(|it| it.source() == TrackSource::Microphone);
        Line {
            segment: format!("{}_a{}", self.prefix, utterance.0),
            speaker: us.identity().to_string(),
            track: voice.map(|it| it.sid().to_string()),
            is_final: false,
            interrupted: false,
        }
    }

    fn track_of(&self, caller: &Identity) -> Option<String> {
        let participants = self.room.remote_participants();
        let caller = participants.get(&caller.as_str().into())?;
        let publications = caller.track_publications();
        let mut microphones = publications
            .values()
            .filter(|it| it.source() == TrackSource::Microphone);
        microphones.next().map(|it| it.sid().to_string())
    }
}

/// Metadata of a caption.
struct Line {
    segment: String,
    /// Identity of the speaker.
    speaker: String,
    /// SID of the speaker's track, if there is one.
    track: Option<String>,
    is_final: bool,
    interrupted: bool,
}

impl Line {
    fn attributes(&self) -> HashMap<String, String> {
        let mut attributes = HashMap::from([
            (SEGMENT.to_owned(), self.segment.clone()),
            (FINAL.to_owned(), self.is_final.to_string()),
        ]);
        if let Some(track) = &self.track {
            attributes.insert(TRACK.to_owned(), track.clone());
        }
        if self.interrupted {
            attributes.insert(INTERRUPTED.to_owned(), "true".to_owned());
        }
        attributes
    }
}
