//! A service that listens on a port: the test program itself, so that no other has to be there.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};

use super::project::Project;

/// The variable that makes the test a service; its value is the file for the port's number.
const ASKED: &str = "PROCDASH_IT_LISTEN";

/// The variable that names the port to listen on.
const PORT: &str = "PROCDASH_IT_PORT";

/// Returns a program that listens on `port` of `127.0.0.1` and writes that into a file once it does, for whoever is to be no
/// service; it carries the project's mark.
pub(crate) fn program(project: &Project, file: &str, port: u16) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["ports::a_program_that_listens", "--exact", "--nocapture"]).current_dir(project.folder());
    command.env(ASKED, file).env(PORT, port.to_string()).env("PROCDASH_IT", project.token());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Returns the table of a procfile for a service that listens on `port`, which may be a variable such as `${PORT}`; `more` are
/// other keys.
pub(crate) fn service_on(name: &str, file: &str, port: &str, more: &str) -> String {
    let program = std::env::current_exe().unwrap();
    let words = [program.to_str().unwrap(), "ports::a_program_that_listens", "--exact", "--nocapture"];
    format!("[processes.{name}]\ncommand = {words:?}\nenv = {{ {ASKED} = {file:?}, {PORT} = {port:?} }}\n{more}\n")
}

/// Returns the lines of a procfile for a service that listens on `127.0.0.1` and writes its port into a file: the port that
/// the file `wanted` names, if there is one.
pub(crate) fn service(name: &str, file: &str) -> String {
    let program = std::env::current_exe().unwrap();
    let words = [program.to_str().unwrap(), "ports::a_program_that_listens", "--exact", "--nocapture"];
    format!("{name} = {{ command = {words:?}, env = {{ {ASKED} = {file:?} }} }}\n")
}

/// Does the same with a shell above the listener, which is not the service's main process then.
pub(crate) fn service_below_a_shell(name: &str, file: &str) -> String {
    let program = std::env::current_exe().unwrap();
    let line =
        format!("'{}' ports::a_program_that_listens --exact --nocapture > /dev/null 2>&1 & wait", program.display());
    format!("{name} = {{ command = {line:?}, env = {{ {ASKED} = {file:?} }} }}\n")
}

/// Listens for ever if this process was started to.
pub(crate) fn listen_if_asked() {
    let Some(file) = std::env::var_os(ASKED) else { return };
    let by_variable = || std::env::var(PORT).map_or(0, |port| port.parse().unwrap());
    let wanted = fs::read_to_string("wanted").map_or_else(|_none| by_variable(), |port| port.parse().unwrap());
    let listener = TcpListener::bind(("127.0.0.1", wanted)).unwrap();
    let part = Path::new(&file).with_extension("part");
    fs::write(&part, listener.local_addr().unwrap().port().to_string()).unwrap();
    fs::rename(part, file).unwrap();
    loop {
        std::thread::park();
    }
}
