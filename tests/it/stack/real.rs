//! A stack of real programs: postgres, a migration against it, redis, an api, a web server in front of it, a worker.

mod installed;
mod migration;
mod shared_memory;
mod turns;

use std::fs;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::{PermissionsExt, chown};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use nix::unistd::Uid;
use serde_json::Value;

use self::installed::Installed;
use super::{assert_before, order, row, run, said, wait_for};
use crate::support::processes::wait_until_nothing_lives;
use crate::support::program::Program;
use crate::support::project::Project;
use crate::support::wait;

/// What makes the table that everybody else asks for, and says when it is done.
const MIGRATION: &str = include_str!("real/migrate.sql");

/// A running stack.
struct Stack {
    /// Goes first, while there is somebody to be asked.
    _end: OrderlyEnd,
    project: Project,
    program: Program,
    began: Instant,
}

/// Ends the stack of a test that has failed: postgres, when it is killed, leaves shared memory behind.
struct OrderlyEnd(Command);

impl Drop for OrderlyEnd {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let _has_ended_already = self.0.output();
        }
    }
}

impl Stack {
    /// Begins to bring up everything with one command; `None`, with the reason, where something is not installed.
    fn begin(migration: &str) -> Option<Self> {
        let installed = match Installed::find() {
            Ok(installed) => installed,
            Err(missing) => {
                let _nobody_reads = writeln!(io::stderr(), "skipped: {missing}");
                return None;
            }
        };
        let project = Project::new("");
        project.write("procfile.toml", procfile(&project, &installed).as_bytes());
        project.write("stack.py", include_bytes!("real/stack.py")).write("api.py", include_bytes!("real/api.py"));
        project.write("web.py", include_bytes!("real/web.py")).write("worker.py", include_bytes!("real/worker.py"));
        project.write("migrate.sql", migration.as_bytes());
        for folder in ["data", "run"] {
            fs::create_dir(project.path(folder)).unwrap();
            if Uid::effective().is_root() {
                chown(project.path(folder), Some(65534), Some(65534)).unwrap();
            }
        }
        fs::set_permissions(project.folder(), fs::Permissions::from_mode(0o755)).unwrap();
        fs::set_permissions(project.path("data"), fs::Permissions::from_mode(0o700)).unwrap();
        let began = Instant::now();
        let program = Program::start(project.procdash(&["up", "--no-tui"]));
        Some(Self { _end: OrderlyEnd(project.procdash(&["down"])), project, program, began })
    }

    /// Says what has happened by now; seen with `--nocapture`.
    #[allow(clippy::print_stderr, reason = "this is what the test harness keeps to itself unless it is asked")]
    fn tell(&self, what: &str) {
        eprintln!("stack {:>6.2} s  {what}", self.began.elapsed().as_secs_f64());
    }

    /// Waits with `procdash wait`.
    #[track_caller]
    fn wait_until_ready(&self, names: &[&str]) {
        let words: Vec<&str> = ["wait", "--timeout", "20s"].iter().chain(names).copied().collect();
        let ready = wait::until(|| {
            let waited = run(&self.project, &words);
            // the time was up, or procdash itself was not
            assert!(matches!(waited.code, 0 | 124 | 4), "{waited:?}");
            (waited.code == 0).then_some(())
        });
        assert!(ready.is_some(), "{}", run(&self.project, &["ps"]).out);
    }

    /// Makes a program wait at its begin, as one does that needs long.
    fn hold(&self, name: &str) {
        self.project.write(&format!("hold.{name}"), b"");
    }

    /// Lets it go on.
    fn let_go(&self, name: &str) {
        fs::remove_file(self.project.path(&format!("hold.{name}"))).unwrap();
    }

    /// Returns the main processes of services, to be compared later.
    #[track_caller]
    fn main_processes(&self, names: &[&str]) -> Vec<Value> {
        names.iter().map(|name| row(&self.project, name).unwrap()["pid"].take()).collect()
    }

    /// Asks the web server for a page; returns the code and the text of the answer.
    fn get(&self, path: &str) -> Option<(u16, String)> {
        let port = u16::try_from(row(&self.project, "web")?["port"]["given"].as_u64()?).ok()?;
        let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
        write!(stream, "GET {path} HTTP/1.0\r\n\r\n").ok()?;
        let mut text = String::new();
        stream.read_to_string(&mut text).ok()?;
        let (head, body) = text.split_once("\r\n\r\n")?;
        Some((head.split_whitespace().nth(1)?.parse().ok()?, body.to_owned()))
    }

    /// Waits until the web server answers with this code and with orders that are as wanted.
    #[track_caller]
    fn wait_for_orders(&self, code: u16, wanted: impl Fn(&Value) -> bool) -> Value {
        let seen = wait::until(|| {
            let (_, body) = self.get("/orders").filter(|answer| answer.0 == code)?;
            serde_json::from_str(&body).ok().filter(&wanted)
        });
        seen.unwrap_or_else(|| panic!("{:?}\n{}", self.get("/orders"), run(&self.project, &["ps"]).out))
    }

    /// Waits until a page through everything has what the migration has put in, and the worker's work goes on.
    #[track_caller]
    fn assert_works(&self) {
        let numbers = |orders: &Value| Some((orders["ticks"].as_u64()?, orders["jobs"].as_u64()?));
        let first = numbers(&self.wait_for_orders(200, |orders| numbers(orders).is_some())).unwrap();
        self.wait_for_orders(200, |orders| {
            let has_grown = numbers(orders).is_some_and(|now| now.0 > first.0 && now.1 > first.1);
            orders["what"] == "a teapot" && has_grown
        });
    }

    /// Takes everything down with one command: in reverse, seen by those who go, by the notes and by what is left.
    #[track_caller]
    fn down(self) {
        let memory = shared_memory::of(&self.project);
        let told = said(&self.project, &["down"]);
        for name in ["web", "api", "worker", "db", "cache"] {
            assert!(told.contains(&format!("{name}: stopped ")), "{name}: {told}");
        }
        self.tell("down");
        let ended = self.program.finish();
        assert_eq!(ended.code, 0, "{ended:?}");
        assert!(ended.out.contains("5 stopped · 0 survivors"), "{ended:?}");
        wait_until_nothing_lives(self.project.token());
        assert!(!self.project.path("data/postmaster.pid").exists(), "postgres was not asked to end: {ended:?}");
        memory.assert_gone();

        // whoever went found all that it needs still there: otherwise its line says what was missing
        let mut gone = order(&self.project, "down ");
        assert_before(&gone, "web", "api");
        gone.sort();
        assert_eq!(gone, ["api", "web", "worker"]);
        assert_begins_in_order(&ended.out);
        assert_ends_in_reverse(&ended.out);
    }

    /// Fails unless each came up after what it needs, by what each found at its begin.
    #[track_caller]
    fn assert_came_up_in_order(&self) {
        assert_eq!(order(&self.project, "refused "), [""; 0]);
        let up = order(&self.project, "up ");
        for (first, second) in [("migrate", "api"), ("migrate", "worker"), ("api", "web")] {
            assert_before(&up, first, second);
        }
    }
}

/// Fails unless each came up after what it needs, by what procdash has noted.
#[track_caller]
fn assert_begins_in_order(out: &str) {
    let pairs = [
        ("init", "exited with code 0", "db"),
        ("db", "ready after ", "migrate"),
        ("migrate", "exited with code 0", "api"),
        ("migrate", "exited with code 0", "worker"),
        ("cache", "ready after ", "worker"),
        ("api", "ready after ", "web"),
    ];
    for (needed, is_so, needs) in pairs {
        let (needed, needs) = (places(out, needed, is_so), places(out, needs, " run 1 · "));
        assert!(needed.first().unwrap() < needs.first().unwrap(), "{needed:?} before {needs:?}: {out}");
    }
}

/// Fails unless each was asked to end only after those that need it had ended, by what procdash has noted.
#[track_caller]
fn assert_ends_in_reverse(out: &str) {
    for (above, below) in [("web", "api"), ("api", "db"), ("api", "cache"), ("worker", "db"), ("worker", "cache")] {
        let (ends, asked) = (places(out, above, " 0 left"), places(out, below, "sent to its process group"));
        assert!(ends.last().unwrap() < asked.last().unwrap(), "{above} before {below}: {out}");
    }
}

/// Returns where in what `up` has printed a service has lines with these words.
#[track_caller]
fn places(out: &str, name: &str, words: &str) -> Vec<usize> {
    let is_meant = |line: &str| {
        let parts = line.split_once(" | ");
        parts.is_some_and(|(label, text)| label.trim() == name && text.contains(words))
    };
    let found: Vec<usize> = out.lines().enumerate().filter(|(_, line)| is_meant(line)).map(|(at, _)| at).collect();
    assert!(!found.is_empty(), "{name} `{words}`: {out}");
    found
}

fn procfile(project: &Project, installed: &Installed) -> String {
    static STACKS: AtomicU32 = AtomicU32::new(0);
    // a hundred ports for each, below those that the kernel gives away
    let place = std::process::id().wrapping_mul(2).wrapping_add(STACKS.fetch_add(1, Ordering::Relaxed)) % 200;
    let first = 10_240 + place * 100;
    include_str!("real/procfile.toml")
        .replace("@FOLDER@", &project.folder().display().to_string())
        .replace("@WEB@", &first.to_string())
        .replace("@API@", &(first + 50).to_string())
        .replace("@AS_USER@", installed.as_user)
        .replace("@POSTGRES@", &installed.postgres.display().to_string())
        .replace("@IS_READY@", &installed.is_ready)
        .replace("@REDIS@", &installed.redis.display().to_string())
}

/// Waits until a service runs in the run after `run`.
#[track_caller]
fn wait_for_next(project: &Project, name: &str, run: u64, state: &str) {
    wait_for(project, name, |row| row["run"] == run + 1 && row["state"] == state);
}
