//! The agent file: from its text to the profile of one caller.

use std::collections::BTreeSet;
use std::path::PathBuf;

use parlor::config::{Agent, AgentText};
use parlor_common::settings::Source;
use parlor_core::conversation::{AgentProfile, ToolKind};
use parlor_core::secret::Private;
use parlor_core::wire::agent::{ExecutionMode, SessionConfig};
use parlor_livekit::monitor::{Access, Audience};
use serde_json::{Value, json};

fn load(text: &str, source: &[(&str, &str)]) -> Result<Agent, Vec<String>> {
    let file = AgentText {
        path: PathBuf::from("agent.toml"),
        text: text.to_owned().into(),
    };
    let source: Source = source.iter().copied().collect();
    Agent::from_text(&file, &source).map_err(|error| error.0)
}

fn profile(text: &str, values: Value) -> AgentProfile {
    let agent = load(text, &[]).unwrap();
    agent.definition.profile(&values, &[], &mut BTreeSet::new())
}

/// The problems with a file, one message each.
fn problems(text: &str) -> Vec<String> {
    load(text, &[]).err().unwrap_or_default()
}

fn prompt(session: &SessionConfig) -> &str {
    session.system_prompt.as_ref().unwrap().reveal()
}

fn shown(session: &SessionConfig) -> Vec<&str> {
    let tools = session.tools.iter().flatten();
    tools.map(|tool| tool.name.as_str()).collect()
}

#[test]
fn templates_are_filled_for_each_caller() {
    let text = r#"
        prompt = "Serve {{ caller.name }}{% if caller.phone %} on {{ caller.phone }}{% endif %}."
        greeting = "Hello {{ caller.name }}, about order {{ job.metadata.order }}?"
        [lines]
        goodbye = "Bye, {{ caller.name }}."
    "#;
    let values = json!({
        "caller": { "name": "Ada", "phone": "+15105550100" },
        "job": { "metadata": { "order": 7 } },
    });
    let filled = profile(text, values);
    assert_eq!(prompt(&filled.first.session), "Serve Ada on +15105550100.");
    let greeting = filled.first.session.greeting.unwrap();
    assert_eq!(greeting.reveal(), "Hello Ada, about order 7?");
    assert_eq!(filled.lines.goodbye.unwrap().reveal(), "Bye, Ada.");

    let empty = profile(text, json!({ "caller": { "name": "Bob" }, "job": {} }));
    assert_eq!(prompt(&empty.first.session), "Serve Bob.");
    let greeting = empty.first.session.greeting.unwrap();
    assert_eq!(greeting.reveal(), "Hello Bob, about order?");
}

/// Every variable that a template may use, with a value.
fn everything() -> Vec<(&'static str, Value)> {
    vec![
        ("agent.name", json!("Parlor")),
        ("caller.attributes.plan", json!("gold")),
        ("caller.identity", json!("c1")),
        ("caller.kind", json!("sip")),
        ("caller.metadata.plan", json!("gold")),
        ("caller.name", json!("Ada")),
        ("caller.phone", json!("+15105550100")),
        ("caller.trunk_phone", json!("+15105550199")),
        ("job.attributes.plan", json!("gold")),
        ("job.id", json!("AJ_1")),
        ("job.metadata.order", json!("7")),
        ("room.metadata.shop", json!("Bern")),
        ("room.name", json!("kitchen")),
    ]
}

/// All values, except that the one at `missing` is `value`, or absent if that is `None`.
fn all_but(missing: &str, value: Option<&Value>) -> Value {
    let mut values = json!({});
    let mut put = |path: &str, value: &Value| {
        let at = path.split('.').fold(&mut values, |at, name| &mut at[name]);
        *at = value.clone();
    };
    for (path, given) in &everything() {
        match (*path == missing, value) {
            (false, _) => put(path, given),
            (true, Some(value)) => put(path, value),
            (true, None) => {}
        }
    }
    values
}

#[test]
fn a_missing_value_is_never_heard_wherever_it_is_used() {
    for (path, value) in everything() {
        let text = format!(
            r#"
            prompt = "Serve {{{{ {path} }}}}."
            greeting = "Hello {{{{ {path} }}}}!"
            [lines]
            idle = ["Are you there, {{{{ {path} }}}}?"]
            goodbye = "Bye, {{{{ {path} }}}}."
            busy = "Wait, {{{{ {path} }}}}."
            lost = "{{{{ {path} }}}}, wait."
            [[tools]]
            name = "order"
            description = "Orders."
            http = {{ method = "GET", url = "https://shop.example/{{{{ call.{path} | urlencode }}}}", headers = {{ X-Note = "{{{{ call.{path} }}}}" }} }}
            fillers = ["One moment, {{{{ {path} }}}}."]
            [[phases]]
            name = "other"
            prompt = "Help {{{{ {path} }}}}."
            "#
        );
        for (missing, values) in [
            ("absent", all_but(path, None)),
            ("null", all_but(path, Some(&Value::Null))),
            ("empty", all_but(path, Some(&json!("")))),
        ] {
            let profile = profile(&text, values);
            let line = |line: &Option<Private<String>>| line.as_ref().unwrap().reveal().clone();
            let heard = [
                line(&profile.first.session.greeting),
                profile.lines.idle[0].reveal().clone(),
                line(&profile.lines.goodbye),
                line(&profile.lines.busy),
                line(&profile.lines.lost),
                profile.tools[0].fillers[0].reveal().clone(),
            ];
            let expected = [
                "Hello!",
                "Are you there?",
                "Bye.",
                "Wait.",
                "Wait.",
                "One moment.",
            ];
            assert_eq!(heard, expected, "{path} {missing}");
            let marked = [
                prompt(&profile.first.session),
                prompt(&profile.others[0].session),
            ];
            let expected = [format!("Serve [{path}?]."), format!("Help [{path}?].")];
            assert_eq!(marked, expected, "{path} {missing}");
        }
        let profile = profile(&text, all_but("", None));
        let value = value.as_str().unwrap();
        assert_eq!(prompt(&profile.first.session), format!("Serve {value}."));
        let greeting = profile.first.session.greeting.unwrap();
        assert_eq!(*greeting.reveal(), format!("Hello {value}!"));
    }
}

#[test]
fn a_file_has_warnings_about_values_that_callers_may_lack() {
    let text = r#"
        prompt = "Serve {{ caller.name }}."
        greeting = "Hello {{ caller.phone }}, this is {{ agent.name }}."
        [lines]
        goodbye = "Bye{% if caller.name %}, {{ caller.name }}{% endif %}."
        idle = ["Are you there?", "{{ caller.name }}?"]
        [[tools]]
        builtin = "end_call"
        fillers = ["One moment, {{ job.metadata.title | default('please') }}."]
    "#;
    let warnings = load(text, &[]).unwrap().definition.warnings();
    assert_eq!(warnings.len(), 2, "{warnings:#?}");
    assert!(warnings[0].contains("greeting of \"start\" uses caller.phone"));
    assert!(warnings[1].contains("[lines] idle uses caller.name"));
}

#[test]
fn unknown_variables_and_syntax_errors_are_reported_when_loading() {
    let wrong = problems("prompt = \"{{ caller.nme }}\"\n[lines]\ngoodbye = \"{{ x }}\"\n");
    assert_eq!(wrong.len(), 2, "{wrong:?}");
    assert!(wrong[0].contains("caller.nme"), "{wrong:?}");
    assert_eq!(problems("prompt = \"{{ caller.name\"").len(), 1);
}

#[test]
fn tools_are_shown_to_the_model_and_used_as_written() {
    let text = r#"
        [[tools]]
        name = "order"
        description = "Orders."
        parameters = { type = "object", properties = { what = { type = "string" } } }
        http = { url = "https://shop.example/orders" }
        timeout = 130
        hold = true
        when_interrupted = "keep"
        [[tools]]
        builtin = "end_call"
    "#;
    let profile = profile(text, json!({}));
    let tools = profile.first.session.tools.unwrap();
    assert_eq!(tools[0].execution_mode, Some(ExecutionMode::Hold));
    assert_eq!(tools[0].timeout_seconds, Some(135), "the API waits longer");
    assert_eq!(tools[1].timeout_seconds, None);
    assert!(tools[1].description.starts_with("Ends the call"));
    assert!(profile.tools[0].survives_interruption);
    assert_eq!(profile.tools[1].kind, ToolKind::EndCall);
}

#[test]
fn a_phase_inherits_what_it_does_not_set() {
    let text = r#"
        prompt = "Clerk."
        greeting = "Hello."
        [listening]
        keyterms = ["shop"]
        [[tools]]
        builtin = "end_call"
        [[tools]]
        builtin = "set_state"
        [[phases]]
        name = "till"
        tools = ["end_*"]
        [phases.turns]
        min_silence = 500
        max_silence = 900
    "#;
    let profile = profile(text, json!({}));
    let till = &profile.others[0].session;
    assert_eq!(prompt(till), "Clerk.");
    assert_eq!(till.greeting, None);
    assert_eq!(till.input.as_ref().unwrap().keyterms, ["shop"]);
    assert_eq!(shown(till), ["end_call"]);
    assert_eq!(shown(&profile.first.session), ["end_call", "set_state"]);
    let tools = profile.first.session.tools.as_ref().unwrap();
    let states = &tools[1].parameters["properties"]["state"]["enum"];
    assert_eq!(*states, json!(["start", "till"]));
}

#[test]
fn all_problems_are_reported_together() {
    let cases = [
        (
            "[[tools]]\nname = \"x\"\ndescription = \"x\"\n",
            "exactly one of",
        ),
        (
            "[[tools]]\nname = \"x\"\nhttp = { url = \"https://a.example\" }\n",
            "description",
        ),
        (
            "[[tools]]\nbuiltin = \"end_call\"\ntimeout = 1000\n",
            "timeout",
        ),
        ("[[tools]]\nbuiltin = \"transfer_call\"\n", "destinations"),
        (
            "[[tools]]\nbuiltin = \"end_call\"\nname = \"aai_x\"\n",
            "aai_",
        ),
        (
            "[[tools]]\nbuiltin = \"end_call\"\n[[tools]]\nbuiltin = \"end_call\"\n",
            "two tools of that name",
        ),
        ("[[phases]]\nname = \"start\"\n", "a unique name"),
        (
            "[patience]\nafter = []\nmin_silence = 1\nmax_silence = 2\n",
            "[patience]",
        ),
        ("[limits]\ncost = 1.0\n", "price"),
        ("[limits]\nidle = 0\n", "idle"),
        ("[lines]\ngoodbye = \" \"\n", "[lines]"),
        ("[[mcp]]\nname = \"x\"\n", "x"),
        (
            "[[mcp]]\nname = \"crm\"\nurl = \"https://a.example\"\nheaders = { Authorization = \"Bearer $CRM\" }\n",
            "CRM",
        ),
        (
            "[webhook]\nurl = \"https://a.example\"\nevents = []\nsecret = \"HOOK\"\n",
            "HOOK",
        ),
    ];
    for (text, word) in cases {
        let found = problems(text);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert!(found[0].contains(word), "{text}: {found:?}");
    }
    let all: String = [
        "[limits]\nidle = 0\ncost = 1.0\n",
        "[lines]\ngoodbye = \"\"\n",
    ]
    .concat();
    assert_eq!(problems(&all).len(), 3, "{:?}", problems(&all));
}

#[test]
fn a_missing_secret_is_reported_by_name() {
    let text = r#"
        [[tools]]
        name = "order"
        description = "Orders."
        http = { url = "https://shop.example/", headers = { Authorization = "Bearer {{ env.SHOP_TOKEN }}" } }
    "#;
    let found = problems(text);
    assert!(
        found.len() == 1 && found[0].contains("SHOP_TOKEN"),
        "{found:?}"
    );
    assert!(load(text, &[("SHOP_TOKEN", "x")]).is_ok());
}

#[test]
fn the_examples_in_the_documentation_are_valid() {
    let pages = [
        include_str!("../../docs/src/agent-file.md"),
        include_str!("../../docs/src/in-the-room.md"),
        include_str!("../../docs/src/reports.md"),
        include_str!("../../docs/src/telephony.md"),
        include_str!("../../docs/src/tools.md"),
    ];
    let blocks = pages.iter().flat_map(|it| it.split("```toml\n").skip(1));
    let examples: Vec<_> = blocks.filter_map(|it| it.split("```").next()).collect();
    assert_eq!(examples.len(), 25);
    let signs = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
    let secrets = [
        ("SHOP_TOKEN", "x"),
        ("CRM_TOKEN", "x"),
        ("VOICE_WEBHOOK_SECRET", "x"),
        ("SHOP_SECRET", signs),
        ("REPORT_WEBHOOK_SECRET", signs),
    ];
    for example in examples {
        if let Err(problems) = load(example, &secrets) {
            panic!("{problems:?} in\n{example}");
        }
    }
}

#[test]
fn the_agent_file_sets_who_may_watch() {
    let access = |text| load(text, &[]).unwrap().monitor;
    assert_eq!(access(""), Access::default());
    let (who, open) = (Audience::Managers, true);
    let text = "[monitor]\nwho = \"managers\"\nopen = true\n";
    assert_eq!(access(text), Access { who, open });
    let wrong = problems("[monitor]\nwho = \"nobody\"\n");
    assert!(wrong[0].contains("everyone"), "{wrong:?}");
}

/// The voice of the first session, and the fallback if the API rejects it.
fn voices(text: &str, metadata: Value) -> (Option<String>, Option<String>) {
    let profile = profile(text, json!({ "job": { "metadata": metadata } }));
    let voice = profile.first.session.output.and_then(|it| it.voice);
    (voice, profile.own_voice)
}

#[test]
fn a_dispatch_chooses_from_the_voices_that_the_file_allows() {
    let some = |name: &str| Some(name.to_owned());
    let asks = || json!({"voice": "vera"});
    let listed = "[voice]\nname = \"alba\"\nchoices = [\"vera\", \"reid\"]\n";
    assert_eq!(voices(listed, asks()), (some("vera"), some("alba")));
    assert_eq!(voices(listed, json!({})), (some("alba"), None));
    assert_eq!(
        voices(listed, json!({"voice": "mary"})),
        (some("alba"), None)
    );
    assert_eq!(voices(listed, json!("vera")), (some("alba"), None));
    let all = "[voice]\nchoices = \"all\"\n";
    assert_eq!(voices(all, asks()), (some("vera"), None));
    assert_eq!(voices(all, json!({"voice": "no name"})), (None, None));
    let none = "[voice]\nname = \"alba\"\n";
    assert_eq!(voices(none, asks()), (some("alba"), None));
    assert_eq!(voices("", asks()), (None, None));
    let stored = "agent_id = \"agent_1\"\n[voice]\nchoices = \"all\"\n";
    assert_eq!(voices(stored, asks()), (None, None));
}

#[test]
fn voice_choices_are_all_or_a_list_of_names() {
    let many = (0..101).map(|it| format!("\"voice-{it}\""));
    let many = format!("[{}]", many.collect::<Vec<_>>().join(","));
    for (choices, why) in [
        ("\"any\"", "must be \"all\" or a list of voice names"),
        ("7", "must be \"all\" or a list of voice names"),
        ("[7]", "must be \"all\" or a list of voice names"),
        ("[]", "must contain a voice"),
        ("[\"all\"]", "without brackets"),
        ("[\"vera\", \"vera\"]", "a voice twice"),
        ("[\"vera\", \"a b\"]", "letters, digits"),
        ("[\"\"]", "letters, digits"),
        (&many, "at most 100"),
    ] {
        let problems = problems(&format!("[voice]\nchoices = {choices}\n"));
        assert_eq!(problems.len(), 1, "{choices}: {problems:?}");
        assert!(
            problems[0].contains("choices") && problems[0].contains(why),
            "{problems:?}"
        );
    }
}
