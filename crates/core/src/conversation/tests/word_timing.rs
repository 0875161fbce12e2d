//! The transcript of a reply contains what was heard of it.

use super::harness::*;
use crate::conversation::playout::reply::SETTLE_WITHIN;
use crate::conversation::*;

/// A call with a reply of one second in progress: `One two three four.`, one word per quarter.
fn speaking(policy: BargeIn) -> Call {
    let mut call = Call::with(policy);
    call.last_of([started("a"), audio("a", 1_000), audible(1)]);
    for (at, delta) in ["One", "two", "three", "four."].into_iter().enumerate() {
        let start = 250 * at as u64;
        call.on(word("a", delta, start, start + 200));
    }
    call
}

#[test]
fn an_interrupted_reply_is_reported_up_to_the_last_word_heard() {
    let mut call = speaking(BargeIn::Immediate);
    let flush = [Action::FlushPlayout, state(AgentState::Listening)];
    assert_eq!(call.on(speech_started()), flush);
    assert_eq!(
        call.last_of([text("a", "One two three", true), interrupted("a")]),
        []
    );
    let reported = [cut_short(1, 500), agent_said(1, "One two", true)];
    assert_eq!(call.on(flushed(1, 500)), reported);
}

#[test]
fn the_transcript_is_never_longer_than_the_servers() {
    let mut call = speaking(BargeIn::Immediate);
    call.last_of([
        speech_started(),
        text("a", "One two", true),
        interrupted("a"),
    ]);
    let reported = [cut_short(1, 990), agent_said(1, "One two", true)];
    assert_eq!(call.on(flushed(1, 990)), reported);
}

#[test]
fn without_times_the_transcript_is_cut_in_proportion() {
    let mut call = Call::with(BargeIn::Immediate);
    call.last_of([
        started("a"),
        audio("a", 1_000),
        audible(1),
        speech_started(),
    ]);
    call.last_of([text("a", "one two three four", true), interrupted("a")]);
    let reported = [cut_short(1, 500), agent_said(1, "one two", true)];
    assert_eq!(call.on(flushed(1, 500)), reported);
}

#[test]
fn without_a_final_transcript_the_words_are_reported_at_the_deadline() {
    let mut call = speaking(BargeIn::Immediate);
    call.last_of([speech_started(), interrupted("a")]);
    assert_eq!(call.on(flushed(1, 700)), []);
    let reported = [cut_short(1, 700), agent_said(1, "One two three", true)];
    assert_eq!(call.pass(SETTLE_WITHIN), reported);
}

#[test]
fn without_a_playout_report_the_transcript_is_estimated_at_the_deadline() {
    let mut call = speaking(BargeIn::Immediate);
    call.pass(ms(500));
    call.last_of([
        speech_started(),
        text("a", "One two three", true),
        interrupted("a"),
    ]);
    assert_eq!(call.deadline(), Some(SETTLE_WITHIN));
    let reported = [cut_short(1, 500), agent_said(1, "One two", true)];
    assert_eq!(call.pass(SETTLE_WITHIN), reported);
}

#[test]
fn a_finished_reply_is_cut_off_by_the_flush() {
    let mut call = speaking(BargeIn::Immediate);
    call.last_of([
        text("a", "One two three four.", false),
        done("a"),
        speech_started(),
    ]);
    let reported = [cut_short(1, 450), agent_said(1, "One two", true)];
    assert_eq!(call.on(flushed(1, 450)), reported);
    assert_eq!(call.on(audio("a", 10)), [stale()]);
}

#[test]
fn a_flush_that_comes_too_late_cuts_nothing_off() {
    let mut call = speaking(BargeIn::Immediate);
    call.last_of([
        text("a", "One two three four.", false),
        done("a"),
        speech_started(),
    ]);
    let reported = [agent_said(1, "One two three four.", false)];
    assert_eq!(call.on(drained(1, 1_000)), reported);
}

#[test]
fn a_reply_that_continues_after_a_flush_is_reported_once_with_a_gap() {
    let mut call = speaking(BargeIn::Immediate);
    call.on(speech_started());
    call.on(flushed(1, 250));
    assert_eq!(call.on(audio("a", 1_000)), [play(2, 1_000)]);
    call.on(word("a", "five", 1_000, 1_200));
    call.last_of([text("a", "One two three four. five", false), done("a")]);
    let reported = [cut_short(1, 1_250), agent_said(1, "One five", true)];
    assert_eq!(call.on(drained(2, 1_000)), reported);
}

#[test]
fn replies_queued_behind_a_flushed_reply_were_not_heard() {
    let mut call = speaking(BargeIn::Immediate);
    call.last_of([text("a", "One two three four.", false), done("a")]);
    call.last_of([
        started("b"),
        audio("b", 500),
        text("b", "Five", false),
        done("b"),
    ]);
    call.on(speech_started());
    let reported = [
        cut_short(1, 250),
        agent_said(1, "One", true),
        cut_short(2, 0),
    ];
    assert_eq!(call.on(flushed(1, 250)), reported);
}

#[test]
fn two_flushes_with_one_report_are_both_settled() {
    let mut call = speaking(BargeIn::Immediate);
    call.on(speech_started());
    call.pass(ms(1));
    call.last_of([audio("a", 100), speech_started()]);
    call.last_of([text("a", "One two", true), interrupted("a")]);
    assert_eq!(call.on(flushed(1, 500)), []);
    let reported = [cut_short(1, 500), agent_said(1, "One two", true)];
    assert_eq!(call.pass(SETTLE_WITHIN), reported);
}

#[test]
fn a_reply_that_was_never_played_is_not_reported() {
    let mut call = Call::with(BargeIn::Immediate);
    call.on(started("a"));
    assert_eq!(
        call.last_of([text("a", "Never spoken", false), done("a")]),
        []
    );
    assert_eq!(call.deadline(), None);
}

#[test]
fn at_the_end_of_the_call_the_last_reply_is_reported_as_far_as_it_was_heard() {
    let mut call = speaking(BargeIn::Immediate);
    call.pass(ms(450));
    call.on(Event::Shutdown);
    call.on(text("a", "One two three four.", false));
    assert_eq!(call.on(flushed(1, 450)), [agent_said(1, "One two", false)]);

    let mut call = speaking(BargeIn::Immediate);
    call.pass(ms(450));
    let end = [
        Action::FlushPlayout,
        state(AgentState::Listening),
        agent_said(1, "One two", false),
        Action::Finish(Outcome::AgentRejected(error("forbidden"))),
    ];
    assert_eq!(call.last_of([session_error("forbidden"), lost()]), end);
}

#[test]
fn replies_without_playout_reports_are_bounded() {
    let mut call = Call::with(BargeIn::Confirmed);
    let mut reported = 0;
    for number in 0..40 {
        let name = format!("r{number}");
        reported += call.on(started(&name)).len();
        call.on(audio(&name, 10));
        let actions = call.last_of([text(&name, "Hello", false), done(&name)]);
        reported += actions.len();
        reported += call.pass(ms(10)).len();
    }
    assert_eq!(reported, 40 - 16, "the oldest are reported");
}
