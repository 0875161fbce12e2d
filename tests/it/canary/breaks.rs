//! Sources of secrets, each broken in several ways.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::os::unix::ffi::OsStringExt;

use parlor_common::settings::VARIABLES;

use super::CANARY;

/// Settings that contain canaries, with at least one broken source.
pub(super) struct Break {
    pub(super) name: String,
    /// Environment variables.
    pub(super) variables: Vec<(String, OsString)>,
    /// Content of `.env`.
    pub(super) dotenv: Option<Vec<u8>>,
    /// Content of `agent.toml`.
    pub(super) agent: String,
    /// Whether to run every command, or only those that read all settings and connect.
    is_for_all: bool,
}

/// Variables that hold a secret.
const SECRETS: [&str; 7] = [
    "LIVEKIT_API_SECRET",
    "ASSEMBLYAI_API_KEY",
    "PARLOR_SHARED_KEY",
    "LIVEKIT_WORKER_TOKEN",
    "SHOP_TOKEN",
    "REPORT_SECRET",
    "MCP_TOKEN",
];

/// Proxy variables, whose addresses contain passwords.
const PROXIES: [&str; 3] = ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"];

impl Break {
    /// Whether to run `command` with these settings.
    pub(super) fn is_for(&self, command: &[&str]) -> bool {
        self.is_for_all
            || matches!(
                command,
                ["doctor"] | ["join", ..] | ["start", "--health", _]
            )
    }

    fn set(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.to_owned(), value.into()));
        self
    }

    fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    fn agent(mut self, more: &str) -> Self {
        self.agent.push_str(more);
        self
    }

    /// Moves the secrets to `.env`, whose content `file` makes of valid lines.
    fn dotenv(mut self, file: impl FnOnce(String) -> Vec<u8>) -> Self {
        let is_secret = |name: &str| SECRETS.contains(&name);
        let (secrets, others): (Vec<_>, Vec<_>) = self
            .variables
            .into_iter()
            .partition(|(name, _)| is_secret(name));
        let line = |(name, value): (String, OsString)| {
            format!("{name}={}\n", value.into_string().unwrap())
        };
        self.variables = others;
        self.dotenv = Some(file(secrets.into_iter().map(line).collect()));
        self
    }
}

/// All broken settings. All servers are at `server`, which rejects everything.
pub(super) fn all(server: SocketAddr) -> Vec<Break> {
    let good = good(server);
    let mut breaks = vec![good(true).named("nothing broken")];
    breaks.extend(values().into_iter().map(|(how, value)| {
        let broken = good(true).named(format!("every secret {how}"));
        let set = |broken: Break, name: &&str| broken.set(name, value(name));
        SECRETS.iter().fold(broken, set)
    }));
    for name in SECRETS {
        breaks.extend(values().into_iter().map(|(how, value)| {
            let broken = good(false).named(format!("{name} {how}"));
            broken.set(name, value(name))
        }));
    }
    for (how, address) in proxies(server) {
        let broken = good(true).named(format!("every proxy {how}"));
        // Hosts other than this machine, so that the proxies are used.
        let broken = broken
            .set("LIVEKIT_URL", "ws://livekit.test")
            .set("ASSEMBLYAI_BASE_URL", "ws://agents.test");
        let set = |broken: Break, name: &&str| broken.set(name, address.clone());
        breaks.push(PROXIES.iter().fold(broken, set));
    }
    for (how, address) in addresses(server) {
        for name in [
            "LIVEKIT_URL",
            "ASSEMBLYAI_BASE_URL",
            "PARLOR_WEB_LIVEKIT_URL",
        ] {
            let broken = good(false).named(format!("{name} {how}"));
            breaks.push(broken.set(name, address.clone()));
        }
    }
    breaks.extend(files().into_iter().map(|(how, file)| {
        let broken = good(true).named(format!(".env with {how}"));
        broken.dotenv(file)
    }));
    breaks.extend(agents().into_iter().map(|(how, more)| {
        let broken = good(false).named(format!("agent.toml with {how}"));
        broken.agent(&more)
    }));
    breaks.push(misplaced(good(true)));
    breaks
}

/// Valid settings.
fn good(server: SocketAddr) -> impl Fn(bool) -> Break {
    move |is_for_all| {
        let broken = Break {
            name: String::new(),
            variables: Vec::new(),
            dotenv: None,
            agent: format!(
                r#"
prompt = "You are a clerk."
[[tools]]
name = "look_up"
description = "Looks something up."
http = {{ url = "https://shop.test/", headers = {{ Authorization = "Bearer {{{{ env.SHOP_TOKEN }}}}" }} }}
[[mcp]]
name = "menu"
url = "http://{server}/"
headers = {{ Authorization = "Bearer ${{MCP_TOKEN}}", X-Key = "{CANARY}-inline" }}
[report]
folder = "reports"
[report.webhook]
url = "http://{server}/?key={CANARY}"
secret = "REPORT_SECRET"
"#
            ),
            is_for_all,
        };
        let broken = SECRETS
            .iter()
            .fold(broken, |it, name| it.set(name, secret(name)));
        let proxy = format!("http://office:{CANARY}-proxy@{server}");
        let broken = PROXIES.iter().fold(broken, |it, name| it.set(name, &proxy));
        broken
            .set("LIVEKIT_URL", format!("ws://{server}/sfu"))
            .set("LIVEKIT_API_KEY", "devkey")
            .set("ASSEMBLYAI_BASE_URL", format!("ws://{server}"))
            .set("NO_PROXY", "")
            .set("PARLOR_LOG", "trace")
            .set("PARLOR_LIVEKIT_SERVER", "no-livekit-server")
    }
}

fn secret(name: &str) -> String {
    match name {
        // 32 bytes in Base64.
        "REPORT_SECRET" => format!("whsec_{CANARY}{}=", "A".repeat(43 - CANARY.len())),
        name => format!("{CANARY}-{name}"),
    }
}

type Value = fn(&str) -> OsString;

/// Ten ways to break a value.
fn values() -> [(&'static str, Value); 10] {
    fn with(name: &str, change: impl FnOnce(String) -> String) -> OsString {
        change(secret(name)).into()
    }
    [
        ("with a newline at its end", |name| {
            with(name, |it| it + "\r\n")
        }),
        ("with a newline inside", |name| {
            with(name, |it| it + "\nand more")
        }),
        ("with a space inside", |name| {
            with(name, |it| it + " and more")
        }),
        ("with a control character", |name| {
            with(name, |it| it + "\u{1}x")
        }),
        ("in quotation marks", |name| {
            with(name, |it| format!("\"{it}\""))
        }),
        ("that is not ASCII", |name| {
            with(name, |it| it + "\u{e9}\u{2028}")
        }),
        ("that is not UTF-8", |name| {
            OsString::from_vec([secret(name).as_bytes(), &[0xff]].concat())
        }),
        ("that is long", |name| with(name, |it| it.repeat(2_000))),
        ("that looks like a template", |name| {
            with(name, |it| format!("{{{{ {it}"))
        }),
        ("cut in half", |name| {
            with(name, |it| it[..CANARY.len() + 2].to_owned())
        }),
    ]
}

/// Ten ways to break a proxy.
fn proxies(server: SocketAddr) -> [(&'static str, String); 10] {
    let port = server.port();
    [
        ("that refuses", format!("http://office:{CANARY}@{server}")),
        (
            "that is not there",
            format!("http://office:{CANARY}@127.0.0.1:1"),
        ),
        (
            "of a kind that is not supported",
            format!("socks5://office:{CANARY}@{server}"),
        ),
        (
            "with TLS that it does not speak",
            format!("https://office:{CANARY}@{server}"),
        ),
        (
            "with a scheme that is none",
            format!("ftp://office:{CANARY}@{server}"),
        ),
        (
            "with a port that is none",
            format!("http://office:{CANARY}@127.0.0.1:99999"),
        ),
        ("without a host", format!("http://office:{CANARY}@")),
        ("with a space", format!("http://office:{CANARY} x@{server}")),
        (
            "with a user alone",
            format!("http://{CANARY}@127.0.0.1:{port}"),
        ),
        ("that has no name", format!("{CANARY}:{CANARY}@{server}")),
    ]
}

/// Ten ways to break a server's address.
fn addresses(server: SocketAddr) -> [(&'static str, String); 10] {
    [
        ("with a password", format!("ws://user:{CANARY}@{server}")),
        ("with a user", format!("ws://{CANARY}@{server}")),
        (
            "with a query",
            format!("ws://{server}/?access_token={CANARY}"),
        ),
        ("with a fragment", format!("ws://{server}/#{CANARY}")),
        (
            "with another scheme",
            format!("ftp://user:{CANARY}@{server}"),
        ),
        ("without a scheme", format!("{CANARY}@{server}")),
        (
            "with a port that is none",
            format!("ws://127.0.0.1:{CANARY}"),
        ),
        ("with a space", format!("ws://user:{CANARY} x@{server}")),
        ("with a newline inside", format!("ws://{server}/\n{CANARY}")),
        ("that is a key", CANARY.to_owned()),
    ]
}

type File = Box<dyn FnOnce(String) -> Vec<u8>>;

/// Ten variants of `.env`, which contains every secret.
fn files() -> Vec<(&'static str, File)> {
    fn file(change: impl FnOnce(String) -> String + 'static) -> File {
        Box::new(|text| change(text).into_bytes())
    }
    vec![
        ("nothing wrong", file(|text| text)),
        (
            "an open double quotation mark",
            file(|text| text.replacen('=', "=\"", 1)),
        ),
        (
            "an open single quotation mark",
            file(|text| text.replacen('=', "='", 1)),
        ),
        (
            "values with spaces",
            file(|text| text.replace('=', "= ").replace('\n', " x\n")),
        ),
        ("lines without names", file(|text| text.replace('=', " "))),
        (
            "names that are none",
            file(|text| text.replace("\n", "\n1")),
        ),
        (
            "escapes that are none",
            file(|text| text.replace('=', "=\"\\q").replace('\n', "\"\n")),
        ),
        (
            "an open substitution",
            file(|text| text.replace('=', "=\"${").replace('\n', "\"\n")),
        ),
        ("a NUL", file(|text| text.replace('\n', "\0\n"))),
        (
            "bytes that are not UTF-8",
            Box::new(|text| [text.as_bytes(), &[0xff]].concat()),
        ),
    ]
}

/// Ways to break `agent.toml`; each text is appended to the valid file.
fn agents() -> Vec<(&'static str, String)> {
    let header = |(how, value): (&'static str, String)| {
        let start = "[[mcp]]\nname = \"more\"\nurl = \"https://a.test\"\n";
        (how, format!("{start}headers = {value}\n"))
    };
    let tool = |(how, http): (&'static str, String)| {
        let start = "[[tools]]\nname = \"more\"\ndescription = \"More.\"\n";
        (how, format!("{start}http = {{ {http} }}\n"))
    };
    let others = [
        (
            "a key that comes twice",
            format!("[monitor]\nurl = \"{CANARY}\"\nurl = \"{CANARY}\"\n"),
        ),
        (
            "a number that is text",
            format!("[limits]\nidle = \"{CANARY}\"\n"),
        ),
        (
            "a choice that is none",
            format!("[limits]\ndismiss = \"{CANARY}\"\n"),
        ),
    ];
    let headers = headers().into_iter().map(header);
    let tools = tools().into_iter().map(tool);
    headers.chain(tools).chain(others).collect()
}

/// Ways to break the headers of an MCP server.
fn headers() -> [(&'static str, String); 7] {
    let header = |value: &str| format!("{{ X = {value} }}");
    [
        ("headers that are text", format!("\"Bearer {CANARY}\"")),
        (
            "a header that is a list",
            header(&format!("[\"{CANARY}\"]")),
        ),
        (
            "a header that cannot be sent",
            header(&format!("\"{CANARY}\\n\"")),
        ),
        (
            "a header with an open variable",
            header(&format!("\"{CANARY} ${{\"")),
        ),
        (
            "a header with an unset variable",
            header(&format!("\"{CANARY} $UNSET\"")),
        ),
        ("a text that never ends", header(&format!("\"{CANARY}"))),
        ("a text without quotation marks", header(CANARY)),
    ]
}

/// Ways to break the request of a tool.
fn tools() -> [(&'static str, String); 4] {
    let header = |value: &str| format!("url = \"https://a.test\", headers = {{ X = \"{value}\" }}");
    [
        (
            "a template that never ends",
            header(&format!("{CANARY} {{{{ env.SHOP_TOKEN")),
        ),
        (
            "a filter that does not exist",
            header(&format!("{CANARY} {{{{ env.SHOP_TOKEN | odd }}}}")),
        ),
        (
            "a password in an address",
            format!("url = \"https://a:{CANARY}@a.test\""),
        ),
        (
            "a method that does not exist",
            format!("method = \"{CANARY}\", url = \"https://a.test\""),
        ),
    ]
}

/// Puts a secret into every variable that does not accept arbitrary text.
fn misplaced(broken: Break) -> Break {
    let picky = VARIABLES.iter().filter(|it| !it.valid_values.is_empty());
    let set = |broken: Break, name| broken.set(name, CANARY);
    picky
        .map(|variable| variable.name)
        .fold(broken.named("a secret in every other variable"), set)
}
