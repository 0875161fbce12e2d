//! Builds the timeline of a call: facts in, a bounded [`Timeline`] out. Uses no clock and no files.

#[cfg(test)]
mod tests;
mod tools;

use std::sync::Arc;
use std::time::Duration;

use parlor_core::conversation::{AgentError, Fact, Latency, Utterance};
use parlor_core::secret::Private;

use super::document::{BargeIn, Phase, Session, Speaker, Timeline, Turn, Usage, Wait};
use super::redact::Redactor;

/// Maximum number of entries of all kinds.
const ENTRIES: usize = 10_000;

/// Maximum length of all text in the entries, in bytes.
const BYTES: usize = 4 << 20;

/// Maximum time from the first words of a turn to their recognition.
const RECOGNISED_WITHIN: Duration = Duration::from_secs(2);

/// Maximum time from the start of a reply to its first loud sample.
const SOFT_START: Duration = Duration::from_millis(500);

/// A stretch of one side of the recording to mute. Times are since the call began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct MutedSpan {
    pub(super) side: Speaker,
    pub(super) from: Duration,
    pub(super) to: Duration,
}

/// Builds the timeline of a call.
#[derive(Debug)]
pub(super) struct TimelineBuilder {
    redactor: Arc<Redactor>,
    /// Whether arguments and results of tool calls are kept.
    payloads: bool,
    currency: Option<String>,
    timeline: Timeline,
    entries: usize,
    bytes: usize,
    /// When the timeline became full; `None` if it is not full.
    full_since: Option<Duration>,
    speaking: Option<Speaking>,
    /// When the caller's last turn ended.
    turn_over: Duration,
    /// When the agent's last turn ended.
    reply_over: Duration,
    replies: Vec<Reply>,
    /// The last interrupted reply, and how much of it was heard.
    cut: Option<(Utterance, Duration)>,
    /// Stretches of the recording to mute.
    muted: Vec<MutedSpan>,
}

/// A turn of the caller in progress.
#[derive(Debug)]
struct Speaking {
    since: Duration,
    so_far: Private<String>,
}

/// A reply that became audible.
#[derive(Debug)]
struct Reply {
    utterance: Utterance,
    since: Duration,
    /// Whether its transcript is known.
    has_words: bool,
}

impl TimelineBuilder {
    /// The timeline of a call that begins at this moment.
    pub(super) fn new(redactor: Arc<Redactor>, payloads: bool, currency: Option<String>) -> Self {
        Self {
            redactor,
            payloads,
            currency,
            timeline: Timeline::default(),
            entries: 0,
            bytes: 0,
            full_since: None,
            speaking: None,
            turn_over: Duration::ZERO,
            reply_over: Duration::ZERO,
            replies: Vec::new(),
            cut: None,
            muted: Vec::new(),
        }
    }

    /// Adds a fact. `at` is the time since the call began.
    pub(super) fn fact(&mut self, at: Duration, fact: &Fact) {
        match fact {
            Fact::UserTranscript {
                text,
                is_final: false,
                ..
            } => self.caller_says(at, text),
            Fact::UserTranscript {
                text,
                is_final: true,
                ..
            }
            | Fact::UserWrote { text } => self.caller_said(at, text),
            Fact::Audible { utterance, waited } => self.audible(at, *utterance, *waited),
            Fact::Interrupted { utterance, played } => self.cut = Some((*utterance, *played)),
            Fact::AgentTranscript {
                utterance,
                text,
                interrupted,
            } => {
                self.agent_said(at, *utterance, text, *interrupted);
            }
            Fact::Silenced { after } if self.has_room(at, 0) => {
                let silenced_ms = after.map(ms);
                let start_ms = ms(at);
                self.timeline.barge_ins.push(BargeIn {
                    start_ms,
                    silenced_ms,
                });
            }
            Fact::PhaseEntered { phase } if self.has_room(at, phase.len()) => {
                let name = phase.clone();
                let start_ms = ms(at);
                self.timeline.phases.push(Phase { name, start_ms });
            }
            Fact::LimitReached(limit) if self.has_room(at, 0) => {
                self.timeline.limits.push(limit.name());
            }
            Fact::Used { connected, cost } => {
                self.timeline.usage = Some(Usage {
                    connected_seconds: connected.as_secs_f64(),
                    cost: *cost,
                    currency: cost.and(self.currency.clone()),
                });
            }
            fact => {
                self.tool(at, fact);
                self.session(at, fact);
            }
        }
    }

    /// Ends the timeline at `at`. Also returns the stretches of the recording to mute.
    pub(super) fn close(mut self, at: Duration) -> (Timeline, Vec<MutedSpan>) {
        self.mute_unknown(at);
        self.timeline.transcript.sort_by_key(|turn| turn.start_ms);
        self.timeline.truncated = self.full_since.is_some();
        (self.timeline, self.muted)
    }

    fn caller_says(&mut self, at: Duration, text: &Private<String>) {
        let since = self.speaking.as_ref().map_or(at, |speaking| speaking.since);
        let so_far = text.clone();
        self.speaking = Some(Speaking { since, so_far });
    }

    fn caller_said(&mut self, at: Duration, text: &Private<String>) {
        let since = self.speaking.take().map(|speaking| speaking.since);
        let turn_over = std::mem::replace(&mut self.turn_over, at);
        let from = since.map_or(turn_over, |since| since.saturating_sub(RECOGNISED_WITHIN));
        let text = self.redacted(text, Speaker::Caller, from, at);
        self.turn(
            at,
            Turn {
                speaker: Speaker::Caller,
                text,
                start_ms: ms(since.unwrap_or(at)),
                interrupted: false,
                heard_ms: None,
            },
        );
    }

    fn audible(&mut self, at: Duration, utterance: Utterance, waited: Option<Latency>) {
        if !self.has_room(at, 0) {
            return;
        }
        self.replies.push(Reply {
            utterance,
            since: at,
            has_words: false,
        });
        if let Some(waited) = waited {
            self.timeline.waits.push(Wait {
                start_ms: ms(at),
                committed_ms: ms(waited.committed),
                first_token_ms: waited.first_token.map(ms),
                audible_ms: ms(waited.audible),
            });
        }
    }

    fn agent_said(
        &mut self,
        at: Duration,
        utterance: Utterance,
        text: &Private<String>,
        interrupted: bool,
    ) {
        let mut replies = self.replies.iter_mut().rev();
        let since = replies.find(|it| it.utterance == utterance).map(|reply| {
            reply.has_words = true;
            reply.since
        });
        let heard = self.cut.take_if(|(cut, _)| *cut == utterance);
        let reply_over = std::mem::replace(&mut self.reply_over, at);
        let from = since.map_or(reply_over, |since| since.saturating_sub(SOFT_START));
        let text = self.redacted(text, Speaker::Agent, from, at);
        self.turn(
            at,
            Turn {
                speaker: Speaker::Agent,
                text,
                start_ms: ms(since.unwrap_or(at)),
                interrupted,
                heard_ms: heard.map(|(_, played)| ms(played)),
            },
        );
    }

    fn turn(&mut self, at: Duration, turn: Turn) {
        let length = turn.text.reveal().len();
        if length > 0 && self.has_room(at, length) {
            self.timeline.transcript.push(turn);
        }
    }

    fn session(&mut self, at: Duration, fact: &Fact) {
        let (event, after, detail) = match fact {
            Fact::SessionReady { session } => {
                let session = session.as_ref().map(|id| id.as_str().to_owned());
                ("ready", None, session)
            }
            Fact::AgentLost(loss) => ("lost", None, Some(loss.explanation())),
            Fact::AgentBack {
                resumed: true,
                after,
            } => ("resumed", Some(*after), None),
            Fact::AgentBack {
                resumed: false,
                after,
            } => ("replaced", Some(*after), None),
            Fact::AgentError(error) => ("error", None, Some(words(error))),
            Fact::VoiceRefused => ("voice_refused", None, None),
            Fact::SessionRotated => ("rotated", None, None),
            Fact::Unheard(why) => ("unheard", None, Some(why.name().to_owned())),
            Fact::HeardAgain { after } => ("heard_again", Some(*after), None),
            Fact::WentQuiet(state) => ("went_quiet", None, Some(state.as_str().to_owned())),
            _ => return,
        };
        let detail = detail.map(|detail| self.redactor.text(&detail).0);
        if self.has_room(at, detail.as_ref().map_or(0, String::len)) {
            self.timeline.sessions.push(Session {
                event,
                start_ms: ms(at),
                after_ms: after.map(ms),
                detail,
            });
        }
    }

    /// Redacts `text`. If that changes it, also mutes the recording from `from` to `to`.
    fn redacted(
        &mut self,
        text: &Private<String>,
        side: Speaker,
        from: Duration,
        to: Duration,
    ) -> Private<String> {
        let (text, found) = self.redactor.text(text.reveal());
        if found {
            self.mute(side, from, to);
        }
        text.into()
    }

    /// Mutes speech without a transcript, as it may contain something to redact.
    fn mute_unknown(&mut self, end: Duration) {
        if let Some(Speaking { since, so_far }) = self.speaking.take() {
            let from = since.saturating_sub(RECOGNISED_WITHIN);
            self.redacted(&so_far, Speaker::Caller, from, end);
        }
        let replies = std::mem::take(&mut self.replies);
        for (index, reply) in replies.iter().enumerate() {
            if !reply.has_words {
                let to = replies.get(index + 1).map_or(end, |next| next.since);
                self.mute(Speaker::Agent, reply.since.saturating_sub(SOFT_START), to);
            }
        }
        if let Some(since) = self.full_since {
            self.mute(Speaker::Caller, since, end);
            self.mute(Speaker::Agent, since, end);
        }
    }

    fn mute(&mut self, side: Speaker, from: Duration, to: Duration) {
        if self.redactor.audio && self.muted.len() <= ENTRIES {
            self.muted.push(MutedSpan { side, from, to });
        }
    }

    /// Reserves room for an entry with `bytes` bytes of text. Returns `false` if there is none.
    fn has_room(&mut self, at: Duration, bytes: usize) -> bool {
        if self.full_since.is_none() && self.entries < ENTRIES && self.bytes + bytes <= BYTES {
            self.entries += 1;
            self.bytes += bytes;
            return true;
        }
        self.full_since.get_or_insert(at);
        false
    }
}

fn words(error: &AgentError) -> String {
    let AgentError {
        code,
        message,
        param,
    } = error;
    match param {
        Some(param) => format!("{code} ({param}): {message}"),
        None => format!("{code}: {message}"),
    }
}

fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
