//! Shows an address in the user's browser: a program of the user's, which neither the screen nor the quit waits for.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

/// Shows an address in the browser.
///
/// The program stays in the dashboard's session, which says that it was started by the user and not by a service, so
/// nothing ends it; in a group of its own it does not hear the keys of the terminal.
///
/// # Errors
/// What to do about it, in one line.
pub(crate) fn open(address: &str) -> Result<(), String> {
    let browser = std::env::var_os("BROWSER").filter(|browser| !browser.is_empty());
    let commands = commands(browser.as_deref(), address);
    for (program, arguments) in &commands {
        match start(program, arguments) {
            Ok(()) => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(format!("cannot run `{}`: {error}", program.display())),
        }
    }
    Err("no browser was found; set BROWSER, or install xdg-open".to_owned())
}

/// Returns the programs to try: those of `$BROWSER`, which are divided by colons and may say with `%s` where the address
/// goes, and what the desktop has for it.
fn commands(browser: Option<&OsStr>, address: &str) -> Vec<(OsString, Vec<OsString>)> {
    let named = browser.map(OsStr::to_string_lossy).unwrap_or_default();
    let own = named.split(':').filter_map(|command| {
        let mut words = command.split_whitespace();
        let program = words.next()?.into();
        let mut arguments: Vec<OsString> = words.map(|word| word.replace("%s", address).into()).collect();
        if !command.contains("%s") {
            arguments.push(address.into());
        }
        Some((program, arguments))
    });
    own.chain([("xdg-open".into(), vec![address.into()])]).collect()
}

fn start(program: &OsStr, arguments: &[OsString]) -> io::Result<()> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
    let mut child = command.spawn()?;
    // it may run for hours; nobody waits for this thread
    std::thread::Builder::new().name("browser".to_owned()).spawn(move || child.wait())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(browser: Option<&str>) -> Vec<String> {
        let line = |(program, arguments): (OsString, Vec<OsString>)| {
            let words: Vec<_> =
                [program].into_iter().chain(arguments).map(|word| word.to_string_lossy().into_owned()).collect();
            words.join(" ")
        };
        commands(browser.map(OsStr::new), "https://x.dev/a b").into_iter().map(line).collect()
    }

    #[test]
    fn the_users_browsers_come_before_that_of_the_desktop() {
        let desktop = "xdg-open https://x.dev/a b";
        assert_eq!(words(None), [desktop]);
        assert_eq!(words(Some("firefox:lynx -x")), ["firefox https://x.dev/a b", "lynx -x https://x.dev/a b", desktop]);
        assert_eq!(words(Some("open --url=%s --new")), ["open --url=https://x.dev/a b --new", desktop]);
    }
}
