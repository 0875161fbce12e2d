//! Handling of messages from the Voice Agent API.

use super::context::Timer;
use super::playout::word_timing::Word;
use super::tools::{self, CallControl};
use super::{Action, AgentEvent, Conversation, DropReason, Fact, Limit, ReplyStatus};
use crate::ids::{ItemId, ReplyId};
use crate::secret::Private;

impl Conversation {
    /// Handles a message from the Voice Agent API.
    pub(super) fn agent(&mut self, event: AgentEvent) {
        if !self.voice_session.is_connected() {
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
                if error.is_busy() && !self.voice_session.is_ready() {
                    self.write_busy();
                }
                if let Some(outcome) =
                    self.voice_session
                        .error(&mut self.cx, &mut self.session_sync, error)
                {
                    self.end(outcome);
                }
            }
            AgentEvent::SessionEnded if self.voice_session.is_ending() => self.hang_up(),
            AgentEvent::SessionEnded => {
                self.write_lost();
                let outcome = self.voice_session.ended(&mut self.cx);
                self.session_changed(outcome);
            }
            AgentEvent::Unknown { kind } => self.cx.observe(Fact::UnknownMessage { kind }),
            event if self.voice_session.is_ready() || self.voice_session.is_ending() => {
                self.conversation(event)
            }
            AgentEvent::ReplyAudio { .. } => {
                self.cx.observe(Fact::Dropped(DropReason::StaleReply));
            }
            _ => {}
        }
    }

    /// Handles messages that are only valid once the session is ready.
    fn conversation(&mut self, event: AgentEvent) {
        match event {
            AgentEvent::ToolCall {
                call,
                name,
                arguments,
            } => self.tool_called(tools::Call {
                call,
                name,
                arguments,
            }),
            AgentEvent::SpeechStarted => {
                self.cx.stop(Timer::Owed);
                self.tools.caller_speaks(&mut self.cx);
                self.turn.speech_started(&mut self.cx);
            }
            AgentEvent::SpeechStopped => {
                self.asked_again = false;
                self.turn.speech_stopped(&mut self.cx);
            }
            AgentEvent::UserTranscriptDelta { item, text } => {
                self.caller_said(item, text, false);
            }
            AgentEvent::UserTranscript { item, text } => self.caller_said(item, text, true),
            event => self.reply(event),
        }
    }

    fn caller_said(&mut self, item: Option<ItemId>, text: Private<String>, is_final: bool) {
        if is_final {
            self.turn.caller_took_turn(&mut self.cx);
            self.took_turn(text.reveal());
        }
        if let Some(caller) = self.speaker() {
            let captions = self.captions.said(&caller, item.clone(), &text, is_final);
            self.cx.actions.extend(captions.map(Action::Caption));
        }
        if is_final {
            self.speakers.turn_over(self.cx.now);
        }
        self.cx.observe(Fact::UserTranscript {
            item,
            text,
            is_final,
        });
    }

    fn reply(&mut self, event: AgentEvent) {
        let cx = &mut self.cx;
        match event {
            AgentEvent::ReplyStarted { reply } => {
                cx.stop(Timer::Owed);
                self.tools.progress(cx);
                self.turn.reply_started(cx, reply);
            }
            AgentEvent::ReplyAudio { reply, frame } => {
                self.tools.progress(cx);
                self.turn.reply_audio(cx, reply, frame);
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
                self.session_sync.agent_said(text.reveal());
                self.turn.reply_text(cx, reply.as_ref(), text);
                if interrupted {
                    self.interrupted(reply.as_ref());
                }
            }
            AgentEvent::ReplyDone { reply, status } => match status {
                ReplyStatus::Interrupted => self.interrupted(reply.as_ref()),
                _ => self.reply_done(reply.as_ref()),
            },
            AgentEvent::ReplyError {
                reply,
                error,
                retryable,
            } => {
                cx.observe(Fact::AgentError(error));
                self.reply_done(reply.as_ref());
                if retryable && !std::mem::replace(&mut self.asked_again, true) {
                    self.requests.anything();
                }
            }
            _ => {}
        }
    }

    fn interrupted(&mut self, reply: Option<&ReplyId>) {
        if let Some(reply) = self.turn.reply_interrupted(&mut self.cx, reply) {
            self.tools.interrupted(&mut self.cx, reply);
        }
    }

    fn reply_done(&mut self, reply: Option<&ReplyId>) {
        self.turn.reply_done(&mut self.cx, reply);
        self.tools.reply_done(&mut self.cx);
    }

    fn tool_called(&mut self, called: tools::Call) {
        if !self.voice_session.is_ready() {
            return;
        }
        let reply = self.turn.replies();
        match self.tools.called(&mut self.cx, reply, called) {
            CallControl::Nothing => {}
            CallControl::EndCall(call) => self.hang_up_by_tool(call),
            CallControl::SetState(call, arguments) => self.set_state(&call, &arguments),
            CallControl::TooMany => self.limit_reached(Limit::ToolCalls),
        }
    }
}
