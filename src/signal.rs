//! The signals a person may send: one table, from which the enum, the parser, the names and the menu come.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Writes the enum and its lookups from one list, so that the two cannot disagree.
macro_rules! signals {
    ($($name:ident $linux:literal $bsd:literal $meaning:literal;)*) => {
        /// A signal that can be sent to a process, by its name in signal(7).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[allow(clippy::upper_case_acronyms, reason = "the names are the kernel's")]
        pub enum Signal {
            $(#[doc = $meaning] $name,)*
        }

        impl Signal {
            /// Every signal, in the order of the menu: the ways to stop first, then by use.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Returns the name with its prefix, such as `SIGTERM`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }

            /// Returns what the signal is for, in a few words.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$name => $meaning,)* }
            }

            /// Returns the kernel's number for it on this platform.
            #[must_use]
            pub const fn number(self) -> i32 {
                match self { $(Self::$name => if cfg!(target_os = "linux") { $linux } else { $bsd },)* }
            }
        }
    };
}

// name, number on Linux (x86, ARM, RISC-V), number on the BSDs and macOS, meaning
signals! {
    SIGTERM 15 15 "end, after tidying up";
    SIGINT 2 2 "interrupt, as Ctrl-C does";
    SIGHUP 1 1 "the terminal is gone; many daemons reload";
    SIGQUIT 3 3 "quit, with a core dump";
    SIGKILL 9 9 "end at once; cannot be refused";
    SIGSTOP 19 17 "pause; cannot be refused";
    SIGCONT 18 19 "go on after a pause";
    SIGTSTP 20 18 "pause, as Ctrl-Z does";
    SIGUSR1 10 30 "whatever the program says";
    SIGUSR2 12 31 "whatever the program says";
    SIGWINCH 28 28 "the window has another size";
    SIGALRM 14 14 "an alarm clock has rung";
    SIGPIPE 13 13 "nobody reads what is written";
    SIGABRT 6 6 "abort, with a core dump";
    SIGTRAP 5 5 "a breakpoint was met";
    SIGILL 4 4 "an illegal instruction";
    SIGBUS 7 10 "a bad memory access";
    SIGFPE 8 8 "an arithmetic error";
    SIGSEGV 11 11 "an invalid memory reference";
    SIGSYS 31 12 "a bad system call";
    SIGCHLD 17 20 "a child has changed its state";
    SIGTTIN 21 21 "reading the terminal from the background";
    SIGTTOU 22 22 "writing to the terminal from the background";
    SIGURG 23 16 "urgent data on a socket";
    SIGXCPU 24 24 "the processor-time limit is reached";
    SIGXFSZ 25 25 "the file-size limit is reached";
    SIGVTALRM 26 26 "a virtual alarm clock has rung";
    SIGPROF 27 27 "a profiling clock has rung";
    SIGIO 29 23 "input or output is possible";
}

/// A word that names no signal.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{0}` is no signal; write a name such as SIGTERM or TERM, or a number from 1 to 31")]
pub struct UnknownSignal(pub String);

impl Signal {
    /// Returns the signal with this number, if it is one of the table.
    #[must_use]
    pub fn from_number(number: i32) -> Option<Self> {
        Self::ALL.iter().copied().find(|signal| signal.number() == number)
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Signal {
    type Err = UnknownSignal;

    /// Reads `SIGTERM`, `TERM`, `term` or `15`.
    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let unknown = || UnknownSignal(word.to_owned());
        if let Ok(number) = word.parse::<i32>() {
            return Self::from_number(number).ok_or_else(unknown);
        }
        let upper = word.to_ascii_uppercase();
        let bare = upper.strip_prefix("SIG").unwrap_or(&upper);
        Self::ALL.iter().copied().find(|signal| signal.name().strip_prefix("SIG") == Some(bare)).ok_or_else(unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_signal_is_found_again_by_its_name_its_short_name_and_its_number() {
        for &signal in Signal::ALL {
            assert_eq!(signal.name().parse(), Ok(signal));
            assert_eq!(signal.name().trim_start_matches("SIG").to_lowercase().parse(), Ok(signal));
            assert_eq!(signal.number().to_string().parse(), Ok(signal));
        }
    }

    #[test]
    fn no_two_signals_share_a_number() {
        let mut numbers: Vec<i32> = Signal::ALL.iter().map(|signal| signal.number()).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), Signal::ALL.len());
    }

    #[test]
    fn what_names_no_signal_is_refused_with_the_word_itself() {
        for word in ["", "SIG", "SIGNOPE", "0", "64", "-9", "15x"] {
            assert_eq!(word.parse::<Signal>(), Err(UnknownSignal(word.to_owned())));
        }
    }
}
