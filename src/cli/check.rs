//! `procdash check`: says what is wrong with the configuration, and what is likely to be.

use std::env;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::load::load;
use crate::config::{Check, CommandLine, Config, Service, expand, parse_env_file};

/// What the shell is told after a configuration without problems.
const GOOD: u8 = 0;
/// What the shell is told after problems, or without a configuration.
const BAD: u8 = 2;

/// Loads the configuration as `up` would and writes every problem to `out`, else one line; returns the exit code.
///
/// What is missing on this machine, such as a program, is a warning: it may be there by the time of the start.
///
/// # Errors
/// Returns why `out` cannot be written to.
pub fn check(file: Option<&Path>, from: &Path, colour: bool, out: &mut dyn Write) -> io::Result<u8> {
    let config = match load(file, from) {
        Ok(config) => config,
        Err(error) => {
            writeln!(out, "{}", error.render(colour))?;
            return Ok(BAD);
        }
    };
    let warnings = warnings(&config);
    for warning in &warnings {
        writeln!(out, "warning: {warning}")?;
    }
    let name = config.path.file_name().unwrap_or(config.path.as_os_str()).display();
    let services = counted(config.services.len(), "service");
    match warnings.len() {
        0 => writeln!(out, "{name}: {services}, no problems")?,
        count => writeln!(out, "{name}: {services}, no problems, {}", counted(count, "warning"))?,
    }
    Ok(GOOD)
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn warnings(config: &Config) -> Vec<String> {
    let mut warnings = Vec::new();
    let uses_shell = |service: &Service| matches!(service.command, Some(CommandLine::Shell(_)));
    if let (Some(shell), true) = (config.settings.shell.first(), config.services.iter().any(uses_shell)) {
        warnings.extend(missing_program(shell, &config.root).map(|warning| format!("shell: {warning}")));
    }
    for file in &config.settings.env_file {
        warnings.extend(bad_env_file(&config.root.join(file), file));
    }
    for service in &config.services {
        let own = service_warnings(config, service);
        warnings.extend(own.into_iter().map(|warning| format!("{}: {warning}", service.name)));
    }
    warnings
}

fn service_warnings(config: &Config, service: &Service) -> Vec<String> {
    let mut warnings = Vec::new();
    warnings.extend(other_port(service));
    // a variable that is not set here may come from a file at the start: nothing is known then
    if let Ok(folder) = expand(&service.working_dir, |name| env::var(name).ok()) {
        let folder = config.root.join(folder);
        if folder.is_dir() {
            let commands = [service.command.as_ref(), service.stop.command.as_ref()];
            let probes = [&service.ready, &service.health].map(|probe| probe.as_ref().map(|probe| &probe.check));
            let asked = probes.into_iter().flatten().filter_map(Check::command);
            for command in commands.into_iter().flatten().chain(asked) {
                let CommandLine::Program(words) = command else { continue };
                warnings.extend(words.first().and_then(|program| missing_program(program, &folder)));
            }
        } else {
            let shown = folder.display().to_string();
            warnings.push(format!("there is no folder `{}`", shown.escape_debug()));
        }
    }
    for file in &service.env_file {
        let path = config.root.join(file);
        if !path.exists() {
            warnings.push(format!("there is no file `{}`", file.display().to_string().escape_debug()));
        }
        warnings.extend(bad_env_file(&path, file));
    }
    warnings
}

/// Says so if a service is told another port than the one that is looked at for it.
fn other_port(service: &Service) -> Option<String> {
    let (port, told) = service.port.zip(service.env.get("PORT"))?;
    let told = told.as_deref().unwrap_or("nothing");
    let is_the_same = port.bump == 0 && told == port.expect.to_string();
    let told = told.escape_debug();
    (!is_the_same).then(|| format!("`env` sets PORT to {told}, so it is not told its `port` {}", port.expect))
}

/// Says so if a program is neither a path from `folder` nor in `PATH`.
fn missing_program(program: &str, folder: &Path) -> Option<String> {
    let shown = program.escape_debug();
    if program.contains('/') {
        return (!is_executable(&folder.join(program))).then(|| format!("there is no program `{shown}`"));
    }
    let path = env::var_os("PATH").unwrap_or_default();
    let is_there = env::split_paths(&path).any(|entry: PathBuf| is_executable(&entry.join(program)));
    (!is_there).then(|| format!("there is no program `{shown}` in PATH"))
}

fn is_executable(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

fn bad_env_file(path: &Path, shown: &Path) -> Option<String> {
    // a missing file is fine, and one that cannot be read is for the start to complain about
    let text = fs::read_to_string(path).ok()?;
    parse_env_file(&text).err().map(|error| format!("{}: {error}", shown.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(file: &str, text: &str) -> (u8, String) {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join(file), text).unwrap();
        fs::write(root.path().join(".env"), "A=1\nB=two words\n").unwrap();
        let mut out = Vec::new();
        let code = check(None, root.path(), false, &mut out).unwrap();
        (code, String::from_utf8(out).unwrap())
    }

    #[test]
    fn a_good_file_is_one_line() {
        let (code, out) = checked("procfile.toml", "settings.env_file = []\nprocesses.a = \"b\"\n");
        assert_eq!((code, out.as_str()), (0, "procfile.toml: 1 service, no problems\n"));
    }

    #[test]
    fn what_is_missing_on_this_machine_is_a_warning() {
        let text = "[processes]\na = [\"no-such-program\"]\nb = [\"./nope\"]\nc = [\"sh\"]\n\
                    d = { command = \"x\", working_dir = \"gone\", env_file = \"gone.env\" }\n";
        let (code, out) = checked("procfile.toml", text);
        assert_eq!(code, 0);
        let lines: Vec<&str> = out.lines().collect();
        assert_eq!(
            lines[0],
            "warning: .env: line 2: `B=two words` is no `NAME=value`; a value with spaces or quotes in it has to be quoted"
        );
        assert_eq!(lines[1], "warning: a: there is no program `no-such-program` in PATH");
        assert_eq!(lines[2], "warning: b: there is no program `./nope`");
        assert!(lines[3].starts_with("warning: d: there is no folder `") && lines[3].ends_with("/gone`"));
        assert_eq!(lines[4], "warning: d: there is no file `gone.env`");
        assert_eq!(lines[5..], ["procfile.toml: 4 services, no problems, 5 warnings"]);
    }

    #[test]
    fn a_variable_that_hides_the_port_is_a_warning() {
        let text = "[processes]\na = { command = \"sh\", port = 3000, env = { PORT = \"4000\" } }\n\
                    b = { command = \"sh\", port = 4000, env = { PORT = 4000 } }\n";
        let (code, out) = checked("procfile.toml", text);
        assert_eq!(code, 0);
        assert!(out.contains("warning: a: `env` sets PORT to 4000, so it is not told its `port` 3000\n"), "{out}");
        assert_eq!(out.matches("warning: ").count(), 2, "one is about the file of the environment\n{out}");
    }

    #[test]
    fn problems_are_all_shown_and_told_to_the_shell() {
        let (code, out) = checked("Procfile", "web npm start\ndb: postgres\ndb:\n");
        assert_eq!(code, 2);
        assert_eq!(out.matches("error: ").count(), 2, "{out}");
    }
}
