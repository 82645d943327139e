//! Which signal to send, and to which processes of a service.

use ratatui::text::{Line, Span};

use crate::supervisor::Target;
use crate::ui::model::{Model, SignalMenu};
use crate::ui::sheet::{self, Sheet};
use crate::ui::text;

const WIDTH: u16 = 60;

/// Builds the menu.
pub(crate) fn sheet(model: &Model, menu: &SignalMenu) -> Sheet {
    let theme = &model.dashboard.theme;
    let room = sheet::room(model.size, WIDTH);
    let typed = if menu.filter.is_empty() {
        Span::styled("type a name, a number or a word", theme.quiet)
    } else {
        Span::styled(format!("{}▏", menu.filter), theme.title)
    };
    let matching = menu.matching();
    let body = if matching.is_empty() {
        vec![Line::styled("no signal matches; Backspace takes a letter back", theme.quiet)]
    } else {
        let row = |signal: crate::signal::Signal| {
            Line::from(vec![
                Span::styled(format!("{:>2}  {:<10} ", signal.number(), signal.name()), theme.text),
                Span::styled(text::cut(signal.meaning(), room.saturating_sub(15)), theme.quiet),
            ])
        };
        matching.iter().map(|&signal| row(signal)).collect()
    };
    Sheet {
        title: format!("signal to {}", model.name(menu.service)),
        footer: footer(menu.target),
        head: vec![
            targets(model, menu, room),
            Line::from(vec![Span::styled("find  ", theme.quiet), typed]),
            Line::styled("─".repeat(room), theme.quiet),
        ],
        chosen: (!matching.is_empty()).then_some(menu.chosen),
        body,
        top: 0,
        width: WIDTH,
        tall: true,
    }
}

fn footer(target: Target) -> String {
    let switch = if matches!(target, Target::Process(_)) { "" } else { "Tab changes to whom · " };
    format!("{switch}Enter sends · Esc back")
}

/// Returns the row that says whom the signal is for, with how many that are now.
fn targets(model: &Model, menu: &SignalMenu, room: usize) -> Line<'static> {
    let theme = &model.dashboard.theme;
    let mut spans = vec![Span::styled("to    ", theme.quiet)];
    if let Target::Process(id) = menu.target {
        let member = model.members(menu.service).iter().find(|member| member.id == id);
        let text = match member {
            Some(member) => format!("pid {}  {}", id.pid, member.command),
            None => format!("pid {}, which has ended", id.pid),
        };
        spans.push(Span::styled(text::cut(&text, room.saturating_sub(6)), theme.title));
        return Line::from(spans);
    }
    let main = model.service(menu.service).and_then(|status| status.main);
    let members = model.members(menu.service);
    let group = main.map_or_else(
        || "its group".to_owned(),
        |main| format!("its group ({})", members.iter().filter(|member| member.group == main.pid).count()),
    );
    let words = [
        (Target::Main, main.map_or_else(|| "no main".to_owned(), |main| format!("main pid {}", main.pid))),
        (Target::Group, group),
        (Target::Tree, format!("whole tree ({})", members.len())),
    ];
    for (target, word) in words {
        let chosen = target == menu.target;
        // brackets as well, so that the choice is seen without any style
        let (word, style) = if chosen { (format!("[{word}]"), theme.key) } else { (format!(" {word} "), theme.text) };
        spans.extend([Span::styled(word, style), Span::raw("  ")]);
    }
    Line::from(spans)
}
