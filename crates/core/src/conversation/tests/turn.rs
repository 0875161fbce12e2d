//! What is played, and the agent state and transcripts that follow from it.

use super::harness::*;
use crate::conversation::turn::agent_state_tracker::QUIET_AFTER;
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
fn the_agent_state_follows_playout_and_not_the_received_audio() {
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
        "the next reply follows"
    );
}

#[test]
fn a_gap_in_a_reply_does_not_end_it() {
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
fn a_drained_report_that_crosses_with_a_frame_does_not_end_the_reply() {
    let mut call = Call::ready(Settings::default());
    call.last_of([started("a"), audio("a", 50), audible(1), audio("a", 50)]);
    call.last_of([text("a", "Hello", false), done("a")]);
    assert_eq!(call.on(drained(1, 50)), []);
    let end = [agent_said(1, "Hello", false), state(AgentState::Listening)];
    assert_eq!(call.on(drained(1, 100)), end);
}

#[test]
fn a_caller_who_continues_to_speak_is_listened_to() {
    let mut call = Call::ready(Settings::default());
    call.on(speech_stopped());
    assert_eq!(call.on(speech_started()), [state(AgentState::Listening)]);
}

#[test]
fn a_silent_reply_ends_the_thinking_state_without_speaking() {
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
fn the_end_of_an_old_reply_does_not_end_the_thinking_state() {
    let mut call = Call::with(BargeIn::Confirmed);
    call.last_of([
        started("a"),
        audio("a", 50),
        audible(1),
        text("a", "One", false),
    ]);
    call.on(done("a"));
    assert_eq!(call.on(speech_stopped()), [], "the reply is still audible");
    let end = [agent_said(1, "One", false), state(AgentState::Thinking)];
    assert_eq!(call.on(drained(1, 50)), end);
}

#[test]
fn the_thinking_state_ends_without_an_answer() {
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
fn the_speaking_state_ends_without_audio() {
    let mut call = Call::ready(Settings::default());
    call.last_of([started("a"), audio("a", 1_000), audible(1)]);
    let (quiet_at, quiet) = (SECOND + QUIET_AFTER, Fact::WentQuiet(AgentState::Speaking));
    assert_eq!(call.deadline(), Some(quiet_at));
    let actions = call.pass(quiet_at);
    assert_eq!(
        actions,
        [Action::Observe(quiet), state(AgentState::Listening)]
    );
    assert_eq!(call.on(speech_started()), [], "nothing is playing");
    let more = [play(1, 10), state(AgentState::Speaking)];
    assert_eq!(call.on(audio("a", 10)), more);
}

#[test]
fn a_long_burst_is_not_cut_off_by_the_watchdog() {
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
fn replies_without_ids_are_told_apart_by_their_starts() {
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
    assert_eq!(call.on(started("b")), [], "the reply is already open");
    assert_eq!(call.on(audio("b", 10)), [play(2, 10)]);
    assert_eq!(
        call.on(audio("a", 10)),
        [stale()],
        "the server has started another reply"
    );
}

#[test]
fn audio_without_a_reply_id_belongs_to_the_open_reply() {
    let mut call = Call::ready(Settings::default());
    call.on(started("a"));
    assert_eq!(call.on(audio("", 10)), [play(1, 10)]);
    call.on(interrupted("a"));
    assert_eq!(call.on(audio("", 10)), [stale()]);
    call.on(started("b"));
    assert_eq!(call.on(audio("", 10)), [play(2, 10)]);
}

#[test]
fn a_reply_id_may_come_later() {
    let mut call = Call::ready(Settings::default());
    call.last_of([started(""), audio("a", 10)]);
    assert_eq!(call.on(audio("a", 10)), [play(1, 10)]);
    assert_eq!(call.on(interrupted("a")), [Action::FlushPlayout]);
    assert_eq!(call.on(audio("a", 10)), [stale()]);
}

#[test]
fn empty_audio_is_ignored() {
    let mut call = Call::ready(Settings::default());
    assert_eq!(call.last_of([started("a"), audio("a", 0)]), []);
    assert_eq!(call.on(done("a")), []);
}

#[test]
fn a_failed_reply_is_requested_again_once_per_turn() {
    let failed = |retryable| {
        Event::Agent(AgentEvent::ReplyError {
            reply: None,
            error: error("llm_provider_error"),
            retryable,
        })
    };
    let again = || Action::SendAgent(AgentCommand::CreateReply { instructions: None });
    let expected = Action::Observe(Fact::AgentError(error("llm_provider_error")));
    let mut call = Call::ready(Settings::default());
    call.on(started("a"));
    let actions = call.on(failed(true));
    assert_eq!(actions, [expected, again(), state(AgentState::Thinking)]);
    assert!(
        !call
            .last_of([started("b"), failed(true)])
            .contains(&again())
    );
    call.last_of([speech_started(), speech_stopped(), started("c")]);
    assert!(
        !call.on(failed(false)).contains(&again()),
        "the error is not retryable"
    );
    assert!(
        call.last_of([started("d"), failed(true)])
            .contains(&again())
    );
}

#[test]
fn caller_speech_is_timed_by_the_sound_of_the_audio() {
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
