//! Requests of monitoring participants.

use super::*;

#[test]
fn public_requests_are_answered() {
    let mut desk = Desk::listening();
    let mut ask = |request| desk.ask(false, Some(request)).remove(0);
    let pong = answered(ask(Request::Ping(ask::Ping {})));
    assert!(matches!(pong, Ok(Response::Pong(_))));
    let info = answered(ask(Request::GetFrameworkInfo(ask::GetFrameworkInfo {})));
    let Ok(Response::GetFrameworkInfo(info)) = info else {
        panic!("{info:?}");
    };
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(
        (info.sdk.as_str(), info.sdk_version.as_str()),
        ("parlor", version)
    );
    let state = answered(ask(Request::GetSessionState(ask::GetSessionState {})));
    let Ok(Response::GetSessionState(state)) = state else {
        panic!("{state:?}");
    };
    assert_eq!((state.agent_state, state.user_state), (2, 1));
    assert_eq!(milliseconds(state.created_at), 1_000_000);
    let finalize = ask::FinalizeSimulation::default();
    let verdict = answered(ask(Request::FinalizeSimulation(finalize)));
    let Ok(Response::FinalizeSimulation(verdict)) = verdict else {
        panic!("{verdict:?}");
    };
    assert_eq!(verdict.user_verdict, None);
    let stats = ask(Request::GetRtcStats(ask::GetRtcStats {}));
    assert_eq!(stats, Got::Stats("ada".into(), "r1".to_owned()));
}

#[test]
fn manager_requests_of_other_participants_are_refused() {
    let inner = || {
        [
            Request::GetChatHistory(ask::GetChatHistory {}),
            Request::GetAgentInfo(ask::GetAgentInfo {}),
            run_input("hello"),
            Request::UpdateIo(ask::UpdateIo::default()),
        ]
    };
    for request in inner() {
        let mut desk = Desk::listening();
        let error = refused(desk.ask(false, Some(request)));
        assert_eq!(error, "not allowed");
    }
    let open = Access {
        who: Audience::Everyone,
        open: true,
    };
    for request in inner() {
        let mut desk = Desk::open_to(open);
        desk.state(AgentState::Listening);
        let got = desk.ask(false, Some(request)).remove(0);
        assert!(
            matches!(
                &got,
                Got::Input(_) | Got::Response(_, SessionResponse { error: None, .. })
            ),
            "{got:?}"
        );
    }
    let mut desk = Desk::open_to(Access {
        who: Audience::Managers,
        open: false,
    });
    let ping = Request::Ping(ask::Ping {});
    assert_eq!(refused(desk.ask(false, Some(ping))), "not allowed");
    let events = desk.state(AgentState::Listening);
    assert!(
        matches!(&events[..], [Got::Event(To::Managers, _)]),
        "{events:?}"
    );
}

#[test]
fn the_agents_instructions_follow_its_phase() {
    let session = |prompt: &str| SessionConfig {
        system_prompt: Some(prompt.to_owned().into()),
        ..SessionConfig::default()
    };
    let phase = |name: &str, prompt| Phase {
        name: name.to_owned(),
        session: session(prompt),
        ..Phase::default()
    };
    let mut desk = Desk::listening();
    desk.monitor.profile(&AgentProfile {
        first: phase("start", "You are a clerk."),
        others: vec![phase("till", "You are a cashier.")],
        ..AgentProfile::default()
    });
    let mut info = || match desk.answer(Request::GetAgentInfo(ask::GetAgentInfo {})) {
        Ok(Response::GetAgentInfo(info)) => (info.id, info.instructions.unwrap()),
        other => panic!("{other:?}"),
    };
    assert_eq!(info(), ("start".to_owned(), "You are a clerk.".to_owned()));
    let phase = "till".to_owned();
    let events = desk.fact(Fact::PhaseEntered { phase });
    assert!(
        matches!(&events[..], [Got::Event(To::Managers, _)]),
        "{events:?}"
    );
    let mut info = || match desk.answer(Request::GetAgentInfo(ask::GetAgentInfo {})) {
        Ok(Response::GetAgentInfo(info)) => (info.id, info.chat_ctx.len()),
        other => panic!("{other:?}"),
    };
    assert_eq!(info(), ("till".to_owned(), 1));
}

#[test]
fn run_input_is_answered_with_what_the_agent_says_and_does() {
    let mut desk = Desk::listening();
    desk.fact(audible(1, None));
    desk.state(AgentState::Speaking);
    let asked = desk.ask(true, Some(run_input("where is order 7?")));
    assert_eq!(asked, [Got::Input("where is order 7?".to_owned())]);
    let text = "where is order 7?".to_owned().into();
    let wrote = desk.fact(Fact::UserWrote { text });
    assert!(
        matches!(&wrote[..], [Got::Event(To::Managers, _)]),
        "{wrote:?}"
    );
    desk.fact(agent_said(1, "cut short"));
    let events = desk.state(AgentState::Listening);
    assert_eq!(
        events.len(),
        1,
        "an earlier reply is not an answer: {events:?}"
    );
    desk.fact(tool_called("c1"));
    desk.fact(tool_answered("c1", false));
    desk.state(AgentState::Thinking);
    desk.fact(audible(2, None));
    desk.state(AgentState::Speaking);
    desk.fact(agent_said(2, "It comes tomorrow."));
    let mut events = desk.state(AgentState::Listening);
    let answer = answered(events.remove(1));
    let Ok(Response::RunInput(answer)) = answer else {
        panic!("{answer:?}");
    };
    let [call, output, said] = <[ChatItem; 3]>::try_from(answer.items).unwrap();
    assert!(matches!(call.item, Some(Item::FunctionCall(_))));
    assert!(matches!(output.item, Some(Item::FunctionCallOutput(_))));
    assert_eq!(words(&message(Some(said))), "It comes tomorrow.");
    assert_eq!(
        desk.monitor.deadline().map(|at| at - desk.now),
        Some(ms(15_000))
    );
}

#[test]
fn run_input_without_an_answer_gets_an_error() {
    let mut desk = Desk::new();
    let error = refused(desk.ask(true, Some(run_input("hello"))));
    assert_eq!(error, "the agent is not ready");
    desk.state(AgentState::Listening);
    let error = refused(desk.ask(true, Some(run_input(" "))));
    assert_eq!(error, "empty run_input text");
    desk.ask(true, Some(run_input("hello")));
    let error = refused(desk.ask(true, Some(run_input("hello"))));
    assert_eq!(error, "the agent is still answering another run_input");
    desk.pass(ms(60_000));
    desk.monitor.timeout(desk.now);
    let got = desk.all().remove(0);
    assert_eq!(answered(got).unwrap_err(), "the agent did not answer");
    desk.ask(true, Some(run_input("hello")));
    let over = desk.fact(Fact::Used {
        connected: ms(0),
        cost: None,
    });
    assert!(matches!(&over[..], [_, Got::Response(..)]), "{over:?}");
}

#[test]
fn update_io_applies_all_changes_or_none() {
    let mut desk = Desk::listening();
    let switch = |audio, video, voice, captions| {
        let input = update_io::Input {
            audio_enabled: audio,
            video_enabled: video,
        };
        let output = update_io::Output {
            audio_enabled: voice,
            transcription_enabled: captions,
            ..update_io::Output::default()
        };
        let (input, output) = (Some(input), Some(output));
        Some(Request::UpdateIo(ask::UpdateIo { input, output }))
    };
    let mut got = desk.ask(
        true,
        switch(Some(false), Some(false), Some(true), Some(false)),
    );
    assert!(answered(got.remove(2)).is_ok());
    assert_eq!(got, [Got::Hear(false), Got::Caption(false)]);
    let error = refused(desk.ask(true, switch(Some(true), Some(true), None, None)));
    assert_eq!(error, "the agent does not support video");
    let error = refused(desk.ask(true, switch(None, None, Some(false), Some(true))));
    assert_eq!(
        error,
        "the agent does not support disabling its audio output"
    );
}

#[test]
fn unknown_requests_get_an_error_and_other_messages_are_ignored() {
    let mut desk = Desk::listening();
    assert_eq!(refused(desk.ask(true, None)), "unknown request");
    // Field 15 of a request is unknown: tag and length, then no content.
    let mut unknown = SessionRequest {
        request_id: "r1".to_owned(),
        request: None,
    }
    .encode_to_vec();
    unknown.extend([0x7a, 0x00]);
    let mut bytes = vec![0x22, u8::try_from(unknown.len()).unwrap()];
    bytes.extend(unknown);
    assert_eq!(refused(desk.send(true, bytes)), "unknown request");
    let message = AgentSessionMessage {
        message: Some(Message::Event(AgentSessionEvent::default())),
    };
    assert_eq!(desk.send(true, message.encode_to_vec()), []);
    assert_eq!(desk.send(true, Vec::new()), []);
}

#[test]
fn hostile_bytes_never_panic() {
    let mut desk = Desk::listening();
    let request = |id: &str| AgentSessionMessage {
        message: Some(Message::Request(SessionRequest {
            request_id: id.to_owned(),
            request: Some(run_input("hello")),
        })),
    };
    let whole = request(&"x".repeat(100)).encode_to_vec();
    for length in 0..whole.len() {
        assert_eq!(
            desk.send(false, whole[..length].to_vec()),
            [],
            "truncated to {length} bytes"
        );
    }
    for at in 0..whole.len() {
        for bit in 0..8 {
            let mut bent = whole.clone();
            bent[at] ^= 1 << bit;
            desk.send(true, bent);
        }
    }
    let mut seed = 7u64;
    for _ in 0..10_000 {
        let noise = (0..32).map(|_| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            seed.to_be_bytes()[0]
        });
        let noise = noise.collect();
        desk.send(true, noise);
    }
    assert_eq!(desk.monitor.agent.as_str_name(), "AS_LISTENING");
}

#[test]
fn debug_output_contains_no_speech() {
    let mut desk = Desk::listening();
    desk.monitor.fact(desk.now, &caller_said("planted", true));
    let output = desk.monitor.poll();
    let asked = MonitorRequest {
        from: "ada".into(),
        manages: true,
        bytes: b"planted".to_vec(),
    };
    let printed = format!("{output:?} {asked:?} {:?}", desk.monitor);
    assert!(!printed.contains("planted"), "{printed}");
}
