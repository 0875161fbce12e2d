//! The caller's turns: audio in, transcripts, barge-in, and the end of a turn.

use std::ops::ControlFlow;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::refusal::Refusal;
use super::session::{Session, samples_in};
use super::voice_activity::Heard;
use super::wire::Flow;
use super::{clip_matching, messages};

/// Samples by which audio may run ahead of real time: 1 s.
const AHEAD: u64 = 24_000;

/// Samples between two `transcript.user.delta`: 600 ms.
const DELTA_EVERY: usize = 14_400;

impl Session {
    pub(super) async fn on_audio(&mut self, message: &Value) -> Flow {
        let Some(audio) = message["audio"].as_str() else {
            let refusal = Refusal::of("invalid_format", "audio", "'audio' must be a string");
            return self.violated(&refusal).await;
        };
        let Ok(bytes) = STANDARD.decode(audio) else {
            let refusal = Refusal::of("invalid_audio", "audio", "'audio' must be base64");
            return self.violated(&refusal).await;
        };
        let (pairs, _) = bytes.as_chunks::<2>();
        let samples: Vec<_> = pairs.iter().map(|pair| i16::from_le_bytes(*pair)).collect();
        self.samples += samples.len() as u64;
        let since = self.ready.map_or(Duration::ZERO, |ready| ready.elapsed());
        if self.samples > samples_in(since) as u64 + AHEAD {
            let refusal = Refusal::new("audio_rate_violation", "audio came faster than real time");
            return self.violated(&refusal).await;
        }
        let onset = match self.speech.is_speaking() {
            true => self.options.barge_in,
            false => self.options.onset,
        };
        for heard in self.voice_activity.hear(&samples, samples_in(onset)) {
            self.on_heard(heard).await?;
        }
        self.delta().await
    }

    async fn on_heard(&mut self, heard: Heard) -> Flow {
        match heard {
            Heard::Started => {
                self.turn = messages::id("msg");
                self.deltas = 0;
                match self.speech.is_speaking() {
                    true => self.interrupted().await,
                    false if !self.moment("caller.starts").await? => ControlFlow::Continue(()),
                    false => self.send(messages::speech("started")).await,
                }
            }
            // Speech during a reply that was not interrupted.
            Heard::Stopped(_) if self.speech.is_speaking() => ControlFlow::Continue(()),
            Heard::Stopped(samples) => self.on_turn(&samples).await,
        }
    }

    /// Handles the end of a turn.
    async fn on_turn(&mut self, samples: &[i16]) -> Flow {
        if !self.moment("caller.stops").await? {
            return ControlFlow::Continue(());
        }
        let text = clip_matching::words(samples);
        self.send(messages::speech("stopped")).await?;
        self.transcribe("transcript.user", &text).await?;
        self.turns += 1;
        self.last_words.clone_from(&text);
        if self.calls.is_holding() {
            return ControlFlow::Continue(());
        }
        match self
            .pending_speech
            .take_calls()
            .or_else(|| self.ruled(&text))
        {
            Some(calls) => self.call(calls).await,
            None => {
                let speech = self.answer(samples, &text);
                self.say(speech.into()).await
            }
        }
    }

    /// Sends a transcript of the caller, or buffers it during a hold.
    async fn transcribe(&mut self, kind: &str, text: &str) -> Flow {
        let message = messages::user(kind, &self.turn, text);
        if self.calls.is_holding() {
            self.calls.buffer(message);
            return ControlFlow::Continue(());
        }
        self.send(message).await
    }

    /// Sends the length of the turn so far as a partial transcript, every 600 ms.
    async fn delta(&mut self) -> Flow {
        let Some(length) = self
            .voice_activity
            .speaking_for()
            .filter(|_| !self.speech.is_speaking())
        else {
            return ControlFlow::Continue(());
        };
        if length / DELTA_EVERY <= self.deltas {
            return ControlFlow::Continue(());
        }
        self.deltas = length / DELTA_EVERY;
        let text = format!("[{:.1} s of speech]", length as f64 / 24_000.0);
        self.transcribe("transcript.user.delta", &text).await
    }

    fn interruptible(&self) -> bool {
        let flag = self
            .asked
            .pointer("/input/turn_detection/interrupt_response");
        flag.and_then(Value::as_bool).unwrap_or(true)
    }

    async fn interrupted(&mut self) -> Flow {
        if !self.interruptible() || !self.moment("caller.interrupts").await? {
            return ControlFlow::Continue(());
        }
        self.interrupt().await
    }
}
