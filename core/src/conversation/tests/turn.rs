//! What is played, and what the room is shown of it.

use super::harness::*;
use crate::conversation::agent_state::QUIET_AFTER;
use crate::conversation::*;

#[test]
fn a_turn_from_the_callers_words_to_the_last_sample() {
    let mut call = Call::ready(Settings::default());
    assert_eq!(call.on(speech_started()), []);
    assert_eq!(call.on(speech_stopped()), [state(AgentState::Thinking)]);
    let said = || "what time is it".to_owned();
    let fact = Fact::UserTranscript {
        item: None,
        text: said().into(),
        is_final: true,
    };
    assert_eq!(call.on(caller_said(&said())), [Action::Observe(fact)]);
    assert_eq!(call.on(started("a")), []);
    assert_eq!(call.on(audio("a", 10)), [play(1, 10)]);
    assert_eq!(call.on(audible(1)), [state(AgentState::Speaking)]);
    assert_eq!(call.on(audio("a", 10)), [play(1, 10)]);
    assert_eq!(call.last_of([text("a", "Noon.", false), done("a")]), []);
    let end = [agent_said(1, "Noon.", false), state(AgentState::Listening)];
    assert_eq!(call.on(drained(1, 20)), end);
    assert_eq!(call.deadline(), None);
}

#[test]
fn the_state_follows_what_is_audible_and_not_what_was_received() {
    let mut call = Call::ready(Settings::default());
    call.last_of([
        started("a"),
        audio("a", 500),
        text("a", "Hello", false),
        done("a"),
    ]);
    assert_eq!(call.call.state(), AgentState::Listening);
    call.on(audible(1));
    assert_eq!(call.call.state(), AgentState::Speaking);
    call.on(started("b"));
    call.on(audio("b", 500));
    call.on(drained(1, 500));
    assert_eq!(
        call.call.state(),
        AgentState::Speaking,
        "the next one follows"
    );
}

#[test]
fn a_gap_in_a_reply_is_no_end() {
    let mut call = Call::ready(Settings::default());
    call.last_of([started("a"), audio("a", 50), audible(1)]);
    assert_eq!(call.on(drained(1, 50)), []);
    assert_eq!(call.on(audio("a", 50)), [play(1, 50)]);
    assert_eq!(
        call.last_of([drained(1, 100), text("a", "Hello", false)]),
        []
    );
    let end = [agent_said(1, "Hello", false), state(AgentState::Listening)];
    assert_eq!(call.on(done("a")), end);
}

#[test]
fn a_report_that_crossed_with_a_frame_is_no_end() {
    let mut call = Call::ready(Settings::default());
    call.last_of([started("a"), audio("a", 50), audible(1), audio("a", 50)]);
    call.last_of([text("a", "Hello", false), done("a")]);
    assert_eq!(call.on(drained(1, 50)), []);
    let end = [agent_said(1, "Hello", false), state(AgentState::Listening)];
    assert_eq!(call.on(drained(1, 100)), end);
}

#[test]
fn a_caller_who_goes_on_is_listened_to() {
    let mut call = Call::ready(Settings::default());
    call.on(speech_stopped());
    assert_eq!(call.on(speech_started()), [state(AgentState::Listening)]);
}

#[test]
fn a_silent_reply_is_no_speaking_and_ends_the_thinking() {
    let mut call = Call::ready(Settings::default());
    call.last_of([speech_stopped(), started("a"), audio("a", 50)]);
    assert_eq!(call.last_of([text("a", "", false), done("a")]), []);
    assert_eq!(call.on(drained(1, 50)), [state(AgentState::Listening)]);

    call.last_of([speech_stopped(), started("b")]);
    let failed = done_as("b", ReplyStatus::Failed);
    assert_eq!(
        call.on(failed),
        [state(AgentState::Listening)],
        "no audio at all"
    );
}

#[test]
fn an_old_reply_that_ends_does_not_end_the_thinking_about_the_next() {
    let mut call = Call::with(BargeIn::Confirmed);
    call.last_of([
        started("a"),
        audio("a", 50),
        audible(1),
        text("a", "One", false),
    ]);
    call.on(done("a"));
    assert_eq!(call.on(speech_stopped()), [], "still audible");
    let end = [agent_said(1, "One", false), state(AgentState::Thinking)];
    assert_eq!(call.on(drained(1, 50)), end);
}

#[test]
fn thinking_without_an_answer_ends() {
    let mut call = Call::ready(Settings::default());
    call.on(speech_stopped());
    assert_eq!(call.deadline(), Some(QUIET_AFTER));
    call.pass(6 * SECOND);
    call.on(started("a"));
    assert_eq!(call.deadline(), Some(QUIET_AFTER), "progress");
    let quiet = Action::Observe(Fact::WentQuiet(AgentState::Thinking));
    assert_eq!(
        call.pass(QUIET_AFTER),
        [quiet, state(AgentState::Listening)]
    );
    assert_eq!(call.deadline(), None);
}

#[test]
fn speaking_without_audio_ends() {
    let mut call = Call::ready(Settings::default());
    call.last_of([started("a"), audio("a", 1_000), audible(1)]);
    let (quiet_at, quiet) = (SECOND + QUIET_AFTER, Fact::WentQuiet(AgentState::Speaking));
    assert_eq!(call.deadline(), Some(quiet_at));
    let actions = call.pass(quiet_at);
    assert_eq!(
        actions,
        [Action::Observe(quiet), state(AgentState::Listening)]
    );
    assert_eq!(call.on(speech_started()), [], "nothing is playing any more");
    let more = [play(1, 10), state(AgentState::Speaking)];
    assert_eq!(call.on(audio("a", 10)), more);
}

#[test]
fn a_long_burst_is_not_cut_by_the_watchdog() {
    let mut call = Call::ready(Settings::default());
    call.on(started("a"));
    for _ in 0..60 {
        call.on(audio("a", 1_000));
    }
    call.last_of([audible(1), text("a", "Once upon a time", false), done("a")]);
    assert_eq!(call.pass(60 * SECOND), []);
    let end = [
        agent_said(1, "Once upon a time", false),
        state(AgentState::Listening),
    ];
    assert_eq!(call.on(drained(1, 60_000)), end);
}

#[test]
fn replies_without_names_are_told_apart_by_their_starts() {
    let mut call = Call::ready(Settings::default());
    call.last_of([started(""), audio("", 10), text("", "One", false), done("")]);
    call.on(started(""));
    assert_eq!(call.on(audio("", 10)), [play(2, 10)]);
    assert_eq!(call.on(drained(1, 10)), [agent_said(1, "One", false)]);
    call.last_of([text("", "Two", false), done("")]);
    assert_eq!(call.on(drained(2, 10)), [agent_said(2, "Two", false)]);
}

#[test]
fn audio_without_a_start_opens_its_reply() {
    let mut call = Call::ready(Settings::default());
    assert_eq!(call.on(audio("a", 10)), [play(1, 10)]);
    assert_eq!(call.on(audio("b", 10)), [play(2, 10)]);
    assert_eq!(call.on(started("b")), [], "known already");
    assert_eq!(call.on(audio("b", 10)), [play(2, 10)]);
    assert_eq!(
        call.on(audio("a", 10)),
        [stale()],
        "the server has moved on"
    );
}

#[test]
fn audio_without_a_name_belongs_to_the_open_reply() {
    let mut call = Call::ready(Settings::default());
    call.on(started("a"));
    assert_eq!(call.on(audio("", 10)), [play(1, 10)]);
    call.on(interrupted("a"));
    assert_eq!(call.on(audio("", 10)), [stale()]);
    call.on(started("b"));
    assert_eq!(call.on(audio("", 10)), [play(2, 10)]);
}

#[test]
fn a_name_may_come_later() {
    let mut call = Call::ready(Settings::default());
    call.last_of([started(""), audio("a", 10)]);
    assert_eq!(call.on(audio("a", 10)), [play(1, 10)]);
    assert_eq!(call.on(interrupted("a")), [Action::FlushPlayout]);
    assert_eq!(call.on(audio("a", 10)), [stale()]);
}

#[test]
fn empty_audio_is_nothing() {
    let mut call = Call::ready(Settings::default());
    assert_eq!(call.last_of([started("a"), audio("a", 0)]), []);
    assert_eq!(call.on(done("a")), []);
}

#[test]
fn a_failed_reply_is_asked_for_again_once_in_a_turn() {
    let failed = |retryable| {
        Event::Agent(AgentEvent::ReplyError {
            reply: None,
            error: error("llm_provider_error"),
            retryable,
        })
    };
    let again = || Action::SendAgent(AgentCommand::CreateReply { instructions: None });
    let told = Action::Observe(Fact::AgentError(error("llm_provider_error")));
    let mut call = Call::ready(Settings::default());
    call.on(started("a"));
    let actions = call.on(failed(true));
    assert_eq!(actions, [told, again(), state(AgentState::Thinking)]);
    assert!(
        !call
            .last_of([started("b"), failed(true)])
            .contains(&again())
    );
    call.last_of([speech_started(), speech_stopped(), started("c")]);
    assert!(
        !call.on(failed(false)).contains(&again()),
        "it would not help"
    );
    assert!(
        call.last_of([started("d"), failed(true)])
            .contains(&again())
    );
}

#[test]
fn when_the_caller_speaks_is_told_from_the_sounds_that_were_heard() {
    let mut call = Call::ready(Settings::default());
    call.on(mic(3_000));
    call.pass(ms(100));
    call.on(mic(3_000));
    call.pass(ms(200));
    call.on(speech_started());
    let ago = Some(ms(300));
    assert_eq!(
        call.measured,
        [Action::Observe(Fact::CallerSpeaks { ago })],
        "since the first sound"
    );
    call.pass(ms(400));
    call.on(speech_stopped());
    let ago = Some(ms(600));
    assert_eq!(
        call.measured,
        [Action::Observe(Fact::CallerStopped { ago })],
        "since the last sound"
    );
    let mut call = Call::ready(Settings::default());
    call.on(speech_started());
    let ago = None;
    assert_eq!(call.measured, [Action::Observe(Fact::CallerSpeaks { ago })]);
}
