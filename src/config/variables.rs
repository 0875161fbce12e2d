//! Every environment variable, in one table: `.env.example` and `--help` are held against it.

/// One environment variable.
#[derive(Debug, Clone, Copy)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// What holds without it; empty when it is required or off.
    pub default: &'static str,
    /// What it is for.
    pub what: &'static str,
    /// What its values are, after "it must be"; empty when any text will do.
    pub values: &'static str,
}

const fn variable(name: &'static str, default: &'static str, what: &'static str) -> Variable {
    Variable {
        name,
        default,
        what,
        values: "",
    }
}

impl Variable {
    const fn takes(self, values: &'static str) -> Self {
        Self { values, ..self }
    }
}

/// What is wrong with the value of `name`, without the value: it may be a secret that was put into
/// the wrong variable.
pub(crate) fn wrong(name: &str) -> String {
    let known = VARIABLES.iter().find(|variable| variable.name == name);
    match known.map(|variable| variable.values) {
        None | Some("") => format!("{name} is wrong: its value cannot be used"),
        Some(values) => format!("{name} is wrong: it must be {values}"),
    }
}

/// Whether `name` is one of ours.
pub(crate) fn is_known(name: &str) -> bool {
    VARIABLES.iter().any(|variable| variable.name == name)
}

/// Values of switches.
const SWITCH: &str = "true or false";

/// Values of times.
const SECONDS: &str = "seconds, from 0 to 2592000";

/// Values of addresses to listen at.
const LISTEN: &str = "an IP address and a port, for instance 127.0.0.1:8080";

/// All of them.
pub const VARIABLES: &[Variable] = &[
    variable(
        "LIVEKIT_URL",
        "",
        "LiveKit server, ws://, wss://, http:// or https://",
    ),
    variable("LIVEKIT_API_KEY", "", "names the LiveKit key"),
    variable("LIVEKIT_API_SECRET", "", "signs LiveKit tokens"),
    variable(
        "PARLOR_SHARED_KEY",
        "",
        "end-to-end encryption: the key that all in the room share",
    ),
    variable("ASSEMBLYAI_API_KEY", "", "opens the Voice Agent API"),
    variable(
        "ASSEMBLYAI_BASE_URL",
        super::DEFAULT_BASE_URL,
        "Voice Agent API; wss://agents.eu.assemblyai.com for the EU, or a simulator",
    ),
    variable(
        "LIVEKIT_AGENT_NAME",
        "",
        "the name that dispatches ask for; without it every room gets the agent",
    ),
    variable(
        "LIVEKIT_AGENT_NAME_OVERRIDE",
        "",
        "beats every other agent name; set by platforms",
    ),
    variable(
        "LIVEKIT_AGENT_DEPLOYMENT",
        "",
        "the version of a deployment; without it production",
    ),
    variable(
        "LIVEKIT_WORKER_TOKEN",
        "",
        "set inside containers that LiveKit Cloud hosts",
    ),
    variable(
        "PARLOR_AGENT",
        super::DEFAULT_AGENT_FILE,
        "the agent's file",
    ),
    variable(
        "PARLOR_AGENT_FOR",
        "room",
        "what brings the agent: room, participant or publisher",
    )
    .takes("room, participant or publisher"),
    variable(
        "PARLOR_SECOND_AGENT",
        "refuse",
        "refuse or replace: a second agent of the same name in a room",
    )
    .takes("refuse or replace"),
    variable("PARLOR_MAX_CALLS", "16", "the most calls at once")
    .takes("a whole number from 1 to 65535"),
    variable(
        "PARLOR_ROOMS_PER_CELL",
        "8",
        "calls that share a process at most",
    )
    .takes("a whole number from 1 to 65535"),
    variable(
        "PARLOR_CELL_CALLS",
        "200",
        "calls after which a process is replaced",
    )
    .takes("a whole number from 1 to 4294967295"),
    variable(
        "PARLOR_CELL_MEMORY",
        "512",
        "MiB at which a process is killed; its calls go on in another",
    )
    .takes("a whole number from 64 to 4294967295, in MiB"),
    variable(
        "PARLOR_LOAD_THRESHOLD",
        "0.7",
        "sustained load of the machine, above 0 and up to 1, at which no more calls are taken",
    )
    .takes("a number above 0, up to 1"),
    variable(
        "PARLOR_HEALTH",
        "0.0.0.0:8081",
        "where health, metrics and calls are shown over HTTP",
    )
    .takes(LISTEN),
    variable(
        "PARLOR_DRAIN_TIMEOUT",
        "3600",
        "seconds that running calls may go on after a SIGTERM; the process ends at most 35 s later",
    )
    .takes("whole seconds, from 0 to 2592000"),
    variable(
        "PARLOR_ADOPT_ROOMS",
        "",
        "dispatch rooms again whose callers have no agent; without it `true`, and `false` on LiveKit Cloud",
    )
    .takes(SWITCH),
    variable(
        "PARLOR_BARGE_IN",
        "immediate",
        "immediate, hold or confirmed; beats agent.toml",
    )
    .takes("immediate, hold or confirmed"),
    variable(
        "PARLOR_CALLER",
        "",
        "the identity of the only one whom the agent listens to; without it whoever comes first",
    ),
    variable(
        "PARLOR_CALLER_WAIT",
        "",
        "seconds an empty room is kept; without it for ever",
    )
    .takes(SECONDS),
    variable(
        "PARLOR_CALLER_GRACE",
        "5",
        "seconds from the last caller's leaving to the end of the call",
    )
    .takes(SECONDS),
    variable(
        "PARLOR_WEB_LISTEN",
        "127.0.0.1:8080",
        "where the web page is",
    )
    .takes(LISTEN),
    variable(
        "PARLOR_WEB_LIVEKIT_URL",
        "",
        "LiveKit's address as browsers have it, when that is another one",
    )
    .takes("an address such as wss://livekit.example, without user, password or query"),
    variable(
        "PARLOR_WEB_ALLOW_ORIGIN",
        "",
        "pages of other origins that may ask for tokens, with commas",
    )
    .takes("origins with commas between them, for instance https://app.example"),
    variable(
        "PARLOR_WEB_ALLOW_ROOMS",
        "false",
        "true: visitors of the page choose rooms and identities",
    )
    .takes(SWITCH),
    variable(
        "PARLOR_WEB_MANAGE",
        "false",
        "true: visitors of the page may manage the agent's session",
    )
    .takes(SWITCH),
    variable(
        "PARLOR_WEB_VOICES",
        "false",
        "true: visitors of the page choose from the voices that agent.toml allows",
    )
    .takes(SWITCH),
    variable(
        "PARLOR_WEB_RATE",
        "30",
        "tokens for each visitor's address in a minute",
    )
    .takes("a whole number from 1 to 10000"),
    variable(
        "PARLOR_NATIVE_CORE",
        "",
        "LiveKit's native core, when it is not beside the program: file or folder",
    ),
    variable(
        "PARLOR_LIVEKIT_SERVER",
        "",
        "livekit-server for the demo, when it is not on PATH",
    ),
    variable(
        "HTTPS_PROXY",
        "",
        "the proxy to wss:// servers, http://user:password@host:port; each also in small letters",
    ),
    variable("HTTP_PROXY", "", "the proxy to ws:// servers"),
    variable("ALL_PROXY", "", "the proxy where there is no other"),
    variable(
        "NO_PROXY",
        "",
        "servers without one: host, .domain, *, IP, network, host:port, with commas",
    ),
    variable(
        "PARLOR_LOG",
        "info",
        "what is logged, for instance debug or parlor=debug,livekit=info",
    )
    .takes("a level (off, error, warn, info, debug or trace), or targets with levels, for instance parlor=debug,livekit=info"),
    variable(
        "PARLOR_LOG_FORMAT",
        "auto",
        "text, json, or auto: text on a terminal, else json",
    )
    .takes("auto, text or json"),
];
