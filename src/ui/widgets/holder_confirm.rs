//! Asks before a process is ended that is none of ours and has a port that a service wants.

use std::time::Instant;

use jiff::SignedDuration;
use ratatui::text::Line;

use crate::supervisor::{HeldPort, Holder};
use crate::ui::model::{Model, Moment};
use crate::ui::ports::HolderView;
use crate::ui::report::labelled;
use crate::ui::sheet::{self, Sheet};
use crate::ui::text;

const WIDTH: u16 = 76;

/// Builds the question.
pub(crate) fn sheet(model: &Model, view: &HolderView, moment: Moment) -> Sheet {
    let theme = &model.dashboard.theme;
    let room = sheet::room(model.size, WIDTH);
    let mut body = Vec::new();
    let mut fact = |label: &str, value: &str| body.extend(labelled(label, value, room, [theme.quiet, theme.text]));
    let held = &view.held;
    if let Some(process) = held.process() {
        fact("pid", &process.id.pid.to_string());
        fact("command", &process.command);
        fact("user", &process.user);
        if let Some(since) = process.since {
            fact("since", &when(model, since, moment));
        }
    }
    if let Some(address) = held.address {
        fact("listens on", &address.to_string());
    }
    fact("it is", &held.whose());
    let key =
        model.service(view.service).and_then(|status| status.port.as_ref()).map(|port| format!(" ({})", port.key()));
    fact("wanted by", &format!("{}{}", model.name(view.service), key.unwrap_or_default()));
    body.push(Line::default());
    let (question, footer) = match view.sent {
        None => (format!("End this process? {}", consequence(held)), "y sends SIGTERM · Esc leaves it alone"),
        Some(signal) => (
            format!("{signal} was sent, and it still listens. SIGKILL gives it no time to tidy up."),
            "X sends SIGKILL · Esc leaves it alone",
        ),
    };
    body.extend(text::wrap(&question, room).into_iter().map(|line| Line::styled(line, theme.title)));
    Sheet {
        title: format!("port {} ── who has it", held.port),
        footer: footer.to_owned(),
        head: Vec::new(),
        body,
        chosen: None,
        top: 0,
        width: WIDTH,
        tall: false,
    }
}

/// Says what comes of it.
const fn consequence(held: &HeldPort) -> &'static str {
    match &held.by {
        Holder::Elsewhere { is_alive: true, .. } => "The procdash that runs it sees a crash, and may start it again.",
        Holder::Elsewhere { is_alive: false, .. } => "The procdash that started it was killed.",
        Holder::Own { .. } | Holder::Stranger(_) | Holder::Unseen { .. } => {
            "No procdash has started it, so none will start it again."
        }
    }
}

/// Says since when a process runs: `12:02:18, 02:13 ago`; with the day, if that is not today.
fn when(model: &Model, since: Instant, moment: Moment) -> String {
    let lasted = moment.now.saturating_duration_since(since);
    let ago = SignedDuration::try_from(lasted).unwrap_or(SignedDuration::ZERO);
    let zone = &model.dashboard.zone;
    let then = moment.wall.checked_sub(ago).unwrap_or(moment.wall).to_zoned(zone.clone());
    let is_today = then.date() == moment.wall.to_zoned(zone.clone()).date();
    let shape = if is_today { "%H:%M:%S" } else { "%Y-%m-%d %H:%M" };
    format!("{}, {} ago", then.strftime(shape), text::duration(lasted))
}
