//! Records what a caller hears and reads from the agent.

use std::sync::Arc;
use std::time::Duration;

use livekit::RoomEvent;
use livekit::participant::{Participant, ParticipantKind};
use livekit::track::{RemoteTrack, TrackSource};
use livekit::webrtc::audio_stream::native::NativeAudioStream;
use parking_lot::Mutex;
use parlor_core::audio::SAMPLE_RATE;
use parlor_core::conversation::AgentState;
use tokio::sync::watch;
use tokio::time::timeout;

use super::transcript::TranscriptReader;
use crate::room::events::Receiver;
use crate::room::microphone::{next_of, open};

/// Maximum length of a recording, in samples: 10 minutes. Later audio is not recorded.
const RECORDING: usize = 600 * SAMPLE_RATE as usize;

/// Audio that a caller has heard so far: mono at 24 kHz.
#[derive(Debug, Clone)]
pub struct Heard {
    samples: Arc<Mutex<Vec<i16>>>,
    length: watch::Receiver<usize>,
}

impl Heard {
    /// Number of samples heard so far.
    pub fn len(&self) -> usize {
        *self.length.borrow()
    }

    /// Whether nothing was received, not even silence: the agent's track is not subscribed to yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A copy of the audio from sample `from` on.
    pub fn since(&self, from: usize) -> Vec<i16> {
        let samples = self.samples.lock();
        samples.get(from..).unwrap_or_default().to_vec()
    }

    /// Waits until `check` returns true for the audio from sample `from` on, for at most `within`.
    /// Returns whether it did.
    pub async fn wait(
        &mut self,
        from: usize,
        within: Duration,
        mut check: impl FnMut(&[i16]) -> bool,
    ) -> bool {
        let samples = self.samples.clone();
        let enough = self.length.wait_for(|_| {
            let samples = samples.lock();
            check(samples.get(from..).unwrap_or_default())
        });
        matches!(timeout(within, enough).await, Ok(Ok(_)))
    }
}

/// Records what the agent sends. Like other clients, it treats the track whose source is the
/// microphone as the agent's voice.
pub(crate) struct Recorder {
    pub(crate) voice: Tape,
    pub(crate) background: Tape,
    pub(crate) state: watch::Sender<String>,
    pub(crate) reading: TranscriptReader,
}

/// The recording of a track and of the tracks that replace it.
pub(crate) struct Tape {
    samples: Arc<Mutex<Vec<i16>>>,
    length: watch::Sender<usize>,
    stream: Option<NativeAudioStream>,
}

impl Recorder {
    pub(crate) async fn run(mut self, mut events: Receiver) {
        loop {
            tokio::select! {
                event = events.recv() => match event {
                    Some(RoomEvent::TrackSubscribed { track: RemoteTrack::Audio(track), publication, participant })
                        if participant.kind() == ParticipantKind::Agent =>
                    {
                        let tape = match publication.source() {
                            TrackSource::Microphone => &mut self.voice,
                            _ => &mut self.background,
                        };
                        tape.stream = Some(open(&track));
                    }
                    Some(RoomEvent::TextStreamOpened { reader, topic, participant_identity }) => {
                        if let Some(reader) = reader.take() {
                            let from = participant_identity.as_str().into();
                            self.reading.text(&topic, from, reader);
                        }
                    }
                    Some(RoomEvent::ByteStreamOpened { reader, topic, .. }) => {
                        if let Some(reader) = reader.take() {
                            self.reading.bytes(&topic, reader);
                        }
                    }
                    Some(RoomEvent::SipDTMFReceived { digit: Some(digit), .. }) => {
                        self.reading.key(digit);
                    }
                    Some(event) => self.on_event(event),
                    None => return,
                },
                Some(frame) = next_of(&mut self.voice.stream) => self.voice.record(frame.samples()),
                Some(frame) = next_of(&mut self.background.stream) => {
                    self.background.record(frame.samples());
                }
            }
        }
    }

    fn on_event(&self, event: RoomEvent) {
        let participants = match event {
            RoomEvent::Connected {
                participants_with_tracks,
            } => participants_with_tracks
                .into_iter()
                .map(|(participant, _)| Participant::Remote(participant))
                .collect(),
            RoomEvent::ParticipantConnected(participant) => vec![Participant::Remote(participant)],
            RoomEvent::ParticipantAttributesChanged { participant, .. } => vec![participant],
            _ => return,
        };
        let agents = participants
            .iter()
            .filter(|participant| participant.kind() == ParticipantKind::Agent);
        for agent in agents {
            if let Some(state) = agent.attributes().remove(AgentState::ATTRIBUTE) {
                self.state.send_replace(state);
            }
        }
    }
}

impl Tape {
    /// Creates an empty tape and the [`Heard`] that reads it.
    pub(crate) fn new() -> (Self, Heard) {
        let (length, length_out) = watch::channel(0);
        let samples = Arc::new(Mutex::new(Vec::new()));
        let heard = Heard {
            samples: samples.clone(),
            length: length_out,
        };
        let tape = Self {
            samples,
            length,
            stream: None,
        };
        (tape, heard)
    }

    fn record(&self, frame: &[i16]) {
        // `Heard::wait` locks the length, then the samples: never hold both locks here.
        let length = {
            let mut samples = self.samples.lock();
            if samples.len() + frame.len() <= RECORDING {
                samples.extend_from_slice(frame);
            }
            samples.len()
        };
        self.length.send_replace(length);
    }
}
