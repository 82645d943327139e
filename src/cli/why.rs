//! `procdash why`: why a service is in its state, and which command acts on it.

use std::io::Write;

use super::args::WhyArguments;
use super::ps::state_colour;
use super::remote::{AT_ONCE, DONE, Failure, Place, ask, option, print_json};
use crate::control::{CauseRow, Reasons, Request};
use crate::keys::Action;

/// Prints why a service is in its state; returns the exit code.
///
/// # Errors
/// When nobody can be asked, or nobody reads what is told.
pub fn why(words: &WhyArguments, place: &Place<'_>, out: &mut dyn Write) -> Result<u8, Failure> {
    let request = Request::Why { service: words.name.clone() };
    let reasons: Reasons = ask(&words.ask, place, &request, AT_ONCE)?;
    if words.ask.json {
        print_json(out, &reasons)?;
        return Ok(DONE);
    }
    let name = place.paint("1", &place.fit(&reasons.service, 0));
    writeln!(out, "{name}  {}", place.paint(state_colour(&reasons.state), &reasons.state))?;
    let file = option(words.ask.file.file.as_deref());
    for cause in &reasons.causes {
        // a reason is read to its end, so it is not cut
        writeln!(out, "  {}", crate::ui::text::cut(&cause.text, usize::MAX))?;
        if let Some(command) = command(cause, &reasons.service, &file) {
            writeln!(out, "    {}", place.paint("36", &command))?;
        }
    }
    let last = reasons.last_lines();
    if !last.lines.is_empty() {
        writeln!(out, "  {}", place.paint("2", &crate::ui::text::cut(&last.heading(), usize::MAX)))?;
    }
    for line in last.lines {
        writeln!(out, "    {}", crate::ui::text::cut(line, usize::MAX))?;
    }
    Ok(DONE)
}

/// Returns the command that does what the remedy's key does, where a shell has one.
fn command(cause: &CauseRow, service: &str, file: &str) -> Option<String> {
    let action = cause.remedy.as_deref()?.parse::<Action>().ok()?;
    let word = [Action::Restart, Action::Start, Action::Stop, Action::Kill, Action::Tree]
        .into_iter()
        .find(|known| *known == action)?;
    Some(format!("procdash {}{file} {}", word.name(), quoted(service)))
}

/// Returns a name as a shell reads it.
fn quoted(name: &str) -> String {
    let is_plain = |char: char| char.is_alphanumeric() || matches!(char, '-' | '_' | '.' | '/' | ':' | '@');
    if !name.is_empty() && !name.starts_with('-') && name.chars().all(is_plain) {
        return name.to_owned();
    }
    format!("'{}'", name.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remedy_is_the_command_of_the_same_name() {
        let cause = |remedy: Option<&str>| CauseRow { text: String::new(), remedy: remedy.map(str::to_owned) };
        let said = |remedy, service| command(&cause(remedy), service, "");
        assert_eq!(said(Some("restart"), "api").as_deref(), Some("procdash restart api"));
        assert_eq!(said(Some("kill"), "my api").as_deref(), Some("procdash kill 'my api'"));
        assert_eq!(said(Some("details"), "api"), None, "only the dashboard has those");
        assert_eq!(said(None, "api"), None);
        let file = option(Some(std::path::Path::new("dev.toml")));
        assert_eq!(command(&cause(Some("start")), "api", &file).as_deref(), Some("procdash start -f dev.toml api"));
    }
}
