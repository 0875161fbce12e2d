//! `parlor completions`: prints the completions of a shell.

use std::process::ExitCode;

use clap::Args;
use clap_complete::Shell;

use super::{Done, command_line, output};

/// The command's flags.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  parlor completions bash > ~/.local/share/bash-completion/completions/parlor\n  \
    parlor completions fish > ~/.config/fish/completions/parlor.fish\n  \
    parlor completions zsh > ~/.zfunc/_parlor\n\n\
    For zsh, the folder must be in fpath, before compinit."
)]
pub(super) struct Completions {
    /// Shell to print the completions of
    shell: Shell,
}

impl Completions {
    pub(super) fn run(self) -> Done {
        let mut script = Vec::new();
        let mut command = command_line::documented();
        clap_complete::generate(self.shell, &mut command, "parlor", &mut script);
        output::line(&String::from_utf8_lossy(&script).trim_end());
        Ok(ExitCode::SUCCESS)
    }
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;

    use super::*;

    #[test]
    fn every_shell_completes_visible_commands_and_their_flags() {
        for shell in Shell::value_variants() {
            let mut script = Vec::new();
            let mut command = command_line::documented();
            clap_complete::generate(*shell, &mut command, "parlor", &mut script);
            let script = String::from_utf8(script).unwrap();
            for shown in ["doctor", "max-calls"] {
                assert!(script.contains(shown), "{shell}: {shown}");
            }
            assert!(!script.contains("parlor cell"), "{shell}");
            assert!(!script.contains("parlor__subcmd__cell"), "{shell}");
        }
    }
}
