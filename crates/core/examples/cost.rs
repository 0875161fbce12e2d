//! Measures what an audio frame costs in the state machine of a call and in its wire format,
//! without sockets or audio devices. Run it with `cargo run --release -p parlor-core --example
//! cost`.

#![expect(clippy::print_stdout, reason = "an example prints its results")]
#![expect(clippy::disallowed_methods, reason = "an example measures time")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use parlor_core::audio::{Frame, SAMPLES_PER_10_MS, SAMPLES_PER_CHUNK};
use parlor_core::conversation::{
    Action, AgentEvent, Conversation, Event, ParticipantKind, PlayoutEvent, RoomEvent, Settings,
    Utterance,
};
use parlor_core::wire::agent::{Decoder, encode_audio};

/// One hour of 10 ms frames.
const FRAMES: u32 = 360_000;

/// Frames in a reply of ten seconds.
const REPLY: u32 = 1_000;

fn main() {
    let mut bench = Bench::ready();
    println!("{FRAMES} frames of 10 ms each way, in nanoseconds per frame");
    report("state machine: microphone to chunk", bench.microphone());
    report("state machine: reply.audio to playout", bench.reply());
    report(
        "wire format: input.audio, a fifth of a 50 ms chunk",
        encoding(),
    );
    report("wire format: reply.audio of 10 ms", decoding());
    println!("{} chunks, {} frames played", bench.chunks, bench.frames);
    println!("allocations: one per frame for its samples, one per five frames for a chunk");
}

fn report(what: &str, took: Duration) {
    println!("{:>8} {what}", took.as_nanos() / u128::from(FRAMES));
}

struct Bench {
    now: Instant,
    call: Conversation,
    chunks: u32,
    frames: u32,
}

impl Bench {
    fn ready() -> Self {
        let now = Instant::now();
        let mut bench = Self {
            now,
            call: Conversation::new(now, Settings::default()),
            chunks: 0,
            frames: 0,
        };
        bench.on(Event::Room(RoomEvent::Joined {
            identity: "caller".into(),
            info: ParticipantKind::Standard.into(),
        }));
        bench.on(Event::Room(RoomEvent::Subscribed));
        bench.on(Event::AgentOpened);
        bench.on(Event::Agent(AgentEvent::SessionReady {
            session: None,
            resume_token: None,
            expires_at: None,
            server_tools: Vec::new(),
        }));
        bench
    }

    fn microphone(&mut self) -> Duration {
        let frames = frames();
        let start = Instant::now();
        for frame in frames {
            self.on(Event::Mic(frame));
        }
        start.elapsed()
    }

    fn reply(&mut self) -> Duration {
        let frames = frames();
        let start = Instant::now();
        for (at, frame) in (0..FRAMES).zip(frames) {
            let utterance = Utterance(1 + at / REPLY);
            if at % REPLY == 0 {
                self.on(Event::Agent(AgentEvent::ReplyStarted { reply: None }));
            }
            self.on(Event::Agent(AgentEvent::ReplyAudio { reply: None, frame }));
            if at % REPLY == 0 {
                self.on(Event::Playout(PlayoutEvent::Audible { utterance }));
            }
            if at % REPLY == REPLY - 1 {
                let played = Duration::from_millis(u64::from(REPLY) * 10);
                self.on(Event::Playout(PlayoutEvent::Drained { utterance, played }));
            }
        }
        start.elapsed()
    }

    fn on(&mut self, event: Event) {
        self.now += Duration::from_millis(10);
        self.call.handle(self.now, event);
        while let Some(action) = self.call.poll_action() {
            match black_box(action) {
                Action::SendAudio(_) => self.chunks += 1,
                Action::Play { .. } => self.frames += 1,
                _ => {}
            }
        }
        if self.call.poll_timeout().is_some_and(|at| at <= self.now) {
            self.call.handle_timeout(self.now);
        }
    }
}

/// Created before the measurement starts, since the driver creates frames, not the state machine.
fn frames() -> Vec<Frame> {
    let frame = |_| Frame::new(vec![7; SAMPLES_PER_10_MS]);
    (0..FRAMES).map(frame).collect()
}

fn encoding() -> Duration {
    let chunk = vec![7; SAMPLES_PER_CHUNK];
    let mut out = BytesMut::new();
    let start = Instant::now();
    for _ in 0..FRAMES / 5 {
        out.clear();
        encode_audio(black_box(&chunk), &mut out);
    }
    start.elapsed()
}

fn decoding() -> Duration {
    let data = "BwAH".repeat(SAMPLES_PER_10_MS * 2 / 3);
    let message = format!(
        r#"{{"type":"reply.audio","reply_id":"resp_0123456789abcdef","data":"{data}","timestamp":1790000000.25}}"#
    );
    let mut decoder = Decoder::new();
    let start = Instant::now();
    for _ in 0..FRAMES {
        black_box(decoder.decode(black_box(&message))).expect("the message is valid");
    }
    start.elapsed()
}
