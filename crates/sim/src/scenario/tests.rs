//! Tests of parsing and validating scenarios, and of the progress of their steps.

use super::*;
use serde_json::json;

/// The error message of an invalid scenario.
fn wrong(text: &str) -> String {
    Scenario::parse(text).unwrap_err().to_string()
}

/// The error message of a scenario with this step.
fn wrong_step(step: &str) -> String {
    wrong(&format!("about = 'x'\n\n[[step]]\n{step}"))
}

#[test]
fn every_bundled_scenario_is_valid() {
    for name in Scenario::names() {
        let scenario = Scenario::bundled(name).unwrap();
        assert!(scenario.about().ends_with('.'), "{name}");
    }
    assert!(Scenario::bundled("sunshine").is_none());
}

#[test]
fn errors_name_the_line() {
    assert!(wrong("about = 'x'\nburst = 7\n").starts_with("scenario:2: "));
    assert!(wrong("").contains("about"));
    assert!(wrong("about = ''\nexpect = 'luck'").contains("ended REASON"));
    let problem = wrong_step("on = 'reply.doen'\ndo.cut = true");
    assert!(
        problem.starts_with("scenario:3: ") && problem.contains("reply.doen"),
        "{problem}"
    );
}

#[test]
fn invalid_steps_are_refused() {
    for (step, why) in [
        ("on = 'connect'", "missing field `do`"),
        (
            "on = 'connect'\ndo = { cut = true, hang = true }",
            "exactly 1",
        ),
        ("on = 'connect'\ndo.cut = false", "cut = false"),
        ("on = 'connect'\ndo.refuse = 200", "400 to 599"),
        ("on = 'session.update'\ndo.refuse = 503", "on = \"connect\""),
        (
            "on = 'reply.done'\ndo.reject = 'x'",
            "a message of the client",
        ),
        (
            "on = 'tool.result'\ndo.repeat = 1",
            "a message of the simulator",
        ),
        ("on = 'connect'\ndo.drop = 1", "'drop'"),
        ("on = 'caller.stops'\ndo.set = { a = 1 }", "'set'"),
        ("on = 'reply.done'\nafter_ms = 5\ndo.drop = 1", "neither"),
        (
            "on = 'reply.done'\nafter_ms = 5\nbefore = true\ndo.cut = true",
            "not both",
        ),
        (
            "on = 'caller.stops'\nbefore = true\ndo.cut = true",
            "cannot be used on a moment",
        ),
        (
            "on = 'caller.stops'\nwhen = { a = 1 }\ndo.cut = true",
            "has no fields",
        ),
        ("on = 'session.end'\ndo.cut = true", "nothing comes after"),
        ("on = 'reply.done'\ndo.audio_s = 1e9", "seconds"),
        ("on = 'reply.done'\ndo.close = { code = 7 }", "close code"),
        (
            "on = 'reply.done'\nnth = -1\ndo.cut = true",
            "a list of numbers",
        ),
    ] {
        let problem = wrong_step(step);
        assert!(problem.contains(why), "{step}: {problem}");
    }
}

#[test]
fn a_missing_file_is_named_in_the_error() {
    let error = Scenario::read(Path::new("no/such.toml")).unwrap_err();
    assert!(error.to_string().starts_with("no/such.toml: "), "{error}");
}

/// The numbers of the messages, out of `count`, at which a step is due.
fn due(step: &str, session: u64, count: u64) -> Vec<u64> {
    let text = format!("about = ''\n[[step]]\non = 'reply.done'\n{step}");
    let scenario = Scenario::parse(&text).unwrap();
    let mut progress = Progress::new(scenario.steps.iter(), session);
    let message = json!({"type": "reply.done", "status": "completed", "list": [0, {"deep": 7}]});
    (1..=count)
        .filter(|_| !progress.sent(&message).is_empty())
        .collect()
}

#[test]
fn a_step_waits_for_its_message() {
    assert_eq!(due("do.cut = true", 1, 3), [1]);
    assert_eq!(due("nth = 2\ndo.cut = true", 1, 3), [2]);
    assert_eq!(due("nth = [1, 3]\ndo.cut = true", 1, 3), [1, 3]);
    assert_eq!(due("nth = 0\ndo.cut = true", 1, 3), [1, 2, 3]);
    assert_eq!(due("nth = 2\ndo.drop = 2", 1, 5), [2, 3]);
    assert_eq!(
        due("when = { status = 'interrupted' }\ndo.cut = true", 1, 3),
        [0; 0]
    );
    assert_eq!(
        due("when = { status = 'completed' }\ndo.cut = true", 1, 3),
        [1]
    );
    let deep = |wanted: &str| due(&format!("when = {{ {wanted} }}\ndo.cut = true"), 1, 1);
    assert_eq!(deep("'list.1.deep' = '$any'"), [1]);
    assert_eq!(deep("'list.1.deep' = 8"), [0; 0]);
    assert_eq!(deep("'list.2.deep' = '$any'"), [0; 0]);
}

#[test]
fn a_step_waits_for_its_session() {
    assert_eq!(due("do.cut = true", 2, 1), [0; 0]);
    assert_eq!(due("session = 2\ndo.cut = true", 2, 1), [1]);
    assert_eq!(due("session = [1, 3]\ndo.cut = true", 3, 1), [1]);
    assert_eq!(due("session = 0\ndo.cut = true", 9, 1), [1]);
}
