//! Random events in random order.

use super::watch::{Seen, Watch};
use super::*;
use crate::rng::{Rng, for_each_seed};

const SEEDS: u64 = 3_000;
const STEPS: usize = 250;

#[test]
fn every_tool_call_is_settled_once_under_random_events() {
    let mut all = Seen::default();
    for seen in for_each_seed(1..=SEEDS, |seed| Run::new(seed).run()) {
        all.answered += seen.answered;
        all.overdue += seen.overdue;
        all.cancelled += seen.cancelled;
        all.fillers += seen.fillers;
        for (why, times) in seen.dropped {
            *all.dropped.entry(why).or_default() += times;
        }
        for (end, times) in seen.ends {
            *all.ends.entry(end).or_default() += times;
        }
    }
    use ToolDropped::{AtServer, HungUp, Interrupted, SessionLost, Twice};
    for why in [AtServer, Twice, Interrupted, SessionLost, HungUp] {
        assert!(all.dropped.get(&why) > Some(&500), "{why:?}: {all:?}");
    }
    let ends = [
        "room_closed",
        "shutdown",
        "caller_left",
        "agent_hung_up",
        "agent_lost",
        "limit_duration",
        "limit_tool_calls",
    ];
    for end in ends {
        assert!(all.ends.get(end) > Some(&50), "{end}: {all:?}");
    }
    let rare = all.overdue.min(all.fillers).min(all.cancelled);
    assert!(all.answered > 10_000 && rare > 500, "{all:?}");
}

struct Run {
    rng: Rng,
    watch: Watch,
    /// Number of tool calls and replies so far.
    calls: usize,
    replies: usize,
}

impl Run {
    fn new(seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        let limits = Limits {
            idle: rng.once_in(4).then_some(20 * SECOND),
            duration: rng.once_in(8).then_some(60 * SECOND),
            turns: rng.once_in(8).then_some(5),
            tool_calls: rng.once_in(4).then_some(10),
            tool_calls_in_reply: rng.any(&[2, 8]),
            ..Limits::default()
        };
        let settings = Settings {
            barge_in: rng.any(&[BargeIn::Immediate, BargeIn::Hold, BargeIn::Confirmed]),
            caller_grace: rng.any(&[Duration::ZERO, SECOND]),
            profile: profile(limits, rng.once_in(2)),
            ..Settings::default()
        };
        Self {
            watch: Watch::new(settings),
            rng,
            calls: 0,
            replies: 0,
        }
    }

    fn run(mut self) -> Seen {
        for _ in 0..STEPS {
            match self.watch.server.ready {
                true => self.step(),
                false => self.without_session(),
            }
        }
        self.watch.finish();
        self.watch.seen
    }

    fn step(&mut self) {
        match self.rng.below(100) {
            0..=19 => {
                let time = self.rng.any(&[20, 200, 1_000, 4_000, 15_000]);
                self.watch.pass(ms(time));
            }
            20..=39 => self.call_tool(),
            40..=54 => self.give(),
            55..=64 => self.reply(),
            65..=74 => self.end_reply(),
            75..=79 => {
                let open = self.open_reply();
                self.watch.on(audio(&open, 200));
            }
            80..=85 => {
                let is_over = self.rng.once_in(2);
                if let Some(event) = self.watch.playout(is_over) {
                    self.watch.on(event);
                }
            }
            86..=88 => self.watch.on(speech_started()),
            89..=91 => self.watch.on(speech_stopped()),
            92..=93 => self.watch.on(caller_said("Well?")),
            94..=97 => self.watch.interrupt(),
            98 => self.watch.on(lost()),
            _ => self.hang_up(),
        }
    }

    /// An event while the call waits for a session: it gets its own session, another one, or none.
    fn without_session(&mut self) {
        match self.rng.below(8) {
            0..=1 if self.watch.server.connected => self.watch.on(Event::AgentOpened),
            2..=4 => self.watch.on(session()),
            5 if self.watch.server.connected => {
                let loss = self.rng.any(&[loss(), SocketLoss::Refused(401)]);
                self.watch.on(Event::AgentLost(loss));
            }
            6 => self.give(),
            7 if self.rng.once_in(50) => self.hang_up(),
            _ => self.watch.pass(SECOND),
        }
    }

    /// A tool call, sometimes with an ID that was used before.
    fn call_tool(&mut self) {
        let is_old = self.calls > 0 && self.rng.once_in(10);
        let call = match is_old {
            true => self.call(),
            false => {
                self.calls += 1;
                self.calls.to_string()
            }
        };
        let name = match self.rng.below(30) {
            0 => "end_call",
            _ => self.rng.any(&[
                "tea",
                "milk",
                "now",
                "surely",
                "slowly",
                "set_state",
                "weather",
                "coffee",
            ]),
        };
        let state = self.rng.any(&["hello", "order", "nowhere"]);
        let arguments = match name {
            "set_state" => format!(r#"{{"state":"{state}"}}"#),
            _ => format!(r#"{{"cups":{}}}"#, self.rng.below(3)),
        };
        self.watch.on(calls(&call, name, &arguments));
    }

    /// A tool result: in time, late, repeated, or for a call that never existed.
    fn give(&mut self) {
        let call = self.call();
        self.watch.give(&call);
    }

    /// The ID of a recent tool call.
    fn call(&mut self) -> String {
        let back = self.rng.below(8);
        self.calls.saturating_sub(back).to_string()
    }

    /// Another reply, with or without `reply.started`.
    fn reply(&mut self) {
        self.replies += 1;
        let name = format!("r{}", self.replies);
        match self.rng.below(8) {
            0 => self.watch.on(audio(&name, 200)),
            _ => self.watch.on(started(&name)),
        }
    }

    fn end_reply(&mut self) {
        let name = self.open_reply();
        let status = self.rng.any(&[
            ReplyStatus::Completed,
            ReplyStatus::Completed,
            ReplyStatus::Failed,
        ]);
        if self.rng.once_in(2) {
            self.watch.on(text(&name, "Well then.", false));
        }
        self.watch.on(done_as(&name, status));
    }

    fn open_reply(&self) -> String {
        format!("r{}", self.replies)
    }

    fn hang_up(&mut self) {
        if !self.rng.once_in(3) {
            return;
        }
        let event = match self.rng.below(4) {
            0 => room_over(),
            1 => Event::Shutdown,
            2 => left("ada"),
            _ => session_ended(),
        };
        self.watch.on(event);
    }
}
