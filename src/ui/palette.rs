//! The command line: every action by its name, and the commands that take words behind theirs.

use std::ops::Range;
use std::sync::Arc;

use super::model::Model;
use super::selection::words;
use super::text_file::Target;
use crate::config::{Service, closest, service_of};
use crate::id::ServiceId;
use crate::keys::{Action, Group};
use crate::signal::Signal;

/// What a command line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// What a key does.
    Act(Action),
    /// The same to these services.
    ActOn(Action, Vec<ServiceId>),
    /// Send a signal to the trees of these services.
    Signal(Signal, Vec<ServiceId>),
    /// Add this service, which is in no file.
    Add(Arc<Service>),
    /// Stop and remove these.
    Remove(Vec<ServiceId>),
    /// Write the log of the chosen service to a file; as it was printed, where `raw` says so.
    Save {
        /// Where to.
        target: Target,
        /// Whether byte for byte.
        raw: bool,
    },
    /// Write what is selected to a file.
    Write(Target),
}

/// Something that can be put where the cursor is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Choice {
    /// The word.
    pub(crate) word: String,
    /// Its keys, as they are bound now.
    pub(crate) keys: String,
    /// What it means.
    pub(crate) help: String,
    /// Whether more has to follow.
    pub(crate) goes_on: bool,
}

/// The commands that need more than a key can say: the word, what follows it, what it does.
const WITH_WORDS: &[(&str, &str, &str)] = &[
    ("save", "FILE", "write the whole log to FILE; --raw before it: as it was printed"),
    ("save!", "FILE", "the same, over a file that is there"),
    ("add", "NAME COMMAND", "add a service for this run, and start it"),
    ("remove", "NAME…", "remove services for this run, once they are seen gone"),
    ("signal", "SIGNAL [NAME…]", "send a signal to the tree of the chosen service, or of NAMEs"),
];

/// Those that need something selected.
const WITH_SELECTION: &[(&str, &str, &str)] =
    &[("write", "FILE", "write what is selected to FILE"), ("write!", "FILE", "the same, over a file that is there")];

/// The actions that may be followed by names.
const WITH_NAMES: &[Action] =
    &[Action::Start, Action::Stop, Action::Restart, Action::Kill, Action::Mark, Action::Browse];

/// Returns the actions that can be named now.
fn actions(model: &Model) -> impl Iterator<Item = Action> + '_ {
    let selects = model.selecting.is_some();
    let fits = move |action: &Action| match action.group() {
        Group::Copying => selects && *action != Action::Write,
        Group::Services | Group::Log | Group::Views | Group::Program => *action != Action::Palette,
        Group::Moving => !matches!(action, Action::Up | Action::Down | Action::Left | Action::Right),
    };
    Action::ALL.iter().copied().filter(fits)
}

fn commands(model: &Model) -> impl Iterator<Item = &'static (&'static str, &'static str, &'static str)> {
    WITH_SELECTION.iter().filter(|_| model.selecting.is_some()).chain(WITH_WORDS)
}

/// Returns what could stand where the cursor is, the nearest first, and which bytes of the line that would replace.
pub(crate) fn choices(model: &Model, before: &str) -> (Vec<Choice>, Range<usize>) {
    let start = before.rfind(' ').map_or(0, |blank| words::behind(before, blank));
    let (lead, typed) = before.split_at_checked(start).unwrap_or(("", before));
    let words: Vec<&str> = lead.split_whitespace().collect();
    let all = match words.as_slice() {
        [] => first_words(model),
        ["signal"] => Signal::ALL.iter().map(|signal| signal_choice(*signal)).collect(),
        ["remove", named @ ..] | ["signal", _, named @ ..] => names(model, named),
        [word, named @ ..] if WITH_NAMES.iter().any(|action| action.name() == *word) => names(model, named),
        [_, ..] => Vec::new(),
    };
    (nearest(all, typed), start..before.len())
}

fn first_words(model: &Model) -> Vec<Choice> {
    let keys = |action| {
        let chords = model.dashboard.keymap.keys(model.context(), action);
        chords.iter().map(|chord| chord.label()).collect::<Vec<_>>().join(" ")
    };
    let by_key = actions(model).map(|action| Choice {
        word: action.name().to_owned(),
        keys: keys(action),
        help: action.help().to_owned(),
        goes_on: false,
    });
    let with_words = commands(model).map(|(word, follows, help)| Choice {
        word: (*word).to_owned(),
        keys: (*follows).to_owned(),
        help: (*help).to_owned(),
        goes_on: true,
    });
    with_words.chain(by_key).collect()
}

fn signal_choice(signal: Signal) -> Choice {
    Choice {
        word: short(signal).to_owned(),
        keys: signal.number().to_string(),
        help: signal.meaning().to_owned(),
        goes_on: false,
    }
}

fn short(signal: Signal) -> &'static str {
    signal.name().trim_start_matches("SIG")
}

fn names(model: &Model, named: &[&str]) -> Vec<Choice> {
    let left = model.services().filter(|(_, status)| !named.contains(&status.name.as_ref()));
    let choice = |status: &crate::supervisor::ServiceStatus| Choice {
        word: status.name.to_string(),
        keys: String::new(),
        help: status.state.word().to_owned(),
        goes_on: false,
    };
    let groups = model.board.roster().groups().into_iter().filter(|(group, _)| !named.contains(group));
    let group = |(word, count): (&str, usize)| Choice {
        word: word.to_owned(),
        keys: String::new(),
        help: format!("all {count} of this group"),
        goes_on: false,
    };
    left.map(|(_, status)| choice(status)).chain(groups.map(group)).collect()
}

/// Keeps what begins with `typed`, then what has it in its word, then what has it in its help.
fn nearest(all: Vec<Choice>, typed: &str) -> Vec<Choice> {
    let wanted = typed.to_lowercase();
    let rank = |choice: &Choice| {
        let word = choice.word.to_lowercase();
        match () {
            () if word == wanted => Some(0),
            () if word.starts_with(&wanted) => Some(1),
            () if word.contains(&wanted) => Some(2),
            () if wanted.len() > 2 && choice.help.to_lowercase().contains(&wanted) => Some(3),
            () => None,
        }
    };
    let mut found: Vec<(u8, Choice)> = all.into_iter().filter_map(|choice| Some((rank(&choice)?, choice))).collect();
    found.sort_by_key(|(rank, _)| *rank);
    found.into_iter().map(|(_, choice)| choice).collect()
}

/// Reads a command line.
pub(crate) fn read(model: &Model, line: &str) -> Result<Order, String> {
    let line = line.trim();
    let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let rest = rest.trim();
    match word {
        "save" | "save!" => save(word, rest),
        "write" | "write!" if model.selecting.is_some() => Ok(Order::Write(target(word, rest)?)),
        "write" | "write!" => Err("nothing is selected; `v` or `V` begins a selection".to_owned()),
        "signal" => signal(model, rest),
        "add" => add(model, rest),
        "remove" if rest.is_empty() => Err("`remove` needs a name: `remove worker`".to_owned()),
        "remove" => Ok(Order::Remove(services(model, rest.split_whitespace())?)),
        _ => action(model, word, rest),
    }
}

fn save(word: &str, rest: &str) -> Result<Order, String> {
    let (raw, file) = match rest.strip_prefix("--raw") {
        Some(file) if file.is_empty() || file.starts_with(char::is_whitespace) => (true, file.trim()),
        Some(_) | None => (false, rest),
    };
    Ok(Order::Save { target: target(word, file)?, raw })
}

fn target(word: &str, file: &str) -> Result<Target, String> {
    if file.is_empty() {
        return Err(format!("`{word}` needs a file: `{word} FILE`"));
    }
    Ok(Target { path: file.to_owned(), replace: word.ends_with('!') })
}

fn add(model: &Model, rest: &str) -> Result<Order, String> {
    let Some((name, command)) = rest.split_once(char::is_whitespace) else {
        return Err("`add` needs a name and a command: `add worker bin/work --all`".to_owned());
    };
    if model.board.roster().find(name).is_ok() {
        return Err(format!("there is a service or a group called `{name}` already"));
    }
    service_of(name, command.trim()).map(|service| Order::Add(Arc::new(service)))
}

fn signal(model: &Model, rest: &str) -> Result<Order, String> {
    let mut words = rest.split_whitespace();
    let Some(word) = words.next() else { return Err("`signal` needs a signal: `signal HUP api`".to_owned()) };
    let signal = word.parse::<Signal>().map_err(|error| {
        let known: Vec<String> = Signal::ALL.iter().map(|signal| short(*signal).to_lowercase()).collect();
        let near = closest(word, known.iter().map(String::as_str));
        let meant = |near: &str| format!("`{word}` is no signal; did you mean `{}`?", near.to_uppercase());
        near.map_or_else(|| error.to_string(), meant)
    })?;
    Ok(Order::Signal(signal, services(model, words)?))
}

fn action(model: &Model, word: &str, rest: &str) -> Result<Order, String> {
    let Some(action) = actions(model).find(|action| action.name() == word) else {
        let known = actions(model).map(Action::name).chain(commands(model).map(|(word, ..)| *word));
        let near = closest(word, known).map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        return Err(format!("there is no command `{word}`{near}"));
    };
    if rest.is_empty() {
        return Ok(Order::Act(action));
    }
    if !WITH_NAMES.contains(&action) {
        return Err(format!("`{word}` takes nothing behind it"));
    }
    Ok(Order::ActOn(action, services(model, rest.split_whitespace())?))
}

/// Reads names of services and groups; without any it is what a key would act on.
fn services<'a>(model: &Model, names: impl Iterator<Item = &'a str>) -> Result<Vec<ServiceId>, String> {
    let found = model.board.find_all(names).map_err(|unknown| unknown.to_string())?;
    Ok(if found.is_empty() { model.targets() } else { found })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::fixture::{board, id, model, moment};

    fn shop() -> Model {
        model(board(moment()), 100, 30)
    }

    fn offered(typed: &str) -> Vec<String> {
        choices(&shop(), typed).0.into_iter().map(|choice| choice.word).take(4).collect()
    }

    #[test]
    fn what_begins_with_it_comes_first_then_what_holds_it_then_what_is_about_it() {
        assert_eq!(offered("re"), ["remove", "restart", "restart-menu", "reload"]);
        assert_eq!(offered("stop"), ["stop", "mark"]);
        assert_eq!(offered("traces"), ["fold"]);
        assert_eq!(offered("zzz"), [""; 0]);
    }

    #[test]
    fn words_behind_a_command_are_names_and_signals() {
        assert_eq!(offered("stop w"), ["web", "worker"]);
        assert_eq!(offered("stop web w"), ["worker"], "it is there already");
        assert_eq!(offered("signal hu"), ["HUP"]);
        assert_eq!(offered("signal HUP d"), ["db", "docs"]);
        assert_eq!(choices(&shop(), "stop w").1, 5..6);
        assert_eq!(offered("help "), [""; 0]);
    }

    #[test]
    fn a_group_stands_for_all_that_are_in_it() {
        let mut shop = shop();
        for place in [0, 2] {
            shop.board.services[place].groups = [std::sync::Arc::from("backend")].into();
        }
        let offered = choices(&shop, "mark back").0;
        assert_eq!((offered[0].word.as_str(), offered[0].help.as_str()), ("backend", "all 2 of this group"));
        assert_eq!(read(&shop, "stop backend web"), Ok(Order::ActOn(Action::Stop, vec![id(0), id(2), id(3)])));
        assert_eq!(read(&shop, "mark backend"), Ok(Order::ActOn(Action::Mark, vec![id(0), id(2)])));
    }

    #[test]
    fn a_line_is_read_with_its_names_or_what_is_chosen() {
        let read = |line: &str| read(&shop(), line);
        assert_eq!(read(" restart "), Ok(Order::Act(Action::Restart)));
        assert_eq!(read("kill api  web"), Ok(Order::ActOn(Action::Kill, vec![id(2), id(3)])));
        assert_eq!(read("signal hup"), Ok(Order::Signal(Signal::SIGHUP, vec![id(0)])));
        let target = Target { path: "~/a b.log".to_owned(), replace: true };
        assert_eq!(read("save! --raw ~/a b.log"), Ok(Order::Save { target, raw: true }));
    }

    #[test]
    fn a_mistake_is_one_sentence_with_what_was_meant() {
        let problem = |line: &str| read(&shop(), line).unwrap_err();
        assert_eq!(problem("restrat"), "there is no command `restrat`; did you mean `restart`?");
        assert_eq!(problem("stop wbe"), "no service is called `wbe`; did you mean `web`?");
        assert_eq!(problem("signal hupp web"), "`hupp` is no signal; did you mean `HUP`?");
        assert_eq!(problem("help me"), "`help` takes nothing behind it");
        assert_eq!(problem("add web x"), "there is a service or a group called `web` already");
        assert_eq!(problem("add x"), "`add` needs a name and a command: `add worker bin/work --all`");
        assert_eq!(problem("remove"), "`remove` needs a name: `remove worker`");
        assert_eq!(problem("save"), "`save` needs a file: `save FILE`");
        assert_eq!(problem("write a"), "nothing is selected; `v` or `V` begins a selection");
    }
}
