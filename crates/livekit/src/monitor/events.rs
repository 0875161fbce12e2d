//! Translates the facts of a call into events of the remote session protocol.

use std::time::{Duration, Instant};

use livekit_protocol::agent::agent_session_event::tool_execution_updated::{
    Ended, Started, Update,
};
use livekit_protocol::agent::agent_session_event::{
    AgentFalseInterruption, ConversationItemAdded, Error, Event, FunctionToolsStarted,
    OverlappingSpeech, SessionUsageUpdated, ToolExecutionUpdated, UserInputTranscribed,
};
use livekit_protocol::agent::chat_context::ChatItem;
use livekit_protocol::agent::chat_context::chat_item::Item;
use livekit_protocol::agent::{
    AgentHandoff, ChatRole, FunctionCall, FunctionCallOutput, ToolCallStatus, UserState,
};
use parlor_core::conversation::{AgentError, Fact, ToolDropped, Utterance};
use parlor_core::ids::ToolCallId;

use super::Monitor;
use super::access::Visibility;
use super::history::{Said, item};
use super::wall_clock::before;

impl Monitor {
    /// Records a fact of the call.
    pub fn fact(&mut self, now: Instant, fact: &Fact) {
        match fact {
            Fact::CallerSpeaks { ago } => {
                let from = before(now, *ago);
                self.turns.caller_speaks(from);
                self.user_is(now, from, UserState::UsSpeaking);
            }
            Fact::CallerStopped { ago } => {
                let to = before(now, *ago);
                self.turns.caller_stopped(to, now);
                self.user_is(now, to, UserState::UsListening);
            }
            Fact::UserTranscript { text, is_final, .. } => {
                self.caller_said(now, text.reveal(), *is_final);
            }
            Fact::UserWrote { text } => self.caller_wrote(now, text.reveal()),
            Fact::Audible { utterance, waited } => {
                self.turns.audible(now, *utterance, *waited);
                if let Some(run) = &mut self.run {
                    run.audible(*utterance);
                }
            }
            Fact::AgentTranscript {
                utterance,
                text,
                interrupted,
            } => self.agent_said(now, *utterance, text.reveal(), *interrupted),
            Fact::Silenced { after: Some(after) } => self.silenced(now, *after),
            Fact::FalseInterruption => {
                let held = AgentFalseInterruption { resumed: true };
                self.emit(now, Visibility::Public, Event::AgentFalseInterruption(held));
            }
            Fact::PhaseEntered { phase } => self.phase_entered(now, phase),
            fact => {
                self.tool(now, fact);
                self.session(now, fact);
            }
        }
    }

    fn tool(&mut self, now: Instant, fact: &Fact) {
        match fact {
            Fact::ToolCalled {
                call,
                name,
                arguments,
            } => self.tool_called(now, call, name, arguments.reveal()),
            Fact::ToolAnswered {
                call,
                name,
                result,
                is_error,
                ..
            } => {
                let output = FunctionCallOutput {
                    id: self.history.name(),
                    name: name.clone(),
                    call_id: call.as_str().to_owned(),
                    output: result.reveal().clone(),
                    is_error: *is_error,
                    created_at: Some(self.wall_clock.stamp(now)),
                };
                let status = match is_error {
                    true => ToolCallStatus::TcError,
                    false => ToolCallStatus::TcDone,
                };
                self.tool_ended(now, call, status, Some(output));
            }
            Fact::ToolDropped {
                call,
                why: ToolDropped::Interrupted | ToolDropped::SessionLost | ToolDropped::HungUp,
                ..
            } => self.tool_ended(now, call, ToolCallStatus::TcCancelled, None),
            _ => {}
        }
    }

    fn session(&mut self, now: Instant, fact: &Fact) {
        match fact {
            Fact::SessionReady { .. } => self.usage.opened(now),
            Fact::AgentLost(_) => {
                self.usage.closed(now);
                self.error(now, "voice session lost".to_owned());
            }
            Fact::AgentError(AgentError { code, message, .. }) => {
                self.error(now, format!("{code}: {message}"));
            }
            Fact::WentQuiet(_) | Fact::Unheard(_) => self.end_run(),
            Fact::Used { connected, .. } => {
                self.usage.settled(*connected);
                self.tell_usage(now);
                self.end_run();
            }
            _ => {}
        }
    }

    fn caller_said(&mut self, now: Instant, text: &str, is_final: bool) {
        let heard = UserInputTranscribed {
            transcript: text.to_owned(),
            is_final,
            language: None,
        };
        self.emit(now, Visibility::Public, Event::UserInputTranscribed(heard));
        if is_final {
            let metrics = self.turns.caller_said(now, &self.wall_clock);
            let said = Said {
                role: ChatRole::User,
                text: text.to_owned(),
                interrupted: false,
                metrics: Some(metrics),
                created_at: self.wall_clock.stamp(now),
            };
            self.said(now, Visibility::Public, said);
        }
    }

    /// Adds a typed message, for managers only: not all participants may have seen it.
    fn caller_wrote(&mut self, now: Instant, text: &str) {
        let said = Said {
            role: ChatRole::User,
            text: text.to_owned(),
            interrupted: false,
            metrics: None,
            created_at: self.wall_clock.stamp(now),
        };
        self.said(now, Visibility::Internal, said);
        if let Some(run) = &mut self.run {
            run.read();
        }
    }

    fn agent_said(&mut self, now: Instant, utterance: Utterance, text: &str, interrupted: bool) {
        // An empty text means that the caller heard nothing of the reply.
        let item = (!text.is_empty()).then(|| {
            let reported = self.turns.agent_said(now, utterance, &self.wall_clock);
            let (metrics, from) = reported.unzip();
            let said = Said {
                role: ChatRole::Assistant,
                text: text.to_owned(),
                interrupted,
                metrics,
                created_at: self.wall_clock.stamp(from.unwrap_or(now)),
            };
            self.said(now, Visibility::Public, said)
        });
        if let Some(run) = &mut self.run {
            run.said(utterance, item);
        }
        self.tell_usage(now);
        self.finish_run();
    }

    fn silenced(&mut self, now: Instant, after: Duration) {
        let overlap = OverlappingSpeech {
            is_interruption: true,
            overlap_started_at: Some(self.wall_clock.stamp(before(now, Some(after)))),
            detection_delay: after.as_secs_f64(),
            detected_at: Some(self.wall_clock.stamp(now)),
        };
        self.emit(now, Visibility::Public, Event::OverlappingSpeech(overlap));
    }

    fn phase_entered(&mut self, now: Instant, phase: &str) {
        let handoff = AgentHandoff {
            id: self.history.name(),
            old_agent_id: Some(self.agent_config.enter(phase)),
            new_agent_id: phase.to_owned(),
            created_at: Some(self.wall_clock.stamp(now)),
        };
        self.did(now, Item::AgentHandoff(handoff));
    }

    fn tool_called(&mut self, now: Instant, call: &ToolCallId, name: &str, arguments: &str) {
        let called = FunctionCall {
            id: self.history.name(),
            call_id: call.as_str().to_owned(),
            arguments: arguments.to_owned(),
            name: name.to_owned(),
            created_at: Some(self.wall_clock.stamp(now)),
            ..FunctionCall::default()
        };
        self.tools.called(called.clone());
        self.did(now, Item::FunctionCall(called.clone()));
        let function_calls = vec![called.clone()];
        let started = FunctionToolsStarted { function_calls };
        self.emit(
            now,
            Visibility::Internal,
            Event::FunctionToolsStarted(started),
        );
        let function_call = Some(called);
        self.update(now, Update::Started(Started { function_call }));
    }

    fn tool_ended(
        &mut self,
        now: Instant,
        call: &ToolCallId,
        status: ToolCallStatus,
        output: Option<FunctionCallOutput>,
    ) {
        let message = output.as_ref().map(|it| it.output.clone());
        if let Some(output) = output.clone() {
            self.did(now, Item::FunctionCallOutput(output));
        }
        let Some(called) = self.tools.ended(call, output) else {
            return;
        };
        let ended = Ended {
            id: called.id,
            call_id: called.call_id,
            message,
            status: status.into(),
        };
        self.update(now, Update::Ended(ended));
        if let Some(executed) = self.tools.executed() {
            self.emit(
                now,
                Visibility::Internal,
                Event::FunctionToolsExecuted(executed),
            );
        }
        self.finish_run();
    }

    fn update(&mut self, now: Instant, update: Update) {
        let update = Some(update);
        let updated = Event::ToolExecutionUpdated(ToolExecutionUpdated { update });
        self.emit(now, Visibility::Internal, updated);
    }

    fn error(&mut self, now: Instant, message: String) {
        self.emit(now, Visibility::Public, Event::Error(Error { message }));
    }

    fn tell_usage(&mut self, now: Instant) {
        let usage = Some(self.usage.report(now));
        let updated = Event::SessionUsageUpdated(SessionUsageUpdated { usage });
        self.emit(now, Visibility::Public, updated);
    }

    fn said(&mut self, now: Instant, visibility: Visibility, said: Said) -> ChatItem {
        let added = said.into_item(self.history.name());
        self.add(now, visibility, added.clone());
        added
    }

    /// Adds an item that only managers may see.
    fn did(&mut self, now: Instant, done: Item) {
        let added = item(done);
        self.add(now, Visibility::Internal, added.clone());
        if let Some(run) = &mut self.run {
            run.did(added);
        }
    }

    fn add(&mut self, now: Instant, visibility: Visibility, added: ChatItem) {
        self.history.push(added.clone());
        let item = Some(added);
        let added = Event::ConversationItemAdded(ConversationItemAdded { item });
        self.emit(now, visibility, added);
    }
}
