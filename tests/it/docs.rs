//! The documentation agrees with the code. `UPDATE_DOCS=1` rewrites the parts that are generated.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use parlor::config::{Agent, AgentText, Config, Overrides};
use parlor_common::settings::{Source, VARIABLES, Variable};

/// Begins a generated part; followed by what is generated: `variables NAME…`, `commands` or
/// `help COMMAND`.
const BEGIN: &str = "<!-- generated: ";

/// Ends a generated part.
const END: &str = "<!-- end -->";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/src")
}

#[test]
fn generated_parts_are_up_to_date() {
    let required = required();
    let mut parts = Vec::new();
    let mut stale = Vec::new();
    for file in std::fs::read_dir(folder()).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|it| it != "md") {
            continue;
        }
        let page = std::fs::read_to_string(&path).unwrap();
        let mut pieces = page.split(BEGIN);
        let mut updated = pieces.next().unwrap().to_owned();
        for piece in pieces {
            let (what, rest) = piece.split_once(" -->\n").unwrap();
            let (_, after) = rest
                .split_once(END)
                .unwrap_or_else(|| panic!("{what}: no {END}"));
            let text = match what.split_once(' ') {
                Some(("variables", names)) => variables(names, &required),
                Some(("help", command)) => format!("```text\n{}\n```", help(&[command])),
                _ if what == "commands" => summary(),
                _ => panic!("{}: cannot generate {what:?}", path.display()),
            };
            write!(updated, "{BEGIN}{what} -->\n\n{text}\n\n{END}{after}").unwrap();
            parts.push(what.to_owned());
        }
        if updated != page {
            if std::env::var_os("UPDATE_DOCS").is_some() {
                std::fs::write(&path, updated).unwrap();
            } else {
                stale.push(path);
            }
        }
    }
    assert!(
        stale.is_empty(),
        "out of date: {stale:?}\nrun: UPDATE_DOCS=1 cargo test --test it docs"
    );
    let generated: Vec<_> = parts.iter().flat_map(|it| it.split_whitespace()).collect();
    let variables = VARIABLES.iter().map(|it| it.name.to_owned());
    let commands = commands().into_iter().map(|(name, _)| name);
    for name in variables.chain(commands) {
        let times = generated.iter().filter(|it| **it == name).count();
        assert_eq!(times, 1, "{name} must be in one generated part");
    }
}

/// Variables that a worker cannot do without.
fn required() -> BTreeSet<String> {
    let error = Config::load(&Source::default(), &Overrides::default()).unwrap_err();
    let missing = error.0.iter().filter_map(|it| it.split_once(" is not set"));
    missing.map(|(name, _)| name.to_owned()).collect()
}

/// A table of the named variables.
fn variables(names: &str, required: &BTreeSet<String>) -> String {
    let named = |name| {
        let found = VARIABLES.iter().find(|it| it.name == name);
        found.unwrap_or_else(|| panic!("there is no variable {name}"))
    };
    let rows: Vec<&Variable> = names.split_whitespace().map(named).collect();
    let has_values = rows.iter().any(|it| !it.valid_values.is_empty());
    let mut table = match has_values {
        true => "| Variable | Default | Valid values | Meaning |\n|---|---|---|---|",
        false => "| Variable | Default | Meaning |\n|---|---|---|",
    }
    .to_owned();
    for variable in rows {
        let default = match variable.default {
            "" if required.contains(variable.name) => "required".to_owned(),
            "" => String::new(),
            default => format!("`{default}`"),
        };
        let values = match has_values {
            true => format!(" {} |", variable.valid_values),
            false => String::new(),
        };
        let Variable {
            name, description, ..
        } = variable;
        write!(table, "\n| `{name}` | {default} |{values} {description} |").unwrap();
    }
    table
}

/// A table of the commands.
fn summary() -> String {
    let row = |(name, about)| format!("\n| [`parlor {name}`](#parlor-{name}) | {about} |");
    let rows: String = commands().into_iter().map(row).collect();
    format!("| Command | Does |\n|---|---|{rows}")
}

/// Each command with the first paragraph of its help.
fn commands() -> Vec<(String, String)> {
    let help_text = help(&[]);
    let (_, list) = help_text.split_once("\nCommands:\n").unwrap();
    let (list, _) = list.split_once("\n\n").unwrap();
    // Continued descriptions are indented further.
    let lines = list.lines().filter_map(|line| line.strip_prefix("  "));
    let names = lines.filter_map(|line| line.split(' ').next());
    let names = names.filter(|name| !name.is_empty() && *name != "help");
    names
        .map(|name| {
            let help = help(&[name]);
            let (about, _) = help.split_once("\n\n").unwrap();
            (name.to_owned(), about.replace('\n', " "))
        })
        .collect()
}

/// The output of `--help`.
fn help(command: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_parlor"))
        .args(command)
        .arg("--help")
        .env("COLUMNS", "100")
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<_> = text.trim().lines().map(str::trim_end).collect();
    lines.join("\n")
}

/// A key that no table of the agent file has, nor one that resembles it.
const UNKNOWN: &str = "zzzzzzzzzzzzzzzz";

/// The keys that the table which ends `text` may have, from the error about an unknown one.
fn keys(text: &str) -> BTreeSet<String> {
    let file = AgentText {
        path: PathBuf::from("agent.toml"),
        text: format!("{text}\n{UNKNOWN} = 1\n").into(),
    };
    let error = Agent::from_text(&file, &Source::default()).unwrap_err();
    let problem = error.0.iter().find(|it| it.contains(UNKNOWN)).unwrap();
    let (_, known) = problem.split_once("the known ones are ").unwrap();
    let known = known
        .split(", ")
        .map(|key| key.trim_matches('`').to_owned());
    known.collect()
}

/// The first column of the first table after `line`.
fn documented(page: &str, line: &str) -> BTreeSet<String> {
    let (_, rest) = page.split_once(&format!("\n{line}\n")).unwrap();
    let table = rest.lines().skip_while(|line| !line.starts_with("| Key |"));
    let rows = table.take_while(|line| line.starts_with('|'));
    let keys = rows.filter_map(|row| row.strip_prefix("| `")?.split('`').next());
    keys.map(str::to_owned).collect()
}

#[test]
fn the_agent_file_is_documented_with_all_keys() {
    let page = std::fs::read_to_string(folder().join("agent-file.md")).unwrap();
    let tables = [
        ("## `[voice]`", "[voice]"),
        ("## `[sounds]`", "[sounds]"),
        ("## `[listening]`", "[listening]"),
        ("## `[turns]`", "[turns]"),
        ("## `[patience]`", "[patience]"),
        ("## `[room]`", "[room]"),
        ("## `[limits]`", "[limits]"),
        ("## `[lines]`", "[lines]"),
        ("## `[[tools]]`", "[[tools]]"),
        ("### `http`", "[[tools]]\n[tools.http]"),
        ("### `rpc`", "[[tools]]\n[tools.rpc]"),
        ("## `[[mcp]]`", "[[mcp]]"),
        ("## `[[phases]]`", "[[phases]]"),
        ("## `[webhook]`", "[webhook]"),
        ("## `[monitor]`", "[monitor]"),
        ("## `[report]`", "[report]"),
        ("`[report.redact]`:", "[report.redact]"),
        ("`[report.webhook]`:", "[report.webhook]"),
    ];
    for (line, table) in tables {
        let mut keys = keys(table);
        // Tables inside `[report]` have tables of their own.
        keys.retain(|key| table != "[report]" || !["redact", "webhook"].contains(&key.as_str()));
        assert_eq!(documented(&page, line), keys, "{table}");
    }
    let mut top = documented(&page, "## Top level");
    let headers = tables
        .iter()
        .filter_map(|(line, _)| line.strip_prefix("## `"));
    top.extend(headers.map(|header| header.trim_matches(['[', ']', '`']).to_owned()));
    assert_eq!(top, keys(""));
}
