//! The command `lockstep`; everything it does is in the library's `cli`.

use std::process::ExitCode;

fn main() -> ExitCode {
    lockstep::cli::run()
}
