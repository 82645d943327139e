//! `procdash logs`: what services have printed, from the files that are kept of it; nobody has to run for that.

mod printer;
mod since;
mod stream;

use std::io::{self, BufWriter, Write};
use std::os::fd::AsFd as _;
use std::path::Path;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

pub use self::since::Since;

use self::printer::{Form, Printer};
use self::stream::{Item, Stream};
use super::args::LogsArguments;
use super::load;
use super::remote::{DONE, FAILED, Failure, Place, USAGE};
use crate::config::{Config, UnknownName};
use crate::engine::{explain, log_folder};
use crate::logs::file_stem;

/// The pause between two looks for more, in milliseconds.
const LOOK_AGAIN: u16 = 200;
/// What is written at once.
const OUTPUT: usize = 64 * 1024;

/// Prints what is kept of services, merged in the order in which it arrived; returns the exit code.
///
/// # Errors
/// When there is nothing to read from, or nobody reads what is told.
pub fn logs(words: &LogsArguments, place: &Place<'_>, out: &mut dyn Write) -> Result<u8, Failure> {
    let config =
        load(words.file.as_deref(), place.from).map_err(|error| Failure::new(USAGE, error.render(place.colour)))?;
    let folder = folder(&config)?;
    let names = chosen(&config, &folder, &words.names)?;
    let mut streams = Vec::with_capacity(names.len());
    for name in &names {
        let opened = open(words, &folder, name);
        streams.push(
            opened
                .map_err(|error| Failure::new(FAILED, format!("error: {}: {}", folder.display(), explain(&error))))?,
        );
    }
    if !words.follow && streams.iter().all(Stream::is_missing) {
        let whose = if words.names.is_empty() { "no service" } else { "nothing of this" };
        let told = format!("error: {whose} is kept in {}; files begin when a service is started", folder.display());
        return Err(Failure::new(FAILED, told));
    }
    let mut out = BufWriter::with_capacity(OUTPUT, out);
    if let ([stream], true, false) = (streams.as_mut_slice(), words.raw, words.json) {
        copy(stream, words.follow, &mut out)?;
        return Ok(DONE);
    }
    let form = match (words.json, words.raw, words.strip || !place.colour) {
        (true, _, _) => Form::Json,
        (false, true, _) => Form::Raw,
        (false, false, true) => Form::Stripped,
        (false, false, false) => Form::Coloured,
    };
    // a name that was asked for need not be told again
    let is_alone = names.len() == 1 && words.names == names;
    let mut printer = Printer::new(&names, form, !is_alone, place.colour);
    merge(&mut streams, words.follow, |number, item| printer.print(&mut out, number, item))?;
    out.flush()?;
    Ok(DONE)
}

fn folder(config: &Config) -> Result<std::path::PathBuf, Failure> {
    if !config.settings.logs.enabled {
        let told = "error: no log files are kept: `enabled = false` in `[settings.logs]`";
        return Err(Failure::new(FAILED, told));
    }
    log_folder(config).ok_or_else(|| {
        let told = "error: there is no home in which logs are kept; set `dir` in `[settings.logs]`, or XDG_STATE_HOME";
        Failure::new(FAILED, told)
    })
}

/// Returns the services to print: those named, or all; one that is no more in the project's file may still have files.
fn chosen(config: &Config, folder: &Path, names: &[String]) -> Result<Vec<String>, Failure> {
    let all: Vec<String> = config.services.iter().map(|service| service.name.clone()).collect();
    if names.is_empty() {
        return Ok(all);
    }
    let roster = config.roster();
    let mut chosen: Vec<String> = Vec::with_capacity(names.len());
    for name in names {
        let found = roster.find(name);
        let is_kept = || stream::is_there(folder, &file_stem(name));
        let meant: Vec<String> = match found {
            Ok(places) => places.into_iter().filter_map(|place| all.get(place).cloned()).collect(),
            Err(_) if is_kept() => vec![name.clone()],
            Err(unknown) => {
                let unknown = UnknownName { name: name.escape_debug().to_string(), ..unknown };
                return Err(Failure::new(USAGE, format!("error: {}", unknown.with_all())));
            }
        };
        for name in meant {
            if !chosen.contains(&name) {
                chosen.push(name);
            }
        }
    }
    Ok(chosen)
}

/// Opens the log of a service where the first line is that is wanted.
fn open(words: &LogsArguments, folder: &Path, name: &str) -> io::Result<Stream> {
    let mut stream = Stream::open(folder, &file_stem(name))?;
    if let Some(since) = &words.since {
        stream.skip_before(since.stamp())?;
    }
    if let Some(lines) = words.lines {
        stream.skip_to_last(lines)?;
    }
    Ok(stream)
}

/// Prints the bytes of one log as they are.
fn copy(stream: &mut Stream, follow: bool, out: &mut impl Write) -> io::Result<()> {
    loop {
        while let Some(bytes) = stream.bytes()? {
            out.write_all(bytes)?;
        }
        out.flush()?;
        if !follow {
            return Ok(());
        }
        wait()?;
        stream.look()?;
    }
}

/// Hands over what is in the logs in the order in which it arrived; returns at the end, or never when it is followed.
fn merge(
    streams: &mut [Stream],
    follow: bool,
    mut print: impl FnMut(usize, Option<Item>) -> io::Result<()>,
) -> io::Result<()> {
    let mut heads: Vec<Option<Item>> = streams.iter().map(|_| None).collect();
    loop {
        for (head, stream) in heads.iter_mut().zip(&mut *streams) {
            if head.is_none() {
                *head = stream.next(!follow)?;
            }
        }
        let moments = heads.iter().enumerate().filter_map(|(number, head)| Some((head.as_ref()?.at, number)));
        match moments.min() {
            Some((_, number)) => print(number, heads.get_mut(number).and_then(Option::take))?,
            None if follow => {
                print(0, None)?;
                wait()?;
                for stream in &mut *streams {
                    stream.look()?;
                }
            }
            None => return Ok(()),
        }
    }
}

/// Waits a moment; fails at once when nobody reads the output any more.
///
/// Only the output can be waited for: a regular file is always ready, however little is in it.
fn wait() -> io::Result<()> {
    let out = io::stdout();
    let mut look = [PollFd::new(out.as_fd(), PollFlags::empty())];
    let ends = PollFlags::POLLERR | PollFlags::POLLHUP | PollFlags::POLLNVAL;
    let is_broken = poll(&mut look, PollTimeout::from(LOOK_AGAIN)).is_ok()
        && look.iter().filter_map(PollFd::revents).any(|found| found.intersects(ends));
    if is_broken { Err(io::ErrorKind::BrokenPipe.into()) } else { Ok(()) }
}
