//! The table of all environment variables. `--help` prints it, and tests compare `.env.example`
//! with it.

use crate::spelling::meant;

/// One environment variable.
#[derive(Debug, Clone, Copy)]
pub struct Variable {
    /// Name of the variable.
    pub name: &'static str,
    /// Default value; empty if the variable is required or its feature is off by default.
    pub default: &'static str,
    /// Description for `--help`.
    pub description: &'static str,
    /// Valid values, to follow "it must be"; empty if any text is valid.
    pub valid_values: &'static str,
}

const fn variable(
    name: &'static str,
    default: &'static str,
    description: &'static str,
) -> Variable {
    Variable {
        name,
        default,
        description,
        valid_values: "",
    }
}

impl Variable {
    const fn with_valid_values(self, valid_values: &'static str) -> Self {
        Self {
            valid_values,
            ..self
        }
    }
}

/// The error for an invalid value of `name`. It leaves out the value, which may be a secret pasted
/// into the wrong variable.
pub fn invalid_value(name: &str) -> String {
    let known = VARIABLES.iter().find(|variable| variable.name == name);
    match known.map(|variable| variable.valid_values) {
        None | Some("") => format!("{name} is invalid: its value cannot be used"),
        Some(valid_values) => format!("{name} is invalid: it must be {valid_values}"),
    }
}

/// Whether `name` is in the table.
pub fn is_known(name: &str) -> bool {
    VARIABLES.iter().any(|variable| variable.name == name)
}

/// Prefixes of the names of variables that Parlor may have been meant to read.
const PREFIXES: [&str; 3] = ["PARLOR_", "LIVEKIT_", "ASSEMBLYAI_"];

/// A warning if `name` is not in the table, but resembles a name that is.
pub fn misspelled(name: &str) -> Option<String> {
    let prefix = PREFIXES.iter().find(|prefix| name.starts_with(**prefix))?;
    if is_known(name) {
        return None;
    }
    let known = VARIABLES
        .iter()
        .filter_map(|it| it.name.strip_prefix(prefix));
    let meant = meant(name.strip_prefix(prefix)?, known)?;
    Some(format!(
        "{name} is set, but is not a variable of Parlor; did you mean {prefix}{meant}?"
    ))
}

/// Values of a switch.
const SWITCH: &str = "true or false";

/// Values of a duration.
const SECONDS: &str = "a number of seconds from 0 to 2592000";

/// Values of a listen address.
pub const LISTEN: &str = "an IP address and a port, for example 127.0.0.1:8080";

/// All environment variables.
pub const VARIABLES: &[Variable] = &[
    variable(
        "LIVEKIT_URL",
        "",
        "Address of the LiveKit server: wss://, ws://, https:// or http://",
    ),
    variable("LIVEKIT_API_KEY", "", "API key of your LiveKit project"),
    variable("LIVEKIT_API_SECRET", "", "API secret of your LiveKit project"),
    variable(
        "PARLOR_SHARED_KEY",
        "",
        "Shared key for end-to-end encryption, the same for everyone in a room",
    ),
    variable("ASSEMBLYAI_API_KEY", "", "API key for AssemblyAI's Voice Agent API"),
    variable(
        "ASSEMBLYAI_BASE_URL",
        "wss://agents.assemblyai.com",
        "Address of the Voice Agent API; wss://agents.eu.assemblyai.com for the EU, or a simulator",
    ),
    variable(
        "LIVEKIT_AGENT_NAME",
        "",
        "Agent name for explicit dispatch; if unset, the agent joins every room",
    ),
    variable(
        "LIVEKIT_AGENT_NAME_OVERRIDE",
        "",
        "Overrides every other agent name; set by hosting platforms",
    ),
    variable(
        "LIVEKIT_AGENT_DEPLOYMENT",
        "",
        "Version of a deployment; if unset, production",
    ),
    variable(
        "LIVEKIT_WORKER_TOKEN",
        "",
        "Worker token; LiveKit Cloud sets it inside the containers it hosts",
    ),
    variable(
        "PARLOR_AGENT",
        "agent.toml",
        "Path of the agent file",
    ),
    variable(
        "PARLOR_AGENT_FOR",
        "room",
        "What gets an agent of its own: each room, participant or publisher",
    )
    .with_valid_values("room, participant or publisher"),
    variable(
        "PARLOR_SECOND_AGENT",
        "refuse",
        "Second agent of the same name in a room: refuse it, or replace the first",
    )
    .with_valid_values("refuse or replace"),
    variable("PARLOR_MAX_CALLS", "16", "Maximum concurrent calls")
    .with_valid_values("a whole number from 1 to 65535"),
    variable(
        "PARLOR_ROOMS_PER_CELL",
        "8",
        "Maximum concurrent calls per cell (child process of the worker)",
    )
    .with_valid_values("a whole number from 1 to 65535"),
    variable(
        "PARLOR_CELL_CALLS",
        "200",
        "Calls after which a cell is replaced",
    )
    .with_valid_values("a whole number from 1 to 4294967295"),
    variable(
        "PARLOR_CELL_MEMORY",
        "512",
        "MiB of memory at which a cell is killed; its calls continue in another cell",
    )
    .with_valid_values("a whole number from 64 to 4294967295, in MiB"),
    variable(
        "PARLOR_LOAD_THRESHOLD",
        "0.7",
        "Sustained machine load, above 0 and up to 1, at which the worker takes no more calls",
    )
    .with_valid_values("a number above 0 and up to 1"),
    variable(
        "PARLOR_HEALTH",
        "0.0.0.0:8081",
        "Listen address of the HTTP server for health, metrics and calls",
    )
    .with_valid_values(LISTEN),
    variable(
        "PARLOR_DRAIN_TIMEOUT",
        "3600",
        "Seconds that running calls may continue after SIGTERM; the process exits at most 35 s later",
    )
    .with_valid_values("a whole number of seconds from 0 to 2592000"),
    variable(
        "PARLOR_ADOPT_ROOMS",
        "",
        "Dispatch again to rooms whose callers have no agent; if unset, true, but false on LiveKit Cloud",
    )
    .with_valid_values(SWITCH),
    variable(
        "PARLOR_BARGE_IN",
        "immediate",
        "Barge-in policy: immediate, hold or confirmed; overrides agent.toml",
    )
    .with_valid_values("immediate, hold or confirmed"),
    variable(
        "PARLOR_CALLER",
        "",
        "Identity of the only participant the agent listens to; if unset, the first caller",
    ),
    variable(
        "PARLOR_CALLER_WAIT",
        "",
        "Seconds to wait for a caller in an empty room; if unset, forever",
    )
    .with_valid_values(SECONDS),
    variable(
        "PARLOR_CALLER_GRACE",
        "5",
        "Seconds from the departure of the last caller to the end of the call",
    )
    .with_valid_values(SECONDS),
    variable(
        "PARLOR_WEB_LISTEN",
        "127.0.0.1:8080",
        "Listen address of the web page",
    )
    .with_valid_values(LISTEN),
    variable(
        "PARLOR_WEB_LIVEKIT_URL",
        "",
        "Address at which browsers reach LiveKit, if it is not LIVEKIT_URL",
    )
    .with_valid_values("an address such as wss://livekit.example, without user name, password or query"),
    variable(
        "PARLOR_WEB_ALLOW_ORIGIN",
        "",
        "Other origins whose pages may request tokens, comma-separated",
    )
    .with_valid_values("a comma-separated list of origins, for example https://app.example"),
    variable(
        "PARLOR_WEB_ALLOW_ROOMS",
        "false",
        "true: visitors of the page choose their room and identity",
    )
    .with_valid_values(SWITCH),
    variable(
        "PARLOR_WEB_MANAGE",
        "false",
        "true: visitors of the page may manage the agent session",
    )
    .with_valid_values(SWITCH),
    variable(
        "PARLOR_WEB_VOICES",
        "false",
        "true: visitors of the page choose from the voices that agent.toml allows",
    )
    .with_valid_values(SWITCH),
    variable(
        "PARLOR_WEB_RATE",
        "30",
        "Maximum tokens per minute for each client address",
    )
    .with_valid_values("a whole number from 1 to 10000"),
    variable(
        "PARLOR_NATIVE_CORE",
        "",
        "LiveKit's native core (file or folder), if it is not beside the executable",
    ),
    variable(
        "PARLOR_LIVEKIT_SERVER",
        "",
        "livekit-server executable for `parlor demo`, if it is not on PATH",
    ),
    variable(
        "HTTPS_PROXY",
        "",
        "Proxy to wss:// servers, http://user:password@host:port; lower-case names work, too",
    ),
    variable("HTTP_PROXY", "", "Proxy to ws:// servers"),
    variable("ALL_PROXY", "", "Proxy to servers for which no other proxy is set"),
    variable(
        "NO_PROXY",
        "",
        "Servers to reach without a proxy, comma-separated: host, .domain, *, IP, network, host:port",
    ),
    variable(
        "PARLOR_LOG",
        "info",
        "Log filter, for example debug or parlor=debug,livekit=info",
    )
    .with_valid_values("a level (off, error, warn, info, debug or trace), or targets with levels, for example parlor=debug,livekit=info"),
    variable(
        "PARLOR_LOG_FORMAT",
        "auto",
        "Log format: text, json, or auto (text on a terminal, otherwise json)",
    )
    .with_valid_values("auto, text or json"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_resemble_a_known_one_are_misspelled() {
        let warning = "PARLOR_MAXCALLS is set, but is not a variable of Parlor; did you mean PARLOR_MAX_CALLS?";
        assert_eq!(misspelled("PARLOR_MAXCALLS").as_deref(), Some(warning));
        assert!(misspelled("LIVEKIT_APIKEY").is_some());
        for other in [
            "PARLOR_MAX_CALLS",
            "PARLOR_SHOP_TOKEN",
            "MAXCALLS",
            "PARLOR_",
        ] {
            assert_eq!(misspelled(other), None, "{other}");
        }
    }
}
