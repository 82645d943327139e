//! Hands text to the programs that own a clipboard: the desktop's, and that of a tmux around us.

use std::env;
use std::ffi::OsString;
use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use super::launch::explain;

/// A program that takes text on its standard input, and when it is of use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Program {
    argv: &'static [&'static str],
    /// The variable without which there is nothing to talk to.
    needs: &'static str,
    /// Whether it means the desktop at which procdash runs: from afar that is not where the user sits.
    is_local: bool,
}

/// The programs, of which the first of the desktop that is installed is used, and tmux wherever it is around us.
///
/// tmux is told although it sees OSC 52: with its default setting it lets no program set the clipboard that way.
const PROGRAMS: &[Program] = &[
    Program { argv: &["wl-copy"], needs: "WAYLAND_DISPLAY", is_local: true },
    Program { argv: &["xclip", "-selection", "clipboard", "-in"], needs: "DISPLAY", is_local: true },
    Program { argv: &["xsel", "--clipboard", "--input"], needs: "DISPLAY", is_local: true },
    Program { argv: &["clip.exe"], needs: "WSL_DISTRO_NAME", is_local: true },
    Program { argv: &["tmux", "load-buffer", "-w", "-"], needs: "TMUX", is_local: false },
];

/// How it went with one program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offered {
    /// Its name.
    pub program: &'static str,
    /// Why it has not taken the text, if it has not.
    pub problem: Option<String>,
}

/// Returns the programs that may be of use, judged by the variables.
fn of_use(variable: impl Fn(&str) -> Option<OsString>) -> Vec<&'static Program> {
    let is_set = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
    let is_remote = is_set("SSH_CONNECTION") || is_set("SSH_TTY");
    let fits = |program: &&Program| is_set(program.needs) && !(program.is_local && is_remote);
    PROGRAMS.iter().filter(fits).collect()
}

/// Hands `text` to every clipboard that a program here owns, and says how it went; those not installed are passed over.
///
/// Waits for the programs: for a thread of its own. Some stay behind in the background and keep the text for as long as
/// it is the clipboard's; they are in the dashboard's session and nobody's service.
#[must_use]
pub fn offer(text: &[u8]) -> Vec<Offered> {
    let mut tried = Vec::new();
    let mut desktop_has_it = false;
    for program in of_use(|name| env::var_os(name)) {
        if program.is_local && desktop_has_it {
            continue;
        }
        let Some((name, arguments)) = program.argv.split_first() else { continue };
        // the program of Windows takes bytes above 127 for those of its own old code page
        let wide: Vec<u8> = if *name == "clip.exe" { utf16(text) } else { Vec::new() };
        let problem = match hand(name, arguments, if wide.is_empty() { text } else { &wide }) {
            Ok(()) => None,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => Some(explain(&error)),
        };
        desktop_has_it |= program.is_local && problem.is_none();
        tried.push(Offered { program: name, problem });
    }
    tried
}

/// Returns text as Windows writes it, with its mark at the start.
fn utf16(text: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(text);
    std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
}

fn hand(name: &str, arguments: &[&str], text: &[u8]) -> io::Result<()> {
    let mut command = Command::new(name);
    // what stays in the background must hold neither the terminal nor a pipe of ours
    // of a group of its own: the end of the dashboard's must not be that of what keeps the text
    command.process_group(0);
    let mut child = command
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .current_dir("/")
        .spawn()?;
    let written = child.stdin.take().map_or(Ok(()), |mut stdin| stdin.write_all(text));
    let status = child.wait()?;
    if !status.success() {
        return Err(io::Error::other(format!("it ended with {status}")));
    }
    // one that has read enough is content
    written.or_else(|error| if error.kind() == io::ErrorKind::BrokenPipe { Ok(()) } else { Err(error) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(set: &[&str]) -> Vec<&'static str> {
        let variable = |name: &str| set.contains(&name).then(|| OsString::from("1"));
        of_use(variable).into_iter().filter_map(|program| program.argv.first().copied()).collect()
    }

    #[test]
    fn the_desktop_is_asked_where_there_is_one_and_never_from_afar() {
        assert_eq!(names(&[]), [""; 0]);
        assert_eq!(names(&["WAYLAND_DISPLAY", "DISPLAY"]), ["wl-copy", "xclip", "xsel"]);
        assert_eq!(names(&["DISPLAY", "SSH_CONNECTION", "TMUX"]), ["tmux"]);
        assert_eq!(names(&["WSL_DISTRO_NAME"]), ["clip.exe"]);
    }

    #[test]
    fn a_program_that_refuses_is_named_with_its_end() {
        assert!(hand("true", &[], b"text").is_ok());
        let problem = hand("false", &[], b"text").unwrap_err();
        assert_eq!(problem.to_string(), "it ended with exit status: 1");
        assert_eq!(hand("no-such-program-at-all", &[], b"").unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
