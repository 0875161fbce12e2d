//! Events sent to monitoring participants.

use super::*;

#[test]
fn state_changes_are_sent_with_timestamps() {
    let mut desk = Desk::new();
    desk.pass(ms(250));
    let [Got::Event(to, event)] = &desk.state(AgentState::Listening)[..] else {
        panic!("expected one event");
    };
    assert_eq!(*to, To::Everyone);
    assert_eq!(milliseconds(event.created_at), 1_000_250);
    let Some(Event::AgentStateChanged(changed)) = event.event else {
        panic!("{event:?}");
    };
    assert_eq!((changed.old_state, changed.new_state), (0, 2));
}

#[test]
fn the_callers_state_is_back_dated_to_the_first_and_last_sound() {
    let mut desk = Desk::listening();
    desk.pass(ms(1_000));
    let mut told = desk.fact(Fact::CallerSpeaks { ago: Some(ms(300)) });
    desk.pass(ms(1_000));
    told.extend(desk.fact(Fact::CallerStopped { ago: Some(ms(400)) }));
    let told: Vec<_> = told
        .into_iter()
        .map(|it| match it {
            Got::Event(_, event) => {
                let Some(Event::UserStateChanged(changed)) = event.event else {
                    panic!("{event:?}");
                };
                (changed.new_state(), milliseconds(event.created_at))
            }
            other => panic!("{other:?}"),
        })
        .collect();
    let expected = [
        (UserState::UsSpeaking, 1_000_700),
        (UserState::UsListening, 1_001_600),
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_caller_is_away_after_both_sides_are_silent_and_after_leaving() {
    let mut desk = Desk::listening();
    desk.state(AgentState::Speaking);
    assert_eq!(desk.monitor.deadline(), None);
    desk.state(AgentState::Listening);
    desk.pass(ms(15_000));
    assert_eq!(desk.monitor.deadline(), Some(desk.now));
    desk.monitor.timeout(desk.now);
    assert_eq!(desk.all().len(), 1);
    assert_eq!(desk.monitor.user, UserState::UsAway);
    assert_eq!(desk.monitor.deadline(), None, "reported only once");
    desk.monitor.caller(desk.now, true);
    assert_eq!(desk.monitor.user, UserState::UsListening);
    desk.monitor.caller(desk.now, false);
    assert_eq!(desk.monitor.user, UserState::UsAway);
}

#[test]
fn caller_messages_have_metrics_in_seconds() {
    let mut desk = Desk::listening();
    desk.fact(Fact::CallerSpeaks { ago: Some(ms(200)) });
    let interim = desk.events(caller_said("what", false));
    let [Event::UserInputTranscribed(heard)] = &interim[..] else {
        panic!("{interim:?}");
    };
    assert_eq!((heard.transcript.as_str(), heard.is_final), ("what", false));
    desk.pass(ms(1_000));
    desk.fact(Fact::CallerStopped { ago: Some(ms(500)) });
    desk.pass(ms(100));
    let last = desk.events(caller_said("what time is it", true));
    let [
        Event::UserInputTranscribed(heard),
        Event::ConversationItemAdded(added),
    ] = &last[..]
    else {
        panic!("{last:?}");
    };
    assert!(heard.is_final);
    let said = message(added.item.clone());
    assert_eq!(
        (said.role(), words(&said)),
        (ChatRole::User, "what time is it")
    );
    let metrics = said.metrics.unwrap();
    assert_eq!(milliseconds(metrics.started_speaking_at), 999_800);
    assert_eq!(milliseconds(metrics.stopped_speaking_at), 1_000_500);
    assert_eq!(metrics.end_of_turn_delay, Some(0.5));
    assert_eq!(metrics.transcription_delay, Some(0.6));
    let again = desk.events(caller_said("well", true));
    let Event::ConversationItemAdded(added) = again[1].clone() else {
        panic!("{again:?}");
    };
    let metrics = message(added.item).metrics.unwrap();
    assert_eq!(
        metrics.stopped_speaking_at, None,
        "these metrics belong to the previous turn"
    );
}

#[test]
fn agent_messages_have_the_callers_waiting_time() {
    let mut desk = Desk::listening();
    let waited = Latency {
        committed: ms(400),
        first_token: Some(ms(700)),
        audible: ms(900),
    };
    desk.fact(audible(1, Some(waited)));
    desk.pass(ms(2_000));
    let told = desk.events(agent_said(1, "Noon."));
    let [
        Event::ConversationItemAdded(added),
        Event::SessionUsageUpdated(_),
    ] = &told[..]
    else {
        panic!("{told:?}");
    };
    let said = message(added.item.clone());
    assert_eq!((said.role(), words(&said)), (ChatRole::Assistant, "Noon."));
    assert_eq!(milliseconds(said.created_at), 1_000_000);
    let metrics = said.metrics.unwrap();
    assert_eq!(metrics.e2e_latency, Some(0.9));
    assert_eq!(metrics.llm_node_ttft, Some(0.3));
    assert_eq!(milliseconds(metrics.stopped_speaking_at), 1_002_000);
    let unheard = desk.events(agent_said(2, ""));
    assert!(matches!(&unheard[..], [Event::SessionUsageUpdated(_)]));
}

#[test]
fn tool_events_are_for_managers_and_a_group_is_reported_when_its_last_call_ends() {
    let mut desk = Desk::listening();
    let mut told = desk.fact(tool_called("c1"));
    told.extend(desk.fact(tool_called("c2")));
    told.extend(desk.fact(tool_answered("c1", false)));
    told.extend(desk.fact(tool_answered("c2", true)));
    let events: Vec<_> = told
        .into_iter()
        .map(|it| match it {
            Got::Event(To::Managers, event) => event.event.unwrap(),
            other => panic!("expected an event for managers only, got {other:?}"),
        })
        .collect();
    let starts = events
        .iter()
        .filter(|it| matches!(it, Event::FunctionToolsStarted(_)));
    assert_eq!(starts.count(), 2);
    let statuses: Vec<_> = events
        .iter()
        .filter_map(|it| match it {
            Event::ToolExecutionUpdated(updated) => match updated.update.as_ref()? {
                Update::Ended(ended) => Some(ended.status()),
                _ => None,
            },
            _ => None,
        })
        .collect();
    assert_eq!(statuses, [ToolCallStatus::TcDone, ToolCallStatus::TcError]);
    let Some(Event::FunctionToolsExecuted(executed)) = events.last() else {
        panic!("{events:?}");
    };
    assert_eq!(executed.function_calls[0].arguments, r#"{"order":7}"#);
    let outputs = &executed.function_call_outputs;
    assert_eq!((outputs.len(), outputs[1].is_error), (2, true));
}

#[test]
fn a_dropped_tool_call_is_cancelled_and_a_duplicate_call_changes_nothing() {
    let mut desk = Desk::listening();
    desk.fact(tool_called("c1"));
    let dropped = |why| Fact::ToolDropped {
        call: "c1".into(),
        name: "lookup".to_owned(),
        why,
    };
    assert_eq!(desk.fact(dropped(ToolDropped::Twice)), []);
    let told = desk.events(dropped(ToolDropped::Interrupted));
    let [
        Event::ToolExecutionUpdated(updated),
        Event::FunctionToolsExecuted(executed),
    ] = &told[..]
    else {
        panic!("{told:?}");
    };
    let Some(Update::Ended(ended)) = &updated.update else {
        panic!("{updated:?}");
    };
    assert_eq!(ended.status(), ToolCallStatus::TcCancelled);
    assert_eq!(executed.function_call_outputs, []);
}

#[test]
fn errors_and_overlapping_speech_are_reported() {
    let mut desk = Desk::listening();
    let error = AgentError {
        code: "llm_error".to_owned(),
        message: "try again".to_owned(),
        param: None,
    };
    let told = desk.events(Fact::AgentError(error));
    let [Event::Error(error)] = &told[..] else {
        panic!("{told:?}");
    };
    assert_eq!(error.message, "llm_error: try again");
    let lost = SocketLoss::Broken("10.0.0.7".to_owned());
    let told = desk.events(Fact::AgentLost(lost));
    let [Event::Error(error)] = &told[..] else {
        panic!("{told:?}");
    };
    assert!(
        !error.message.contains("10.0.0.7"),
        "addresses must not be sent to clients"
    );
    let after = Some(ms(250));
    let told = desk.events(Fact::Silenced { after });
    let [Event::OverlappingSpeech(overlap)] = &told[..] else {
        panic!("{told:?}");
    };
    assert_eq!(overlap.detection_delay, 0.25);
    assert_eq!(milliseconds(overlap.overlap_started_at), 999_750);
    assert_eq!(desk.fact(Fact::Silenced { after: None }), []);
    let told = desk.events(Fact::FalseInterruption);
    assert!(matches!(&told[..], [Event::AgentFalseInterruption(it)] if it.resumed));
}

#[test]
fn usage_is_the_total_duration_of_voice_sessions() {
    let mut desk = Desk::listening();
    desk.fact(Fact::SessionReady { session: None });
    desk.pass(ms(3_000));
    desk.fact(Fact::AgentLost(SocketLoss::Refused(503)));
    desk.pass(ms(1_000));
    desk.fact(Fact::SessionReady { session: None });
    desk.pass(ms(2_000));
    let used = |answer| {
        let Ok(Response::GetSessionUsage(response)) = answer else {
            panic!("{answer:?}");
        };
        format!("{:?}", response.usage.unwrap())
    };
    let request = || Request::GetSessionUsage(ask::GetSessionUsage {});
    let so_far = used(desk.answer(request()));
    assert!(so_far.contains("session_duration: 5.0"), "{so_far}");
    assert!(so_far.contains("audio_duration: 5.0"), "{so_far}");
    let connected = ms(5_500);
    let cost = None;
    let told = desk.events(Fact::Used { connected, cost });
    assert!(matches!(&told[..], [Event::SessionUsageUpdated(_)]));
    desk.pass(ms(9_000));
    let at_last = used(desk.answer(request()));
    assert!(at_last.contains("session_duration: 5.5"), "{at_last}");
}
