//! Keys that act on services: the marked ones, or else the chosen one.

use crate::id::ServiceId;
use crate::keys::Action;
use crate::supervisor::{Command, State};

use crate::logs::Tone;
use crate::ui::model::{Model, Notice, Panel};
use crate::ui::msg::Effect;

/// Asks for what the key means for the marked services, or else for the chosen one.
#[expect(clippy::wildcard_enum_match_arm, reason = "the other actions ask for nothing")]
pub(super) fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    match action {
        Action::StartAll => vec![Effect::Ask(Command::StartAll)],
        Action::Reload => vec![Effect::ReadFile],
        Action::Browse => browse(model, &model.targets()),
        Action::Restart | Action::Start => {
            let targets = model.targets();
            start(model, targets, action)
        }
        Action::Stop => ask(model, Command::Stop),
        Action::Kill => ask(model, Command::Kill),
        _ => Vec::new(),
    }
}

/// Starts or restarts services; where one conflicts with another that runs, a person is asked which it is to be.
pub(super) fn start(model: &mut Model, services: Vec<ServiceId>, action: Action) -> Vec<Effect> {
    if services.is_empty() {
        return Vec::new();
    }
    let is_refused = |service: &ServiceId| {
        let status = model.service(*service);
        let rests = |state: State| !state.is_alive() && !matches!(state, State::Blocked | State::Backoff);
        status.is_some_and(|status| status.conflict.is_some() && rests(status.state))
    };
    if services.iter().any(is_refused) {
        model.panels.push(Panel::Conflict { services });
        return Vec::new();
    }
    let command = if action == Action::Start { Command::Start } else { Command::Restart };
    vec![Effect::Ask(command(services))]
}

fn ask(model: &Model, wish: fn(Vec<ServiceId>) -> Command) -> Vec<Effect> {
    let targets = model.targets();
    if targets.is_empty() { Vec::new() } else { vec![Effect::Ask(wish(targets))] }
}

/// Marks these, too.
pub(super) fn add_marks(model: &mut Model, services: Vec<ServiceId>) {
    model.marked.extend(services);
    super::merging::marks_changed(model);
}

/// Shows what these services are seen under in a browser.
pub(super) fn browse(model: &mut Model, services: &[ServiceId]) -> Vec<Effect> {
    let address = |service: &ServiceId| model.service(*service)?.address.as_deref().map(str::to_owned);
    let addresses: Vec<String> = services.iter().filter_map(address).collect();
    let (tone, text) = match (addresses.as_slice(), services) {
        ([], [service]) => (Tone::Calm, unseen(model, *service)),
        ([], _) => (Tone::Calm, "none of these has an address to open".to_owned()),
        (some, _) => (Tone::Calm, format!("opening {}", some.join(" "))),
    };
    model.notice = Some(Notice { tone, text });
    addresses.into_iter().map(Effect::Browse).collect()
}

/// Says why there is nothing to open.
fn unseen(model: &Model, service: ServiceId) -> String {
    let name = model.name(service);
    let has_one = model.about(service).is_some_and(|about| about.opens);
    if has_one {
        format!("{name} does not run; its address is known while it does")
    } else {
        format!("{name} has no address to open; `open = \"http://…\"` in its table says one")
    }
}

/// Marks the chosen service and goes on to the next, or takes all marks away.
pub(super) fn mark(model: &mut Model, action: Action) -> Vec<Effect> {
    let service = model.selected;
    let is_merged = model.pane().is_merged;
    if action == Action::UnmarkAll {
        model.marked.clear();
    } else if model.service(service).is_some() {
        if !model.marked.remove(&service) {
            model.marked.insert(service);
        }
        super::moving::select(model, model.listed_place() + 1);
        // marks say which logs are shown as one, so they are set while these are seen
        super::merging::show(model, is_merged);
    }
    super::merging::marks_changed(model);
    Vec::new()
}
