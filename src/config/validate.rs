//! A file as spelt → a configuration as meant, with every problem found at once.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::diagnostic::{Problem, visible};
use super::names::{self, Names};
use super::place::Place;
use super::raw::{Entry, Node, Table, Value, merge};
use super::read::{Known, Reader};
use super::service::{self, PROCESS};
use super::{
    Column, Config, Dependency, LogFiles, OnLeftovers, Service, Settings, THEMES, Ui, bindings, conflicts, depends,
    log_files, port,
};
use crate::id::ServiceId;

pub(super) const TOP: Known =
    Known { table: "the file", keys: &["name", "settings", "defaults", "processes", "ui", "keys"] };
pub(super) const SETTINGS: Known = Known {
    table: "`[settings]`",
    keys: &["shell", "env_file", "shutdown_timeout", "scrollback", "on_leftovers", "logs"],
};
pub(super) const UI: Known = Known { table: "`[ui]`", keys: &["theme", "columns"] };

/// The keys of a process without a command.
const TARGET: &[&str] = &["description", "autostart", "depends_on", "groups"];

/// The smallest scrollback: less than this does not hold one screen.
const LEAST_SCROLLBACK: usize = 16 << 10;

/// Reads a whole configuration; it may be used only if nothing was reported.
pub(super) fn read(reader: &mut Reader<'_>, path: &Path, table: &Table) -> Config {
    reader.known_or(table, &TOP, home);
    let root = path.parent().unwrap_or(Path::new("/")).to_owned();
    let name = reader.key(table, "name", Reader::line).or_else(|| {
        let folder = root.file_name()?;
        Some(visible(&folder.to_string_lossy()))
    });
    let services = services(reader, path, table);
    Config {
        name: name.unwrap_or_else(|| "project".to_owned()),
        path: path.to_owned(),
        root,
        settings: settings(reader, table),
        ui: ui(reader, table, services.iter().any(|service| service.port.is_some())),
        services,
    }
}

/// Turns the short forms of `[processes]`, a string or a list, into tables.
///
/// This comes before files are merged, so that a command of one file and a table of the other meet.
pub(super) fn lengthen(table: &mut Table) {
    let Some(Entry { node: Node { value: Value::Table(processes), .. }, .. }) = table.get_mut("processes") else {
        return;
    };
    for entry in processes.values_mut() {
        if matches!(entry.node.value, Value::Text(_) | Value::List(_)) {
            let place = entry.node.place;
            let command = std::mem::replace(&mut entry.node.value, Value::Table(Table::new()));
            if let Value::Table(table) = &mut entry.node.value {
                let node = Node { place, value: command };
                table.insert("command".to_owned(), Entry { key: entry.key, node });
            }
        }
    }
}

/// Returns where a key of the file itself should stand instead, if it is one of another table.
fn home(name: &str, entry: &Entry) -> Option<String> {
    let is_process = matches!(&entry.node.value, Value::Table(table) if table.contains_key("command"));
    if is_process {
        return Some(format!("a process stands under processes: `[processes.{}]`", visible(name)));
    }
    let table = [&SETTINGS, &UI].into_iter().find(|known| known.keys.contains(&name))?;
    Some(format!("`{name}` stands under {}", table.table))
}

fn settings(reader: &mut Reader<'_>, table: &Table) -> Settings {
    let mut settings = Settings::default();
    let Some(Some(table)) = table.get("settings").map(|entry| reader.table(&entry.node)) else { return settings };
    reader.known(table, &SETTINGS);
    if let Some(shell) = reader.key(table, "shell", service::program) {
        settings.shell = shell;
    }
    if let Some(files) = reader.key(table, "env_file", service::paths) {
        settings.env_file = files;
    }
    if let Some(timeout) = reader.key(table, "shutdown_timeout", Reader::duration) {
        settings.shutdown_timeout = timeout;
    }
    let scrollback = reader.key(table, "scrollback", |reader, node| {
        let size = reader.size(node)?;
        if size < LEAST_SCROLLBACK {
            reader.report(Problem::new("this holds hardly a line").at(node.place).help("write at least \"16KiB\""));
        }
        Some(size)
    });
    settings.scrollback = scrollback.unwrap_or(settings.scrollback);
    let on_leftovers = reader.key(table, "on_leftovers", |reader, node| reader.choice(node, "choice"));
    settings.on_leftovers = on_leftovers.unwrap_or_default();
    settings.logs = reader.key(table, "logs", log_files::read).unwrap_or_default();
    settings
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            shell: vec!["sh".to_owned(), "-c".to_owned()],
            env_file: vec![PathBuf::from(".env"), PathBuf::from(".env.local")],
            shutdown_timeout: Duration::from_secs(30),
            scrollback: 8 << 20,
            on_leftovers: OnLeftovers::default(),
            logs: LogFiles::default(),
        }
    }
}

fn services(reader: &mut Reader<'_>, path: &Path, table: &Table) -> Vec<Service> {
    let defaults = reader.key(table, "defaults", |reader, node| {
        let defaults = reader.table(node)?;
        // read once by themselves, so that their mistakes are found even if every process has its own
        service::read(reader, "defaults", defaults);
        reader.key(defaults, "groups", names::groups);
        reader.key(defaults, "replicas", names::replicas);
        Some(defaults.clone())
    });
    let defaults = defaults.unwrap_or_default();
    let processes = reader.key(table, "processes", |reader, node| reader.table(node).cloned());
    if processes.as_ref().map_or(!table.contains_key("processes"), Table::is_empty) {
        let help = if super::is_toml(path) { "[processes]\nweb = \"npm start\"" } else { "web: npm start" };
        let problem = Problem::new("there are no processes to run").at(Place::END);
        reader.report(problem.help(format!("write what to run, each under a name of its own:\n{help}")));
    }
    let processes = processes.unwrap_or_default();
    let tables: Vec<Table> = processes.values().map(|entry| whole(&defaults, entry)).collect();
    let written = processes.iter().zip(&tables).map(|((name, entry), table)| (name.as_str(), entry.key, table));
    let names = Names::read(reader, written);
    let mut services = Vec::with_capacity(processes.len());
    let mut links = Vec::with_capacity(processes.len());
    let mut ports = Vec::with_capacity(processes.len());
    for (id, ((name, entry), table)) in (0..).map(ServiceId::new).zip(processes.iter().zip(&tables)) {
        let own = depends::read(reader, &names, id, table);
        let depends_on: Vec<Dependency> = own.iter().map(|link| link.dependency).collect();
        if let Some(service) = service(reader, table, name, entry) {
            services.extend(names.expand(id, &service, &depends_on));
            ports.resize(services.len(), table.get("port").map(|entry| entry.node.place));
        }
        links.push(own);
    }
    depends::refuse_circles(reader, &names, &links);
    // what could not be read has no place among the services
    if services.len() == names.services() {
        conflicts::link(reader, &names, &tables, &mut services);
    }
    port::refuse_shared(reader, &services.iter().zip(ports).collect::<Vec<_>>());
    services
}

/// Reads a service that is in no file.
pub(super) fn alone(reader: &mut Reader<'_>, name: &str, command: &str) -> Option<Service> {
    let node = |value| Node { place: Place::END, value };
    let entry = |value| Entry { key: Place::END, node: node(value) };
    let table = Table::from([("command".to_owned(), entry(Value::Text(command.to_owned())))]);
    service(reader, &table, name, &entry(Value::Table(table.clone())))
}

/// Returns the table of a process with the defaults below it.
fn whole(defaults: &Table, entry: &Entry) -> Table {
    let mut table = defaults.clone();
    if let Value::Table(own) = &entry.node.value {
        merge(&mut table, own.clone());
    }
    table
}

fn service(reader: &mut Reader<'_>, table: &Table, name: &str, entry: &Entry) -> Option<Service> {
    let Value::Table(own) = &entry.node.value else {
        service::command_line(reader, &entry.node);
        return None;
    };
    let misspelt = own.keys().any(|key| !PROCESS.keys.contains(&key.as_str()) && is_command(key));
    if !table.contains_key("command") && !misspelt {
        target(reader, table, name, entry.key, own);
    }
    Some(service::read(reader, name, table))
}

/// Reports what does not fit a target: an entry without a command, which is up when what it depends on is.
fn target(reader: &mut Reader<'_>, table: &Table, name: &str, key: Place, own: &Table) {
    let depends = table.get("depends_on").map(|entry| &entry.node.value);
    let depends_on_nothing = match depends {
        None => true,
        Some(Value::List(items)) => items.is_empty(),
        Some(Value::Table(conditions)) => conditions.is_empty(),
        Some(Value::Text(_) | Value::Integer(_) | Value::Float(_) | Value::Switch(_) | Value::Date) => false,
    };
    if depends_on_nothing {
        let problem = Problem::new(format!("`{}` has no command", visible(name))).at(key);
        reader.report(problem.help("write `command = \"…\"`, or `depends_on` for a name that starts others"));
        return;
    }
    for (key, entry) in own.iter().filter(|(key, _)| PROCESS.keys.contains(&key.as_str())) {
        if !TARGET.contains(&key.as_str()) {
            let problem = Problem::new(format!("`{key}` says nothing where there is no command")).at(entry.key);
            reader.report(problem.help(format!("`{}` only starts what it depends on: remove it", visible(name))));
        }
    }
}

/// Returns whether a word was most likely meant to be `command`: then one problem is enough.
fn is_command(word: &str) -> bool {
    super::suggest::closest(word, PROCESS.keys.iter().copied()) == Some("command")
}

/// Reads how the dashboard looks; where services `have_ports`, their column is there unless the file says otherwise.
fn ui(reader: &mut Reader<'_>, table: &Table, have_ports: bool) -> Ui {
    let mut columns_by_default = vec![Column::State, Column::Cpu, Column::Memory, Column::Uptime];
    if have_ports {
        columns_by_default.insert(1, Column::Ports);
    }
    let mut ui = Ui {
        theme: THEMES.first().copied().unwrap_or_default().to_owned(),
        columns: columns_by_default,
        keys: reader.key(table, "keys", bindings::read).unwrap_or_default(),
    };
    let Some(Some(table)) = table.get("ui").map(|entry| reader.table(&entry.node)) else { return ui };
    reader.known(table, &UI);
    if let Some(theme) = reader.key(table, "theme", |reader, node| reader.word(node, "theme", THEMES)) {
        ui.theme = theme;
    }
    if let Some(columns) = reader.key(table, "columns", columns) {
        ui.columns = columns;
    }
    ui
}

fn columns(reader: &mut Reader<'_>, node: &Node) -> Option<Vec<Column>> {
    let mut seen: Vec<Column> = Vec::new();
    reader.list(node, "a list of columns", |reader, item| {
        let column = reader.choice(item, "column")?;
        if let (Value::Text(name), true) = (&item.value, seen.contains(&column)) {
            reader.report(Problem::new(format!("the column `{name}` is there twice")).at(item.place));
        }
        seen.push(column);
        Some(column)
    })
}
