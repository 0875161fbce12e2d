//! Changes of the agent's phase during a call, and the session updates they lead to.

use super::harness::*;
use super::recovery::{config, prompt};
use crate::conversation::*;
use crate::secret::Private;
use crate::wire::agent::{Format, Input, Output, SessionConfig, Tool, TurnDetection};

fn words(text: &str) -> Option<Private<String>> {
    Some(text.to_owned().into())
}

fn tool(name: &str) -> Tool {
    Tool {
        name: name.to_owned(),
        description: String::new(),
        parameters: serde_json::Map::new(),
        execution_mode: None,
        timeout_seconds: None,
        response_instructions: None,
    }
}

fn session(text: &str, tools: &[&str]) -> SessionConfig {
    SessionConfig {
        system_prompt: words(text),
        greeting: words("Hello"),
        input: Some(Input {
            format: Some(Format::PCM),
            ..Input::default()
        }),
        output: Some(Output {
            voice: Some("alba".to_owned()),
            format: Some(Format::PCM),
            volume: None,
        }),
        tools: Some(tools.iter().map(|it| tool(it)).collect()),
        ..SessionConfig::default()
    }
}

/// A clerk who becomes a cashier by a tool call, by words of the caller, or after another tool.
fn shop() -> AgentProfile {
    let cashier = Phase {
        name: "till".to_owned(),
        session: SessionConfig {
            greeting: None,
            ..session("You are a cashier.", &["charge"])
        },
        when_caller_says: vec!["i want to pay".to_owned()],
        after_tool: vec!["order".to_owned()],
        ..Phase::default()
    };
    AgentProfile {
        first: Phase {
            name: "start".to_owned(),
            session: session("You are a clerk.", &["order"]),
            ..Phase::default()
        },
        others: vec![cashier],
        tools: vec![
            ToolRule {
                name: "go".to_owned(),
                kind: ToolKind::SetState,
                ..ToolRule::default()
            },
            ToolRule {
                name: "order".to_owned(),
                ..ToolRule::default()
            },
        ],
        ..AgentProfile::default()
    }
}

fn with(profile: AgentProfile) -> Call {
    let mut call = Call::new(Settings {
        profile,
        ..Settings::default()
    });
    call.last_of([joined("ada"), subscribed(), Event::AgentOpened, resumable()]);
    call
}

fn calls(name: &str, arguments: &str) -> Event {
    Event::Agent(AgentEvent::ToolCall {
        call: "1".into(),
        name: name.to_owned(),
        arguments: arguments.to_owned().into(),
    })
}

fn entered(phase: &str) -> Action {
    let phase = phase.to_owned();
    Action::Observe(Fact::PhaseEntered { phase })
}

/// The session update for the cashier's phase: only the fields that can change.
fn to_the_till() -> SessionConfig {
    SessionConfig {
        system_prompt: words("You are a cashier."),
        tools: Some(vec![tool("charge")]),
        ..SessionConfig::default()
    }
}

#[test]
fn a_tool_enters_a_phase_and_updates_the_session_before_the_answer() {
    let mut call = with(shop());
    call.on(started("a"));
    let actions = call.on(calls("go", r#"{"state":"till"}"#));
    assert!(actions.contains(&entered("till")), "{actions:?}");
    let actions = call.on(done("a"));
    let [Action::SendAgent(AgentCommand::UpdateSession(change)), ..] = &actions[..] else {
        panic!("{actions:?}");
    };
    assert_eq!(**change, to_the_till());
    let answered = actions.iter().any(|it| {
        matches!(
            it,
            Action::SendAgent(AgentCommand::ToolResult {
                is_error: false,
                ..
            })
        )
    });
    assert!(answered, "{actions:?}");
}

#[test]
fn an_unknown_phase_is_answered_with_the_known_ones() {
    let mut call = with(shop());
    for arguments in [r#"{"state":"cellar"}"#, "{}", "7"] {
        let mut call = with(shop());
        call.on(started("a"));
        call.on(calls("go", arguments));
        let actions = call.on(done("a"));
        let error = actions.iter().find_map(|it| match it {
            Action::SendAgent(AgentCommand::ToolResult {
                result, is_error, ..
            }) => is_error.then(|| result.reveal().clone()),
            _ => None,
        });
        let error = error.expect("the answer should be an error");
        assert!(error.contains("start") && error.contains("till"), "{error}");
    }
    assert_eq!(call.deadline(), None);
    call.on(mic(0));
}

#[test]
fn words_of_the_caller_enter_a_phase() {
    let mut call = with(shop());
    call.last_of([speech_started(), speech_stopped()]);
    let actions = call.on(caller_said("Well, I want to pay now."));
    assert!(actions.contains(&entered("till")), "{actions:?}");
    assert_eq!(config(actions), to_the_till());
}

#[test]
fn a_tool_that_succeeds_enters_a_phase_and_one_that_fails_does_not() {
    for is_error in [true, false] {
        let mut call = with(shop());
        call.last_of([started("a"), calls("order", "{}"), done("a")]);
        let actions = call.on(Event::ToolDone {
            call: "1".into(),
            result: "{}".to_owned().into(),
            is_error,
        });
        assert_eq!(actions.contains(&entered("till")), !is_error);
    }
}

#[test]
fn an_edit_reaches_the_session_between_two_replies() {
    let mut call = with(shop());
    call.on(started("a"));
    let mut edited = shop();
    edited.first.session.system_prompt = words("You are a rude clerk.");
    edited.first.session.greeting = words("What?");
    let output = edited.first.session.output.as_mut().unwrap();
    output.voice = Some("eve".to_owned());
    output.volume = Some(50);
    assert_eq!(call.on(Event::Profile(Box::new(edited))), []);
    let change = SessionConfig {
        system_prompt: words("You are a rude clerk."),
        output: Some(Output {
            volume: Some(50),
            ..Output::default()
        }),
        ..SessionConfig::default()
    };
    assert_eq!(
        config(call.on(done("a"))),
        change,
        "voice and greeting do not change"
    );
    assert_eq!(call.on(speech_started()), [], "the session is updated once");
}

#[test]
fn an_edit_before_the_session_is_part_of_its_configuration() {
    let mut call = Call::new(Settings::default());
    call.last_of([
        joined("ada"),
        Event::Profile(Box::new(shop())),
        subscribed(),
    ]);
    let session = config(call.on(Event::AgentOpened));
    assert_eq!(session, shop().first.session);
}

#[test]
fn a_replacement_session_is_in_the_same_phase_and_knows_the_history() {
    let mut call = with(shop());
    call.last_of([
        speech_started(),
        speech_stopped(),
        caller_said("I want to pay"),
    ]);
    call.last_of([started("a"), done("a"), session_ended()]);
    let session = config(call.on(Event::AgentOpened));
    let prompt_text = prompt(&session);
    assert!(
        prompt_text.starts_with("You are a cashier.\n\n"),
        "{prompt_text}"
    );
    assert!(
        prompt_text.ends_with("Caller: I want to pay"),
        "{prompt_text}"
    );
    call.on(resumable());
    let mut edited = shop();
    edited.others[0].session.system_prompt = words("You are a thief.");
    call.last_of([started("b"), done("b")]);
    let session = config(call.on(Event::Profile(Box::new(edited))));
    let prompt_text = prompt(&session);
    assert!(
        prompt_text.starts_with("You are a thief.\n\n"),
        "{prompt_text}"
    );
    assert!(
        prompt_text.ends_with("Caller: I want to pay"),
        "{prompt_text}"
    );
}

#[test]
fn another_process_resumes_in_the_same_phase() {
    let mut call = Call::new(Settings {
        profile: shop(),
        checkpoints: true,
        ..Settings::default()
    });
    call.last_of([joined("ada"), subscribed(), Event::AgentOpened, resumable()]);
    let actions = call.on(caller_said("I want to pay"));
    let kept = actions.into_iter().find_map(|it| match it {
        Action::Checkpoint(kept) => Some(*kept),
        _ => None,
    });
    let kept = kept.expect("the actions should contain a checkpoint");
    assert_eq!((kept.phase.as_str(), kept.spent.turns), ("till", 1));
    let mut call = Call::new(Settings {
        profile: shop(),
        resume: Some(kept),
        ..Settings::default()
    });
    call.last_of([joined("ada"), subscribed(), Event::AgentOpened]);
    let actions = call.on(resumable());
    let updates = |it: &Action| matches!(it, Action::SendAgent(AgentCommand::UpdateSession(_)));
    assert!(
        !actions.iter().any(updates),
        "it is a cashier's: {actions:?}"
    );
}

#[test]
fn patience_lasts_for_one_turn() {
    let mut profile = shop();
    profile.first.patience = Some(Patience {
        after: vec!["phone number".to_owned()],
        min_silence: 2_000,
        max_silence: 5_000,
    });
    let silence = |session: SessionConfig| {
        let turns = session.input.unwrap().turn_detection.unwrap();
        (turns.min_silence, turns.max_silence)
    };
    let mut call = with(profile);
    call.last_of([started("a"), text("a", "Your Phone Number, please?", false)]);
    assert_eq!(
        silence(config(call.on(done("a")))),
        (Some(2_000), Some(5_000))
    );
    call.last_of([speech_started(), speech_stopped()]);
    let back = silence(config(call.on(caller_said("Five five five"))));
    assert_eq!(
        back,
        (Some(1_000), Some(3_000)),
        "the defaults are sent, since a field cannot be unset"
    );
    call.last_of([started("b"), text("b", "Thank you.", false)]);
    assert!(
        !call
            .on(done("b"))
            .iter()
            .any(|it| it.name() == "send_agent")
    );
}

#[test]
fn after_patience_the_configured_silences_are_restored() {
    let mut profile = shop();
    profile.first.session.input.as_mut().unwrap().turn_detection = Some(TurnDetection {
        min_silence: Some(400),
        max_silence: Some(900),
        ..TurnDetection::default()
    });
    profile.first.patience = Some(Patience {
        after: vec!["spell".to_owned()],
        min_silence: 2_000,
        max_silence: 5_000,
    });
    let mut call = with(profile);
    call.last_of([
        started("a"),
        text("a", "Please spell that.", false),
        done("a"),
    ]);
    let session = config(call.on(caller_said("A, D, A")));
    let turns = session.input.unwrap().turn_detection.unwrap();
    assert_eq!(
        (turns.min_silence, turns.max_silence),
        (Some(400), Some(900))
    );
}

#[test]
fn a_stored_agents_id_is_sent_alone_and_the_rest_later() {
    let mut profile = shop();
    profile.first.session.agent_id = Some("agent_1".to_owned());
    let mut call = Call::new(Settings {
        profile,
        ..Settings::default()
    });
    call.last_of([joined("ada"), subscribed()]);
    let alone = SessionConfig {
        agent_id: Some("agent_1".to_owned()),
        ..SessionConfig::default()
    };
    assert_eq!(config(call.on(Event::AgentOpened)), alone);
    let rest = SessionConfig {
        system_prompt: words("You are a clerk."),
        tools: Some(vec![tool("order")]),
        ..SessionConfig::default()
    };
    assert_eq!(config(call.on(resumable())), rest);
}
