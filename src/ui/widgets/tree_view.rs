//! Every process of a service, live: who started whom, and what each is doing.

use ratatui::text::{Line, Span};

use crate::keys::Action;
use crate::process::{Member, ProcessState};
use crate::ui::model::{Model, TreeView};
use crate::ui::sheet::{self, Sheet};
use crate::ui::text;
use crate::ui::theme::Theme;
use crate::ui::widgets::hints_line;

const WIDTH: u16 = 150;
/// The figures before the command.
const FIGURES: usize = 7 + 2 + 9 + 1 + 6 + 2 + 5 + 2;

/// Builds the view.
pub(crate) fn sheet(model: &Model, view: &TreeView) -> Sheet {
    let theme = &model.dashboard.theme;
    let room = sheet::room(model.size, WIDTH);
    let members = model.members(view.service);
    let count = members.len();
    let name = model.name(view.service);
    let keys = [(Action::SignalMenu, "signal"), (Action::Kill, "kill this one"), (Action::Back, "back")];
    let footer = keys.iter().filter_map(|&(action, word)| Some(format!("{} {word}", hints_line::key(model, action)?)));
    let body = if members.is_empty() {
        vec![Line::styled("no process of it is alive", theme.quiet)]
    } else {
        members.iter().map(|member| row(member, room, theme)).collect()
    };
    Sheet {
        title: format!("tree of {name} ── {count} process{}", if count == 1 { "" } else { "es" }),
        footer: footer.collect::<Vec<_>>().join(" · "),
        head: vec![Line::styled(
            format!("{:>7}  {:<9} {:>6}  {:>5}  command", "pid", "state", "cpu", "mem"),
            theme.quiet,
        )],
        body,
        chosen: (count > 0).then_some(view.row),
        top: view.top,
        width: WIDTH,
        tall: true,
    }
}

fn row(member: &Member, room: usize, theme: &Theme) -> Line<'static> {
    let state = match member.state {
        ProcessState::Running => theme.good,
        ProcessState::Sleeping | ProcessState::Other => theme.quiet,
        ProcessState::Uninterruptible | ProcessState::Zombie => theme.bad,
        ProcessState::Stopped | ProcessState::Traced => theme.busy,
    };
    let figures = format!("{:>6}  {:>5}  ", text::percent(member.cpu_percent), text::size(member.memory));
    // the depth is capped so that a deep chain still shows its commands
    let depth = usize::from(member.depth).min(room / 6);
    let branch = if depth == 0 { String::new() } else { format!("{}└ ", "  ".repeat(depth - 1)) };
    let command = text::cut(&member.command, room.saturating_sub(FIGURES + text::width(&branch)));
    Line::from(vec![
        Span::styled(format!("{:>7}  ", member.id.pid), theme.text),
        Span::styled(format!("{:<9} ", member.state.word()), state),
        Span::styled(figures, theme.text),
        Span::styled(branch, theme.quiet),
        Span::styled(command, theme.text),
    ])
}
