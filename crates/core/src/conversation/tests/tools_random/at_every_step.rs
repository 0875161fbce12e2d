//! One turn with a tool call, and every disturbance between any two of its steps.

use super::watch::Watch;
use super::*;

/// A disturbance.
#[derive(Debug, Clone, Copy)]
enum Between {
    Interrupt,
    RoomOver,
    CallerLeft,
    Shutdown,
    Resumed,
    Replaced,
    LostForGood,
    SecondCall,
    SameCall,
    OwnPhase,
    GoodbyeTool,
    LongTime,
    AnswerAgain,
}

const BETWEEN: [Between; 13] = [
    Between::Interrupt,
    Between::RoomOver,
    Between::CallerLeft,
    Between::Shutdown,
    Between::Resumed,
    Between::Replaced,
    Between::LostForGood,
    Between::SecondCall,
    Between::SameCall,
    Between::OwnPhase,
    Between::GoodbyeTool,
    Between::LongTime,
    Between::AnswerAgain,
];

const POLICIES: [BargeIn; 3] = [BargeIn::Immediate, BargeIn::Hold, BargeIn::Confirmed];

/// Number of steps in [`step`].
const STEPS: usize = 14;

/// A turn: the agent speaks and calls `tool`, the tool returns, and the next reply presents the
/// result.
fn step(watch: &mut Watch, nth: usize, tool: &str) {
    let arguments = r#"{"state":"order"}"#;
    match nth {
        0 => watch.on(speech_started()),
        1 => watch.on(speech_stopped()),
        2 => watch.on(caller_said("Tea, please.")),
        3 => watch.on(started("a")),
        4 => watch.on(audio("a", 200)),
        5 => watch.on(calls("1", tool, arguments)),
        6 => watch.on(text("a", "One moment.", false)),
        7 => watch.on(done("a")),
        8 => hear(watch),
        9 => watch.give("1"),
        10 => watch.on(started("b")),
        11 => watch.on(audio("b", 200)),
        12 => watch.on(done("b")),
        _ => hear(watch),
    }
}

/// Plays everything that is queued.
fn hear(watch: &mut Watch) {
    for is_over in [false, true] {
        if let Some(event) = watch.playout(is_over) {
            watch.on(event);
        }
    }
}

fn insert(watch: &mut Watch, between: Between) {
    match between {
        Between::Interrupt => {
            watch.on(speech_started());
            watch.interrupt();
            watch.on(speech_stopped());
        }
        Between::RoomOver => watch.on(room_over()),
        Between::CallerLeft => watch.on(left("ada")),
        Between::Shutdown => watch.on(Event::Shutdown),
        Between::Resumed => [lost(), Event::AgentOpened, session()]
            .into_iter()
            .for_each(|event| watch.on(event)),
        Between::Replaced => {
            let refused = Event::AgentLost(SocketLoss::Refused(401));
            [lost(), refused, Event::AgentOpened, session()]
                .into_iter()
                .for_each(|event| watch.on(event));
        }
        Between::LostForGood => watch.on(lost()),
        Between::SecondCall => watch.on(calls("2", "milk", "{}")),
        Between::SameCall => watch.on(calls("1", "milk", "{}")),
        Between::OwnPhase => watch.on(calls("3", "set_state", r#"{"state":"order"}"#)),
        Between::GoodbyeTool => watch.on(calls("4", "end_call", "{}")),
        Between::LongTime => watch.pass(12 * SECOND),
        Between::AnswerAgain => watch.give("1"),
    }
}

/// A whole turn with each disturbance of `inserted` at its step.
fn turn(barge_in: BargeIn, tool: &str, inserted: &[(usize, Between)]) -> Watch {
    let mut watch = Watch::new(Settings {
        barge_in,
        profile: profile(Limits::default(), true),
        ..Settings::default()
    });
    for nth in 0..=STEPS {
        for (_, between) in inserted.iter().filter(|(at, _)| *at == nth) {
            insert(&mut watch, *between);
        }
        if nth < STEPS {
            step(&mut watch, nth, tool);
        }
    }
    watch.finish();
    watch
}

#[test]
fn a_turn_survives_any_disturbance_at_any_step() {
    for_each_turn(|policy, tool| {
        for (at, between) in places() {
            explain(tool, &[(at, between)], || {
                turn(policy, tool, &[(at, between)])
            });
        }
    });
}

#[test]
fn a_turn_survives_any_two_disturbances_at_any_steps() {
    for tool in ["tea", "surely", "slowly", "end_call"] {
        for first in places() {
            for second in places().filter(|second| second.0 >= first.0) {
                let both = [first, second];
                explain(tool, &both, || turn(BargeIn::Immediate, tool, &both));
            }
        }
    }
}

#[test]
fn an_undisturbed_turn_is_answered() {
    for_each_turn(|policy, tool| {
        let seen = turn(policy, tool, &[]).seen;
        let is_ours = tool != "weather";
        assert_eq!(seen.answered == 1, is_ours && tool != "end_call", "{tool}");
    });
}

fn for_each_turn(run: impl Fn(BargeIn, &'static str)) {
    for policy in POLICIES {
        for tool in TOOLS {
            run(policy, tool);
        }
    }
}

fn places() -> impl Iterator<Item = (usize, Between)> {
    (0..=STEPS).flat_map(|at| BETWEEN.map(|between| (at, between)))
}

/// Adds to a panic where the turn was disturbed.
fn explain(tool: &str, inserted: &[(usize, Between)], run: impl FnOnce() -> Watch) {
    let run = std::panic::AssertUnwindSafe(run);
    if let Err(panic) = std::panic::catch_unwind(run) {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        panic!("{tool} with {inserted:?}: {}", text.unwrap_or("panicked"));
    }
}
