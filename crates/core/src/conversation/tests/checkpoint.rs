//! Calls that are resumed from the checkpoint of another process.

use super::harness::*;
use super::recovery::{config, configured, has, prompt, ready_as, say_on};
use crate::conversation::failover::history::{BYTES, TURNS};
use crate::conversation::failover::resume::CALLER_WITHIN;
use crate::conversation::*;

fn checkpoint(actions: &[Action]) -> Checkpoint {
    let last = actions.iter().rev().find_map(|action| match action {
        Action::Checkpoint(checkpoint) => Some(checkpoint.as_ref().clone()),
        _ => None,
    });
    last.expect("the actions should contain a checkpoint")
}

fn watched() -> Settings {
    Settings {
        checkpoints: true,
        ..configured()
    }
}

#[test]
fn another_process_resumes_from_the_checkpoint() {
    let mut call = Call::new(watched());
    assert_eq!(
        checkpoint(&call.on(joined("ada"))).caller,
        Some("ada".into())
    );
    call.last_of([subscribed(), Event::AgentOpened]);
    let begun = checkpoint(&call.on(ready_as("s1")));
    assert_eq!(begun.session.unwrap().session, "s1".into());
    call.last_of([started("a"), audio("a", 100)]);
    assert!(
        checkpoint(&call.on(audible(1))).owes,
        "the greeting is not over"
    );
    call.last_of([text("a", "Hello", false), done("a")]);
    assert!(!checkpoint(&call.on(drained(1, 100))).owes);
    let left_off = checkpoint(&call.on(caller_said("Well?")));
    assert!(left_off.owes);

    let json = serde_json::to_string(&left_off).unwrap();
    let resume: Checkpoint = serde_json::from_str(&json).unwrap();
    assert_eq!(resume, left_off);
    let mut call = Call::new(Settings {
        resume: Some(resume),
        ..watched()
    });
    call.on(joined("bob"));
    assert!(
        has(&call.on(joined("ada")), &listen("ada")),
        "the caller of the checkpoint is linked, not the first one"
    );
    call.on(subscribed());
    let ask = AgentCommand::ResumeSession("s1".into());
    assert_eq!(call.on(Event::AgentOpened), [Action::SendAgent(ask)]);
    let gone = call.last_of([session_error("session_not_found"), Event::AgentOpened]);
    let session = config(gone);
    assert_eq!(session.greeting, None);
    assert!(prompt(&session).ends_with("\nYou: Hello\nCaller: Well?"));
    assert!(has(&call.on(ready_as("s2")), &say_on()));
}

#[test]
fn a_call_that_had_not_begun_starts_from_the_beginning() {
    let mut call = Call::new(Settings {
        resume: Some(Checkpoint::default()),
        ..configured()
    });
    assert!(has(&call.on(joined("ada")), &Action::ConnectAgent));
    call.on(subscribed());
    assert_eq!(
        config(call.on(Event::AgentOpened)),
        configured().profile.first.session
    );
}

#[test]
fn the_wait_for_a_caller_who_left_meanwhile_is_short() {
    let mut call = Call::new(Settings {
        resume: Some(Checkpoint {
            caller: Some("ada".into()),
            ..Checkpoint::default()
        }),
        ..configured()
    });
    assert_eq!(call.pass(CALLER_WITHIN - ms(1)), []);
    assert_eq!(call.pass(ms(1)), [Action::Finish(Outcome::CallerLeft)]);
}

#[test]
fn a_checkpoint_prints_no_transcript_and_no_credential() {
    let mut call = Call::new(watched());
    call.last_of([
        joined("ada"),
        subscribed(),
        Event::AgentOpened,
        ready_as("s1"),
    ]);
    let printed = format!("{:?}", checkpoint(&call.on(caller_said("hunter2"))));
    assert!(
        !printed.contains("hunter2") && !printed.contains("s1-token"),
        "{printed}"
    );
}

#[test]
fn the_remembered_turns_are_bounded() {
    let mut call = Call::new(watched());
    call.last_of([joined("ada"), subscribed(), Event::AgentOpened, ready()]);
    let mut kept = Checkpoint::default();
    for turn in 0..2 * TURNS {
        kept = checkpoint(&call.on(caller_said(&format!("{turn}"))));
    }
    assert_eq!(kept.turns.len(), TURNS);
    kept = checkpoint(&call.on(caller_said(&"x".repeat(BYTES))));
    assert_eq!(kept.turns.len(), 1, "the oldest go first");
    kept = checkpoint(&call.on(caller_said(&"x".repeat(BYTES + 1))));
    assert_eq!(kept.turns, []);
}
