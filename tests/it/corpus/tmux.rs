//! A tmux of its own, which shows a stream and tells what it shows.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use tempfile::TempDir;

use super::Step;
use super::cells::{self, Shown};
use crate::support::wait;

/// A tmux with a socket of its own; it ends with this value.
pub(super) struct Server {
    folder: TempDir,
}

impl Server {
    /// Starts one; `None` where there is none to start.
    pub(super) fn start() -> Option<Self> {
        Command::new("tmux").arg("-V").output().ok().filter(|output| output.status.success())?;
        let folder = tempfile::tempdir().unwrap();
        let options = "set -g status off\nset -g history-limit 5000\nset -g default-terminal tmux-256color\n";
        fs::write(folder.path().join("conf"), options).unwrap();
        let server = Self { folder };
        // a server without a session ends, and the next session would meet it while it does
        server.ask(&["new-session", "-d", "-s", "keep", "exec sleep 1000"]);
        Some(server)
    }

    fn ask(&self, arguments: &[&str]) -> String {
        let path = |name: &str| self.folder.path().join(name);
        let mut command = Command::new("tmux");
        command.arg("-u").arg("-S").arg(path("socket")).arg("-f").arg(path("conf")).args(arguments);
        let output = command.env("LANG", "C.UTF-8").env_remove("TMUX").output().unwrap();
        assert!(output.status.success(), "tmux {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Shows a stream and returns what is to be seen behind it.
    pub(super) fn show(&self, (columns, rows): (u16, u16), steps: &[Step], has_lines: bool) -> Shown {
        let path = |name: String| self.folder.path().join(name);
        let mut script = "stty raw -echo\n".to_owned();
        for (place, (bytes, _)) in steps.iter().enumerate() {
            fs::write(path(format!("step{place}")), bytes).unwrap();
            let go = path(format!("go{place}")).display().to_string();
            let folder = self.folder.path().display();
            writeln!(script, "while [ ! -e {go} ]; do sleep 0.01; done\ncat {folder}/step{place}").unwrap();
            // the answer comes when everything before it was read
            let answer = "printf '\\033[6n'; dd bs=1 count=3 >/dev/null 2>&1";
            writeln!(script, "{answer}; touch {folder}/done{place}").unwrap();
        }
        script.push_str("exec sleep 1000\n");
        fs::write(path("script".to_owned()), script).unwrap();
        let size = [columns.to_string(), rows.to_string()];
        let command = format!("exec sh {}", path("script".to_owned()).display());
        self.ask(&["new-session", "-d", "-s", "it", "-x", &size[0], "-y", &size[1], &command]);
        for (place, (_, size)) in steps.iter().enumerate() {
            fs::write(path(format!("go{place}")), "").unwrap();
            wait::until(|| path(format!("done{place}")).exists().then_some(())).unwrap();
            if let Some((columns, rows)) = size {
                self.ask(&["resize-window", "-t", "it", "-x", &columns.to_string(), "-y", &rows.to_string()]);
            }
        }
        let shown = self.picture(has_lines);
        self.ask(&["kill-session", "-t", "it"]);
        for (place, _) in steps.iter().enumerate() {
            fs::remove_file(path(format!("go{place}"))).unwrap();
            fs::remove_file(path(format!("done{place}"))).unwrap();
        }
        shown
    }

    fn picture(&self, has_lines: bool) -> Shown {
        let asked =
            self.ask(&["display-message", "-p", "-t", "it", "#{cursor_x} #{cursor_y} #{cursor_flag} #{pane_width}"]);
        let numbers: Vec<u16> = asked.split_whitespace().map(|number| number.parse().unwrap()).collect();
        // behind a full row tmux counts on, where other terminals wait in the last column
        let cursor = (numbers[2] == 1).then(|| (numbers[0].min(numbers[3] - 1), numbers[1]));
        let rows = cells::of_captured(&self.ask(&["capture-pane", "-e", "-p", "-N", "-t", "it"]));
        let lines = has_lines.then(|| self.ask(&["capture-pane", "-e", "-p", "-N", "-J", "-S", "-", "-t", "it"]));
        Shown { cursor, rows, lines: lines.map(|lines| cells::of_captured(&lines)).unwrap_or_default() }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let socket = self.folder.path().join("socket");
        if socket.exists() {
            let _was_gone = Command::new("tmux").arg("-S").arg(socket).arg("kill-server").output();
        }
    }
}
