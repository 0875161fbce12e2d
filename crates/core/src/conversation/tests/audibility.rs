//! An agent that nobody can hear does not speak, and continues when it can be heard again.

use super::harness::*;
use crate::conversation::playout::audibility::SAY_AGAIN;
use crate::conversation::*;

fn unheard(why: Inaudible) -> Action {
    Action::Observe(Fact::Unheard(why))
}

fn heard_again(after: u64) -> Action {
    let after = ms(after);
    Action::Observe(Fact::HeardAgain { after })
}

fn says_again() -> Action {
    let instructions = Some(SAY_AGAIN.to_owned().into());
    Action::SendAgent(AgentCommand::CreateReply { instructions })
}

fn progress(utterance: u32, played: u64) -> Event {
    Event::Playout(PlayoutEvent::Progress {
        utterance: Utterance(utterance),
        played: ms(played),
    })
}

/// A call with a reply of one second, `One two three four`, one word per quarter, played to its
/// middle.
fn speaking() -> Call {
    let mut call = Call::ready(Settings::default());
    call.last_of([started("a"), audio("a", 1_000), audible(1)]);
    for (at, delta) in ["One", "two", "three", "four"].into_iter().enumerate() {
        let start = 250 * at as u64;
        call.on(word("a", delta, start, start + 200));
    }
    call.on(progress(1, 500));
    call
}

/// All captions of the agent's speech.
fn shown(call: &Call) -> String {
    let more = call.captions.iter().map(|caption| match caption {
        Caption::Agent { more, .. } => more.reveal().clone(),
        Caption::AgentDone { text, .. } => format!(" = {}", text.reveal()),
        Caption::Caller { .. } => String::new(),
    });
    more.collect()
}

#[test]
fn a_reply_is_cut_off_where_the_agent_became_inaudible() {
    let mut call = speaking();
    let taken = call.on(voice(Some(Inaudible::NotAllowed)));
    let wanted = [
        unheard(Inaudible::NotAllowed),
        Action::FlushPlayout,
        state(AgentState::Listening),
    ];
    assert_eq!(taken, wanted);
    assert_eq!(
        call.on(audio("a", 300)),
        [stale()],
        "the rest is not played"
    );
    call.last_of([flushed(1, 500), text("a", "One two three four", false)]);
    assert_eq!(call.on(done("a")), [agent_said(1, "One two", false)]);
    assert_eq!(shown(&call), "One two = One two");
    assert_eq!(call.call.state(), AgentState::Listening);
}

#[test]
fn inaudible_replies_are_neither_played_nor_shown() {
    let mut call = Call::ready(Settings::default());
    call.on(voice(Some(Inaudible::Muted)));
    assert_eq!(call.on(speech_started()), []);
    assert_eq!(call.on(speech_stopped()), [state(AgentState::Thinking)]);
    call.on(started("a"));
    assert_eq!(call.on(audio("a", 500)), [stale()]);
    call.last_of([word("a", "One", 0, 200), text("a", "One", false)]);
    assert_eq!(call.on(done("a")), [state(AgentState::Listening)]);
    assert_eq!(shown(&call), "");
    call.pass(SECOND);
    let again = call.on(voice(None));
    assert_eq!(
        again,
        [
            heard_again(1_000),
            says_again(),
            state(AgentState::Thinking)
        ]
    );
    call.on(started("b"));
    assert_eq!(call.on(audio("b", 500)), [play(1, 500)]);
    assert_eq!(call.on(audible(1)), [state(AgentState::Speaking)]);
}

#[test]
fn missed_speech_is_repeated_once_the_inaudible_reply_is_over() {
    let mut call = Call::ready(Settings::default());
    call.last_of([voice(Some(Inaudible::Muted)), started("a"), audio("a", 500)]);
    assert_eq!(call.on(voice(None)), [heard_again(0)]);
    assert_eq!(call.on(audio("a", 500)), [stale()], "the reply has a gap");
    assert!(call.on(done("a")).contains(&says_again()));
}

#[test]
fn missed_speech_is_not_repeated_when_an_answer_is_pending() {
    let mut call = speaking();
    call.last_of([voice(Some(Inaudible::Muted)), flushed(1, 500), done("a")]);
    call.last_of([speech_started(), speech_stopped()]);
    assert_eq!(call.on(voice(None)), [heard_again(0)]);
    call.on(started("b"));
    assert_eq!(call.on(audio("b", 100)), [play(2, 100)]);
}

#[test]
fn becoming_inaudible_while_nobody_speaks_changes_nothing() {
    let mut call = Call::ready(Settings::default());
    let muted = voice(Some(Inaudible::Muted));
    assert_eq!(call.on(muted), [unheard(Inaudible::Muted)]);
    let why = voice(Some(Inaudible::NotAllowed));
    assert_eq!(call.on(why), [], "the change is reported once");
    assert_eq!(call.on(voice(None)), [heard_again(0)]);
    assert_eq!(call.on(voice(None)), []);
}

#[test]
fn an_inaudible_agent_does_not_hang_up_on_a_silent_caller() {
    let mut call = Call::ready(Settings {
        profile: AgentProfile {
            limits: Limits {
                idle: Some(10 * SECOND),
                ..Limits::default()
            },
            ..AgentProfile::default()
        },
        ..Settings::default()
    });
    call.pass(5 * SECOND);
    call.on(voice(Some(Inaudible::Muted)));
    assert_eq!(call.pass(100 * SECOND), []);
    call.on(voice(None));
    assert_eq!(call.pass(9 * SECOND), []);
    assert_ne!(call.pass(SECOND), []);
}

#[test]
fn chat_is_answered_in_writing_while_the_agent_is_inaudible() {
    let mut call = Call::ready(Settings::default());
    call.on(voice(Some(Inaudible::Muted)));
    call.on(Event::TypedText("How much?".to_owned().into()));
    call.last_of([started("a"), audio("a", 500), word("a", "Five.", 0, 400)]);
    call.last_of([text("a", "Five.", false), done("a")]);
    assert_eq!(shown(&call), "Five. = Five.");
    assert_eq!(call.on(voice(None)), [heard_again(0)], "nothing was missed");
    call.on(started("b"));
    assert_eq!(
        call.on(audio("b", 500)),
        [play(2, 500)],
        "the agent speaks again"
    );
}

#[test]
fn a_caller_who_may_not_subscribe_does_not_hear_the_agent() {
    let deaf = ParticipantInfo {
        may_hear: false,
        ..ParticipantKind::Standard.into()
    };
    let mut call = speaking();
    let taken = call.on(changed("ada", deaf));
    assert_eq!(
        taken[..2],
        [unheard(Inaudible::CallerDeaf), Action::FlushPlayout]
    );
    call.last_of([flushed(1, 500), done("a")]);
    let hears = ParticipantKind::Standard.into();
    let again = call.on(changed("ada", hears));
    assert!(again.starts_with(&[heard_again(0), says_again()]));

    let mut call = Call::ready(Settings::default());
    call.on(changed("ada", deaf));
    call.on(joined("bob"));
    let next = call.on(left("ada"));
    assert_eq!(
        next,
        [listen("bob"), heard_again(0)],
        "the next caller hears the agent"
    );
}
