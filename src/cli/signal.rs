//! `procdash signal`: sends one signal, and says how many processes got it.

use std::io::Write;

use super::args::{SignalArguments, Whom};
use super::remote::{AT_ONCE, DONE, FAILED, Failure, Place, connect, explained, print_json};
use crate::control::{ClientError, FaultKind, Request, Signalled, To, Trees};
use crate::ui::text;

/// Sends the signal to each service; returns the exit code.
///
/// # Errors
/// When nobody can be asked, a name is not known, or nobody reads what is told.
pub fn signal(words: &SignalArguments, place: &Place<'_>, out: &mut dyn Write) -> Result<u8, Failure> {
    let mut client = connect(&words.ask, place)?;
    let to = match words.to {
        Whom::Main => To::Main,
        Whom::Group => To::Group,
        Whom::Tree => To::Tree,
    };
    // before the first signal is sent, every name has to be known, and whom it means
    let mut names: Vec<String> = Vec::with_capacity(words.names.len());
    for name in &words.names {
        let meant: Trees =
            client.ask(&Request::Tree { service: Some(name.clone()) }, AT_ONCE).map_err(|error| explained(&error))?;
        for tree in meant.services {
            if !names.contains(&tree.service) {
                names.push(tree.service);
            }
        }
    }
    let mut code = DONE;
    for name in &names {
        let request = Request::Signal { service: name.clone(), signal: words.signal, to };
        match client.ask::<Signalled>(&request, AT_ONCE) {
            Ok(signalled) => {
                if signalled.delivered == 0 {
                    code = FAILED;
                }
                if words.ask.json {
                    print_json(out, &signalled)?;
                } else {
                    tell(&signalled, words.to, place, out)?;
                }
            }
            // the others get theirs all the same
            Err(ClientError::Fault(fault)) if fault.kind == FaultKind::Refused => {
                code = FAILED;
                writeln!(std::io::stderr(), "error: {}", text::cut(&fault.message, usize::MAX))?;
            }
            Err(error) => return Err(explained(&error)),
        }
    }
    Ok(code)
}

fn tell(signalled: &Signalled, to: Whom, place: &Place<'_>, out: &mut dyn Write) -> std::io::Result<()> {
    let whom = match to {
        Whom::Main => "its main process",
        Whom::Group => "its group",
        Whom::Tree => "its tree",
    };
    let count = match signalled.delivered {
        0 => "nobody was there".to_owned(),
        1 => "1 process".to_owned(),
        many => format!("{many} processes"),
    };
    let line = format!("{}: {} to {whom}: {count}", signalled.service, signalled.signal);
    let colour = if signalled.delivered > 0 { "32" } else { "31" };
    writeln!(out, "{}", place.paint(colour, &place.fit(&line, 0)))?;
    for refused in &signalled.refused {
        writeln!(out, "  {}", text::cut(refused, usize::MAX))?;
    }
    Ok(())
}
