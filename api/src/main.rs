//! The binary `gridward`.

use std::process::ExitCode;

fn main() -> ExitCode {
    gridward::cli::main()
}
