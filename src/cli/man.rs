//! `parlor man`: the manual pages, one for each command.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, anyhow};
use clap::{Args, Command};
use clap_mangen::roff::{Roff, bold, roman};
use parlor_common::settings::VARIABLES;
use parlor_common::spelling::did_you_mean;

use super::{Done, command_line, output};

/// The command's flags.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  parlor man start | man -l -\n  \
    parlor man --out ~/.local/share/man/man1")]
pub(super) struct Man {
    /// Command to print the page of [default: parlor itself]
    #[arg(value_name = "COMMAND")]
    command: Option<String>,
    /// Write all pages to this folder: parlor.1, parlor-start.1 and so on
    #[arg(long, value_name = "DIR", conflicts_with = "command")]
    out: Option<PathBuf>,
}

/// A manual page.
struct Page {
    file: String,
    text: Vec<u8>,
}

impl Man {
    pub(super) fn run(self) -> Done {
        let pages = pages(command_line::documented()).context("cannot write the manual")?;
        if let Some(folder) = self.out {
            write(&folder, &pages)
                .with_context(|| format!("cannot write the manual to {}", folder.display()))?;
            return Ok(ExitCode::SUCCESS);
        }
        let name = match &self.command {
            Some(name) => format!("parlor-{name}.1"),
            None => "parlor.1".to_owned(),
        };
        let page = pages.iter().find(|page| page.file == name);
        let page = page.ok_or_else(|| unknown(self.command.as_deref().unwrap_or_default()))?;
        output::line(&String::from_utf8_lossy(&page.text).trim_end());
        Ok(ExitCode::SUCCESS)
    }
}

fn unknown(name: &str) -> anyhow::Error {
    let command = command_line::documented();
    let names = command.get_subcommands().map(Command::get_name);
    anyhow!(
        "there is no command {name}; `parlor --help` lists them{}",
        did_you_mean(name, names)
    )
}

fn write(folder: &Path, pages: &[Page]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let mut written = pages
        .iter()
        .map(|page| fs::write(folder.join(&page.file), &page.text));
    written.try_for_each(|result| result)
}

/// The page of `parlor`, and one for each of its commands.
fn pages(cli: Command) -> io::Result<Vec<Page>> {
    let mut cli = cli.disable_help_subcommand(true);
    // Names the commands `parlor start` and their pages `parlor-start`.
    cli.build();
    let commands = cli.get_subcommands().cloned();
    let mut pages: Vec<_> = commands.map(page).collect::<Result<_, _>>()?;
    pages.push(page(cli)?);
    Ok(pages)
}

fn page(command: Command) -> io::Result<Page> {
    let is_whole = command.has_subcommands();
    let notes = command.get_after_help().map(ToString::to_string);
    let man = clap_mangen::Man::new(command)
        .source(concat!("parlor ", env!("CARGO_PKG_VERSION")))
        .manual("Parlor");
    let mut text = Vec::new();
    man.render_title(&mut text)?;
    man.render_name_section(&mut text)?;
    man.render_synopsis_section(&mut text)?;
    man.render_description_section(&mut text)?;
    man.render_options_section(&mut text)?;
    let mut rest = Roff::new();
    if is_whole {
        man.render_subcommands_section(&mut text)?;
        environment(&mut rest);
    } else {
        rest.control("SH", ["NOTES"]);
        for line in notes.unwrap_or_default().lines() {
            match line.is_empty() {
                true => rest.control("PP", []),
                false => rest.text([roman(line)]),
            };
        }
        rest.control("SH", ["SEE ALSO"]);
        rest.text([bold("parlor"), roman("(1)")]);
    }
    rest.to_writer(&mut text)?;
    let file = man.get_filename();
    Ok(Page { file, text })
}

/// The section of the environment variables.
fn environment(page: &mut Roff) {
    page.control("SH", ["ENVIRONMENT"]);
    page.text([roman(
        "These variables are also read from a .env file in the current directory or the nearest \
        parent directory that has one.",
    )]);
    for variable in VARIABLES {
        page.control("TP", []);
        page.text([bold(variable.name)]);
        let mut text = variable.description.to_owned();
        if !variable.default.is_empty() {
            text.push_str(&format!(" [default: {}]", variable.default));
        }
        page.text([roman(text)]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_visible_command_has_a_page() {
        let pages = pages(command_line::documented()).unwrap();
        let names: Vec<_> = pages.iter().map(|page| page.file.as_str()).collect();
        for name in ["parlor.1", "parlor-start.1", "parlor-doctor.1"] {
            assert!(names.contains(&name), "{names:?}");
        }
        for name in ["parlor-cell.1", "parlor-help.1"] {
            assert!(!names.contains(&name), "{names:?}");
        }
    }

    #[test]
    fn pages_have_notes_variables_and_links() {
        let pages = pages(command_line::documented()).unwrap();
        let text = |name: &str| {
            let page = pages.iter().find(|page| page.file == name).unwrap();
            String::from_utf8(page.text.clone()).unwrap()
        };
        let whole = text("parlor.1");
        assert!(whole.contains("LIVEKIT_URL"), "{whole}");
        assert!(whole.contains("parlor\\-start(1)"), "{whole}");
        let start = text("parlor-start.1");
        assert!(start.contains("PARLOR_MAX_CALLS"), "{start}");
        assert!(start.contains("After SIGTERM"), "{start}");
    }
}
