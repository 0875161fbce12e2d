//! The command line: one file a command.

mod browser;
mod cell;
mod command_line;
mod demo;
mod demo_page;
mod dev;
mod doctor;
mod join;
mod output;
mod report_delivery;
mod sim;
mod start;
mod token;
mod web;
mod worker;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::{ConfigError, Source, VARIABLES, dotenv, variables};
use crate::ops::log::{self, Format};
use command_line::CommandLine;

/// The command that workers start.
const CELL: &str = "cell";

/// A command line or a setting is wrong (`EX_USAGE`).
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
    /// Everything on this machine, no keys: livekit-server, simulator, worker and a caller
    Demo(demo::Demo),
    /// The worker: registers with LiveKit, takes calls as they are dispatched
    Start(start::Start),
    /// The worker on a laptop: readable logs, agent.toml as it is saved, gone at Ctrl-C
    Dev(dev::Dev),
    /// One worker, one room: stays until the room or the caller ends it
    Join(join::Join),
    /// A web page to talk to the agent, and the endpoint that gives it tokens
    Web(web::Web),
    /// The simulator of the Voice Agent API alone
    Sim(sim::Sim),
    /// A token for a room, to try a client with
    Token(token::Token),
    /// Checks keys, addresses and the native core; says what is wrong and what to do
    Doctor(doctor::Doctor),
    /// One process of a worker, started by it
    #[command(hide = true)]
    Cell(cell::Cell),
}

/// How a command failed.
enum Failure {
    /// The command line is wrong, or asks for help.
    Usage(clap::Error),
    /// A setting is wrong.
    Config(ConfigError),
    /// Anything else, told in one line.
    Other(anyhow::Error),
}

type Done = Result<ExitCode, Failure>;

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    match start() {
        Ok(code) => code,
        Err(Failure::Usage(error)) => {
            // Help and version are no errors; clap prints each where it belongs.
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

/// Reads the command line and the settings, and runs the command.
fn start() -> Done {
    let line = CommandLine::read(std::env::args_os().collect())?;
    let unread = match line.command() {
        // A cell is given all settings by its worker.
        CELL => Vec::new(),
        // Before any thread: the file's variables join the environment.
        _ => dotenv::load(),
    };
    let mut source = Source::environment();
    let command = line.fill(&mut source)?.command;
    start_log(&mut source, &command)?;
    if command.needs_settings() {
        unread.into_iter().for_each(|problem| source.note(problem));
    } else {
        source.check()?;
        for problem in unread {
            tracing::warn!("{problem}; the file is used up to there");
        }
    }
    run(command, source)
}

fn run(command: Command, source: Source) -> Done {
    // One call needs one thread: the native core has its own.
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
        }
    });
    // A native call may still hold a blocking thread; nothing of ours is left.
    runtime.shutdown_background();
    code
}

impl Command {
    /// Whether a setting that cannot be read must keep it from starting.
    fn needs_settings(&self) -> bool {
        !matches!(self, Self::Sim(_) | Self::Demo(_))
    }
}

/// Starts logging. Wrong settings of the log are noted and have no effect.
fn start_log(source: &mut Source, command: &Command) -> Result<(), Failure> {
    let quiet = matches!(
        command,
        Command::Demo(_) | Command::Doctor(_) | Command::Token(_)
    );
    let mut filter = source.text("PARLOR_LOG");
    if filter.as_deref().is_some_and(|text| !log::is_filter(text)) {
        source.note(variables::wrong("PARLOR_LOG"));
        filter = None;
    }
    let format = source.text("PARLOR_LOG_FORMAT");
    if format.is_some_and(|text| text.parse::<Format>().is_err()) {
        source.note(variables::wrong("PARLOR_LOG_FORMAT"));
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

/// The format that is set; a wrong one was noted when logging started.
fn log_format(source: &Source, otherwise: Format) -> Format {
    let format = source.text("PARLOR_LOG_FORMAT");
    format
        .and_then(|text| text.parse().ok())
        .unwrap_or(otherwise)
}

/// The name that dispatches ask for: what LiveKit Cloud gives a deployment beats the flag.
fn agent_name(source: &Source, flag: &str) -> String {
    let given = source.text("LIVEKIT_AGENT_NAME_OVERRIDE");
    given.unwrap_or_else(|| flag.to_owned())
}

/// The table of variables for `--help`.
fn environment() -> String {
    let lines = VARIABLES.iter().map(|variable| {
        let default = match variable.default {
            "" => String::new(),
            default => format!(" [{default}]"),
        };
        format!("  {:<22} {}{default}", variable.name, variable.what)
    });
    let lines: Vec<_> = lines.collect();
    format!(
        "Environment, also from a file named .env:\n{}\n\n\
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
