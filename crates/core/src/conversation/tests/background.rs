//! Background sounds: never over a voice, and none after the end.

use super::harness::*;
use crate::conversation::*;

const ALL: Sounds = Sounds {
    ambience: true,
    thinking: true,
    hold: true,
};

/// A call with a linked caller, these sounds, and a slow tool of either kind.
fn with(sounds: Sounds) -> Call {
    let rule = |name: &str, holds| ToolRule {
        name: name.to_owned(),
        holds,
        ..ToolRule::default()
    };
    Call::ready(Settings {
        sounds,
        profile: AgentProfile {
            tools: vec![rule("tea", false), rule("bank", true)],
            ..AgentProfile::default()
        },
        ..Settings::default()
    })
}

fn gives(call: &str) -> Event {
    Event::ToolDone {
        call: call.into(),
        result: "1".to_owned().into(),
        is_error: false,
    }
}

/// The background sounds that `actions` start.
fn heard(actions: &[Action]) -> Vec<Background> {
    let background = |action: &Action| match action {
        Action::Background(background) => Some(*background),
        _ => None,
    };
    actions.iter().filter_map(background).collect()
}

#[test]
fn the_thinking_sound_plays_from_the_end_of_the_turn_to_the_first_sample_of_the_reply() {
    let mut call = with(ALL);
    assert_eq!(heard(&call.on(speech_started())), []);
    let actions = call.on(speech_stopped());
    assert_eq!(heard(&actions), [Background::Thinking]);
    let received = call.last_of([caller_said("Tea?"), started("a"), audio("a", 100)]);
    assert_eq!(heard(&received), [], "the reply is not audible yet");
    assert_eq!(heard(&call.on(audible(1))), [Background::Ambience]);
    let over = call.last_of([done("a"), drained(1, 100)]);
    assert_eq!(heard(&over), []);
}

#[test]
fn the_tool_sound_plays_until_the_reply_is_audible() {
    let mut call = with(ALL);
    call.on(started("a"));
    let called = call.on(tool_call("1", "tea"));
    assert_eq!(heard(&called), [Background::Thinking]);
    assert_eq!(heard(&call.last_of([done("a"), gives("1")])), []);
    call.last_of([started("b"), audio("b", 100)]);
    assert_eq!(heard(&call.on(audible(1))), [Background::Ambience]);
}

#[test]
fn a_reply_during_a_tool_call_plays_without_background() {
    let mut call = with(ALL);
    call.last_of([started("a"), tool_call("1", "tea"), audio("a", 100)]);
    assert_eq!(heard(&call.on(audible(1))), [Background::Ambience]);
    let over = call.last_of([done("a"), drained(1, 100)]);
    assert_eq!(heard(&over), [Background::Thinking]);
}

#[test]
fn no_background_plays_while_the_caller_speaks_during_a_tool_call() {
    let mut call = with(ALL);
    call.last_of([started("a"), tool_call("1", "tea"), done("a")]);
    assert_eq!(heard(&call.on(speech_started())), [Background::Ambience]);
    assert_eq!(heard(&call.on(speech_stopped())), [Background::Thinking]);
    call.on(speech_started());
    let unstopped = call.on(caller_said("Well?"));
    assert_eq!(heard(&unstopped), [Background::Thinking]);
}

#[test]
fn a_tool_in_hold_mode_plays_the_hold_sound() {
    let mut call = with(ALL);
    call.on(started("a"));
    let called = call.last_of([tool_call("1", "tea"), tool_call("2", "bank")]);
    assert_eq!(heard(&called), [Background::Hold]);
    call.on(done("a"));
    call.on(gives("1"));
    let answered = call.on(gives("2"));
    assert_eq!(
        heard(&answered),
        [Background::Thinking],
        "the agent thinks about the reply"
    );
}

#[test]
fn missing_sounds_are_replaced_by_configured_ones() {
    let thinking = Sounds {
        thinking: true,
        ..Sounds::default()
    };
    let mut call = with(thinking);
    call.on(started("a"));
    let called = call.on(tool_call("1", "bank"));
    assert_eq!(heard(&called), [Background::Thinking]);
    assert_eq!(heard(&call.on(speech_started())), [Background::Silence]);

    let hold = Sounds {
        hold: true,
        ..Sounds::default()
    };
    let mut call = with(hold);
    assert_eq!(heard(&call.on(speech_stopped())), []);
    call.on(started("a"));
    let called = call.on(tool_call("1", "bank"));
    assert_eq!(heard(&called), [Background::Hold]);
}

#[test]
fn ambience_plays_while_a_caller_is_linked() {
    let mut call = Call::new(Settings {
        sounds: ALL,
        caller_grace: SECOND,
        ..Settings::default()
    });
    assert_eq!(heard(&call.on(joined("ada"))), [Background::Ambience]);
    assert_eq!(heard(&call.on(left("ada"))), [Background::Silence]);
    assert_eq!(heard(&call.on(joined("ada"))), [Background::Ambience]);
}

#[test]
fn a_lost_session_plays_no_thinking_sound() {
    let mut call = with(ALL);
    call.on(speech_stopped());
    assert_eq!(heard(&call.on(lost())), [Background::Ambience]);
}

#[test]
fn the_end_of_the_call_is_silent_immediately() {
    let mut call = with(ALL);
    call.last_of([started("a"), tool_call("1", "bank")]);
    assert_eq!(heard(&call.on(Event::Shutdown)), [Background::Silence]);
    let over = call.on(session_ended());
    assert_eq!(heard(&over), []);
    assert!(matches!(over.last(), Some(Action::Finish(_))), "{over:?}");

    let mut call = with(ALL);
    assert_eq!(heard(&call.on(room_over())), [Background::Silence]);
}

#[test]
fn without_sounds_there_are_no_background_actions() {
    let mut call = with(Sounds::default());
    for event in [speech_stopped(), started("a"), tool_call("1", "bank")] {
        assert_eq!(heard(&call.on(event)), []);
    }
}
