//! Timelines of facts.

use parlor_core::conversation::{Limit, SocketLoss, ToolDropped};
use serde_json::{Value, json};

use super::*;
use crate::redact::RedactSpec;

const S: fn(u64) -> Duration = Duration::from_secs;
const MS: fn(u64) -> Duration = Duration::from_millis;

fn timeline(payloads: bool) -> TimelineBuilder {
    let spec = RedactSpec {
        digits: true,
        audio: true,
        ..RedactSpec::default()
    };
    let redactor = Redactor::new(&spec).unwrap();
    TimelineBuilder::new(Arc::new(redactor), payloads, Some("USD".to_owned()))
}

fn says(text: &str, is_final: bool) -> Fact {
    Fact::UserTranscript {
        item: None,
        text: text.to_owned().into(),
        is_final,
    }
}

fn audible(reply: u32) -> Fact {
    Fact::Audible {
        utterance: Utterance(reply),
        waited: None,
    }
}

fn answers(reply: u32, text: &str, interrupted: bool) -> Fact {
    Fact::AgentTranscript {
        utterance: Utterance(reply),
        text: text.to_owned().into(),
        interrupted,
    }
}

fn called(call: &str) -> Fact {
    Fact::ToolCalled {
        call: call.into(),
        name: "look_up".to_owned(),
        arguments: r#"{"card": "4111 1111"}"#.to_owned().into(),
    }
}

fn answered(call: &str) -> Fact {
    Fact::ToolAnswered {
        call: call.into(),
        name: "look_up".to_owned(),
        result: "fine".to_owned().into(),
        is_error: false,
        after: MS(120),
    }
}

fn dropped(call: &str, why: ToolDropped) -> Fact {
    Fact::ToolDropped {
        call: call.into(),
        name: "look_up".to_owned(),
        why,
    }
}

fn written(timeline: &Timeline) -> Value {
    serde_json::to_value(timeline).unwrap()
}

#[test]
fn turns_are_in_the_order_in_which_they_began() {
    let mut timeline = timeline(false);
    timeline.fact(S(1), &audible(1));
    timeline.fact(S(2), &says("Hel", false));
    timeline.fact(S(3), &says("Hello", false));
    let cut = Fact::Interrupted {
        utterance: Utterance(1),
        played: MS(900),
    };
    timeline.fact(S(4), &cut);
    timeline.fact(S(4), &answers(1, "Good", true));
    timeline.fact(S(5), &says("Hello there", true));
    timeline.fact(S(6), &says("", true));
    let (timeline, muted) = timeline.close(S(7));
    assert_eq!(
        written(&timeline)["transcript"],
        json!([
            {"speaker": "agent", "text": "Good", "start_ms": 1000, "interrupted": true, "heard_ms": 900},
            {"speaker": "caller", "text": "Hello there", "start_ms": 2000, "interrupted": false, "heard_ms": null},
        ])
    );
    assert_eq!(muted, []);
    assert!(!timeline.truncated);
}

#[test]
fn waits_and_barge_ins_are_in_milliseconds() {
    let mut timeline = timeline(false);
    let waited = Latency {
        committed: MS(300),
        first_token: Some(MS(500)),
        audible: MS(700),
    };
    let fact = Fact::Audible {
        utterance: Utterance(1),
        waited: Some(waited),
    };
    timeline.fact(S(1), &fact);
    timeline.fact(
        S(2),
        &Fact::Silenced {
            after: Some(MS(180)),
        },
    );
    let timeline = written(&timeline.close(S(3)).0);
    let wait =
        json!([{"start_ms": 1000, "committed_ms": 300, "first_token_ms": 500, "audible_ms": 700}]);
    assert_eq!(timeline["waits"], wait);
    assert_eq!(
        timeline["barge_ins"],
        json!([{"start_ms": 2000, "silenced_ms": 180}])
    );
}

#[test]
fn a_tool_has_one_entry_from_call_to_answer() {
    let mut timeline = timeline(false);
    timeline.fact(S(1), &called("a"));
    timeline.fact(S(2), &called("b"));
    timeline.fact(S(3), &dropped("a", ToolDropped::Twice));
    timeline.fact(S(4), &dropped("b", ToolDropped::Interrupted));
    timeline.fact(S(5), &answered("a"));
    let timeline = written(&timeline.close(S(6)).0);
    let entry = |call,
                 start_ms,
                 duration_ms: Option<u64>,
                 is_error: Option<bool>,
                 dropped: Option<&str>| {
        json!({"call": call, "name": "look_up", "start_ms": start_ms, "duration_ms": duration_ms,
            "is_error": is_error, "dropped": dropped})
    };
    assert_eq!(
        timeline["tools"],
        json!([
            entry("a", 1000, Some(120), Some(false), None),
            entry("b", 2000, None, None, Some("interrupted")),
            entry("a", 3000, None, None, Some("twice")),
        ])
    );
}

#[test]
fn payloads_are_kept_only_if_enabled_and_are_redacted() {
    let mut timeline = timeline(true);
    timeline.fact(S(1), &called("a"));
    timeline.fact(S(2), &answered("a"));
    let (timeline, _) = timeline.close(S(3));
    assert!(
        !format!("{timeline:?}").contains("fine"),
        "the debug output contains a payload"
    );
    let tool = &written(&timeline)["tools"][0];
    assert_eq!(tool["arguments"], json!({"card": "[digits]"}));
    assert_eq!(tool["result"], "fine");
}

#[test]
fn session_events_phases_limits_and_usage_are_kept() {
    let mut timeline = timeline(false);
    timeline.fact(
        S(1),
        &Fact::SessionReady {
            session: Some("sess_1".into()),
        },
    );
    timeline.fact(
        S(2),
        &Fact::AgentLost(SocketLoss::Broken("pipe".to_owned())),
    );
    let back = Fact::AgentBack {
        resumed: true,
        after: MS(400),
    };
    timeline.fact(S(3), &back);
    timeline.fact(
        S(4),
        &Fact::PhaseEntered {
            phase: "billing".to_owned(),
        },
    );
    timeline.fact(S(5), &Fact::LimitReached(Limit::Cost));
    let used = Fact::Used {
        connected: MS(4500),
        cost: Some(0.25),
    };
    timeline.fact(S(5), &used);
    let timeline = written(&timeline.close(S(6)).0);
    let lost = "the connection to the Voice Agent API failed: pipe";
    assert_eq!(
        timeline["sessions"],
        json!([
            {"event": "ready", "start_ms": 1000, "after_ms": null, "detail": "sess_1"},
            {"event": "lost", "start_ms": 2000, "after_ms": null, "detail": lost},
            {"event": "resumed", "start_ms": 3000, "after_ms": 400, "detail": null},
        ])
    );
    assert_eq!(
        timeline["phases"],
        json!([{"name": "billing", "start_ms": 4000}])
    );
    assert_eq!(timeline["limits"], json!(["limit_cost"]));
    assert_eq!(
        timeline["usage"],
        json!({"connected_seconds": 4.5, "cost": 0.25, "currency": "USD"})
    );
}

#[test]
fn redacted_turns_are_muted_in_the_recording() {
    let mut timeline = timeline(false);
    timeline.fact(S(10), &says("it is", false));
    timeline.fact(S(12), &says("it is 4111", true));
    timeline.fact(S(14), &audible(1));
    timeline.fact(S(17), &answers(1, "4111, right?", false));
    // Without a partial transcript, the turn may have begun at the end of the one before.
    timeline.fact(S(20), &says("1234", true));
    let (timeline, muted) = timeline.close(S(30));
    assert_eq!(
        written(&timeline)["transcript"][0]["text"],
        "it is [digits]"
    );
    let span = |side, from, to| MutedSpan { side, from, to };
    assert_eq!(
        muted,
        [
            span(Speaker::Caller, S(8), S(12)),
            span(Speaker::Agent, MS(13_500), S(17)),
            span(Speaker::Caller, S(12), S(20)),
        ]
    );
}

#[test]
fn speech_without_a_transcript_is_muted() {
    let mut timeline = timeline(false);
    timeline.fact(S(1), &audible(1));
    timeline.fact(S(5), &audible(2));
    timeline.fact(S(6), &answers(2, "fine", false));
    timeline.fact(S(8), &says("4111 and", false));
    let (_, muted) = timeline.close(S(9));
    let span = |side, from, to| MutedSpan { side, from, to };
    assert_eq!(
        muted,
        [
            span(Speaker::Caller, S(6), S(9)),
            span(Speaker::Agent, MS(500), S(5))
        ]
    );
}

#[test]
fn the_number_of_entries_is_limited() {
    let mut timeline = timeline(false);
    for second in 0..ENTRIES as u64 + 10 {
        timeline.fact(S(second), &says("yes", true));
    }
    let end = S(ENTRIES as u64 + 20);
    let (timeline, muted) = timeline.close(end);
    assert_eq!(timeline.transcript.len(), ENTRIES);
    assert!(timeline.truncated);
    let full = S(ENTRIES as u64);
    let sides = [Speaker::Caller, Speaker::Agent];
    assert_eq!(
        muted,
        sides.map(|side| MutedSpan {
            side,
            from: full,
            to: end
        })
    );
}

#[test]
fn the_length_of_text_is_limited() {
    let mut timeline = timeline(false);
    for _ in 0..5 {
        timeline.fact(S(1), &says(&"a".repeat(BYTES / 4), true));
    }
    let (timeline, _) = timeline.close(S(2));
    assert_eq!(timeline.transcript.len(), 4);
    assert!(timeline.truncated);
}
