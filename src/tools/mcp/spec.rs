//! `[[mcp]]` in `agent.toml`: which servers there are, and what may be taken of them.

use std::collections::BTreeMap;

use parlor_core::secret::Secret;
use reqwest::Url;
use reqwest::header::{HeaderName, HeaderValue};
use serde::Deserialize;

use super::variables::Template;

/// Seconds that a call may take when nothing else is said.
const TIMEOUT: f64 = 20.0;

/// The Voice Agent API waits 120 s for a tool; ours give up before it does.
const TIMEOUTS: std::ops::RangeInclusive<f64> = 1.0..=115.0;

/// The longest name of a server, and the longest prefix.
const LONGEST: usize = 32;

/// The API keeps names that begin so for itself.
pub(super) const RESERVED: &str = "aai_";

/// Headers that the protocol sets.
const PROTOCOLS_OWN: [&str; 7] = [
    "accept",
    "content-type",
    "content-length",
    "host",
    "last-event-id",
    "mcp-protocol-version",
    "mcp-session-id",
];

/// One MCP server: how to reach it, and which of its tools are offered.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct McpSpec {
    /// What it is called in logs and to the model: `[A-Za-z0-9_-]{1,32}`.
    pub name: String,
    /// The program that speaks MCP on its stdin and stdout.
    #[serde(default)]
    pub command: Option<String>,
    /// Arguments of the program.
    #[serde(default)]
    pub args: Vec<String>,
    /// Environment of the program: its name of a variable, and ours that it is taken from.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// Where the server is, when it speaks streamable HTTP.
    #[serde(default)]
    pub url: Option<String>,
    /// Headers of every request; `$NAME` and `${NAME}` stand for variables, `$$` for a dollar.
    #[serde(default)]
    pub headers: BTreeMap<String, Secret>,
    /// Which tools are offered, by the server's names for them, `*` for anything; all by default.
    #[serde(default)]
    pub tools: Option<Vec<String>>,
    /// Whether a worker does not start without it.
    #[serde(default)]
    pub required: bool,
    /// Seconds that a call may take, 1 to 115.
    #[serde(default = "default_timeout")]
    pub timeout: f64,
    /// Put before the name of each tool.
    #[serde(default)]
    pub prefix: String,
}

fn default_timeout() -> f64 {
    TIMEOUT
}

impl McpSpec {
    /// What is wrong with it, each in one line that names the server.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if !is_plain(&self.name) || self.name.is_empty() {
            problems.push(format!(
                "name must be 1 to {LONGEST} of the characters A-Z a-z 0-9 _ -"
            ));
        }
        match (&self.command, &self.url) {
            (Some(command), None) => self.command_problems(command, &mut problems),
            (None, Some(url)) => self.url_problems(url, &mut problems),
            _ => problems.push("either command or url is needed".to_owned()),
        }
        if !is_plain(&self.prefix) || self.prefix.starts_with(RESERVED) {
            problems.push(format!(
                "prefix must be up to {LONGEST} of the characters A-Z a-z 0-9 _ -, and not begin with {RESERVED}"
            ));
        }
        if !TIMEOUTS.contains(&self.timeout) {
            problems.push("timeout must be 1 to 115 seconds".to_owned());
        }
        let empty = |tools: &Vec<String>| tools.is_empty() || tools.iter().any(String::is_empty);
        if self.tools.as_ref().is_some_and(empty) {
            problems.push("tools must name at least one, each with a pattern".to_owned());
        }
        problems.iter().map(|it| self.problem(it)).collect()
    }

    /// One line about this server.
    pub(super) fn problem(&self, what: &str) -> String {
        format!("mcp {:?}: {what}", self.name)
    }

    fn command_problems(&self, command: &str, problems: &mut Vec<String>) {
        if command.is_empty() {
            problems.push("command is empty".to_owned());
        }
        if !self.headers.is_empty() {
            problems.push("headers are for a server with a url".to_owned());
        }
        if self.args.iter().any(|it| it.contains('\0')) || command.contains('\0') {
            problems.push("command and args must not have NUL in them".to_owned());
        }
        let names = self.env.iter().flat_map(|(name, ours)| [name, ours]);
        for name in names.filter(|name| !is_variable(name)) {
            problems.push(format!("env: {name:?} is no name of a variable"));
        }
    }

    fn url_problems(&self, url: &str, problems: &mut Vec<String>) {
        let parsed = Url::parse(url).ok();
        if !parsed.is_some_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host()) {
            problems.push("url must be http:// or https:// and a host".to_owned());
        }
        if !self.args.is_empty() || !self.env.is_empty() {
            problems.push("args and env are for a server with a command".to_owned());
        }
        for (name, value) in &self.headers {
            if HeaderName::try_from(name).is_err() {
                problems.push(format!("headers: {name:?} is no name of a header"));
            } else if PROTOCOLS_OWN.contains(&name.to_ascii_lowercase().as_str()) {
                problems.push(format!("headers: {name} is set by the protocol"));
            }
            match Template::read(value) {
                Err(why) => problems.push(format!("headers: {name}: {why}")),
                Ok(_) if HeaderValue::try_from(value.reveal()).is_err() => {
                    problems.push(format!("headers: the value of {name} cannot be sent"));
                }
                Ok(_) => {}
            }
        }
    }
}

/// Whether a name can be part of a tool's name.
fn is_plain(name: &str) -> bool {
    name.len() <= LONGEST && name.bytes().all(super::tool_list::is_plain)
}

fn is_variable(name: &str) -> bool {
    !name.is_empty() && !name.contains(['=', '\0', '$'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(toml: &str) -> McpSpec {
        toml::from_str(toml).unwrap()
    }

    #[test]
    fn both_kinds_are_read() {
        let files = spec(
            r#"name = "files"
            command = "npx"
            args = ["-y", "server", "/srv/menu"]
            env = { TOKEN = "FILES_TOKEN" }
            tools = ["read_*", "list_directory"]"#,
        );
        assert_eq!(files.problems(), [""; 0]);
        assert_eq!((files.timeout, files.required), (20.0, false));
        let crm = spec(
            r#"name = "crm"
            url = "https://crm.example/mcp"
            headers = { Authorization = "Bearer $CRM_TOKEN" }
            required = true
            timeout = 115
            prefix = "crm_""#,
        );
        assert_eq!(crm.problems(), [""; 0]);
        assert!(!format!("{crm:?}").contains("Bearer"), "{crm:?}");
        assert!(toml::from_str::<McpSpec>("name = \"a\"\nuri = \"b\"").is_err());
    }

    #[test]
    fn all_that_is_wrong_is_told() {
        let odd = spec(
            r#"name = "a b"
            url = "ftp://x"
            args = ["a"]
            headers = { "a b" = "", Host = "x", A = "$", B = "${C", C = "a\nb" }
            tools = []
            timeout = 0.5
            prefix = "aai_x""#,
        );
        let told = odd.problems();
        let wrong = [
            "name must be",
            "url must be",
            "args and env",
            "\"a b\" is no name of a header",
            "Host is set by",
            "A: a $",
            "B: a ${",
            "the value of C",
            "tools must",
            "timeout must",
            "prefix must",
        ];
        for part in wrong {
            assert!(told.iter().any(|it| it.contains(part)), "{part}: {told:#?}");
        }
        assert_eq!(told.len(), wrong.len(), "{told:#?}");
        assert!(told.iter().all(|it| it.starts_with("mcp \"a b\": ")));
    }

    #[test]
    fn a_command_or_a_url() {
        for toml in [
            "name = \"a\"",
            "name = \"a\"\ncommand = \"b\"\nurl = \"http://c\"",
        ] {
            let told = spec(toml).problems();
            assert_eq!(told, ["mcp \"a\": either command or url is needed"]);
        }
        let told = spec(
            "name = \"a\"\ncommand = \"\"\nenv = { \"X=\" = \"\" }\nheaders = { A = \"b\" }\nargs = [\"\\u0000\"]",
        );
        assert_eq!(told.problems().len(), 5, "{:?}", told.problems());
    }
}
