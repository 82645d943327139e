//! What a stop or kill has found, and how a run ended, in words.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::logs::Tone;
use crate::process::Exit;
use crate::signal::Signal;
use crate::supervisor::{
    Action, CommandOutcome, Deed, EndedRun, Fate, HowItEnded, KillReport, MemberFate, ServiceStatus, StepOutcome,
};

use super::model::Notice;
use super::text;
use super::theme::Theme;

/// The cells of the names on the left of a panel.
const LABEL: usize = 14;

/// Says how a run ended: `exited with code 1 after 02:13`.
pub(crate) fn how_it_ended(ended: &EndedRun) -> String {
    let Some(exit) = ended.exit else { return "could not be started".to_owned() };
    if let Some(unfit) = &ended.unfit {
        return unfit.to_string();
    }
    format!("{exit} after {}", text::duration(ended.ran))
}

/// Says the same in the eight cells of a column: `exit 1`, `SIGKILL`.
pub(crate) fn short_end(ended: &EndedRun) -> String {
    match ended.exit {
        None => "no start".to_owned(),
        Some(_) if ended.unfit.is_some() => "unfit".to_owned(),
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
    if report.action == Action::Sweep && report.verified && report.members.is_empty() {
        return None;
    }
    let (name, left) = (&report.name, report.survivors.len());
    let past = report.action.past();
    let ended = report.members.iter().filter(|member| member.fate == Fate::Gone).count() as u64;
    let force = if report.how == HowItEnded::Forced { forced(report) } else { String::new() };
    let what = match (report.action, report.verified) {
        (Action::Kill | Action::Expel, _) => format!("{past} {}", report.killed.max(ended)),
        // what is left is not stopped, whatever was asked for
        (_, false) => format!("ended {ended}{force}"),
        (Action::Restart, true) => format!("{past} · {ended} gone{force}"),
        (Action::Stop | Action::Quit | Action::Sweep, true) => format!("{past} {ended}{force}"),
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
        None => Notice { tone: Tone::Bad, text: format!("{name}: {what}, but not seen to be gone") },
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

/// Says whom the tree-kill met: those who ignored the signal before it or, where nobody did, how many.
fn forced(report: &KillReport) -> String {
    let mut ignored = report.members.iter().filter_map(|member| member.ignored);
    match ignored.next() {
        Some(first) => format!(", {} ignored {}", ignored.count() + 1, first.signal),
        None => format!(", {} by force", report.killed),
    }
}

/// Returns the whole report as lines of at most `room` cells.
pub(crate) fn lines(report: &KillReport, room: usize, theme: &Theme) -> Vec<Line<'static>> {
    let mut lines = Vec::from(summary(report, theme));
    lines.extend(steps(report, room, theme));
    if !report.survivors.is_empty() {
        lines.push(Line::default());
    }
    for survivor in &report.survivors {
        let head = format!("✗ {:>7} ", survivor.id.pid);
        let state = format!("alive, {}  ", survivor.state.word());
        let command = text::cut(&survivor.command, room.saturating_sub(text::width(&head) + text::width(&state)));
        lines.push(Line::from(vec![Span::styled(head + &state, theme.bad), Span::styled(command, theme.text)]));
        let reason = text::wrap(&survivor.reason, room.saturating_sub(10));
        lines.extend(reason.into_iter().map(|part| Line::styled(format!("          {part}"), theme.busy)));
    }
    lines.extend(fates(report, room, theme));
    lines
}

/// Returns the report for a place where the survivors are named already.
pub(crate) fn course(report: &KillReport, room: usize, theme: &Theme) -> Vec<Line<'static>> {
    let mut lines = Vec::from(summary(report, theme));
    lines.extend(steps(report, room, theme));
    lines.extend(fates(report, room, theme));
    lines
}

/// Returns the steps, what could not be seen, and the ports that are free again.
fn steps(report: &KillReport, room: usize, theme: &Theme) -> Vec<Line<'static>> {
    let mut lines: Vec<Line<'static>> = report.steps.iter().flat_map(|step| step_lines(step, room, theme)).collect();
    if let Some(reason) = &report.unseen {
        lines.extend(labelled("not seen", reason, room, [theme.quiet, theme.bad]));
    }
    if !report.freed.is_empty() {
        let ports = report.freed.iter().map(u16::to_string).collect::<Vec<_>>().join(" ");
        lines.extend(labelled("ports", &format!("{ports} free"), room, [theme.quiet, theme.good]));
    }
    lines
}

/// Returns what became of everyone but the survivors, which are named elsewhere with their reasons.
fn fates(report: &KillReport, room: usize, theme: &Theme) -> Vec<Line<'static>> {
    let survives = |member: &&MemberFate| report.survivors.iter().any(|left| left.id == member.member.id);
    let members: Vec<&MemberFate> = report.members.iter().filter(|member| !survives(member)).collect();
    let widest = members.iter().map(|member| text::width(&fate_word(member))).max().unwrap_or(0);
    let gap = (!members.is_empty()).then(Line::default);
    gap.into_iter().chain(members.iter().map(|member| member_line(member, widest, room, theme))).collect()
}

/// Says what became of a process.
fn fate_word(member: &MemberFate) -> String {
    match (member.fate, member.ignored, member.killed) {
        (Fate::Alive, _, _) => "alive".to_owned(),
        (Fate::Gone, Some(ignored), _) => format!("ignored {}, killed", ignored.signal),
        (Fate::Gone, None, true) => "killed".to_owned(),
        (Fate::Gone, None, false) => "gone".to_owned(),
    }
}

fn member_line(member: &MemberFate, widest: usize, room: usize, theme: &Theme) -> Line<'static> {
    let (sign, style) = match (member.fate, member.ignored) {
        (Fate::Alive, _) => ("✗", theme.bad),
        (Fate::Gone, Some(_)) => ("✓", theme.busy),
        (Fate::Gone, None) => ("✓", theme.good),
    };
    let head = format!("{sign} {:>7} ", member.member.id.pid);
    let word = text::left(&fate_word(member), widest) + "  ";
    let depth = usize::from(member.member.depth).min(8) * 2;
    let command = format!("{}{}", " ".repeat(depth), member.member.command);
    let command = text::cut(&command, room.saturating_sub(text::width(&head) + text::width(&word)));
    let head = Span::styled(head, if member.fate == Fate::Alive { theme.bad } else { theme.good });
    Line::from(vec![head, Span::styled(word, style), Span::styled(command, theme.text)])
}

fn summary(report: &KillReport, theme: &Theme) -> [Line<'static>; 3] {
    let how = match report.how {
        HowItEnded::Acknowledged => "its stop command did it",
        HowItEnded::InGrace => "within its grace",
        HowItEnded::Forced => "by force",
        HowItEnded::ByItself => "by itself",
    };
    let (what, proof, style) = if report.verified && report.how == HowItEnded::ByItself {
        (format!("{} ended by itself · what it left behind is ", report.run), "seen to be gone", theme.good)
    } else if report.verified {
        (format!("{} {} · {how} · ", report.run, report.action.past()), "seen to be gone", theme.good)
    } else {
        (format!("{} was to be {} · ", report.run, report.action.past()), "not seen to be gone", theme.bad)
    };
    let took = if report.verified {
        format!("took {} · checked in {}", text::brief(report.took), text::brief(report.checked_in))
    } else {
        format!("looked at {} after the request", text::brief(report.took))
    };
    [
        Line::from(vec![Span::styled(what, theme.text), Span::styled(proof, style)]),
        Line::from(Span::styled(took, theme.quiet)),
        Line::default(),
    ]
}

/// Returns a step with what came of it.
fn step_lines(step: &StepOutcome, room: usize, theme: &Theme) -> Vec<Line<'static>> {
    let lasted = text::brief(step.lasted);
    let (label, mut parts, worked) = match &step.deed {
        Deed::StopCommand(outcome) => {
            let (words, worked) = command_words(outcome, &lasted);
            ("stop command".to_owned(), vec![words], worked)
        }
        Deed::Signal(signal) => (signal.name().to_owned(), Vec::new(), step.ignored == 0),
        Deed::Keys { problem: Some(problem) } => {
            ("stop keys".to_owned(), vec![format!("not typed: it {problem}")], false)
        }
        Deed::Keys { problem: None } => ("stop keys".to_owned(), Vec::new(), true),
        Deed::Kill => ("tree-kill".to_owned(), Vec::new(), step.left == 0),
    };
    if step.ended > 0 {
        parts.push(format!("{} ended", step.ended));
    }
    if step.ignored > 0 {
        parts.push(format!("{} ignored it for {lasted}", step.ignored));
    }
    match step.left.saturating_sub(step.ignored) {
        0 => {}
        // it goes to the main process's group alone while that lives, and not to who is born after it
        others if matches!(step.deed, Deed::Signal(_)) => parts.push(format!("{others} not reached by it")),
        others if matches!(step.deed, Deed::Kill) => parts.push(format!("{others} left after {lasted}")),
        _ if matches!(step.deed, Deed::StopCommand(_)) => {}
        others => parts.push(format!("{others} lived on for {lasted}")),
    }
    if parts.is_empty() {
        parts.push("nobody was left".to_owned());
    }
    let style = if worked { theme.text } else { theme.busy };
    labelled(&label, &parts.join(", "), room, [theme.quiet, style])
}

/// Says what became of a stop command, and whether that is what it is for.
fn command_words(outcome: &CommandOutcome, lasted: &str) -> (String, bool) {
    match outcome {
        CommandOutcome::UnderWay => (format!("still runs after {lasted}"), true),
        CommandOutcome::Succeeded => (format!("succeeded after {lasted}"), true),
        CommandOutcome::Failed(exit) => (format!("failed: {exit} after {lasted}"), false),
        CommandOutcome::NotStarted(problem) => (format!("did not start: {problem}"), false),
        CommandOutcome::TimedOut => (format!("timed out after {lasted}"), false),
        CommandOutcome::CutShort => (format!("cut short after {lasted}"), true),
    }
}

/// Returns a label and a value beside it, in as many rows as the value needs.
pub(crate) fn labelled(label: &str, value: &str, room: usize, [left, right]: [Style; 2]) -> Vec<Line<'static>> {
    let parts = text::wrap(value, room.saturating_sub(LABEL));
    let row = |(row, part): (usize, String)| {
        let label = text::left(if row == 0 { label } else { "" }, LABEL);
        let part = text::cut(&part, room.saturating_sub(LABEL));
        Line::from(vec![Span::styled(label, left), Span::styled(part, right)])
    };
    parts.into_iter().enumerate().map(row).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::ui::fixture::report;

    fn said(action: Action, how: HowItEnded) -> Option<String> {
        one_line(&KillReport { action, how, ..report(true) }).map(|notice| notice.text)
    }

    #[test]
    fn one_line_says_what_was_done_and_what_is_left() {
        let lines = [
            (Action::Kill, HowItEnded::Forced, "api: killed 7, 0 left · checked in 14 ms"),
            (Action::Stop, HowItEnded::InGrace, "api: stopped 4, 0 left · checked in 14 ms"),
            (Action::Stop, HowItEnded::Forced, "api: stopped 4, 1 ignored SIGTERM, 0 left · checked in 14 ms"),
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
        assert_eq!(unseen.text, "api: killed 7, but not seen to be gone");
    }

    #[test]
    fn a_tree_kill_that_met_nobody_who_was_asked_counts_those_it_killed() {
        let mut unasked = KillReport { action: Action::Stop, ..report(true) };
        unasked.members.iter_mut().for_each(|member| member.ignored = None);
        assert_eq!(one_line(&unasked).unwrap().text, "api: stopped 4, 7 by force, 0 left · checked in 14 ms");
    }

    #[test]
    fn every_step_says_what_came_of_it() {
        let theme = Theme::named("mono", false).unwrap();
        let said = |deed, [ended, ignored, left]: [usize; 3]| {
            let step = StepOutcome { deed, lasted: Duration::from_secs(5), ended, ignored, left };
            step_lines(&step, 90, &theme).iter().map(ToString::to_string).collect::<String>()
        };
        let keys = |problem: Option<&str>| Deed::Keys { problem: problem.map(str::to_owned) };
        let command = Deed::StopCommand;
        assert_eq!(said(command(CommandOutcome::Succeeded), [3, 0, 0]), "stop command  succeeded after 5.0 s, 3 ended");
        assert_eq!(said(command(CommandOutcome::TimedOut), [0, 0, 3]), "stop command  timed out after 5.0 s");
        assert_eq!(said(Deed::Signal(Signal::SIGINT), [1, 2, 2]), "SIGINT        1 ended, 2 ignored it for 5.0 s");
        assert_eq!(said(Deed::Signal(Signal::SIGINT), [1, 0, 1]), "SIGINT        1 ended, 1 not reached by it");
        assert_eq!(said(keys(None), [0, 0, 1]), "stop keys     1 lived on for 5.0 s");
        assert_eq!(
            said(keys(Some("does not read its terminal")), [1, 0, 0]),
            "stop keys     not typed: it does not read its terminal, 1 ended"
        );
        assert_eq!(said(Deed::Kill, [2, 0, 1]), "tree-kill     2 ended, 1 left after 5.0 s");
        assert_eq!(said(Deed::Kill, [0, 0, 0]), "tree-kill     nobody was left");
    }

    #[test]
    fn an_end_that_left_nothing_behind_is_not_worth_a_line() {
        let swept = KillReport { action: Action::Sweep, members: Vec::new(), ..report(true) };
        assert_eq!(one_line(&swept), None);
    }
}
