//! Events as a subscriber reads them.

use serde::Serialize;

use super::protocol::{Reply, write_line};
use super::rows::{Outcome, Signalled, millis};
use crate::logs::Tone;
use crate::process::ProcessId;
use crate::supervisor::{Action, Board, Event, KillReport, Target};

/// Something that has happened.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
enum News {
    /// A service went from one state to another.
    Changed { service: String, from: &'static str, to: &'static str },
    /// A stop, kill or restart has ended and was looked at.
    Verified(Outcome),
    /// A signal was sent.
    Signalled {
        #[serde(flatten)]
        what: Signalled,
        to: Whom,
    },
    /// What services print cannot be kept in files, or can again.
    Keeping { failing: bool, sentence: String },
    /// There is another service.
    Added { service: String },
    /// A service was removed.
    Removed { service: String },
    /// A request could not be carried out.
    Refused { service: Option<String>, reason: String },
    /// So many events were lost: the subscriber reads too slowly.
    Missed { count: u64 },
}

/// To which processes a signal went.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Whom {
    Main,
    Group,
    Tree,
    Process(ProcessId),
}

impl From<Target> for Whom {
    fn from(target: Target) -> Self {
        match target {
            Target::Main => Self::Main,
            Target::Group => Self::Group,
            Target::Tree => Self::Tree,
            Target::Process(id) => Self::Process(id),
        }
    }
}

/// Writes the line that tells an event.
pub(super) fn write_event(event: &Event, board: &Board) -> String {
    let name = |service: crate::id::ServiceId| {
        board.services.get(service.index()).map_or_else(String::new, |status| status.name.to_string())
    };
    write(&match event {
        &Event::Changed { service, from, to } => {
            News::Changed { service: name(service), from: from.word(), to: to.word() }
        }
        Event::Verified(report) => News::Verified(verified(report, board)),
        Event::Signalled { service, signal, target, delivered, refused } => News::Signalled {
            what: Signalled {
                service: name(*service),
                signal: *signal,
                delivered: *delivered,
                refused: refused.clone(),
            },
            to: Whom::from(*target),
        },
        Event::Keeping { tone, sentence } => News::Keeping { failing: *tone == Tone::Bad, sentence: sentence.clone() },
        &Event::Added { service } => News::Added { service: name(service) },
        &Event::Removed { service } => News::Removed { service: name(service) },
        Event::Refused { service, reason } => News::Refused { service: service.map(name), reason: reason.clone() },
    })
}

/// Writes the line that tells how many events a subscriber has lost.
pub(super) fn write_missed(count: u64) -> String {
    write(&News::Missed { count })
}

fn write(news: &News) -> String {
    // an event has no keys that are no strings, so there is nothing that could fail
    let event = serde_json::value::to_raw_value(news).ok();
    write_line(&Reply { event, ..Reply::default() })
}

fn verified(report: &KillReport, board: &Board) -> Outcome {
    let action = match report.action {
        Action::Stop => "stop",
        Action::Kill => "kill",
        Action::Restart => "restart",
        Action::Quit => "quit",
        Action::Sweep => "sweep",
        Action::Expel => "expel",
    };
    let status = board.services.get(report.service.index());
    let outcome = Outcome {
        service: report.name.to_string(),
        action: action.to_owned(),
        verified: report.verified,
        state: status.map_or_else(String::new, |status| status.state.word().to_owned()),
        pid: status.and_then(|status| status.main).map(|main| main.pid),
        ..Outcome::default()
    };
    Outcome { elapsed_ms: millis(report.took), ..outcome.with_report(report) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::ServiceId;
    use crate::signal::Signal;
    use crate::supervisor::{Phase, ServiceStatus, State};

    #[test]
    fn events_are_spelt_as_the_document_says() {
        let board = Board { services: vec![ServiceStatus::never_started("api".into())], phase: Phase::Up };
        let service = ServiceId::new(0);
        let changed = Event::Changed { service, from: State::Stopped, to: State::CrashLoop };
        assert_eq!(
            write_event(&changed, &board),
            "{\"event\":{\"changed\":{\"service\":\"api\",\"from\":\"stopped\",\"to\":\"crash-loop\"}}}\n"
        );
        let sent =
            Event::Signalled { service, signal: Signal::SIGHUP, target: Target::Tree, delivered: 2, refused: vec![] };
        assert_eq!(
            write_event(&sent, &board),
            "{\"event\":{\"signalled\":{\"service\":\"api\",\"signal\":\"SIGHUP\",\"delivered\":2,\"refused\":[],\"to\":\"tree\"}}}\n"
        );
        assert_eq!(write_missed(7), "{\"event\":{\"missed\":{\"count\":7}}}\n");
    }
}
