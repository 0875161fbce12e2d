//! Parses the command line, with environment variables as fallbacks for flags.
//!
//! clap can read variables itself, but it stops at the first invalid one, names the flag instead of
//! the variable, and prints the value, which may be a secret pasted into the wrong variable.

use std::ffi::OsString;

use clap::builder::Resettable;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command, CommandFactory, FromArgMatches};
use parlor_common::settings::{Source, variables};

use super::Cli;

/// A parsed command line, before environment variables are filled in.
pub(super) struct CommandLine {
    arguments: Vec<OsString>,
    matches: ArgMatches,
}

/// A flag that an environment variable can set.
struct Flag {
    id: String,
    long: String,
    variable: String,
    is_switch: bool,
}

impl CommandLine {
    /// Parses the arguments without looking at the environment.
    ///
    /// # Errors
    /// clap's errors, which include `--help` and `--version`.
    pub(super) fn read(arguments: Vec<OsString>) -> Result<Self, clap::Error> {
        let matches = without_variables().try_get_matches_from(&arguments);
        let matches = matches.map_err(explained)?;
        Ok(Self { arguments, matches })
    }

    /// Name of the subcommand; empty if there is none.
    pub(super) fn command(&self) -> &str {
        self.matches.subcommand_name().unwrap_or_default()
    }

    /// Fills in flags that were not given from their variables in `source`, where it also records
    /// invalid values.
    ///
    /// # Errors
    /// Conflicting flags, or a required flag that is missing.
    pub(super) fn fill(self, source: &mut Source) -> Result<Cli, clap::Error> {
        let Some((command, given)) = self.matches.subcommand() else {
            return Cli::from_arg_matches(&self.matches);
        };
        let mut arguments = self.arguments;
        for flag in flags(command) {
            if given.value_source(&flag.id) == Some(ValueSource::CommandLine) {
                continue;
            }
            match flag.argument(command, source) {
                Some(Ok(argument)) => arguments.extend(argument),
                Some(Err(problem)) => source.note(problem),
                None => {}
            }
        }
        let matches = without_variables().try_get_matches_from(arguments);
        let matches = matches.map_err(explained)?;
        Cli::from_arg_matches(&matches)
    }
}

/// Problems with the variables of all commands, sorted and without duplicates.
pub(super) fn problems(source: &Source) -> Vec<String> {
    let cli = Cli::command();
    let commands = cli.get_subcommands().map(Command::get_name);
    let flags = commands.flat_map(|name| flags(name).into_iter().map(move |flag| (name, flag)));
    let wrong = flags.filter_map(|(name, flag)| flag.argument(name, source)?.err());
    let mut problems: Vec<_> = wrong.collect();
    problems.sort_unstable();
    problems.dedup();
    problems
}

/// The flags of `command` that variables can set.
fn flags(command: &str) -> Vec<Flag> {
    let cli = Cli::command();
    let command = cli.find_subcommand(command);
    let arguments = command.into_iter().flat_map(Command::get_arguments);
    arguments.filter_map(Flag::of).collect()
}

/// The commands that users see, with the help texts of [`without_variables`].
pub(super) fn documented() -> Command {
    let cli = without_variables();
    let visible = cli.get_subcommands().filter(|it| !it.is_hide_set());
    Command::new("parlor")
        .version(env!("CARGO_PKG_VERSION"))
        .about(cli.get_about().cloned().unwrap_or_default())
        .subcommand_required(true)
        .subcommands(visible.cloned())
}

/// The commands without variables for clap to read; the help texts still name them.
fn without_variables() -> Command {
    Cli::command().mut_subcommands(|command| command.mut_args(without_variable))
}

/// `error` with what the value of a flag must be, where clap gives the words of a Rust parser. A
/// value that may contain a password is left out.
fn explained(error: clap::Error) -> clap::Error {
    let (Some(ContextValue::String(flag)), Some(ContextValue::String(value)), Some(why)) = (
        error.get(ContextKind::InvalidArg),
        error.get(ContextKind::InvalidValue),
        std::error::Error::source(&error).map(ToString::to_string),
    ) else {
        return error;
    };
    let why = match why.as_str() {
        "invalid socket address syntax" => format!("it must be {}", variables::LISTEN),
        why if why.starts_with("invalid digit") || why.starts_with("cannot parse integer") => {
            "it must be a whole number".to_owned()
        }
        why => match why
            .split_once(" is not in ")
            .and_then(|(_, range)| range.split_once("..="))
        {
            Some((least, most)) => format!("it must be from {least} to {most}"),
            None => why.to_owned(),
        },
    };
    let value = match flag.starts_with("--livekit-url") {
        true => String::new(),
        false => format!(" '{value}'"),
    };
    let message = format!(
        "invalid value{value} for '{flag}': {why}\n\nFor more information, try '--help'.\n"
    );
    clap::Error::raw(error.kind(), message)
}

fn without_variable(argument: Arg) -> Arg {
    // Otherwise `-1` is reported as an unexpected flag.
    let argument = match argument.get_action().takes_values() {
        true => argument.allow_negative_numbers(true),
        false => argument,
    };
    let Some(flag) = Flag::of(&argument) else {
        return argument;
    };
    let shown = |help: &dyn std::fmt::Display| format!("{help} [env: {}]", flag.variable);
    let short = argument.get_help().map(|help| shown(help));
    let long = argument.get_long_help().map(|help| shown(help));
    let mut argument = argument.env(Resettable::Reset);
    if let Some(short) = short {
        argument = argument.help(short);
    }
    if let Some(long) = long {
        argument = argument.long_help(long);
    }
    argument
}

impl Flag {
    fn of(argument: &Arg) -> Option<Self> {
        Some(Self {
            id: argument.get_id().to_string(),
            long: argument.get_long()?.to_owned(),
            variable: argument.get_env()?.to_str()?.to_owned(),
            is_switch: matches!(argument.get_action(), ArgAction::SetTrue),
        })
    }

    /// The command-line argument for the variable's value in `source`: `None` if the variable is
    /// not set, `Some(Ok(None))` for a switch that is `false`, an error for an invalid value.
    fn argument(&self, command: &str, source: &Source) -> Option<Result<Option<OsString>, String>> {
        let value = source.secret(&self.variable)?;
        let argument = match (self.is_switch, value.reveal()) {
            (true, "true") => return Some(Ok(Some(format!("--{}", self.long).into()))),
            (true, "false") => return Some(Ok(None)),
            (true, _) => return Some(Err(variables::invalid_value(&self.variable))),
            (false, value) => OsString::from(format!("--{}={value}", self.long)),
        };
        let alone = ["parlor".into(), command.into(), argument.clone()];
        Some(match without_variables().try_get_matches_from(alone) {
            // Required flags are missing here; clap checks values before it reports that.
            Err(error) if error.kind() != ErrorKind::MissingRequiredArgument => {
                Err(variables::invalid_value(&self.variable))
            }
            Ok(_) | Err(_) => Ok(Some(argument)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(arguments: &[&str], variables: &[(&str, &str)]) -> (Cli, Vec<String>) {
        let mut source = variables.iter().copied().collect();
        let arguments = ["parlor"].iter().chain(arguments).map(OsString::from);
        let line = CommandLine::read(arguments.collect()).unwrap();
        let cli = line.fill(&mut source).unwrap();
        (cli, source.take_problems())
    }

    #[test]
    fn all_invalid_variables_are_reported_by_name_and_without_their_values() {
        let canaries = [
            "PARLOR_MAX_CALLS",
            "PARLOR_ROOMS_PER_CELL",
            "PARLOR_CELL_CALLS",
            "PARLOR_CELL_MEMORY",
            "PARLOR_AGENT_FOR",
            "PARLOR_SECOND_AGENT",
            "PARLOR_ADOPT_ROOMS",
            "PARLOR_LOAD_THRESHOLD",
            "PARLOR_HEALTH",
            "PARLOR_DRAIN_TIMEOUT",
        ];
        let (_, problems) = filled(&["start"], &canaries.map(|name| (name, "canary")));
        assert_eq!(problems.len(), canaries.len(), "{problems:?}");
        for name in canaries {
            let start = format!("{name} is invalid: it must be ");
            assert!(problems.iter().any(|it| it.starts_with(&start)), "{name}");
        }
        assert!(!format!("{problems:?}").contains("canary"));
    }

    #[test]
    fn values_have_ranges() {
        let wrong = [
            (
                "PARLOR_LOAD_THRESHOLD",
                &["-1", "0", "1.01", "70", "nan", "inf"][..],
            ),
            ("PARLOR_MAX_CALLS", &["0", "-1", "65536", "1.5"]),
            ("PARLOR_CELL_MEMORY", &["63"]),
            (
                "PARLOR_DRAIN_TIMEOUT",
                &["-1", "2592001", "18446744073709551615"],
            ),
            (
                "PARLOR_HEALTH",
                &["8081", "localhost:8081", "0.0.0.0:99999"],
            ),
        ];
        for (name, values) in wrong {
            for value in values {
                let (_, problems) = filled(&["start"], &[(name, value)]);
                assert_eq!(problems, [variables::invalid_value(name)], "{value}");
            }
        }
        let right = [
            ("PARLOR_LOAD_THRESHOLD", "1"),
            ("PARLOR_MAX_CALLS", " 65535\n"),
            ("PARLOR_DRAIN_TIMEOUT", "0"),
            ("PARLOR_HEALTH", "[::]:0"),
            ("PARLOR_ADOPT_ROOMS", "true"),
        ];
        assert_eq!(filled(&["start"], &right).1, [""; 0]);
    }

    #[test]
    fn a_flag_beats_its_variable() {
        let (_, problems) = filled(
            &["start", "--max-calls", "3"],
            &[("PARLOR_MAX_CALLS", "canary")],
        );
        assert_eq!(problems, [""; 0]);
    }

    #[test]
    fn every_variable_of_a_flag_is_in_the_variables_table() {
        let cli = Cli::command();
        for command in cli.get_subcommands() {
            for flag in command.get_arguments().filter_map(Flag::of) {
                let name = flag.variable.as_str();
                assert!(variables::is_known(name), "{name}");
            }
        }
    }

    #[test]
    fn the_help_shows_variable_names_but_not_their_values() {
        let help = ["parlor", "start", "--help"].map(OsString::from);
        let help = CommandLine::read(help.to_vec()).err().unwrap().to_string();
        assert!(help.contains("[env: PARLOR_MAX_CALLS]"), "{help}");
        assert!(help.contains("[default: 16]"), "{help}");
    }
}
