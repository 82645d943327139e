//! `procdash up` as two processes: the dashboard, and the warden above it that outlives it.

use std::io::{self, Write as _};
use std::process::ExitCode;

use super::{farewell, up};
use crate::cli::UpArguments;
use crate::guard::{self, End, Link, Side};
use crate::process::Exit;
use crate::ui::terminal;

/// Runs the services of a file until the end, and sees that nothing survives a violent one.
pub(crate) fn up(words: &UpArguments) -> ExitCode {
    let side = guard::part(&terminal::way_back()).and_then(|side| match side {
        Side::Dashboard(link) => watch(link).map(|()| up::up(words)),
        Side::Warden(end) => Ok(tell(&end)),
    });
    side.unwrap_or_else(|error| {
        let _reader_is_gone = writeln!(io::stderr(), "procdash: cannot start: {error}");
        ExitCode::FAILURE
    })
}

/// Makes this dashboard notice the end of its warden, and its warden know who has the terminal.
fn watch(link: Link) -> io::Result<()> {
    terminal::set_witness(Link::mark_screen);
    link.watch(terminal::give_up)
}

/// Says how the dashboard has ended, where it could not do so itself; returns the code to end with.
fn tell(end: &End) -> ExitCode {
    if let Exit::Signal { number, .. } = end.exit {
        let mut output = io::stderr().lock();
        for line in farewell::violent(number, &end.left) {
            let _reader_is_gone = writeln!(output, "{line}");
        }
    }
    ExitCode::from(farewell::final_code(end.exit, &end.left))
}
