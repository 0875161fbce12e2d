//! `[[mcp]]` in `agent.toml`: the MCP servers, and which of their tools are offered.

use std::collections::BTreeMap;

use parlor_core::secret::Secret;
use reqwest::Url;
use reqwest::header::{HeaderName, HeaderValue};
use serde::Deserialize;

use super::tool_list::{RESERVED, is_plain_byte};
use super::variables::Template;

/// Default timeout of a tool call, in seconds.
const TIMEOUT: f64 = 20.0;

/// Valid timeouts, in seconds. The Voice Agent API waits 120 s for a tool; ours time out earlier.
const TIMEOUTS: std::ops::RangeInclusive<f64> = 1.0..=115.0;

/// Maximum length of a server's name, and of a prefix.
const LONGEST: usize = 32;

/// Headers that the protocol itself sets.
const PROTOCOLS_OWN: [&str; 7] = [
    "accept",
    "content-type",
    "content-length",
    "host",
    "last-event-id",
    "mcp-protocol-version",
    "mcp-session-id",
];

/// One MCP server: how to connect to it, and which of its tools are offered.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct McpSpec {
    /// Name of the server in logs and in answers to the model: `[A-Za-z0-9_-]{1,32}`.
    pub name: String,
    /// Program that speaks MCP on its stdin and stdout.
    #[serde(default)]
    pub command: Option<String>,
    /// Arguments of the program.
    #[serde(default)]
    pub args: Vec<String>,
    /// Environment of the program: maps the name of each variable to the name of the variable in
    /// Parlor's environment that has its value.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// URL of a server that speaks streamable HTTP.
    #[serde(default)]
    pub url: Option<String>,
    /// Headers of every request. `$NAME` and `${NAME}` stand for environment variables, `$$` for a
    /// dollar sign.
    #[serde(default)]
    pub headers: BTreeMap<String, Secret>,
    /// Tools to offer, by the server's own names; `*` matches any text. All tools by default.
    #[serde(default)]
    pub tools: Option<Vec<String>>,
    /// Whether a worker refuses to start without the server.
    #[serde(default)]
    pub required: bool,
    /// Timeout of a tool call in seconds, 1 to 115; 20 by default.
    #[serde(default = "default_timeout")]
    pub timeout: f64,
    /// Prefix of the name of each tool.
    #[serde(default)]
    pub prefix: String,
}

fn default_timeout() -> f64 {
    TIMEOUT
}

impl McpSpec {
    /// All problems of the settings, each in one line that names the server.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if !is_plain(&self.name) || self.name.is_empty() {
            problems.push(format!(
                "name must be 1 to {LONGEST} characters out of A-Z a-z 0-9 _ -"
            ));
        }
        match (&self.command, &self.url) {
            (Some(command), None) => self.command_problems(command, &mut problems),
            (None, Some(url)) => self.url_problems(url, &mut problems),
            _ => problems.push("exactly one of command and url is required".to_owned()),
        }
        if !is_plain(&self.prefix) || self.prefix.starts_with(RESERVED) {
            problems.push(format!(
                "prefix must be at most {LONGEST} characters out of A-Z a-z 0-9 _ - and must not begin with {RESERVED}"
            ));
        }
        if !TIMEOUTS.contains(&self.timeout) {
            problems.push("timeout must be 1 to 115 seconds".to_owned());
        }
        let empty = |tools: &Vec<String>| tools.is_empty() || tools.iter().any(String::is_empty);
        if self.tools.as_ref().is_some_and(empty) {
            problems.push(
                "tools must list at least one name or pattern, and none may be empty".to_owned(),
            );
        }
        problems.iter().map(|it| self.problem(it)).collect()
    }

    /// One line about a problem of this server.
    pub(super) fn problem(&self, what: &str) -> String {
        format!("mcp {:?}: {what}", self.name)
    }

    fn command_problems(&self, command: &str, problems: &mut Vec<String>) {
        if command.is_empty() {
            problems.push("command is empty".to_owned());
        }
        if !self.headers.is_empty() {
            problems.push("headers require a url".to_owned());
        }
        if self.args.iter().any(|it| it.contains('\0')) || command.contains('\0') {
            problems.push("command and args must not contain NUL".to_owned());
        }
        let names = self.env.iter().flat_map(|(name, ours)| [name, ours]);
        for name in names.filter(|name| !is_variable(name)) {
            problems.push(format!("env: {name:?} is not a valid variable name"));
        }
    }

    fn url_problems(&self, url: &str, problems: &mut Vec<String>) {
        let parsed = Url::parse(url).ok();
        if !parsed.is_some_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host()) {
            problems.push("url must start with http:// or https:// and have a host".to_owned());
        }
        if !self.args.is_empty() || !self.env.is_empty() {
            problems.push("args and env require a command".to_owned());
        }
        for (name, value) in &self.headers {
            if HeaderName::try_from(name).is_err() {
                problems.push(format!("headers: {name:?} is not a valid header name"));
            } else if PROTOCOLS_OWN.contains(&name.to_ascii_lowercase().as_str()) {
                problems.push(format!("headers: {name} is set by the protocol"));
            }
            match Template::read(value) {
                Err(why) => problems.push(format!("headers: {name}: {why}")),
                Ok(_) if HeaderValue::try_from(value.reveal()).is_err() => {
                    problems.push(format!(
                        "headers: the value of {name} is not a valid header value"
                    ));
                }
                Ok(_) => {}
            }
        }
    }
}

/// Whether `name` may be part of a tool's name and is not too long.
fn is_plain(name: &str) -> bool {
    name.len() <= LONGEST && name.bytes().all(is_plain_byte)
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
    fn commands_and_urls_are_read() {
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
    fn all_problems_are_reported() {
        let odd = spec(
            r#"name = "a b"
            url = "ftp://x"
            args = ["a"]
            headers = { "a b" = "", Host = "x", A = "$", B = "${C", C = "a\nb" }
            tools = []
            timeout = 0.5
            prefix = "aai_x""#,
        );
        let problems = odd.problems();
        let wrong = [
            "name must be",
            "url must start",
            "args and env",
            "\"a b\" is not a valid header name",
            "Host is set by",
            "A: a $",
            "B: a ${",
            "the value of C",
            "tools must",
            "timeout must",
            "prefix must",
        ];
        for part in wrong {
            assert!(
                problems.iter().any(|it| it.contains(part)),
                "{part}: {problems:#?}"
            );
        }
        assert_eq!(problems.len(), wrong.len(), "{problems:#?}");
        assert!(problems.iter().all(|it| it.starts_with("mcp \"a b\": ")));
    }

    #[test]
    fn either_a_command_or_a_url_is_required() {
        for toml in [
            "name = \"a\"",
            "name = \"a\"\ncommand = \"b\"\nurl = \"http://c\"",
        ] {
            let problems = spec(toml).problems();
            assert_eq!(
                problems,
                ["mcp \"a\": exactly one of command and url is required"]
            );
        }
        let odd = spec(
            "name = \"a\"\ncommand = \"\"\nenv = { \"X=\" = \"\" }\nheaders = { A = \"b\" }\nargs = [\"\\u0000\"]",
        );
        assert_eq!(odd.problems().len(), 5, "{:?}", odd.problems());
    }
}
