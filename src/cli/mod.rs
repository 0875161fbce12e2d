//! The command line, one module per command.

mod browser;
mod cell;
mod command_line;
mod completions;
mod demo;
mod demo_page;
mod dev;
mod doctor;
mod join;
mod man;
mod output;
mod report_delivery;
mod sim;
mod start;
mod token;
mod web;
mod worker;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use parlor_common::settings::{ConfigError, Source, VARIABLES, variables};

use crate::config::dotenv;
use crate::ops::log::{self, Format};
use command_line::CommandLine;

/// Name of the hidden command that a worker runs as a cell.
const CELL: &str = "cell";

/// Exit code for an invalid command line or configuration (`EX_USAGE`).
const USAGE: u8 = 64;

/// A voice agent for every LiveKit room.
#[derive(Debug, Parser)]
#[command(name = "parlor", version, about, after_help = environment(), max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run everything on this machine, without keys: livekit-server, simulator, worker and a caller
    Demo(demo::Demo),
    /// Run a worker: register with LiveKit and handle calls as they are dispatched
    Start(start::Start),
    /// Run a worker for development: readable logs, agent.toml reloaded on save, instant Ctrl-C
    Dev(dev::Dev),
    /// Join one room without a dispatch, and stay until the room or the caller ends the call
    Join(join::Join),
    /// Serve a web page to talk to the agent, and the endpoint that issues its access tokens
    Web(web::Web),
    /// Run only the simulator of the Voice Agent API
    Sim(sim::Sim),
    /// Print an access token for a room, to try a client with
    Token(token::Token),
    /// Check keys, addresses and the native core, and say how to fix what is wrong
    Doctor(doctor::Doctor),
    /// Print the completions of a shell
    Completions(completions::Completions),
    /// Print the manual page of a command, or write all pages to a folder
    Man(man::Man),
    /// Handle calls as a child process of a worker
    #[command(hide = true)]
    Cell(cell::Cell),
}

/// Why a command failed.
enum Failure {
    /// The command line is invalid, or asks for help or the version.
    Usage(clap::Error),
    /// The configuration is invalid.
    Config(ConfigError),
    /// Any other error, printed on one line.
    Other(anyhow::Error),
}

type Done = Result<ExitCode, Failure>;

/// Runs the command that this process's arguments ask for, and returns the exit code.
pub fn main() -> ExitCode {
    match start() {
        Ok(code) => code,
        Err(Failure::Usage(error)) => {
            // `--help` and `--version` are not errors; clap prints them to stdout.
            let code = if error.use_stderr() { USAGE } else { 0 };
            error.print().map_or(ExitCode::FAILURE, |()| code.into())
        }
        Err(Failure::Config(error)) => {
            output::error(&error);
            USAGE.into()
        }
        Err(Failure::Other(error)) => {
            output::error(&format_args!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Parses the command line, loads `.env`, starts logging and runs the command.
fn start() -> Done {
    let line = CommandLine::read(std::env::args_os().collect())?;
    let unread = match line.command() {
        // A cell gets all its settings from its worker; the others have none.
        CELL | "completions" | "man" => Vec::new(),
        // Must happen before any thread starts, because it changes the environment.
        _ => dotenv::load(),
    };
    let mut source = Source::environment();
    let command = line.fill(&mut source)?.command;
    start_log(&mut source, &command)?;
    if command.is_checked_for_misspelled() {
        for warning in source.misspelled() {
            tracing::warn!("{warning}");
        }
    }
    if command.needs_settings() {
        unread.into_iter().for_each(|problem| source.note(problem));
    } else {
        source.check()?;
        for problem in unread {
            tracing::warn!("{problem}; ignoring the rest of the file");
        }
    }
    run(command, source)
}

fn run(command: Command, source: Source) -> Done {
    // One thread is enough for a call: the native core has its own threads.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(anyhow::Error::from)?;
    let code = runtime.block_on(async {
        match command {
            Command::Demo(demo) => demo.run(&source).await,
            Command::Start(start) => start.run(&source).await,
            Command::Dev(dev) => dev.run(&source).await,
            Command::Cell(cell) => cell.run(&source).await,
            Command::Join(join) => join.run(&source).await,
            Command::Web(web) => web.run(&source).await,
            Command::Sim(sim) => sim.run().await,
            Command::Token(token) => token.run(&source),
            Command::Doctor(doctor) => doctor.run(source).await,
            Command::Completions(completions) => completions.run(),
            Command::Man(man) => man.run(),
        }
    });
    // A call into native code may still occupy a blocking thread; do not wait for it.
    runtime.shutdown_background();
    code
}

impl Command {
    /// Whether to warn of variables with a misspelled name. `doctor` reports them itself, and a cell's
    /// worker has done so.
    fn is_checked_for_misspelled(&self) -> bool {
        self.needs_settings() && !matches!(self, Self::Doctor(_) | Self::Cell(_))
    }

    /// Whether an invalid `.env` file keeps the command from starting; otherwise it is a warning.
    fn needs_settings(&self) -> bool {
        !matches!(
            self,
            Self::Sim(_) | Self::Demo(_) | Self::Completions(_) | Self::Man(_)
        )
    }
}

/// Starts logging. Invalid log settings are recorded in `source` and otherwise ignored.
fn start_log(source: &mut Source, command: &Command) -> Result<(), Failure> {
    let quiet = matches!(
        command,
        Command::Demo(_) | Command::Doctor(_) | Command::Token(_)
    );
    let mut filter = source.text("PARLOR_LOG");
    if filter.as_deref().is_some_and(|text| !log::is_filter(text)) {
        source.note(variables::invalid_value("PARLOR_LOG"));
        filter = None;
    }
    let format = source.text("PARLOR_LOG_FORMAT");
    if format.is_some_and(|text| text.parse::<Format>().is_err()) {
        source.note(variables::invalid_value("PARLOR_LOG_FORMAT"));
    }
    let filter = match filter.as_deref() {
        None if quiet => Some("warn"),
        filter => filter,
    };
    let otherwise = match command {
        Command::Dev(_) => Format::Text,
        _ => Format::Auto,
    };
    log::start(filter, log_format(source, otherwise))
        .map_err(|error| anyhow::Error::from(error).into())
}

/// The log format that is set, else `otherwise`. [`start_log`] records an invalid one.
fn log_format(source: &Source, otherwise: Format) -> Format {
    let format = source.text("PARLOR_LOG_FORMAT");
    format
        .and_then(|text| text.parse().ok())
        .unwrap_or(otherwise)
}

/// Agent name for explicit dispatch. The name that LiveKit Cloud gives a deployment beats the flag.
fn agent_name(source: &Source, flag: &str) -> String {
    let given = source.text("LIVEKIT_AGENT_NAME_OVERRIDE");
    given.unwrap_or_else(|| flag.to_owned())
}

/// The table of environment variables for `--help`.
fn environment() -> String {
    let lines = VARIABLES.iter().map(|variable| {
        let default = match variable.default {
            "" => String::new(),
            default => format!(" [default: {default}]"),
        };
        format!("  {:<22} {}{default}", variable.name, variable.description)
    });
    let lines: Vec<_> = lines.collect();
    format!(
        "Environment variables, also read from a .env file:\n{}\n\n\
         Example: parlor join --room kitchen",
        lines.join("\n")
    )
}

impl From<clap::Error> for Failure {
    fn from(error: clap::Error) -> Self {
        Self::Usage(error)
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::Config(error)
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Other(error)
    }
}
