//! Labels are part of the public interface: dashboards depend on them.

use std::collections::HashSet;

use super::harness::*;
use crate::conversation::*;

#[test]
fn names_are_snake_case_and_unique() {
    let ends = [
        RoomEnd::Closed,
        RoomEnd::Removed,
        RoomEnd::DuplicateIdentity,
        RoomEnd::ConnectionLost,
    ];
    let mut outcomes: Vec<_> = ends.map(Outcome::Room).into();
    outcomes.extend([
        Outcome::CallerLeft,
        Outcome::NoCaller,
        Outcome::Shutdown,
        Outcome::Drained,
        Outcome::AgentEnded,
        Outcome::AgentLost(loss()),
        Outcome::AgentRejected(error("unauthorized")),
        Outcome::AgentTimeout,
        Outcome::AgentStalled,
        Outcome::PlayoutOverflow,
    ]);
    let names: HashSet<_> = outcomes.iter().map(Outcome::name).collect();
    assert_eq!(names.len(), outcomes.len());
    let plain = |name: &&str| {
        name.bytes()
            .all(|letter| letter == b'_' || letter.is_ascii_lowercase())
    };
    assert!(names.iter().all(plain), "{names:?}");
}

#[test]
fn names_contain_no_content() {
    assert_eq!(caller_said("planted").name(), "agent");
    assert_eq!(joined("planted").name(), "room");
    assert_eq!(agent_said(1, "planted", true).name(), "observe");
    assert_eq!(Action::Finish(Outcome::Shutdown).name(), "finish");
    assert_eq!(AgentCommand::EndSession.name(), "end_session");
    assert_eq!(PlayoutEvent::Overflowed.name(), "overflowed");
    assert_eq!(Fact::Dropped(DropReason::MicNotReady).name(), "dropped");
    assert_eq!(DropReason::MicNotReady.name(), "mic_not_ready");
}
