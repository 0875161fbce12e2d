//! Settings: errors are reported together, and `.env.example` is complete.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use parlor::config::{Agent, AgentText, Config, Overrides};
use parlor_common::settings::{ConfigError, Source, VARIABLES};
use parlor_core::conversation::{Answer, BargeIn, Dismiss, Hear, Sounds};

fn source(pairs: &[(&str, &str)]) -> Source {
    pairs.iter().copied().collect()
}

const GOOD: [(&str, &str); 4] = [
    ("LIVEKIT_URL", "ws://127.0.0.1:7880/"),
    ("LIVEKIT_API_KEY", "devkey"),
    ("LIVEKIT_API_SECRET", "secret"),
    ("ASSEMBLYAI_API_KEY", "key"),
];

fn with(more: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let pairs: Vec<_> = GOOD.iter().chain(more).copied().collect();
    Config::load(&source(&pairs), &Overrides::default())
}

/// Writes a file to the build's temporary folder.
fn file(name: &str, text: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, text).unwrap();
    path
}

fn agent(name: &str, text: &str) -> Result<Agent, ConfigError> {
    let overrides = Overrides {
        agent_file: Some(file(name, text)),
        ..Overrides::default()
    };
    Agent::load(&Source::default(), &overrides)
}

#[test]
fn all_missing_variables_are_reported_together() {
    let error = Config::load(&Source::default(), &Overrides::default()).unwrap_err();
    let names = [
        "LIVEKIT_URL",
        "LIVEKIT_API_KEY",
        "LIVEKIT_API_SECRET",
        "ASSEMBLYAI_API_KEY",
    ];
    assert_eq!(error.0.len(), names.len());
    for (problem, name) in error.0.iter().zip(names) {
        assert!(
            problem.starts_with(&format!("{name} is not set")),
            "{problem}"
        );
    }
}

#[test]
fn addresses_are_normalised() {
    let config = with(&[(
        "ASSEMBLYAI_BASE_URL",
        "https://agents.eu.assemblyai.com/v1/ws",
    )])
    .unwrap();
    assert_eq!(config.livekit.url, "ws://127.0.0.1:7880");
    assert_eq!(
        config.api.endpoint().url,
        "wss://agents.eu.assemblyai.com/v1/ws"
    );
    let voices = "https://agents.eu.assemblyai.com/v1/voices";
    assert_eq!(config.api.http_url("/v1/voices"), voices);
}

#[test]
fn an_invalid_value_is_reported_by_the_name_of_its_variable() {
    let wrong = [
        ("LIVEKIT_URL", "localhost:7880"),
        ("ASSEMBLYAI_BASE_URL", "wss://"),
        ("PARLOR_BARGE_IN", "sometimes"),
        ("PARLOR_CALLER_WAIT", "-1"),
        ("PARLOR_CALLER_GRACE", "soon"),
        ("HTTPS_PROXY", "ftp://proxy.example"),
    ];
    for (name, value) in wrong {
        let error = with(&[(name, value)]).unwrap_err();
        assert_eq!(error.0.len(), 1, "{error}");
        assert!(
            error.0[0].starts_with(&format!("{name} is invalid")),
            "{error}"
        );
    }
}

#[test]
fn the_environment_beats_the_file_and_a_flag_beats_both() {
    let overrides = |wait| Overrides {
        agent_file: Some(file(
            "beats.toml",
            "[turns]\nbarge_in = \"confirmed\"\n[limits]\ncaller_wait = 1\n",
        )),
        caller_wait: wait,
        ..Overrides::default()
    };
    let empty = Source::default();
    let load = |source: &Source, wait| Agent::load(source, &overrides(wait)).unwrap().settings;
    let from_file = load(&empty, None);
    assert_eq!(from_file.barge_in, BargeIn::Confirmed);
    assert_eq!(from_file.caller_wait, Some(Duration::from_secs(1)));
    let environment = source(&[("PARLOR_BARGE_IN", "hold"), ("PARLOR_CALLER_WAIT", "2.5")]);
    let from_environment = load(&environment, None);
    assert_eq!(from_environment.barge_in, BargeIn::Hold);
    assert_eq!(
        from_environment.caller_wait,
        Some(Duration::from_millis(2_500))
    );
    let from_flag = load(&environment, Some(Duration::from_secs(3)));
    assert_eq!(from_flag.caller_wait, Some(Duration::from_secs(3)));
}

#[test]
fn an_error_in_the_agent_file_is_reported_with_its_line() {
    let error = agent("typo.toml", "name = \"Ada\"\ngreting = \"Hi\"\n").unwrap_err();
    let text = error.to_string();
    assert!(text.contains("typo.toml:2"), "{text}");
    assert!(text.contains("greting"), "{text}");
    let error = agent(
        "range.toml",
        "[turns]\nvad_threshold = 2\nmin_silence = 20\n",
    )
    .unwrap_err();
    assert_eq!(error.0.len(), 2, "{error}");
}

#[test]
fn the_file_sets_which_callers_the_agent_hears() {
    let text = "[room]\nhear = \"mix\"\ncaller = \"ada\"\nchat = \"text\"\n\
        [limits]\nrejoin_grace = 3\ndismiss = \"room\"\n";
    let settings = agent("hears.toml", text).unwrap().settings;
    assert_eq!(settings.hear, Hear::Mix);
    assert_eq!(settings.chat, Answer::Written);
    assert_eq!(settings.caller, Some("ada".into()));
    assert_eq!(settings.rejoin_grace, Duration::from_secs(3));
    assert_eq!(settings.caller_grace, Duration::from_secs(5), "by default");
    assert_eq!(settings.dismiss, Dismiss::Room);
    let variable = source(&[("PARLOR_CALLER", "bob")]);
    let loaded = |caller: Option<&str>| {
        let overrides = Overrides {
            agent_file: Some(file("hears.toml", text)),
            caller: caller.map(Into::into),
            ..Overrides::default()
        };
        Agent::load(&variable, &overrides).unwrap().settings.caller
    };
    assert_eq!(loaded(None), Some("bob".into()));
    assert_eq!(loaded(Some("cleo")), Some("cleo".into()));
    assert!(agent("nobody.toml", "[room]\ncaller = \"\"\n").is_err());
}

#[test]
fn sounds_are_built_in_or_wav_files() {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("office.WAV");
    parlor_common::wav::write(&path, &[1, 2, 3]).unwrap();
    let text = format!("[sounds]\nthinking = \"keys\"\nambience = {path:?}\nvolume = 1\n");
    let agent_with_sounds = agent("sounds.toml", &text).unwrap();
    let soundtrack = agent_with_sounds.soundtrack;
    assert_eq!(soundtrack.ambience.unwrap().samples(), [1, 2, 3]);
    assert!(soundtrack.thinking.is_some_and(|it| it.samples().len() > 3));
    assert_eq!(soundtrack.volume.factor(), 1.0);
    let sounds = Sounds {
        ambience: true,
        thinking: true,
        hold: false,
    };
    assert_eq!(agent_with_sounds.settings.sounds, sounds);
    let silent = agent("no-sounds.toml", "[sounds]\nvolume = 0.5\n").unwrap();
    assert!(!silent.soundtrack.is_on());
    assert_eq!(silent.settings.sounds, Sounds::default());
}

#[test]
fn an_invalid_sound_is_reported_with_its_line() {
    let wrong = [
        ("hold = \"polka\"", "\"keys\", \"chime\" or the path"),
        ("hold = \"nowhere.wav\"", "cannot read nowhere.wav"),
        ("volume = 1.5", "0 to 1"),
        ("volume = nan", "0 to 1"),
        ("music = \"keys\"", "unknown field"),
    ];
    for (line, why) in wrong {
        let text = format!("name = \"Ada\"\n[sounds]\nthinking = \"keys\"\n{line}\n");
        let error = agent("wrong-sound.toml", &text).unwrap_err().to_string();
        assert!(error.contains("wrong-sound.toml:4: "), "{error}");
        assert!(error.contains(why), "{error}");
    }
}

#[test]
fn a_missing_agent_file_is_an_error() {
    let overrides = Overrides {
        agent_file: Some(PathBuf::from("nowhere.toml")),
        ..Overrides::default()
    };
    let error = Agent::load(&Source::default(), &overrides).unwrap_err();
    assert!(error.to_string().contains("nowhere.toml"), "{error}");
}

#[test]
fn the_built_in_agent_file_is_valid_with_every_setting_uncommented() {
    let shipped = include_str!("../../agent.toml");
    let switched_on: String = shipped
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(rest) if !rest.starts_with(' ') => format!("{rest}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    let profile = |name, text: &str| {
        let secrets = [
            "SHOP_TOKEN",
            "CRM_TOKEN",
            "VOICE_WEBHOOK_SECRET",
            "REPORT_WEBHOOK_SECRET",
        ];
        let file = AgentText {
            path: PathBuf::from(name),
            text: text.to_owned().into(),
        };
        let agent = Agent::from_text(
            &file,
            &source(
                &secrets.map(|name| (name, "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=")),
            ),
        );
        let (values, mut missing) = (serde_json::json!({}), BTreeSet::new());
        agent
            .unwrap()
            .definition
            .profile(&values, &[], &mut missing)
    };
    let (plain, full) = (
        profile("plain.toml", shipped),
        profile("full.toml", &switched_on),
    );
    assert_eq!(plain.tools, []);
    assert_eq!((full.tools.len(), full.others.len()), (7, 1));
    assert_ne!(plain.first, full.first);
}

#[test]
fn the_example_environment_has_exactly_the_known_variables() {
    let example = include_str!("../../.env.example");
    let mut named: Vec<_> = example
        .lines()
        .filter_map(|line| line.trim_start_matches('#').split_once('='))
        .map(|(name, _)| name)
        .filter(|name| name.chars().all(|c| c.is_ascii_uppercase() || c == '_'))
        .collect();
    let mut known: Vec<_> = VARIABLES.iter().map(|variable| variable.name).collect();
    named.sort_unstable();
    known.sort_unstable();
    assert_eq!(named, known);
}

#[test]
fn proxies_are_read_in_either_case_and_upper_case_wins() {
    let proxies = [
        ("HTTPS_PROXY", "http://tls.example:1"),
        ("https_proxy", "http://other.example:1"),
        ("HTTP_PROXY", ""),
        ("http_proxy", "plain.example:2"),
        ("no_proxy", "a.example, .b.example"),
    ];
    let proxies = with(&proxies).unwrap().api.endpoint().proxies;
    assert_eq!(proxies.https.reveal(), "http://tls.example:1");
    assert_eq!(proxies.http.reveal(), "plain.example:2");
    assert!(proxies.all.is_empty());
    assert_eq!(proxies.none_for, "a.example, .b.example");
}

#[test]
fn no_secret_is_printed() {
    let config = with(&[("ALL_PROXY", "http://user:hunter2@proxy.example")]).unwrap();
    let printed = format!("{config:?}");
    assert!(!printed.contains("\"secret\""), "{printed}");
    assert!(!printed.contains("\"key\""), "{printed}");
    assert!(!printed.contains("hunter2"), "{printed}");
}
