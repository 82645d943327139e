//! What a stop or kill has found, and how a run ended, in words.

use ratatui::text::{Line, Span};

use crate::logs::Tone;
use crate::process::Exit;
use crate::signal::Signal;
use crate::supervisor::{Action, EndedRun, Fate, HowItEnded, KillReport, MemberFate, ServiceStatus};

use super::model::Notice;
use super::text;
use super::theme::Theme;

/// Says how a run ended: `exited with code 1 after 02:13`.
pub(crate) fn how_it_ended(ended: &EndedRun) -> String {
    let Some(exit) = ended.exit else { return "could not be started".to_owned() };
    format!("{exit} after {}", text::duration(ended.ran))
}

/// Says the same in the eight cells of a column: `exit 1`, `SIGKILL`.
pub(crate) fn short_end(ended: &EndedRun) -> String {
    match ended.exit {
        None => "no start".to_owned(),
        Some(Exit::Code(code)) => format!("exit {code}"),
        Some(Exit::Signal { number, .. }) => {
            Signal::from_number(number).map_or_else(|| format!("sig {number}"), |signal| signal.name().to_owned())
        }
    }
}

/// Says which ports a service listens on, the first three by name: `:3000 :3001`; nothing where it listens on none.
pub(crate) fn ports(status: &ServiceStatus) -> Option<String> {
    const NAMED: usize = 3;
    let mut ports: Vec<u16> = status.listeners.iter().map(|listener| listener.address.port()).collect();
    ports.dedup();
    let named: Vec<String> = ports.iter().take(NAMED).map(|port| format!(":{port}")).collect();
    let more = ports.len().saturating_sub(NAMED);
    let more = if more == 0 { String::new() } else { format!(" +{more}") };
    (!ports.is_empty()).then(|| named.join(" ") + &more)
}

/// Says what was found, or nothing where nothing was there to be found.
pub(crate) fn one_line(report: &KillReport) -> Option<Notice> {
    if report.action == Action::Sweep && report.members.is_empty() && report.survivors.is_empty() {
        return None;
    }
    let (name, left) = (&report.name, report.survivors.len());
    let past = report.action.past();
    let ended = report.members.iter().filter(|member| member.fate == Fate::Gone).count() as u64;
    let what = match (report.action, report.how) {
        (Action::Kill, _) => format!("{past} {}", report.killed.max(ended)),
        (Action::Restart, HowItEnded::Forced) => format!("{past} · {ended} gone, {} by force", report.killed),
        (Action::Restart, _) => format!("{past} · {ended} gone"),
        (_, HowItEnded::Forced) => format!("{past} {ended}, {} by force", report.killed),
        (_, _) => format!("{past} {ended}"),
    };
    let checked = text::brief(report.checked_in);
    Some(match report.survivors.first() {
        Some(survivor) => {
            let who = text::cut(&survivor.command, 30);
            let text = format!("{name}: {what}, {left} left: {} {who} ({})", survivor.id.pid, survivor.state.word());
            Notice { tone: Tone::Bad, text }
        }
        None if report.verified => {
            let freed = freed(report);
            Notice { tone: Tone::Good, text: format!("{name}: {what}, 0 left{freed} · checked in {checked}") }
        }
        None => Notice { tone: Tone::Bad, text: format!("{name}: {what}, but the check could not be completed") },
    })
}

/// Says which ports are free again: ` · port 3000 freed`, or nothing.
fn freed(report: &KillReport) -> String {
    let ports: Vec<String> = report.freed.iter().map(u16::to_string).collect();
    match ports.len() {
        0 => String::new(),
        1 => format!(" · port {} freed", ports.join(" ")),
        _ => format!(" · ports {} freed", ports.join(" ")),
    }
}

/// Returns the whole report as lines of at most `room` cells.
pub(crate) fn lines(report: &KillReport, room: usize, theme: &Theme) -> Vec<Line<'static>> {
    let mut lines = Vec::from(summary(report, theme));
    for survivor in &report.survivors {
        let head = format!("✗ {:>7} ", survivor.id.pid);
        let state = format!("{:<9} ", survivor.state.word());
        let command = text::cut(&survivor.command, room.saturating_sub(text::width(&head) + text::width(&state)));
        lines.push(Line::from(vec![Span::styled(head + &state, theme.bad), Span::styled(command, theme.text)]));
        let reason = text::wrap(&survivor.reason, room.saturating_sub(10));
        lines.extend(reason.into_iter().map(|part| Line::styled(format!("          {part}"), theme.busy)));
    }
    // a survivor was named above, with its reason
    let survives = |member: &&MemberFate| report.survivors.iter().any(|left| left.id == member.member.id);
    for member in report.members.iter().filter(|member| !survives(member)) {
        let (sign, word, style) = match member.fate {
            Fate::Gone => ("✓", "gone", theme.good),
            Fate::Alive => ("✗", "alive", theme.bad),
        };
        let head = format!("{sign} {:>7} ", member.member.id.pid);
        let depth = usize::from(member.member.depth).min(8) * 2;
        let command = format!("{}{}", " ".repeat(depth), member.member.command);
        let command = text::cut(&command, room.saturating_sub(text::width(&head) + 6));
        let word = Span::styled(format!("{word:<6}"), style);
        lines.push(Line::from(vec![Span::styled(head, style), word, Span::styled(command, theme.text)]));
    }
    lines
}

fn summary(report: &KillReport, theme: &Theme) -> [Line<'static>; 2] {
    let how = match report.how {
        HowItEnded::Acknowledged => "by its stop command",
        HowItEnded::InGrace => "within its grace",
        HowItEnded::Forced => "by force",
        HowItEnded::ByItself => "by itself",
    };
    let signal = report.signal.map_or_else(String::new, |signal| format!("{signal} first · "));
    let proof = if report.verified { "seen to be gone" } else { "not seen to be gone" };
    let style = if report.verified { theme.good } else { theme.bad };
    let what = format!("{} {} · ended {how} · ", report.run, report.action.past());
    let (took, checked) = (text::brief(report.took), text::brief(report.checked_in));
    let took = format!("{signal}took {took} · checked in {checked}{}", freed(report));
    [
        Line::from(vec![Span::styled(what, theme.text), Span::styled(proof, style)]),
        Line::from(Span::styled(took, theme.quiet)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::supervisor::Action;
    use crate::ui::fixture::report;

    fn said(action: Action, how: HowItEnded) -> Option<String> {
        one_line(&KillReport { action, how, ..report(true) }).map(|notice| notice.text)
    }

    #[test]
    fn one_line_says_what_was_done_and_what_is_left() {
        let lines = [
            (Action::Kill, HowItEnded::Forced, "api: killed 7, 0 left · checked in 14 ms"),
            (Action::Stop, HowItEnded::InGrace, "api: stopped 4, 0 left · checked in 14 ms"),
            (Action::Stop, HowItEnded::Forced, "api: stopped 4, 7 by force, 0 left · checked in 14 ms"),
            (Action::Restart, HowItEnded::InGrace, "api: restarted · 4 gone, 0 left · checked in 14 ms"),
            (Action::Sweep, HowItEnded::ByItself, "api: swept 4, 0 left · checked in 14 ms"),
        ];
        for (action, how, line) in lines {
            assert_eq!(said(action, how).as_deref(), Some(line));
        }
    }

    #[test]
    fn the_ports_that_are_free_again_are_named() {
        let said = |freed: &[u16]| one_line(&KillReport { freed: freed.to_vec(), ..report(true) }).unwrap().text;
        assert_eq!(said(&[3000]), "api: killed 7, 0 left · port 3000 freed · checked in 14 ms");
        assert_eq!(said(&[80, 443]), "api: killed 7, 0 left · ports 80 443 freed · checked in 14 ms");
    }

    #[test]
    fn a_survivor_is_named_and_a_check_that_failed_is_not_called_a_success() {
        let left = one_line(&report(false)).unwrap();
        assert_eq!(
            (left.tone, left.text.as_str()),
            (Tone::Bad, "api: killed 7, 1 left: 41825 dd of=/mnt/x (disk wait)")
        );
        let unseen = one_line(&KillReport { verified: false, ..report(true) }).unwrap();
        assert_eq!(unseen.text, "api: killed 7, but the check could not be completed");
    }

    #[test]
    fn an_end_that_left_nothing_behind_is_not_worth_a_line() {
        let swept = KillReport { action: Action::Sweep, members: Vec::new(), ..report(true) };
        assert_eq!(one_line(&swept), None);
    }
}
