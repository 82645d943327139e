//! Checks that log files hold what services wrote, to the last byte: random bytes, and numbered lines up to a SIGKILL.
//!
//! `cargo bench --bench kept -- [MEBIBYTES] [LINES]`; 1024 and 10000000 without them.
#![allow(clippy::print_stdout, reason = "the table is what the program is for")]

use std::env;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::os::fd::AsFd;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};

/// Set in the services: which of them to be.
const ROLE: &str = "PROCDASH_BENCH_KEPT";
const MEBIBYTES: u64 = 1024;
const LINES: u64 = 10_000_000;
const BLOCK: usize = 64 * 1024;

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let numbers: Vec<u64> = arguments.iter().filter_map(|argument| argument.parse().ok()).collect();
    if let Ok(role) = env::var(ROLE) {
        return play(&role, &numbers);
    }
    if arguments.iter().all(|argument| argument != "--bench") {
        println!("measures only when run by `cargo bench`");
        return Ok(());
    }
    let mebibytes = numbers.first().copied().unwrap_or(MEBIBYTES);
    let lines = numbers.get(1).copied().unwrap_or(LINES);
    let folder = tempfile::tempdir()?;
    println!("{:<44} {:>12} {:>8}  sha256 of both", "", "bytes", "time");
    check(folder.path(), "random bytes through a pipe", ("random", mebibytes), false)?;
    check(folder.path(), "random bytes through a terminal", ("random", mebibytes), true)?;
    check(folder.path(), "numbered lines through a pipe, then SIGKILL", ("lines", lines), false)?;
    check(folder.path(), "numbered lines through a terminal, then SIGKILL", ("lines", lines), true)?;
    Ok(())
}

/// Lets procdash run one service, and compares what was kept with what the same service writes into a hash.
fn check(folder: &Path, name: &str, (role, count): (&str, u64), tty: bool) -> Result<()> {
    let own = env::current_exe()?;
    let own = own.to_str().context("the path of this program is no text")?;
    // a terminal turns line ends into two bytes and obeys some of the random ones, unless it is told not to
    let raw = if tty { "stty raw && " } else { "" };
    let command = format!("{raw}exec env {ROLE}={role} '{own}' {count}");
    let procfile = format!(
        "[settings.logs]\ndir = \"logs\"\nmax_size = false\n[processes.service]\ntty = {tty}\ncommand = '''{command}'''\n"
    );
    fs::write(folder.join("procfile.toml"), procfile)?;
    let begin = Instant::now();
    let ran = Command::new(env!("CARGO_BIN_EXE_procdash"))
        .args(["up", "--no-tui"])
        .current_dir(folder)
        .env("XDG_RUNTIME_DIR", folder)
        .stdout(Stdio::null())
        .status()?;
    let took = begin.elapsed();
    // a service that is killed has failed
    ensure!(ran.code() == Some(i32::from(role == "lines")), "procdash ended with {ran}");
    let log = folder.join("logs/service.log");
    let bytes = fs::metadata(&log)?.len();
    let kept = hash(Command::new("cat").arg(&log))?;
    let written = hash(Command::new(own).env(ROLE, format!("only-{role}")).arg(count.to_string()))?;
    println!("{name:<44} {bytes:>12} {:>6.1} s  {kept}", took.as_secs_f64());
    ensure!(kept == written, "{written} was written");
    fs::remove_dir_all(folder.join("logs"))?;
    Ok(())
}

/// Returns the hash of what a command prints.
fn hash(command: &mut Command) -> Result<String> {
    let mut source = command.stdout(Stdio::piped()).spawn()?;
    let pipe = source.stdout.take().context("standard output was set to a pipe")?;
    let hashed = Command::new("sha256sum").stdin(Stdio::from(pipe)).output()?;
    source.wait()?;
    let text = String::from_utf8(hashed.stdout)?;
    Ok(text.split_whitespace().next().context("sha256sum printed nothing")?.to_owned())
}

/// Writes what the role says; a service of lines then dies as hard as can be.
fn play(role: &str, numbers: &[u64]) -> Result<()> {
    let count = numbers.first().copied().context("no number")?;
    let out = File::from(io::stdout().as_fd().try_clone_to_owned()?);
    match role {
        "random" | "only-random" => write_random(out, count)?,
        "lines" | "only-lines" => write_lines(out, count)?,
        other => anyhow::bail!("no role `{other}`"),
    }
    if role == "lines" {
        nix::sys::signal::raise(nix::sys::signal::Signal::SIGKILL)?;
    }
    Ok(())
}

/// Bytes without any pattern that a reader could be helped by, the same each time (xorshift64*).
fn write_random(mut out: impl Write, mebibytes: u64) -> io::Result<()> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut block = vec![0; BLOCK];
    for _ in 0..mebibytes * (1 << 20) / BLOCK as u64 {
        for word in block.chunks_exact_mut(8) {
            state ^= state >> 12;
            state ^= state << 25;
            state ^= state >> 27;
            word.copy_from_slice(&state.wrapping_mul(0x2545_f491_4f6c_dd1d).to_le_bytes());
        }
        out.write_all(&block)?;
    }
    Ok(())
}

fn write_lines(out: impl Write, lines: u64) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(BLOCK, out);
    for number in 1..=lines {
        writeln!(out, "line {number}")?;
    }
    out.flush()
}
