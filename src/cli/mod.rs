//! The command line: one file a command.

mod browser;
mod cell;
mod courier;
mod demo;
mod demo_page;
mod dev;
mod doctor;
mod join;
mod out;
mod sim;
mod start;
mod token;
mod web;
mod worker;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::{ConfigError, Source, VARIABLES};
use crate::ops::log::{self, Format};

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
    /// A setting is wrong.
    Config(ConfigError),
    /// Anything else, told in one line.
    Other(anyhow::Error),
}

type Done = Result<ExitCode, Failure>;

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    // Before any thread: the file's variables join the environment.
    let dotenv = dotenvy::dotenv();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no errors; clap prints each where it belongs.
            let code = if error.use_stderr() { USAGE } else { 0 };
            return error.print().map_or(ExitCode::FAILURE, |()| code.into());
        }
    };
    match run(cli.command, dotenv) {
        Ok(code) => code,
        Err(Failure::Config(error)) => {
            out::error(&error);
            USAGE.into()
        }
        Err(Failure::Other(error)) => {
            out::error(&format_args!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command, dotenv: dotenvy::Result<PathBuf>) -> Done {
    match dotenv {
        Ok(_) => {}
        Err(error) if error.not_found() => {}
        Err(error) => return Err(anyhow::anyhow!(".env cannot be read: {error}").into()),
    }
    let source = Source::environment();
    start_log(&source, &command)?;
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
            Command::Doctor(doctor) => doctor.run(&source).await,
        }
    });
    // A native call may still hold a blocking thread; nothing of ours is left.
    runtime.shutdown_background();
    code
}

fn start_log(source: &Source, command: &Command) -> Result<(), Failure> {
    let quiet = matches!(
        command,
        Command::Demo(_) | Command::Doctor(_) | Command::Token(_)
    );
    let filter = source.text("PARLOR_LOG");
    let filter = match filter.as_deref() {
        None if quiet => Some("warn"),
        filter => filter,
    };
    let otherwise = match command {
        Command::Dev(_) => Format::Text,
        _ => Format::Auto,
    };
    log::start(filter, log_format(source, otherwise)?)
        .map_err(|error| ConfigError(vec![error.to_string()]).into())
}

fn log_format(source: &Source, otherwise: Format) -> Result<Format, ConfigError> {
    let format = source.text("PARLOR_LOG_FORMAT");
    let format = format.map_or(Ok(otherwise), |text| text.parse());
    format.map_err(|error| ConfigError(vec![format!("PARLOR_LOG_FORMAT is wrong: {error}")]))
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
