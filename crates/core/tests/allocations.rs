//! Counts the allocations of the steady audio path: one for each frame, and no others.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::time::{Duration, Instant};

use allocation_counter::measure;
use bytes::BytesMut;
use parlor_core::audio::{Frame, SAMPLES_PER_10_MS, SAMPLES_PER_CHUNK};
use parlor_core::conversation::{
    Action, AgentEvent, Conversation, Event, ParticipantKind, PlayoutEvent, RoomEvent, Settings,
    Utterance,
};
use parlor_core::wire::agent::{Decoder, encode_audio};

/// Number of 10 ms frames in a measurement; as many go before it as a warm-up.
const FRAMES: u64 = 1_000;

struct Call {
    now: Instant,
    conversation: Conversation,
}

impl Call {
    /// A call whose voice session is ready.
    #[expect(clippy::disallowed_methods, reason = "the only clock of this test")]
    fn ready() -> Self {
        let now = Instant::now();
        let mut call = Self {
            now,
            conversation: Conversation::new(now, Settings::default()),
        };
        call.on(Event::Room(RoomEvent::Joined {
            identity: "caller".into(),
            info: ParticipantKind::Standard.into(),
        }));
        call.on(Event::Room(RoomEvent::Subscribed));
        call.on(Event::AgentOpened);
        call.on(Event::Agent(AgentEvent::SessionReady {
            session: None,
            resume_token: None,
            expires_at: None,
            server_tools: Vec::new(),
        }));
        call
    }

    /// Handles an event. Returns the frame that it leads to, if any.
    fn on(&mut self, event: Event) -> Option<Frame> {
        self.now += Duration::from_millis(10);
        self.conversation.handle(self.now, event);
        let mut out = None;
        while let Some(action) = self.conversation.poll_action() {
            match action {
                Action::SendAudio(frame) | Action::Play { frame, .. } => out = Some(frame),
                _ => {}
            }
        }
        out
    }
}

fn frame() -> Frame {
    Frame::new(vec![7; SAMPLES_PER_10_MS])
}

#[test]
fn microphone_to_websocket() {
    let mut call = Call::ready();
    let mut out = BytesMut::new();
    let mut speak = || {
        for _ in 0..FRAMES {
            if let Some(chunk) = call.on(Event::Mic(frame())) {
                out.clear();
                encode_audio(chunk.samples(), &mut out);
            }
        }
    };
    speak();
    let chunks = FRAMES * SAMPLES_PER_10_MS as u64 / SAMPLES_PER_CHUNK as u64;
    assert_eq!(measure(speak).count_total, FRAMES + chunks);
}

#[test]
fn websocket_to_playout() {
    let mut call = Call::ready();
    let mut decoder = Decoder::new();
    let utterance = Utterance(1);
    call.on(Event::Agent(AgentEvent::ReplyStarted { reply: None }));
    call.on(Event::Playout(PlayoutEvent::Audible { utterance }));
    let data = "BwAH".repeat(SAMPLES_PER_10_MS * 2 / 3);
    let message = format!(
        r#"{{"type":"reply.audio","reply_id":"resp_0123456789abcdef","data":"{data}","timestamp":1790000000.25}}"#
    );
    let mut reply = || {
        for _ in 0..FRAMES {
            let event = decoder.decode(&message).unwrap();
            assert!(call.on(Event::Agent(event)).is_some());
        }
    };
    reply();
    assert_eq!(measure(reply).count_total, FRAMES);
}
