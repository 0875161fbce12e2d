//! Captions: the caller's turns as they grow, and the agent's words as they are heard.

use super::harness::*;
use crate::conversation::*;
use crate::ids::ItemId;

fn said_so_far(item: Option<&str>, text: &str) -> Event {
    Event::Agent(AgentEvent::UserTranscriptDelta {
        item: item.map(ItemId::from),
        text: text.to_owned().into(),
    })
}

fn said(item: Option<&str>, text: &str) -> Event {
    Event::Agent(AgentEvent::UserTranscript {
        item: item.map(ItemId::from),
        text: text.to_owned().into(),
    })
}

fn progress(utterance: u32, played: u64) -> Event {
    Event::Playout(PlayoutEvent::Progress {
        utterance: Utterance(utterance),
        played: ms(played),
    })
}

fn wrote(from: &str, text: &str) -> Event {
    Event::Room(RoomEvent::ChatMessage {
        from: from.into(),
        text: text.to_owned().into(),
    })
}

/// The captions since the last look, in short form.
fn shown(call: &mut Call) -> Vec<String> {
    let captions = std::mem::take(&mut call.captions);
    let short = |caption| match caption {
        Caption::Caller {
            caller,
            turn,
            text,
            is_final,
        } => {
            let end = if is_final { "." } else { "…" };
            format!("{caller} {turn}: {}{end}", text.reveal())
        }
        Caption::Agent { utterance, more } => format!("{}+ {}", utterance.0, more.reveal()),
        Caption::AgentDone {
            utterance,
            text,
            interrupted,
        } => {
            let end = if interrupted { "|" } else { "." };
            format!("{}= {}{end}", utterance.0, text.reveal())
        }
    };
    captions.into_iter().map(short).collect()
}

/// A call with a reply of one second in progress: `One two three four`, one word per quarter.
fn speaking(policy: BargeIn) -> Call {
    let mut call = Call::with(policy);
    call.last_of([started("a"), audio("a", 1_000), audible(1)]);
    for (at, delta) in ["One", "two", "three", "four"].into_iter().enumerate() {
        let start = 250 * at as u64;
        call.on(word("a", delta, start, start + 200));
    }
    call
}

fn speaks(who: Option<&str>) -> Event {
    Event::Speaks(who.map(Into::into))
}

#[test]
fn a_turn_belongs_to_the_caller_whose_voice_was_heard_longest() {
    let mut call = Call::ready(Settings {
        hear: Hear::Loudest,
        ..Settings::default()
    });
    call.on(joined("bob"));
    for (who, long) in [(Some("ada"), 300), (Some("bob"), 900), (None, 5_000)] {
        call.on(speaks(who));
        call.pass(ms(long));
    }
    call.on(said_so_far(Some("a"), "Two"));
    call.on(speaks(Some("ada")));
    call.pass(ms(2_000));
    call.on(said(Some("a"), "Two of us"));
    assert_eq!(shown(&mut call), ["bob 1: Two…", "bob 1: Two of us."]);
    call.pass(ms(100));
    call.on(said(Some("b"), "I"));
    call.on(speaks(None));
    call.on(said(Some("c"), "Nobody"));
    assert_eq!(shown(&mut call), ["ada 2: I.", "ada 3: Nobody."]);
    let answered = call.on(wrote("bob", "I write"));
    assert!(!answered.is_empty(), "all callers are answered");
    assert_eq!(call.on(wrote("recorder", "I too")), []);
}

#[test]
fn a_callers_turn_grows_and_is_closed() {
    let mut call = Call::ready(Settings::default());
    call.last_of([
        said_so_far(None, "A table"),
        said_so_far(None, "A table for"),
        said(None, "A table for two"),
        said_so_far(None, "At"),
    ]);
    assert_eq!(
        shown(&mut call),
        [
            "ada 1: A table…",
            "ada 1: A table for…",
            "ada 1: A table for two.",
            "ada 2: At…"
        ]
    );
    call.last_of([left("ada"), session_ended()]);
    assert_eq!(shown(&mut call), ["ada 2: At."], "no turn stays open");
}

#[test]
fn turns_with_item_ids_are_told_apart() {
    let mut call = Call::ready(Settings::default());
    call.last_of([
        said_so_far(Some("a"), "One"),
        said_so_far(Some("b"), "Two"),
        said(Some("b"), "Two"),
        said_so_far(Some("b"), "Tw"),
        said(Some("b"), "Two!"),
        said(Some("c"), "Three"),
    ]);
    assert_eq!(
        shown(&mut call),
        [
            "ada 1: One…",
            "ada 1: One.",
            "ada 2: Two…",
            "ada 2: Two.",
            "ada 2: Two!.",
            "ada 3: Three."
        ]
    );
}

#[test]
fn words_are_shown_once_they_are_heard() {
    let mut call = speaking(BargeIn::Immediate);
    call.on(progress(1, 199));
    assert_eq!(shown(&mut call), Vec::<String>::new());
    call.on(progress(1, 300));
    assert_eq!(shown(&mut call), ["1+ One"]);
    call.last_of([progress(1, 460), progress(1, 460), progress(1, 760)]);
    assert_eq!(shown(&mut call), ["1+  two", "1+  three"]);
    call.last_of([text("a", "One two three four.", false), done("a")]);
    assert_eq!(shown(&mut call), Vec::<String>::new());
    call.on(drained(1, 1_000));
    assert_eq!(shown(&mut call), ["1+  four", "1= One two three four.."]);
}

#[test]
fn an_interrupted_reply_ends_with_the_last_word_heard() {
    let mut call = speaking(BargeIn::Immediate);
    call.last_of([
        progress(1, 300),
        speech_started(),
        flushed(1, 500),
        interrupted("a"),
        text("a", "One two three", true),
    ]);
    assert_eq!(shown(&mut call), ["1+ One", "1+  two", "1= One two|"]);
}

#[test]
fn a_word_that_comes_after_its_audio_is_shown_immediately() {
    let mut call = Call::with(BargeIn::Immediate);
    call.last_of([
        started("a"),
        audio("a", 1_000),
        audible(1),
        progress(1, 500),
    ]);
    call.on(word("a", "One", 0, 200));
    assert_eq!(shown(&mut call), ["1+ One"]);
}

#[test]
fn without_times_words_follow_the_audio_in_proportion() {
    let mut call = Call::with(BargeIn::Immediate);
    call.last_of([started("a"), audio("a", 1_000), audible(1)]);
    for delta in ["one", "two", "three", "four"] {
        call.on(Event::Agent(AgentEvent::AgentTranscriptDelta {
            reply: named("a"),
            delta: delta.to_owned().into(),
            start: None,
            end: None,
        }));
    }
    call.last_of([progress(1, 500), drained(1, 1_000)]);
    assert_eq!(shown(&mut call), ["1+ one two", "1+  three four"]);
}

#[test]
fn two_replies_are_shown_separately() {
    let mut call = Call::with(BargeIn::Immediate);
    call.last_of([
        started("a"),
        audio("a", 200),
        word("a", "One", 0, 200),
        done("a"),
        started("b"),
        audio("b", 200),
        word("b", "Two", 0, 200),
        done("b"),
        drained(1, 200),
        progress(2, 200),
        text("a", "One", false),
        text("b", "Two", false),
        drained(2, 200),
    ]);
    assert_eq!(shown(&mut call), ["1+ One", "2+ Two", "1= One.", "2= Two."]);
}

#[test]
fn chat_of_the_caller_interrupts_the_reply_and_is_answered_once_it_is_done() {
    let mut call = speaking(BargeIn::Immediate);
    let wrote_it = Action::Observe(Fact::UserWrote {
        text: "And five?".to_owned().into(),
    });
    let actions = call.on(wrote("ada", "And five?"));
    let stops = [Action::FlushPlayout, state(AgentState::Listening), wrote_it];
    assert_eq!(actions, stops);
    assert_eq!(
        call.on(audio("a", 100)),
        [stale()],
        "the reply was interrupted"
    );
    let reported = [cut_short(1, 500), agent_said(1, "One two", true)];
    call.last_of([text("a", "One two three four", false), flushed(1, 500)]);
    let actions = call.on(done("a"));
    assert_eq!(actions[..2], reported);
    let [.., asked, thinking] = actions.as_slice() else {
        panic!("{actions:?}");
    };
    let Action::SendAgent(AgentCommand::CreateReply { instructions }) = asked else {
        panic!("{actions:?}");
    };
    let instructions = instructions.as_ref().unwrap().reveal();
    assert!(instructions.ends_with(": And five?"), "{instructions}");
    assert_eq!(*thinking, state(AgentState::Thinking));
}

#[test]
fn chat_of_others_is_ignored() {
    let mut call = Call::ready(Settings::default());
    call.on(joined("bob"));
    assert_eq!(call.on(wrote("bob", "Me too")), []);
    assert_eq!(call.on(wrote("ada", "  ")), []);
    assert_ne!(call.on(Event::TypedText("For her".to_owned().into())), []);
}

#[test]
fn chat_is_answered_in_writing_until_the_caller_speaks() {
    let mut call = Call::ready(Settings {
        chat: Answer::Written,
        ..Settings::default()
    });
    let actions = call.on(wrote("ada", "And five?"));
    assert_eq!(actions.last(), Some(&state(AgentState::Thinking)));
    let nothing_is_played = |actions: Vec<Action>| {
        let is_audio = |it: &Action| matches!(it, Action::Play { .. } | Action::FlushPlayout);
        assert!(!actions.iter().any(is_audio), "{actions:?}");
    };
    nothing_is_played(call.last_of([started("a"), audio("a", 250)]));
    nothing_is_played(call.last_of([word("a", "One", 0, 200), word("a", "two", 300, 400)]));
    assert_eq!(shown(&mut call), ["1+ One"]);
    nothing_is_played(call.last_of([audio("a", 250), text("a", "One two", false)]));
    let reported = call.on(done("a"));
    assert_eq!(reported[0], agent_said(1, "One two", false));
    assert_eq!(reported.last(), Some(&state(AgentState::Listening)));
    assert_eq!(shown(&mut call), ["1+  two", "1= One two."]);

    call.last_of([
        Event::Agent(AgentEvent::SpeechStarted),
        Event::Agent(AgentEvent::SpeechStopped),
        said(None, "Six"),
        started("b"),
    ]);
    let actions = call.on(audio("b", 100));
    assert!(matches!(
        actions[0],
        Action::Play {
            utterance: Utterance(2),
            ..
        }
    ));
}
