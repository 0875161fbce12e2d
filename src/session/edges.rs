//! Carries out the actions of a conversation: on the WebSocket, the room, tools, and the monitor.

use std::time::Duration;

use parlor_core::audio::Frame;
use parlor_core::conversation::{
    Action, AgentState, Caption, Checkpoint, Event, PlayoutEvent, Utterance,
};
use parlor_core::ids::{Identity, ToolCallId};
use parlor_core::secret::Private;
use parlor_livekit::monitor::Output;
use parlor_livekit::room::Room;
use parlor_report::CallReport;
use parlor_tools::{ToolInvocation, ToolRunner};
use parlor_voice_agent::{Connections, Endpoint, Link, Stalled};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tracing::Instrument;

use super::call_context::CallContext;
use super::monitoring::Monitoring;
use super::remove_callers::{delete_room, dismiss};
use super::{Edges, Observer};

/// How long the connections and background tasks of a finished call may take to end.
pub(super) const CLOSE_WITHIN: Duration = Duration::from_secs(3);

/// Carries out the actions of a conversation and collects events for it.
#[derive(Debug)]
pub struct CallEdges {
    room: Room,
    endpoint: Endpoint,
    connections: Connections,
    link: Option<Link>,
    /// Connections, and background tasks such as chat messages and requests to the server.
    tasks: JoinSet<()>,
    runner: ToolRunner,
    call_context: CallContext,
    observer: Observer,
    monitoring: Monitoring,
    /// Whether audio input and captions are enabled; a manager may disable either.
    hears: bool,
    captions: bool,
    /// Participants the agent is subscribed to besides the linked caller.
    others: Vec<Identity>,
    checkpoints: Option<watch::Sender<Checkpoint>>,
    profile: Option<Event>,
    pending_event: Option<Event>,
}

impl CallEdges {
    /// Creates edges in `room`; events of the Voice Agent API arrive in the inbox of `connections`.
    pub(super) fn new(
        room: Room,
        endpoint: Endpoint,
        connections: Connections,
        call_context: CallContext,
        observer: Observer,
    ) -> Self {
        Self {
            room,
            endpoint,
            connections,
            link: None,
            tasks: JoinSet::new(),
            runner: ToolRunner::default(),
            call_context,
            observer,
            monitoring: Monitoring::default(),
            hears: true,
            others: Vec::new(),
            captions: true,
            checkpoints: None,
            profile: None,
            pending_event: None,
        }
    }

    /// Sets the channel to which checkpoints are published.
    pub fn keep(&mut self, checkpoints: Option<watch::Sender<Checkpoint>>) {
        self.checkpoints = checkpoints;
    }

    /// Sets the monitor of the call.
    pub(super) fn watch(&mut self, monitoring: Monitoring) {
        self.monitoring = monitoring;
    }

    /// Takes the report so that it can be finished.
    pub(super) fn take_report(&mut self) -> Option<CallReport> {
        self.observer.take_report()
    }

    /// Waits for all tasks of the call to end and leaves the room.
    pub async fn finish(mut self) -> Observer {
        self.close_agent();
        self.runner.clear().await;
        let closing = async { while self.tasks.join_next().await.is_some() {} };
        if timeout(CLOSE_WITHIN, closing).await.is_err() {
            tracing::warn!("the connections of the call did not close in time");
            self.tasks.shutdown().await;
        }
        self.observer.gaps(self.room.playout().gaps());
        self.room.leave().await;
        self.observer
    }

    /// Opens a connection and closes the previous one.
    fn connect_agent(&mut self, endpoint: Endpoint) {
        while self.tasks.try_join_next().is_some() {}
        self.close_agent();
        let (link, task) = Link::open(endpoint, self.connections.open());
        self.tasks.spawn(task.in_current_span());
        self.link = Some(link);
    }

    fn close_agent(&mut self) {
        if let Some(link) = self.link.take() {
            self.observer.unsent(link.dropped());
        }
    }

    fn set_other_callers(&mut self, others: Vec<Identity>) {
        for other in &others {
            self.observer.caller(Some(other));
        }
        self.others = others;
        self.update_subscriptions();
    }

    /// Subscribes to the linked and other callers, or to nobody while a manager has disabled audio
    /// input.
    fn update_subscriptions(&self) {
        let linked = self.call_context.caller().cloned();
        let others = self.others.iter().filter(|_| self.hears).cloned();
        self.room.set_linked_caller(linked.filter(|_| self.hears));
        self.room.set_other_callers(others.collect());
    }

    fn play(&mut self, utterance: Utterance, frame: Frame) {
        if self.room.playout().push(utterance, frame).is_err() {
            self.push_event(Event::Playout(PlayoutEvent::Overflowed));
        }
    }

    fn checkpoint(&self, checkpoint: Checkpoint) {
        if let Some(checkpoints) = &self.checkpoints {
            checkpoints.send_replace(checkpoint);
        }
    }

    fn run_tool(&mut self, call: ToolCallId, invocation: ToolInvocation) {
        let toolbox = self.call_context.snapshot().agent.definition.toolbox();
        let context = self.call_context.tool_context();
        self.runner.start(call, toolbox, invocation, context);
    }

    /// Sends a chat message to the caller; a failure does not end the call.
    fn write(&mut self, text: Private<String>) {
        let control = self.call_context.control().clone();
        let caller = self.call_context.caller().cloned();
        let writing = async move {
            if let Err(error) = control.send_chat(caller.as_ref(), text.reveal()).await {
                tracing::warn!(%error, "cannot send a chat message to the caller");
            }
        };
        self.tasks.spawn(writing.in_current_span());
    }

    fn listen(&mut self, identity: Option<Identity>) {
        self.observer.caller(identity.as_ref());
        self.monitoring.caller(identity.is_some());
        self.profile = self.call_context.listen(identity);
        self.update_subscriptions();
        self.monitoring.learn(self.profile.as_ref());
    }

    fn caption(&mut self, caption: Caption) {
        if self.captions && !self.room.caption(caption) {
            self.observer.caption_dropped();
        }
    }

    fn show_state(&mut self, state: AgentState) {
        self.observer.state(state);
        self.monitoring.state(state);
        self.room.set_state(state);
    }

    /// Carries out the outputs of the monitor.
    fn perform_monitor_outputs(&mut self) {
        while let Some(output) = self.monitoring.poll() {
            match output {
                Output::Send(message) => {
                    if !self.room.send_to_monitors(message) {
                        self.observer.post_dropped();
                    }
                }
                Output::Input(text) => self.push_event(Event::TypedText(text)),
                Output::Hear(hears) => {
                    self.hears = hears;
                    self.update_subscriptions();
                }
                Output::Caption(captions) => self.captions = captions,
            }
        }
    }

    fn dismiss(&mut self, caller: Identity) {
        let livekit = self.call_context.livekit().clone();
        let dismissing = dismiss(livekit, self.room.name(), caller);
        self.tasks.spawn(dismissing.in_current_span());
    }

    fn delete_room(&mut self) {
        let livekit = self.call_context.livekit().clone();
        let deleting = delete_room(livekit, self.room.name());
        self.tasks.spawn(deleting.in_current_span());
    }

    /// Keeps the first problem; later ones are consequences of it.
    fn push_event(&mut self, event: Event) {
        self.pending_event.get_or_insert(event);
    }
}

impl Edges for CallEdges {
    fn perform(&mut self, action: Action) {
        match action {
            Action::ConnectAgent => self.connect_agent(self.endpoint.clone()),
            Action::ResumeAgent(bearer) => {
                let endpoint = self.endpoint.clone();
                self.connect_agent(Endpoint { bearer, ..endpoint });
            }
            Action::SendAgent(command) => {
                if let Some(Err(Stalled)) = self.link.as_ref().map(|link| link.send(command)) {
                    self.push_event(Event::AgentStalled);
                }
            }
            Action::SendAudio(chunk) => {
                if let Some(Err(Stalled)) = self.link.as_mut().map(|link| link.send_audio(chunk)) {
                    self.push_event(Event::AgentStalled);
                }
            }
            Action::CloseAgent => self.close_agent(),
            Action::Listen(identity) => self.listen(identity),
            Action::ListenAlso(others) => self.set_other_callers(others),
            Action::AnswerHandOver(answer) => self.room.answer_hand_over(answer),
            Action::Play { utterance, frame } => self.play(utterance, frame),
            Action::PausePlayout => self.room.playout().pause(true),
            Action::ResumePlayout => self.room.playout().pause(false),
            Action::FlushPlayout => self.room.playout().flush(),
            Action::Background(background) => self.room.set_background(background),
            Action::Caption(caption) => self.caption(caption),
            Action::SetAgentState(state) => self.show_state(state),
            Action::Observe(fact) => {
                self.monitoring.fact(&fact);
                self.observer.fact(fact);
            }
            Action::Checkpoint(checkpoint) => self.checkpoint(*checkpoint),
            Action::RunTool {
                call,
                name,
                arguments,
                within,
            } => {
                let invocation = ToolInvocation {
                    name,
                    arguments,
                    timeout: within,
                };
                self.run_tool(call, invocation);
            }
            Action::CancelTool(call) => self.runner.cancel(&call),
            Action::Write(text) => self.write(text),
            Action::Dismiss(caller) => self.dismiss(caller),
            Action::DeleteRoom => self.delete_room(),
            // Handled by the driver.
            Action::Finish(_) => {}
        }
        self.perform_monitor_outputs();
    }

    fn take_pending_event(&mut self) -> Option<Event> {
        self.profile.take().or_else(|| self.pending_event.take())
    }

    async fn next(&mut self) -> Event {
        loop {
            tokio::select! {
                event = self.runner.next() => return event,
                event = self.call_context.changed() => {
                    self.monitoring.learn(Some(&event));
                    return event;
                }
                () = self.monitoring.next() => {
                    self.perform_monitor_outputs();
                    if let Some(event) = self.pending_event.take() {
                        return event;
                    }
                }
            }
        }
    }
}
