//! `procdash reap`: ends what killed runs have left behind.

use std::io::{self, Write};
use std::path::Path;

use jiff::tz::TimeZone;

use super::args::ReapArguments;
use super::find::{find, named};
use super::leftovers::{Seen, as_json, counted, found_in_words, reaped_in_words};
use super::load::LoadError;
use crate::engine::{self, Found, Reaped, Scope, find_settled, project_file};

/// Everything that was to be done is done, if anything was.
const DONE: u8 = 0;
/// The project's file is not there.
const USAGE: u8 = 2;
/// Something survived.
const SURVIVED: u8 = 3;

/// Looks for leftovers of the project's runs, or of all, ends them unless only asked, and says so to `out`; returns the
/// exit code.
///
/// The file is not read: its place says which project is meant, whatever stands in it by now.
///
/// # Errors
/// Returns why the process table cannot be read, or `out` not be written to.
pub fn reap(words: &ReapArguments, from: &Path, out: &mut dyn Write, problems: &mut dyn Write) -> io::Result<u8> {
    let scope = match scope(words, from) {
        Ok(scope) => scope,
        Err(error) => {
            writeln!(problems, "{}", error.render(false))?;
            return Ok(USAGE);
        }
    };
    let found = find_settled(&scope)?;
    let seen = Seen::look(&found.leftovers);
    if words.dry_run {
        tell_found(words, &found, &seen, out)?;
        return Ok(DONE);
    }
    let reaped = if found.leftovers.is_empty() { Reaped::default() } else { engine::reap(&scope)? };
    tell_reaped(words, &found, &reaped, &seen, out)?;
    Ok(if reaped.survivors.is_empty() { DONE } else { SURVIVED })
}

fn scope(words: &ReapArguments, from: &Path) -> Result<Scope, LoadError> {
    if words.all {
        return Ok(Scope::All);
    }
    let files = words.file.as_deref().map_or_else(|| find(from), |file| named(file, from));
    let Some(main) = files.into_iter().next() else { return Err(LoadError::Missing { from: from.to_owned() }) };
    if !main.path.exists() {
        return Err(LoadError::NotThere { file: main.shown });
    }
    Ok(Scope::Project(project_file(&main.path)))
}

fn tell_found(words: &ReapArguments, found: &Found, seen: &Seen, out: &mut dyn Write) -> io::Result<()> {
    if words.json {
        return writeln!(out, "{}", as_json(found.leftovers.iter().map(|leftover| (leftover, false)), seen)?);
    }
    if found.leftovers.is_empty() {
        return writeln!(out, "nothing left behind");
    }
    tell(&found_in_words(found, seen, &TimeZone::system()), out)?;
    let count = counted(found.leftovers.len(), "process", "processes");
    writeln!(out, "nothing was killed; without --dry-run, {count} would be")
}

fn tell_reaped(
    words: &ReapArguments,
    found: &Found,
    reaped: &Reaped,
    seen: &Seen,
    out: &mut dyn Write,
) -> io::Result<()> {
    if words.json {
        let killed = reaped.killed.iter().map(|leftover| (leftover, true));
        let survivors = reaped.survivors.iter().map(|(leftover, _)| (leftover, false));
        return writeln!(out, "{}", as_json(killed.chain(survivors), seen)?);
    }
    if found.leftovers.is_empty() {
        return writeln!(out, "nothing left behind");
    }
    // as it was: who has been born since is in the line that counts
    tell(&found_in_words(found, seen, &TimeZone::system()), out)?;
    tell(&reaped_in_words(reaped, seen), out)
}

fn tell(lines: &[String], out: &mut dyn Write) -> io::Result<()> {
    lines.iter().try_for_each(|line| writeln!(out, "{line}"))
}
