//! Where each message of the Voice Agent API goes.

use super::context::Timer;
use super::heard::Word;
use super::{AgentEvent, Conversation, Dropped, Fact, Outcome, ReplyStatus};
use crate::ids::{CallId, ReplyId};

impl Conversation {
    /// Takes in a message of the agent.
    pub(super) fn agent(&mut self, event: AgentEvent) {
        if !self.link.is_connected() {
            return;
        }
        match event {
            AgentEvent::SessionUpdated => {}
            AgentEvent::SessionReady {
                session,
                resume_token,
                server_tools,
                ..
            } => self.session_ready(session, resume_token, server_tools),
            AgentEvent::SessionError(error) => {
                if let Some(outcome) = self.link.error(&mut self.cx, error) {
                    self.end(outcome);
                }
            }
            AgentEvent::SessionEnded if self.link.is_ending() => self.hang_up(),
            AgentEvent::SessionEnded => {
                self.link.ended();
                self.end(Outcome::AgentEnded);
            }
            AgentEvent::Unknown { kind } => self.cx.observe(Fact::UnknownMessage { kind }),
            event if self.link.is_ready() || self.link.is_ending() => self.conversation(event),
            AgentEvent::ReplyAudio { .. } => {
                self.cx.observe(Fact::Dropped(Dropped::StaleReply));
            }
            _ => {}
        }
    }

    /// What the agent says once the session is ready.
    fn conversation(&mut self, event: AgentEvent) {
        let cx = &mut self.cx;
        match event {
            AgentEvent::ReplyAudio { reply, frame } => self.turn.reply_audio(cx, reply, frame),
            AgentEvent::SpeechStarted => {
                cx.stop(Timer::Owed);
                self.turn.speech_started(cx);
            }
            AgentEvent::SpeechStopped => self.turn.speech_stopped(cx),
            AgentEvent::UserTranscriptDelta { item, text } => cx.observe(Fact::UserTranscript {
                item,
                text,
                is_final: false,
            }),
            AgentEvent::UserTranscript { item, text } => {
                self.turn.caller_took_turn(cx);
                cx.observe(Fact::UserTranscript {
                    item,
                    text,
                    is_final: true,
                });
            }
            AgentEvent::ReplyStarted { reply } => {
                cx.stop(Timer::Owed);
                self.turn.reply_started(cx, reply);
            }
            AgentEvent::AgentTranscriptDelta {
                reply,
                delta,
                start,
                end,
            } => {
                let text = delta;
                self.turn
                    .reply_word(cx, reply.as_ref(), Word { text, start, end });
            }
            AgentEvent::AgentTranscript {
                reply,
                text,
                interrupted,
            } => {
                self.turn.reply_text(cx, reply.as_ref(), text);
                if interrupted {
                    self.interrupted(reply.as_ref());
                }
            }
            AgentEvent::ReplyDone { reply, status } => match status {
                ReplyStatus::Interrupted => self.interrupted(reply.as_ref()),
                _ => self.reply_done(reply.as_ref()),
            },
            AgentEvent::ReplyError { error, .. } => cx.observe(Fact::AgentError(error)),
            AgentEvent::ToolCall { call, name, .. } => self.tool_called(call, name),
            _ => {}
        }
    }
    fn interrupted(&mut self, reply: Option<&ReplyId>) {
        if self.turn.reply_interrupted(&mut self.cx, reply) {
            self.tools.forget(&mut self.cx);
        }
    }

    fn reply_done(&mut self, reply: Option<&ReplyId>) {
        self.turn.reply_done(&mut self.cx, reply);
        if !self.turn.has_open_reply() {
            self.answer_tools();
        }
    }

    fn tool_called(&mut self, call: CallId, name: String) {
        let is_open = self.turn.has_open_reply();
        if self.link.is_ready() && self.tools.called(&mut self.cx, call, name, is_open) {
            self.turn.tool_answered(&mut self.cx);
        }
    }

    /// Answers the calls that wait.
    pub(super) fn answer_tools(&mut self) {
        if self.tools.answer(&mut self.cx) {
            self.turn.tool_answered(&mut self.cx);
        }
    }
}
