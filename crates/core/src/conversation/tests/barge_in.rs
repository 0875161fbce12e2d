//! Interruptions: each barge-in policy, and every order in which the messages can arrive.

use super::harness::*;
use crate::conversation::turn::PAUSE_LIMIT;
use crate::conversation::*;

const POLICIES: [BargeIn; 3] = [BargeIn::Immediate, BargeIn::Hold, BargeIn::Confirmed];

/// A call with an audible reply, one second of which is queued.
fn speaking(policy: BargeIn) -> Call {
    let mut call = Call::with(policy);
    call.last_of([started("a"), audio("a", 1_000), audible(1)]);
    call
}

fn listening() -> Action {
    state(AgentState::Listening)
}

#[test]
fn immediate_flushes_immediately_and_lets_the_reply_continue() {
    let mut call = speaking(BargeIn::Immediate);
    assert_eq!(
        call.on(speech_started()),
        [Action::FlushPlayout, listening()]
    );
    assert_eq!(call.on(audio("a", 10)), [play(2, 10)]);
    assert_eq!(call.on(audible(2)), [state(AgentState::Speaking)]);
    assert_eq!(
        call.on(interrupted("a")),
        [Action::FlushPlayout, listening()]
    );
    assert_eq!(call.on(audio("a", 10)), [stale()]);
}

#[test]
fn immediate_flushes_nothing_when_nothing_is_queued() {
    let mut call = Call::with(BargeIn::Immediate);
    assert_eq!(call.on(speech_started()), []);
    call.last_of([
        started("a"),
        audio("a", 100),
        audible(1),
        text("a", "Hi", false),
    ]);
    call.last_of([done("a"), drained(1, 100)]);
    assert_eq!(call.on(speech_started()), []);
}

#[test]
fn hold_pauses_and_flushes_on_confirmation() {
    let confirmations: [fn() -> Event; 2] = [|| interrupted("a"), || text("a", "Hi", true)];
    for confirmation in confirmations {
        let mut call = speaking(BargeIn::Hold);
        assert_eq!(
            call.on(speech_started()),
            [Action::PausePlayout, listening()]
        );
        assert_eq!(call.on(speech_started()), [], "playout is already paused");
        assert_eq!(call.on(audio("a", 10)), [play(1, 10)]);
        let flush = [Action::FlushPlayout, Action::ResumePlayout];
        assert_eq!(call.on(confirmation()), flush);
        assert_eq!(call.on(audio("a", 10)), [stale()]);
    }
}

#[test]
fn hold_resumes_without_confirmation() {
    let mut call = speaking(BargeIn::Hold);
    call.on(speech_started());
    assert_eq!(call.deadline(), Some(PAUSE_LIMIT));
    assert_eq!(call.pass(PAUSE_LIMIT - ms(1)), []);
    let speaking = state(AgentState::Speaking);
    assert_eq!(
        call.pass(ms(1)),
        [
            Action::Observe(Fact::FalseInterruption),
            Action::ResumePlayout,
            speaking
        ]
    );
}

#[test]
fn hold_ends_when_the_reply_has_finished_playing() {
    let mut call = speaking(BargeIn::Hold);
    call.on(speech_started());
    assert_eq!(
        call.on(drained(1, 1_000)),
        [Action::ResumePlayout, state(AgentState::Speaking)]
    );
}

#[test]
fn confirmed_plays_on_until_confirmation() {
    let mut call = speaking(BargeIn::Confirmed);
    assert_eq!(call.on(speech_started()), []);
    assert_eq!(call.on(audio("a", 10)), [play(1, 10)]);
    assert_eq!(
        call.on(interrupted("a")),
        [Action::FlushPlayout, listening()]
    );
    assert_eq!(call.on(audio("a", 10)), [stale()]);
}

#[test]
fn an_interruption_lasts_until_playout_is_silent() {
    let mut call = speaking(BargeIn::Immediate);
    call.on(mic(5_000));
    call.pass(ms(600));
    let flush = call.on(speech_started());
    assert_eq!(flush, [Action::FlushPlayout, listening()]);
    let is_silenced = |it: &Action| matches!(it, Action::Observe(Fact::Silenced { .. }));
    assert!(
        !call.measured.iter().any(is_silenced),
        "the flush has not taken effect yet"
    );
    let at = call.now + ms(70);
    call.pass(ms(90));
    call.last_of([flushed(1, 100), silent(at)]);
    let after = Some(ms(670));
    assert_eq!(call.measured, [Action::Observe(Fact::Silenced { after })]);
    call.on(silent(at));
    assert_eq!(call.measured, [], "the interruption is reported once");
}

#[test]
fn a_flush_without_a_caller_is_not_an_interruption() {
    let mut call = speaking(BargeIn::Immediate);
    call.on(Event::Shutdown);
    call.on(silent(call.now));
    assert_eq!(call.measured, []);
}

/// The server has finished the reply, so it cannot interrupt it.
#[test]
fn a_turn_after_the_reply_was_sent_confirms_the_interruption() {
    let confirmations: [fn() -> Event; 2] = [|| caller_said("wait"), || started("b")];
    for policy in [BargeIn::Hold, BargeIn::Confirmed] {
        for confirmation in confirmations {
            let mut call = speaking(policy);
            call.last_of([text("a", "Hi", false), done("a"), speech_started()]);
            let actions = call.on(confirmation());
            assert_eq!(actions[0], Action::FlushPlayout, "{policy:?}");
            assert_eq!(call.on(audio("a", 10)), [stale()]);
            call.on(started("b"));
            assert_eq!(call.on(audio("b", 10)), [play(2, 10)]);
        }
    }
}

#[test]
fn a_turn_while_the_reply_is_open_confirms_nothing() {
    for policy in [BargeIn::Hold, BargeIn::Confirmed] {
        let mut call = speaking(policy);
        call.on(speech_started());
        let actions = call.on(caller_said("uh-huh"));
        assert!(!actions.contains(&Action::FlushPlayout), "{policy:?}");
    }
}

#[test]
fn the_next_reply_does_not_cut_off_a_reply_without_barge_in() {
    for policy in POLICIES {
        let mut call = speaking(policy);
        call.last_of([text("a", "Hi", false), done("a")]);
        assert_eq!(call.on(started("b")), [], "{policy:?}");
        assert_eq!(call.on(audio("b", 10)), [play(2, 10)]);
    }
}

#[test]
fn an_unconfirmed_barge_in_ends_when_everything_has_been_played() {
    let mut call = speaking(BargeIn::Confirmed);
    call.last_of([
        text("a", "Hi", false),
        done("a"),
        speech_started(),
        drained(1, 1_000),
    ]);
    call.last_of([started("b"), audio("b", 100)]);
    assert_eq!(call.on(started("c")), []);
}

#[test]
fn an_uninterruptible_agent_is_not_interrupted() {
    use crate::wire::agent::{Input, SessionConfig, TurnDetection};
    let turn_detection = Some(TurnDetection {
        interrupt_response: Some(false),
        ..TurnDetection::default()
    });
    for barge_in in POLICIES {
        let input = Some(Input {
            turn_detection: turn_detection.clone(),
            ..Input::default()
        });
        let mut call = Call::ready(Settings {
            profile: AgentProfile::from(SessionConfig {
                input,
                ..SessionConfig::default()
            }),
            barge_in,
            ..Settings::default()
        });
        call.last_of([started("a"), audio("a", 1_000), audible(1)]);
        assert_eq!(call.on(speech_started()), []);
        call.on(done("a"));
        assert_eq!(call.on(started("b")), []);
    }
}

#[test]
fn a_reply_interrupted_before_its_first_sample_is_never_heard() {
    for policy in POLICIES {
        let mut call = Call::with(policy);
        call.on(interrupted("a"));
        call.on(started("a"));
        assert_eq!(call.on(audio("a", 10)), [stale()]);
        call.on(started("b"));
        assert_eq!(call.on(audio("b", 10)), [play(1, 10)]);
    }
}

/// The messages of one interruption, by number, for the permutations.
fn message(number: usize, name: &str) -> Event {
    match number {
        0 => speech_started(),
        1 => text(name, "Hi", true),
        2 => interrupted(name),
        3 => audio(name, 10),
        4 => started("b"),
        _ => audio("b", 10),
    }
}

/// All permutations of `0..6`, by Heap's algorithm.
fn orders() -> Vec<[usize; 6]> {
    fn heap(length: usize, order: &mut [usize; 6], all: &mut Vec<[usize; 6]>) {
        if length <= 1 {
            all.push(*order);
            return;
        }
        for at in 0..length {
            heap(length - 1, order, all);
            order.swap(if length.is_multiple_of(2) { at } else { 0 }, length - 1);
        }
    }
    let mut all = Vec::new();
    heap(6, &mut [0, 1, 2, 3, 4, 5], &mut all);
    all
}

#[test]
fn every_order_of_an_interruptions_messages_is_safe() {
    let orders = orders();
    assert_eq!(orders.len(), 720);
    for policy in POLICIES {
        for order in &orders {
            one_order(policy, order);
        }
    }
}

/// Checks that in this order the old reply is flushed, none of it is played after the server has
/// interrupted it, the new reply is heard to its end, and playout is not left paused.
fn one_order(policy: BargeIn, order: &[usize; 6]) {
    let context = |what: &str| format!("{what}: {policy:?}, {order:?}");
    let mut call = speaking(policy);
    let (mut is_interrupted, mut is_held, mut flushes) = (false, false, 0);
    for number in order {
        is_interrupted |= matches!(number, 1 | 2);
        for action in call.on(message(*number, "a")) {
            match action {
                Action::Play { .. } if *number == 3 => {
                    assert!(
                        !is_interrupted,
                        "{}",
                        context("an interrupted reply is played")
                    );
                }
                Action::Play { .. } => assert_eq!(
                    *number,
                    5,
                    "{}",
                    context("audio of an unexpected message is played")
                ),
                Action::FlushPlayout => flushes += 1,
                Action::PausePlayout => is_held = true,
                Action::ResumePlayout => is_held = false,
                _ => {}
            }
        }
    }
    assert!(flushes >= 1, "{}", context("the old reply is not flushed"));
    is_held &= !call.pass(PAUSE_LIMIT).contains(&Action::ResumePlayout);
    assert!(!is_held, "{}", context("playout stays paused"));
    let last = call.on(audio("b", 10));
    let is_played = matches!(last.first(), Some(Action::Play { .. }));
    assert!(
        is_played,
        "{}: {last:?}",
        context("the new reply is not played")
    );
    assert_eq!(
        call.on(audio("a", 10)),
        [stale()],
        "{}",
        context("late audio of the old reply is played")
    );
}

/// Without reply IDs, only the order that servers keep can be interpreted.
#[test]
fn an_interruption_without_reply_ids_is_safe_in_the_order_of_the_server() {
    for policy in POLICIES {
        let mut call = Call::with(policy);
        call.last_of([started(""), audio("", 1_000), audible(1)]);
        let actions = [speech_started(), text("", "Hi", true), interrupted("")];
        let actions: Vec<_> = actions
            .into_iter()
            .flat_map(|event| call.on(event))
            .collect();
        assert!(actions.contains(&Action::FlushPlayout), "{policy:?}");
        assert_eq!(call.on(audio("", 10)), [stale()]);
        call.on(started(""));
        assert_eq!(call.on(audio("", 10)), [play(2, 10)]);
    }
}
