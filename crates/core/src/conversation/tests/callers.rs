//! Which participants are callers, and which of them the agent listens to.

use super::harness::*;
use crate::audio::Frame;
use crate::conversation::*;

#[test]
fn the_first_caller_is_linked_and_the_agent_connected_immediately() {
    let mut call = Call::new(Settings::default());
    for kind in [
        ParticipantKind::Agent,
        ParticipantKind::Egress,
        ParticipantKind::Ingress,
        ParticipantKind::Bridge,
    ] {
        assert_eq!(call.on(joined_as("machine", kind)), []);
    }
    assert_eq!(
        call.on(joined("ada")),
        [listen("ada"), Action::ConnectAgent]
    );
    assert_eq!(call.on(joined("bob")), []);
    assert_eq!(call.on(joined("ada")), [], "the join was reported twice");
}

#[test]
fn telephones_and_connectors_are_callers() {
    for kind in [ParticipantKind::Sip, ParticipantKind::Connector] {
        let mut call = Call::new(Settings::default());
        let linked = call.on(joined_as("+41", kind));
        assert_eq!(linked, [listen("+41"), Action::ConnectAgent]);
    }
}

#[test]
fn the_next_caller_in_order_of_joining_is_linked() {
    let mut call = Call::ready(Settings::default());
    call.last_of([joined("bob"), joined("cleo")]);
    assert_eq!(call.on(left("nobody")), []);
    assert_eq!(call.on(left("ada")), [listen("bob")]);
    assert_eq!(call.on(joined("ada")), []);
    assert_eq!(call.on(left("cleo")), []);
    assert_eq!(call.on(left("bob")), [listen("ada")]);
}

#[test]
fn a_partial_chunk_of_one_caller_is_not_sent_for_the_next() {
    let mut call = Call::ready(Settings::default());
    call.last_of([joined("bob"), mic(1), mic(1), left("ada"), mic(2)]);
    call.last_of([mic(2), mic(2), mic(2)]);
    let chunk = Action::SendAudio(Frame::new(vec![2; 1_200]));
    assert_eq!(call.on(mic(2)), [chunk]);
}

#[test]
fn the_call_ends_when_the_last_caller_leaves() {
    let mut call = Call::ready(Settings::default());
    assert_eq!(call.on(left("ada")), [end_session()]);
    let end = [Action::CloseAgent, Action::Finish(Outcome::CallerLeft)];
    assert_eq!(call.on(session_ended()), end);
}

#[test]
fn a_caller_who_leaves_before_the_agent_connects_ends_the_call_immediately() {
    let mut call = Call::new(Settings::default());
    call.on(joined("ada"));
    let end = [Action::CloseAgent, Action::Finish(Outcome::CallerLeft)];
    assert_eq!(call.on(left("ada")), end);
}

#[test]
fn a_caller_may_come_back_within_the_grace_period() {
    let mut call = Call::ready(Settings {
        caller_grace: 5 * SECOND,
        ..Settings::default()
    });
    assert_eq!(call.on(left("ada")), [Action::Listen(None)]);
    assert_eq!(call.on(mic(1)), [mic_dropped()]);
    assert_eq!(call.pass(ms(4_999)), []);
    assert_eq!(call.on(joined("bob")), [listen("bob")]);
    assert_eq!(call.pass(60 * SECOND), []);
    assert_eq!(call.on(left("bob")), [Action::Listen(None)]);
    assert_eq!(call.pass(5 * SECOND), [end_session()]);
}

#[test]
fn a_caller_who_returns_within_the_grace_period_is_linked_again() {
    let mut call = Call::ready(Settings {
        caller_grace: 5 * SECOND,
        ..Settings::default()
    });
    call.last_of([joined("bob")]);
    assert_eq!(
        call.on(left("ada")),
        [listen("bob")],
        "no grace period while another caller is there"
    );
    call.pass(4 * SECOND);
    assert_eq!(call.on(joined("ada")), [listen("ada")]);
    assert_eq!(call.on(left("ada")), [listen("bob")]);
    call.pass(5 * SECOND);
    assert_eq!(call.on(joined("ada")), [], "too late");
}

#[test]
fn a_lost_caller_has_a_longer_grace_period_than_one_who_left() {
    let settings = Settings {
        caller_grace: 2 * SECOND,
        rejoin_grace: 15 * SECOND,
        ..Settings::default()
    };
    let mut call = Call::ready(settings.clone());
    assert_eq!(call.on(lost_on_the_way("ada")), [Action::Listen(None)]);
    assert_eq!(call.pass(14 * SECOND), []);
    assert_eq!(call.on(joined("ada")), [listen("ada")]);
    assert_eq!(call.on(left("ada")), [Action::Listen(None)]);
    assert_eq!(call.pass(2 * SECOND), [end_session()]);
    let mut call = Call::new(settings);
    call.on(joined_as("+41", ParticipantKind::Sip));
    let end = [Action::CloseAgent, Action::Finish(Outcome::CallerLeft)];
    assert_eq!(
        call.on(lost_on_the_way("+41")),
        end,
        "a telephone cannot reconnect"
    );
}

fn hand_over(from: &str, to: &str) -> Event {
    Event::Room(RoomEvent::HandOver {
        from: from.into(),
        to: to.into(),
    })
}

fn refused(why: HandOverRefusal) -> Action {
    Action::AnswerHandOver(Err(why))
}

#[test]
fn only_the_linked_caller_hands_over_and_only_to_a_caller_in_the_room() {
    let mut call = Call::ready(Settings::default());
    call.last_of([
        joined("bob"),
        joined_as("recorder", ParticipantKind::Egress),
    ]);
    let not_linked = refused(HandOverRefusal::NotLinked);
    assert_eq!(call.on(hand_over("bob", "bob")), [not_linked]);
    for nobody in ["recorder", "cleo"] {
        let no_such = refused(HandOverRefusal::NoSuchCaller);
        assert_eq!(call.on(hand_over("ada", nobody)), [no_such]);
    }
    let done = || Action::AnswerHandOver(Ok(()));
    assert_eq!(call.on(hand_over("ada", "ada")), [done()]);
    assert_eq!(call.on(hand_over("ada", "bob")), [listen("bob"), done()]);
    let not_linked = refused(HandOverRefusal::NotLinked);
    assert_eq!(call.on(hand_over("ada", "ada")), [not_linked]);
    assert_eq!(call.on(hand_over("bob", "ada")), [listen("ada"), done()]);
}

#[test]
fn every_hand_over_is_answered() {
    let mut call = Call::ready(Settings::default());
    call.on(Event::Shutdown);
    let over = refused(HandOverRefusal::Over);
    assert_eq!(call.on(hand_over("ada", "ada")), [over]);
}

fn also(others: &[&str]) -> Action {
    Action::ListenAlso(others.iter().map(|it| (*it).into()).collect())
}

#[test]
fn one_caller_is_linked_and_the_others_are_heard_too() {
    let mut call = Call::ready(Settings {
        hear: Hear::Mix,
        ..Settings::default()
    });
    assert_eq!(call.on(joined("bob")), [also(&["bob"])]);
    assert_eq!(call.on(joined_as("it", ParticipantKind::Agent)), []);
    assert_eq!(call.on(joined("cleo")), [also(&["bob", "cleo"])]);
    assert_eq!(call.on(left("bob")), [also(&["cleo"])]);
    assert_eq!(call.on(left("ada")), [listen("cleo"), also(&[])]);
}

#[test]
fn the_room_is_deleted_when_the_call_ends_but_not_on_shutdown() {
    let mut call = Call::ready(Settings {
        dismiss: Dismiss::Room,
        ..Settings::default()
    });
    call.on(left("ada"));
    let end = [
        Action::CloseAgent,
        Action::DeleteRoom,
        Action::Finish(Outcome::CallerLeft),
    ];
    assert_eq!(call.on(session_ended()), end);
    let mut call = Call::new(Settings {
        dismiss: Dismiss::Room,
        ..Settings::default()
    });
    let end = [Action::Finish(Outcome::Shutdown)];
    assert_eq!(call.on(Event::Shutdown), end);
}

#[test]
fn pre_connect_audio_is_sent_before_the_live_audio() {
    let pre_connect = |of: i16| Event::PreConnectAudio {
        from: "ada".into(),
        voice: Frame::new(vec![of; 1_200]),
    };
    let comes = || Event::Room(RoomEvent::PreConnectAnnounced { from: "ada".into() });
    let mut call = Call::new(Settings::default());
    call.last_of([joined("ada"), comes(), mic(900), pre_connect(700)]);
    call.last_of([subscribed(), Event::AgentOpened, ready()]);
    let mut heard = Vec::new();
    for _ in 0..10 {
        heard.extend(call.on(mic(900)));
    }
    let chunks = [700, 900].map(|of| Action::SendAudio(Frame::new(vec![of; 1_200])));
    assert_eq!(heard, chunks);

    let mut call = Call::ready(Settings::default());
    call.last_of([left("nobody"), comes(), mic(900)]);
    assert_eq!(call.pass(3 * SECOND), [], "the wait is over");
    for _ in 0..4 {
        assert_eq!(call.on(mic(900)), []);
    }
    let chunk = Action::SendAudio(Frame::new(vec![900; 1_200]));
    assert_eq!(call.on(mic(900)), [chunk]);
}

#[test]
fn an_empty_room_is_kept_for_the_configured_time() {
    let mut call = Call::new(Settings {
        caller_wait: Some(60 * SECOND),
        ..Settings::default()
    });
    assert_eq!(call.deadline(), Some(60 * SECOND));
    call.on(joined_as("recorder", ParticipantKind::Egress));
    assert_eq!(call.pass(60 * SECOND), [Action::Finish(Outcome::NoCaller)]);
}

#[test]
fn an_empty_room_is_kept_forever_by_default() {
    let mut call = Call::new(Settings::default());
    assert_eq!(call.deadline(), None);
    assert_eq!(call.pass(1_000_000 * SECOND), []);
    assert_eq!(
        call.on(Event::Shutdown),
        [Action::Finish(Outcome::Shutdown)]
    );
}

#[test]
fn a_caller_who_joins_in_time_ends_the_wait_for_good() {
    let mut call = Call::new(Settings {
        caller_wait: Some(60 * SECOND),
        ..Settings::default()
    });
    call.last_of([joined("ada"), subscribed(), Event::AgentOpened, ready()]);
    assert_eq!(call.pass(600 * SECOND), []);
}

#[test]
fn an_agent_for_one_participant_ignores_others() {
    let mut call = Call::new(Settings {
        caller: Some("ada".into()),
        ..Settings::default()
    });
    assert_eq!(call.on(joined("bob")), []);
    assert_eq!(call.on(joined("ada"))[0], listen("ada"));
    assert_eq!(call.on(left("bob")), []);
    call.on(left("ada"));
    assert_eq!(call.deadline(), None, "the wait is over");
}

#[test]
fn of_two_agents_with_the_same_name_one_leaves() {
    let leaves = |second_agent, name: &str, was_first| {
        let mut call = Call::new(Settings {
            agent_name: Some("clerk".to_owned()),
            second_agent,
            ..Settings::default()
        });
        let name = name.to_owned();
        let actions = call.on(Event::Room(RoomEvent::Agent { name, was_first }));
        actions == [Action::Finish(Outcome::SecondAgent)]
    };
    for was_first in [true, false] {
        assert_eq!(leaves(SecondAgent::Refuse, "clerk", was_first), was_first);
        assert_eq!(leaves(SecondAgent::Replace, "clerk", was_first), !was_first);
        assert!(!leaves(SecondAgent::Refuse, "cook", was_first));
    }
}
