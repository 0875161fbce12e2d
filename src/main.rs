//! Entry point of the `parlor` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    parlor::cli::main()
}
