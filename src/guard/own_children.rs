//! This process's own children: all of them, or those among thousands of dead who are likely to live.

use std::fs::File;
use std::io::{self, Read};

use rustix::io::Errno;
use rustix::process::{WaitId, WaitIdOptions, waitid};

use super::program::raise_limit;
use crate::engine::identity::{children_by_parent, numbers, read_whole};
use crate::engine::kill;

/// The list of a process that has one thread, as it sees itself.
const LIST: &str = "/proc/thread-self/children";

/// How much of the list is read for its beginning; the kernel gives one page at a time.
const PAGE: usize = 4096;

/// The search for the youngest ends with so many numbers in a row that belong to none of them.
const GAP: u32 = 256;

/// How many numbers one search looks at.
const MOST: usize = 16_384;

/// Where numbers begin anew after the highest (`RESERVED_PIDS` in `kernel/pid.c`): those below are given only once.
const BEGINS_ANEW: u32 = 300;

/// Lists all children: exact, if nobody else collects them, and this process does not do so meanwhile.
///
/// The kernel finds each page of the list by counting from its start: a list of 30,000 takes it 0.1 s.
pub(super) fn all() -> io::Result<Vec<u32>> {
    let read = || read_whole(LIST);
    let out_of_descriptors = |error: &io::Error| error.raw_os_error() == Some(Errno::MFILE.raw_os_error());
    let listed = match read() {
        Err(error) if out_of_descriptors(&error) => Ok(raise_limit().and_then(|()| read())?),
        other => other,
    };
    Ok(match listed {
        Ok(bytes) => numbers(&bytes).collect(),
        Err(_not_supported) => children_by_parent(std::process::id()),
    })
}

/// Finds living children among those that have been ours for longest, as far as one page of the list goes, but for those
/// that are `known`; nobody where there is no such list.
///
/// The dead are collected in the order of the list, so that whoever lives moves up to its beginning.
pub(super) fn oldest(known: impl Fn(u32) -> bool) -> Vec<u32> {
    let mut page = [0; PAGE];
    let count = File::open(LIST).and_then(|mut list| list.read(&mut page)).unwrap_or(0);
    // on machines with larger pages the last number may be cut off in its middle
    let end = page.iter().take(count).rposition(u8::is_ascii_whitespace).unwrap_or(0);
    let listed = numbers(page.get(..end).unwrap_or_default());
    listed.filter(|&number| !known(number) && is_living_child(number)).collect()
}

/// Finds living children by the numbers that were given last, but for those that are `known`.
///
/// Numbers are given in turn. However long the list of children is, whoever is born anew all the time has one of the last.
pub(super) fn youngest(known: impl Fn(u32) -> bool) -> Vec<u32> {
    // both files may be another's invention or not there, as in some containers: then nobody is found, and the list has to do
    let Some((last, highest)) = last_given().zip(number_in("/proc/sys/kernel/pid_max")) else { return Vec::new() };
    search(given_before(last, highest), |number| !known(number) && is_living_child(number))
}

/// Returns the number that was given last in this process's namespace.
fn last_given() -> Option<u32> {
    number_in("/proc/loadavg")
}

/// Returns the last number in a file.
fn number_in(path: &str) -> Option<u32> {
    let bytes = read_whole(path).ok()?;
    let word = bytes.split(u8::is_ascii_whitespace).rfind(|word| !word.is_empty())?;
    std::str::from_utf8(word).ok()?.parse().ok()
}

/// Lists numbers in the order in which they were given, backwards.
fn given_before(last: u32, highest: u32) -> impl Iterator<Item = u32> {
    let lowest = if last < BEGINS_ANEW { 1 } else { BEGINS_ANEW };
    (lowest..=last).rev().chain((last.saturating_add(1)..highest).rev())
}

/// Returns who is looked for, until there was none for a while.
fn search(numbers: impl Iterator<Item = u32>, mut is_looked_for: impl FnMut(u32) -> bool) -> Vec<u32> {
    let mut found = Vec::new();
    let mut missed = 0;
    for number in numbers.take(MOST) {
        if is_looked_for(number) {
            found.push(number);
            missed = 0;
        } else {
            missed += 1;
            if missed == GAP {
                break;
            }
        }
    }
    found
}

/// Whether a number belongs to a child of this process that has not ended; one that is not collected keeps it.
fn is_living_child(number: u32) -> bool {
    has_ended(number) == Some(false)
}

/// Whether the child of this process with this number has ended, without collecting it; `None` if there is no such child.
pub(super) fn has_ended(number: u32) -> Option<bool> {
    let how = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    // threads that clone made without SIGCHLD are children too
    let all = WaitIdOptions::from_bits_retain(nix::libc::__WALL as u32);
    waitid(WaitId::Pid(kill::number(number)?), how | all).ok().map(|ended| ended.is_some())
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::guard::raw::fork_unheard;

    #[test]
    fn numbers_are_walked_backwards_and_around() {
        let walked = |last, highest| given_before(last, highest).collect::<Vec<_>>();
        assert_eq!(walked(303, 307), [303, 302, 301, 300, 306, 305, 304]);
        // the first round of a new namespace
        assert_eq!(walked(3, 6), [3, 2, 1, 5, 4]);
    }

    #[test]
    fn a_search_goes_on_as_long_as_it_finds_some() {
        let step = GAP;
        let found = search(1.., |number| number % step == 0 && number <= 3 * step);
        assert_eq!(found, [step, 2 * step, 3 * step]);
        assert!(search(1.., |number| number == step + 1).is_empty());
    }

    #[test]
    fn a_search_has_an_end_wherever_it_finds_some() {
        assert_eq!(search(1.., |_| true).len(), MOST);
    }

    #[test]
    fn a_child_that_was_made_without_sigchld_is_seen_to_end_like_any_other() {
        let child = fork_unheard().unwrap();
        let deadline = Instant::now() + Duration::from_secs(30);
        while has_ended(child) != Some(true) {
            assert!(Instant::now() < deadline, "{:?}", has_ended(child));
            std::thread::yield_now();
        }
        let all = WaitIdOptions::from_bits_retain(nix::libc::__WALL as u32);
        waitid(WaitId::Pid(kill::number(child).unwrap()), WaitIdOptions::EXITED | all).unwrap();
        assert_eq!(has_ended(child), None);
    }

    #[test]
    fn a_child_is_found_by_its_number_while_it_lives() {
        let mut child = std::process::Command::new("sleep").arg("30").spawn().unwrap();
        assert!(is_living_child(child.id()));
        assert!(!is_living_child(std::process::id()) && !is_living_child(1) && !is_living_child(0));
        child.kill().unwrap();
        // collected by nobody but this test
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
        while is_living_child(child.id()) && std::time::Instant::now() < deadline {}
        assert!(!is_living_child(child.id()));
        child.wait().unwrap();
        assert!(!is_living_child(child.id()));
    }

    #[test]
    fn the_number_given_last_is_one_that_can_be_given() {
        let (last, highest) = (last_given().unwrap(), number_in("/proc/sys/kernel/pid_max").unwrap());
        assert!((1..=highest).contains(&last), "{last} of {highest}");
    }
}
