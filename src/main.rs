//! The program: everything is in the library.

use std::process::ExitCode;

use procdash::guard;

fn main() -> ExitCode {
    if guard::requested() {
        return guard::main();
    }
    ExitCode::SUCCESS
}
