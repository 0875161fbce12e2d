//! Client to server.

use super::*;

fn encoded(command: &AgentCommand) -> String {
    let mut out = BytesMut::from(&b"before "[..]);
    encode(command, &mut out);
    let text = String::from_utf8(out.to_vec()).unwrap();
    text.strip_prefix("before ").unwrap().to_owned()
}

fn update(session: SessionConfig) -> String {
    encoded(&AgentCommand::UpdateSession(Box::new(session)))
}

fn tool() -> Tool {
    let schema = json!({"type": "object", "properties": {"city": {"type": "string"}}});
    Tool {
        name: "weather".to_owned(),
        description: "Tells the weather.".to_owned(),
        parameters: schema.as_object().unwrap().clone(),
        execution_mode: Some(ExecutionMode::Hold),
        timeout_seconds: Some(30),
        response_instructions: Some(ResponseInstructions {
            success: Some("Be brief.".to_owned()),
            error: None,
        }),
    }
}

/// A configuration with every field set.
fn whole() -> SessionConfig {
    SessionConfig {
        agent_id: None,
        system_prompt: Some(private("the planted prompt")),
        greeting: Some(private("the planted greeting")),
        input: Some(Input {
            format: Some(Format::PCM),
            keyterms: vec!["Parlor".to_owned()],
            transcription_mode: Some(TranscriptionMode::MinLatency),
            transcription_prompt: Some(private("the planted hint")),
            language_codes: vec!["en".to_owned()],
            voice_focus: Some(VoiceFocus::NearField),
            voice_focus_threshold: Some(0.85),
            continuous_partials: Some(true),
            turn_detection: Some(TurnDetection {
                kind: Some(TurnDetectionKind::SemanticVad),
                vad_threshold: Some(0.5),
                min_silence: Some(1_000),
                max_silence: Some(3_000),
                interrupt_response: Some(true),
                interruption_delay: Some(500),
                uninterruptible_turns: vec!["greeting".to_owned()],
            }),
        }),
        output: Some(Output {
            voice: Some("alba".to_owned()),
            format: Some(Format::PCM),
            volume: Some(100),
        }),
        tools: Some(vec![tool()]),
        llm: vec![Llm {
            base_url: "https://llm.example".to_owned(),
            model: "m".to_owned(),
            api_key: Secret::new("the planted key"),
        }],
        pre_connect_requests: vec![PreConnectRequest(
            json!({"token": "the planted token"})
                .as_object()
                .unwrap()
                .clone(),
        )],
        webhook: Some(Webhook {
            url: "https://hook.example".to_owned(),
            events: vec!["session.ended".to_owned()],
            secret: Some(Secret::new("the planted secret")),
        }),
    }
}

#[test]
fn commands_are_encoded_exactly() {
    let result = |is_error| AgentCommand::ToolResult {
        call: "c".into(),
        result: private(r#"{"a":1}"#),
        is_error,
    };
    let instructions = Some(private("Say \"hi\"\n"));
    let table = [
        (AgentCommand::EndSession, r#"{"type":"session.end"}"#),
        (
            AgentCommand::ResumeSession("sess_1".into()),
            r#"{"type":"session.resume","session_id":"sess_1"}"#,
        ),
        (
            result(false),
            r#"{"type":"tool.result","call_id":"c","result":"{\"a\":1}","is_error":false}"#,
        ),
        (
            result(true),
            r#"{"type":"tool.result","call_id":"c","result":"{\"a\":1}","is_error":true}"#,
        ),
        (
            AgentCommand::CreateReply { instructions: None },
            r#"{"type":"reply.create"}"#,
        ),
        (
            AgentCommand::CreateReply { instructions },
            r#"{"type":"reply.create","instructions":"Say \"hi\"\n"}"#,
        ),
        (
            AgentCommand::CancelReply("r".into()),
            r#"{"type":"reply.cancel","reply_id":"r"}"#,
        ),
        (
            AgentCommand::Message {
                role: Role::System,
                content: private("x"),
            },
            r#"{"type":"conversation.message","role":"system","content":"x"}"#,
        ),
        (
            AgentCommand::Message {
                role: Role::User,
                content: private("x"),
            },
            r#"{"type":"conversation.message","role":"user","content":"x"}"#,
        ),
    ];
    for (command, json) in table {
        assert_eq!(encoded(&command), json);
    }
}

#[test]
fn fields_that_are_not_set_are_left_out() {
    assert_eq!(
        update(SessionConfig::default()),
        r#"{"type":"session.update","session":{}}"#
    );
    let empty = SessionConfig {
        input: Some(Input {
            voice_focus_threshold: Some(f64::NAN),
            turn_detection: Some(TurnDetection {
                vad_threshold: Some(f64::INFINITY),
                ..TurnDetection::default()
            }),
            ..Input::default()
        }),
        output: Some(Output::default()),
        tools: Some(Vec::new()),
        webhook: Some(Webhook {
            url: "u".to_owned(),
            events: Vec::new(),
            secret: None,
        }),
        ..SessionConfig::default()
    };
    let expected = json!({"type": "session.update", "session": {
        "input": {"turn_detection": {}}, "output": {}, "tools": [],
        "webhook": {"url": "u", "events": []},
    }});
    let written = update(empty);
    assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), expected);
    assert!(!written.contains("null"), "{written}");
}

#[test]
fn a_session_is_encoded_with_the_names_of_the_api() {
    let pcm = json!({"encoding": "audio/pcm", "sample_rate": 24000});
    let expected = json!({"type": "session.update", "session": {
        "system_prompt": "the planted prompt",
        "greeting": "the planted greeting",
        "input": {
            "format": pcm, "keyterms": ["Parlor"], "transcription_mode": "min_latency",
            "transcription_prompt": "the planted hint", "language_codes": ["en"],
            "voice_focus": "near-field", "voice_focus_threshold": 0.85,
            "continuous_partials": true,
            "turn_detection": {
                "type": "semantic_vad", "vad_threshold": 0.5, "min_silence": 1000,
                "max_silence": 3000, "interrupt_response": true, "interruption_delay": 500,
                "uninterruptible_turns": ["greeting"],
            },
        },
        "output": {"voice": "alba", "format": pcm, "volume": 100},
        "tools": [{
            "type": "function", "name": "weather", "description": "Tells the weather.",
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
            "execution_mode": "hold", "timeout_seconds": 30,
            "response_instructions": {"success": "Be brief."},
        }],
        "llm": [{"base_url": "https://llm.example", "model": "m", "api_key": "the planted key"}],
        "pre_connect_requests": [{"token": "the planted token"}],
        "webhook": {
            "url": "https://hook.example", "events": ["session.ended"],
            "secret": "the planted secret",
        },
    }});
    assert_eq!(
        serde_json::from_str::<Value>(&update(whole())).unwrap(),
        expected
    );
}

#[test]
fn audio_is_appended_as_one_message() {
    let mut out = BytesMut::from(&b"before "[..]);
    encode_audio(&[1, -2], &mut out);
    assert_eq!(
        &out[..],
        &br#"before {"type":"input.audio","audio":"AQD+/w=="}"#[..]
    );
}

#[test]
fn a_reused_buffer_does_not_grow() {
    let mut out = BytesMut::new();
    let chunk = [0; 1_200];
    encode_audio(&chunk, &mut out);
    let capacity = out.capacity();
    for _ in 0..100 {
        out.clear();
        encode_audio(&chunk, &mut out);
    }
    assert_eq!(out.capacity(), capacity);
}

#[test]
fn nothing_private_is_printed() {
    let command = AgentCommand::UpdateSession(Box::new(whole()));
    let printed = format!("{command:?} {command:#?}");
    assert!(!printed.contains("the planted"), "{printed}");
}

#[test]
fn a_valid_session_has_no_problems() {
    assert_eq!(SessionConfig::default().problems(), []);
    assert_eq!(whole().problems(), []);
    let stored = SessionConfig {
        agent_id: Some("agent_1".to_owned()),
        ..SessionConfig::default()
    };
    assert_eq!(stored.problems(), []);
}

type Spoil = fn(&mut SessionConfig);

fn input(session: &mut SessionConfig) -> &mut Input {
    session.input.as_mut().unwrap()
}

fn turns(session: &mut SessionConfig) -> &mut TurnDetection {
    input(session).turn_detection.as_mut().unwrap()
}

fn output(session: &mut SessionConfig) -> &mut Output {
    session.output.as_mut().unwrap()
}

fn first_tool(session: &mut SessionConfig) -> &mut Tool {
    &mut session.tools.as_mut().unwrap()[0]
}

/// Changes that make a valid session invalid, and a part of the expected message.
const LIMITS: [(Spoil, &str); 24] = [
    (
        |s| s.agent_id = Some("a".to_owned()),
        "agent_id must be the only setting",
    ),
    (
        |s| s.greeting = Some(private(" ")),
        "greeting must not be empty",
    ),
    (
        |s| input(s).keyterms = vec!["k".to_owned(); 101],
        "at most 100 entries",
    ),
    (
        |s| input(s).keyterms = vec![String::new()],
        "input.keyterms[0] must not be empty",
    ),
    (
        |s| input(s).transcription_prompt = Some(private(&"ä".repeat(1_751))),
        "1750 characters",
    ),
    (
        |s| input(s).voice_focus_threshold = Some(1.1),
        "voice_focus_threshold must be from 0 to 1",
    ),
    (
        |s| input(s).voice_focus_threshold = Some(f64::NAN),
        "voice_focus_threshold",
    ),
    (
        |s| input(s).language_codes = vec![String::new()],
        "language_codes[0]",
    ),
    (
        |s| {
            input(s).format = Some(Format {
                sample_rate: Some(16_000),
                ..Format::PCM
            })
        },
        "input.format",
    ),
    (
        |s| turns(s).vad_threshold = Some(-0.1),
        "vad_threshold must be from 0 to 1",
    ),
    (
        |s| turns(s).min_silence = Some(49),
        "min_silence must be from 50 to 10000",
    ),
    (
        |s| turns(s).max_silence = Some(10_001),
        "max_silence must be from 50 to 10000",
    ),
    (
        |s| turns(s).min_silence = Some(3_000),
        "min_silence must be less than max_silence",
    ),
    (
        |s| turns(s).interruption_delay = Some(1_001),
        "interruption_delay must be from 0 to 1000",
    ),
    (
        |s| output(s).voice = Some(String::new()),
        "output.voice must not be empty",
    ),
    (
        |s| output(s).volume = Some(101),
        "output.volume must be from 0 to 100",
    ),
    (
        |s| {
            output(s).format = Some(Format {
                encoding: Encoding::Pcmu,
                sample_rate: None,
            })
        },
        "output.format must be audio/pcm at 24000 Hz",
    ),
    (|s| first_tool(s).name = "aai_x".to_owned(), "tools[0].name"),
    (
        |s| first_tool(s).name = "tea time".to_owned(),
        "tools[0].name",
    ),
    (
        |s| first_tool(s).timeout_seconds = Some(301),
        "timeout_seconds must be from 1 to 300",
    ),
    (|s| first_tool(s).parameters.clear(), "tools[0].parameters"),
    (
        |s| s.tools = Some(vec![tool(), tool()]),
        "tools[1].name is already the name of another",
    ),
    (
        |s| s.llm = vec![s.llm[0].clone(), s.llm[0].clone()],
        "llm must have at most 1 entries",
    ),
    (
        |s| s.webhook.as_mut().unwrap().url.clear(),
        "webhook.url must not be empty",
    ),
];

#[test]
fn exceeding_each_limit_is_a_problem() {
    for (spoil, expected) in LIMITS {
        let mut session = whole();
        spoil(&mut session);
        let problems: Vec<_> = session.problems().iter().map(ToString::to_string).collect();
        assert!(
            matches!(problems.as_slice(), [one] if one.contains(expected)),
            "{expected}: {problems:?}"
        );
        assert!(!problems[0].contains("planted"), "{problems:?}");
    }
}

#[test]
fn all_problems_are_reported_together() {
    let mut session = whole();
    session.greeting = Some(private(""));
    session.output = Some(Output {
        volume: Some(200),
        voice: Some(String::new()),
        format: None,
    });
    assert_eq!(session.problems().len(), 3);
}
