//! Which participants are callers, by kind, permissions and the state of a telephone call.

use super::harness::*;
use crate::conversation::*;

fn standard() -> ParticipantInfo {
    ParticipantKind::Standard.into()
}

/// A participant who may chat but not speak.
fn writer() -> ParticipantInfo {
    ParticipantInfo {
        may_speak: false,
        ..standard()
    }
}

/// A participant who may neither speak nor chat, such as a dashboard or a recorder.
fn watcher() -> ParticipantInfo {
    ParticipantInfo {
        may_write: false,
        ..writer()
    }
}

fn phone(phone: Phone) -> ParticipantInfo {
    ParticipantInfo {
        phone,
        ..ParticipantKind::Sip.into()
    }
}

fn wrote(from: &str) -> Event {
    Event::Room(RoomEvent::ChatMessage {
        from: from.into(),
        text: "Hello?".to_owned().into(),
    })
}

fn begins(call: &[Action], identity: &str) -> bool {
    *call == [listen(identity), Action::ConnectAgent]
}

#[test]
fn a_participant_who_may_neither_speak_nor_write_is_not_a_caller() {
    let mut call = Call::new(Settings::default());
    assert_eq!(call.on(joined_with("dashboard", watcher())), []);
    assert!(begins(&call.on(joined("ada")), "ada"));
    assert_eq!(call.on(changed("dashboard", watcher())), []);
    let end = [Action::CloseAgent, Action::Finish(Outcome::CallerLeft)];
    assert_eq!(call.on(left("ada")), end, "the dashboard is not linked");
}

#[test]
fn a_promoted_participant_becomes_the_caller() {
    let mut call = Call::new(Settings::default());
    call.on(joined_with("listener", watcher()));
    let promoted = call.on(changed("listener", standard()));
    assert!(begins(&promoted, "listener"));
    assert_eq!(
        call.on(changed("listener", standard())),
        [],
        "nothing has changed"
    );
}

#[test]
fn a_participant_who_may_only_write_is_the_caller_until_somebody_may_speak() {
    let mut call = Call::new(Settings::default());
    assert!(begins(&call.on(joined_with("bob", writer())), "bob"));
    call.last_of([subscribed(), Event::AgentOpened, ready()]);
    let answer = call.on(wrote("bob"));
    let asks = |it: &Action| matches!(it, Action::SendAgent(AgentCommand::CreateReply { .. }));
    assert!(answer.iter().any(asks), "chat is answered: {answer:?}");
    assert_eq!(call.on(joined("ada")), [listen("ada")]);
    assert_eq!(call.on(left("ada")), [listen("bob")]);
    assert_eq!(
        call.on(changed("bob", standard())),
        [],
        "bob is linked already"
    );
    assert_eq!(
        call.on(joined("ada")),
        [],
        "both may speak: the first stays"
    );
}

#[test]
fn a_demoted_caller_gives_way_to_somebody_who_may_speak() {
    let mut call = Call::ready(Settings::default());
    assert_eq!(
        call.on(changed("ada", watcher())),
        [],
        "nobody else is in the room"
    );
    assert_eq!(call.on(joined_with("cleo", writer())), []);
    assert_eq!(call.on(joined("bob")), [listen("bob")]);
    assert_eq!(call.on(changed("ada", standard())), [], "bob stays linked");
    assert_eq!(call.on(changed("bob", watcher())), [listen("ada")]);
}

#[test]
fn only_participants_who_may_speak_are_handed_over_to() {
    let mut call = Call::ready(Settings::default());
    call.on(joined_with("cleo", writer()));
    let refused = Action::AnswerHandOver(Err(HandOverRefusal::NoSuchCaller));
    let hand_over = RoomEvent::HandOver {
        from: "ada".into(),
        to: "cleo".into(),
    };
    assert_eq!(call.on(Event::Room(hand_over)), [refused]);
}

#[test]
fn the_requested_participant_is_linked_whatever_its_permissions() {
    let mut call = Call::new(Settings {
        caller: Some("ada".into()),
        ..Settings::default()
    });
    assert_eq!(call.on(joined("bob")), []);
    assert!(begins(&call.on(joined_with("ada", watcher())), "ada"));
}

#[test]
fn hidden_participants_and_avatars_are_not_callers() {
    let hidden = ParticipantInfo {
        takes_part: false,
        ..standard()
    };
    let mut call = Call::new(Settings::default());
    assert_eq!(call.on(joined_with("avatar", hidden)), []);
    assert!(begins(&call.on(changed("avatar", standard())), "avatar"));
    let end = [Action::CloseAgent, Action::Finish(Outcome::CallerLeft)];
    assert_eq!(call.on(changed("avatar", hidden)), end);
}

#[test]
fn the_call_does_not_begin_before_a_telephone_is_active() {
    let mut call = Call::new(Settings::default());
    assert_eq!(call.on(joined_with("+41", phone(Phone::Pending))), []);
    assert_eq!(call.on(subscribed()), [], "the telephone is ringing");
    assert_eq!(call.on(mic(900)), [mic_dropped()]);
    assert_eq!(call.pass(60 * SECOND), []);
    assert!(begins(
        &call.on(changed("+41", phone(Phone::Active))),
        "+41"
    ));
    let configured = call.on(Event::AgentOpened);
    assert!(
        matches!(
            configured[..],
            [Action::SendAgent(AgentCommand::UpdateSession(_))]
        ),
        "a caller who subscribed while it rang hears the greeting: {configured:?}"
    );
    assert_eq!(
        call.on(changed("+41", phone(Phone::Pending))),
        [],
        "an unknown status changes nothing"
    );
}

#[test]
fn a_telephone_that_hangs_up_ends_the_call_before_it_has_left() {
    let mut call = Call::new(Settings {
        caller_grace: 5 * SECOND,
        ..Settings::default()
    });
    call.on(joined_with("+41", phone(Phone::Active)));
    let end = [Action::CloseAgent, Action::Finish(Outcome::CallerLeft)];
    assert_eq!(call.on(changed("+41", phone(Phone::HungUp))), end);
    let mut call = Call::new(Settings::default());
    assert_eq!(call.on(joined_with("+41", phone(Phone::HungUp))), []);
    assert_eq!(call.on(left("+41")), []);
}

#[test]
fn a_second_telephone_is_listened_to_once_it_is_active() {
    let mut call = Call::ready(Settings {
        hear: Hear::Mix,
        ..Settings::default()
    });
    assert_eq!(call.on(joined_with("+41", phone(Phone::Pending))), []);
    let also = Action::ListenAlso(vec!["+41".into()]);
    assert_eq!(call.on(changed("+41", phone(Phone::Active))), [also]);
}

fn waiting() -> Call {
    Call::new(Settings {
        caller_wait: Some(30 * SECOND),
        ..Settings::default()
    })
}

#[test]
fn the_wait_for_a_caller_continues_while_a_telephone_rings() {
    let mut call = waiting();
    call.on(joined_with("+41", phone(Phone::Pending)));
    assert_eq!(call.pass(80 * SECOND), []);
    assert!(begins(
        &call.on(changed("+41", phone(Phone::Active))),
        "+41"
    ));
    let mut call = waiting();
    call.on(joined_with("+41", phone(Phone::Pending)));
    assert_eq!(call.pass(80 * SECOND), []);
    let nobody = [Action::Finish(Outcome::NoCaller)];
    assert_eq!(call.on(left("+41")), nobody, "the wait had already ended");
    let mut call = waiting();
    call.on(joined_with("+41", phone(Phone::Pending)));
    assert_eq!(call.pass(600 * SECOND), nobody, "ringing has a deadline");
}

#[test]
fn a_telephone_that_gives_up_does_not_restart_the_wait() {
    let mut call = waiting();
    call.on(joined_with("+41", phone(Phone::Pending)));
    call.pass(10 * SECOND);
    assert_eq!(call.on(changed("+41", phone(Phone::HungUp))), []);
    assert_eq!(call.pass(19 * SECOND), []);
    assert_eq!(call.pass(SECOND), [Action::Finish(Outcome::NoCaller)]);
}

#[test]
fn a_caller_who_leaves_while_another_telephone_rings_does_not_end_the_call() {
    let mut call = Call::ready(Settings::default());
    call.on(joined_with("+41", phone(Phone::Pending)));
    assert_eq!(call.on(left("ada")), [Action::Listen(None)]);
    assert_eq!(call.pass(20 * SECOND), []);
    assert_eq!(
        call.on(changed("+41", phone(Phone::Active))),
        [listen("+41")]
    );
    let mut call = Call::ready(Settings::default());
    call.on(joined_with("+41", phone(Phone::Pending)));
    call.on(left("ada"));
    call.pass(SECOND);
    assert_eq!(call.on(left("+41")), [end_session()]);
}
