//! What the dashboard and a guard say to each other.

use std::ffi::OsString;
use std::path::PathBuf;

use serde::de::IntoDeserializer;
use serde::de::value::{self, U32Deserializer};
use serde::{Deserialize, Serialize};

use super::wire::{self, Malformed};
use crate::config::Isolation;
use crate::process::{Exit, ProcessId, Survivor};
use crate::signal::Signal;

/// What a guard is asked to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// Start the program; asked once, by [`super::Guards::launch`].
    Launch(Box<Order>),
    /// Ask the main process's group to end and continue it; once the main process is gone, the same to all that remain.
    Stop {
        /// How to ask.
        signal: Signal,
    },
    /// Kill everything until nothing is left.
    Kill,
    /// Send a signal, and nothing else.
    Signal {
        /// Which.
        signal: Signal,
        /// To whom.
        to: Reach,
    },
}

/// Whom a signal is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reach {
    /// The main process alone.
    Main,
    /// The main process's group.
    Group,
    /// Everything that lives below the guard.
    Tree,
}

/// What a guard says by itself or in answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Report {
    /// The main process has ended; others of the tree may live on, and hold its output open.
    MainExited(Exit),
    /// The answer to [`Request::Signal`].
    Signalled {
        /// How many processes the kernel took it for.
        delivered: u64,
        /// Those that were not signalled, each with its reason.
        refused: Vec<String>,
    },
    /// Everything was killed and these are left; the guard goes on trying and says so when the list changes.
    Stuck(Vec<Survivor>),
    /// Nothing is left: the kernel has said that there is no child any more. The guard's last word.
    Empty {
        /// How the main process ended or, when nobody asked for the end, the last of what it had left behind.
        last: Option<Exit>,
        /// How many processes the guard collected that SIGKILL had ended, since it was ordered to kill.
        killed: u64,
    },
    /// The guard itself has ended without its last word; call [`super::Guards::sweep_orphans`].
    Lost(Exit),
}

/// A report, or the answer to the launch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Reply {
    /// The program runs.
    Started { main: ProcessId },
    /// It does not, because this step failed.
    NotStarted { step: Step, errno: i32 },
    /// Anything later.
    News(Report),
}

/// Everything a guard needs to start the program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The program and its arguments.
    pub argv: Vec<OsString>,
    /// Its environment.
    pub env: Vec<(OsString, OsString)>,
    /// Its working folder.
    #[serde(with = "path")]
    pub dir: PathBuf,
    /// Whether the guard's standard output is a terminal that becomes the program's own.
    pub terminal: bool,
    /// How far the program is kept from all others.
    pub isolation: Isolation,
    /// The path of a cgroup to make for it, up to the guard's number, where that is possible.
    #[serde(with = "path::maybe")]
    pub cgroup: Option<PathBuf>,
    /// What the program may use; the guard itself lives with the dashboard's.
    pub limits: Limits,
}

/// The resource limits that procdash changes for itself and gives back to every service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// The size of a core dump: the limit, and the limit of the limit.
    pub core: (u64, u64),
    /// The number of descriptors, likewise.
    pub files: (u64, u64),
}

/// The steps of a start, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Step {
    Search,
    Prepare,
    Fork,
    Namespace,
    Identity,
    Mounts,
    Session,
    Terminal,
    Descriptors,
    Limits,
    Folder,
    Execute,
}

impl Step {
    /// Returns its number between processes.
    pub(super) const fn mark(self) -> u8 {
        self as u8
    }

    /// Returns the step with this number, if there is one.
    pub(super) fn from_mark(mark: u32) -> Option<Self> {
        let mark: U32Deserializer<value::Error> = mark.into_deserializer();
        Self::deserialize(mark).ok()
    }

    /// Returns what could not be done, as the rest of "could not".
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Search => "find the program",
            Self::Prepare => "prepare the start",
            Self::Fork => "make a process",
            Self::Namespace => "make a pid namespace",
            Self::Identity => "keep its user in a namespace",
            Self::Mounts => "mount its own /proc",
            Self::Session => "make a session",
            Self::Terminal => "take the terminal",
            Self::Descriptors => "connect its output",
            Self::Limits => "give its resource limits back",
            Self::Folder => "enter the working folder",
            Self::Execute => "run the program",
        }
    }
}

impl Request {
    pub(super) fn encode(&self) -> Result<Vec<u8>, Malformed> {
        wire::encode(self)
    }

    pub(super) fn decode(body: &[u8]) -> Result<Self, Malformed> {
        wire::decode(body)
    }
}

impl Reply {
    pub(super) fn encode(&self) -> Result<Vec<u8>, Malformed> {
        wire::encode(self)
    }

    pub(super) fn decode(body: &[u8]) -> Result<Self, Malformed> {
        wire::decode(body)
    }
}

/// A path as the bytes it is: serde's own form takes text only.
mod path {
    use std::ffi::OsString;
    use std::path::{Path, PathBuf};

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
        path.as_os_str().serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PathBuf, D::Error> {
        OsString::deserialize(deserializer).map(PathBuf::from)
    }

    pub(super) mod maybe {
        use super::{Deserialize, Deserializer, OsString, PathBuf, Serialize, Serializer};

        #[expect(clippy::ref_option, reason = "serde hands the field over as it is")]
        pub(in super::super) fn serialize<S: Serializer>(
            path: &Option<PathBuf>,
            serializer: S,
        ) -> Result<S::Ok, S::Error> {
            path.as_ref().map(|path| path.as_os_str()).serialize(serializer)
        }

        pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
            deserializer: D,
        ) -> Result<Option<PathBuf>, D::Error> {
            Option::<OsString>::deserialize(deserializer).map(|path| path.map(PathBuf::from))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStringExt;

    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::{Index, select};
    use serde::de::DeserializeOwned;

    use super::*;
    use crate::guard::wire::LONGEST;

    fn bytes() -> OsString {
        OsString::from_vec((0..=u8::MAX).rev().collect())
    }

    fn order() -> Order {
        Order {
            argv: vec!["sh".into(), bytes(), OsString::new()],
            env: vec![("PATH".into(), "/bin".into()), (bytes(), OsString::new())],
            dir: bytes().into(),
            terminal: true,
            isolation: Isolation::PidNamespace,
            cgroup: Some(bytes().into()),
            limits: Limits { core: (0, u64::MAX), files: (1024, 4096) },
        }
    }

    fn requests() -> Vec<Request> {
        let mut all = vec![Request::Launch(Box::new(order())), Request::Kill];
        all.extend(Signal::ALL.iter().map(|&signal| Request::Stop { signal }));
        all.extend([Reach::Main, Reach::Group, Reach::Tree].map(|to| Request::Signal { signal: Signal::SIGHUP, to }));
        all
    }

    fn replies() -> Vec<Reply> {
        let steps = (0..).map_while(Step::from_mark);
        let states = (0..).map_while(|mark| wire::decode(&[mark]).ok());
        let id = ProcessId { pid: 42, start: u64::MAX };
        let exits = [
            Exit::Code(7),
            Exit::Signal { number: 64, core_dumped: false },
            Exit::Signal { number: 11, core_dumped: true },
        ];
        let survivor = |state| Survivor { id, command: "x\u{fffd}y".into(), state, reason: "because".into() };
        let mut all = vec![
            Reply::Started { main: id },
            Reply::News(Report::Signalled { delivered: 3, refused: vec!["a".into(), String::new()] }),
            Reply::News(Report::Stuck(states.map(survivor).collect())),
            Reply::News(Report::Empty { last: None, killed: 9 }),
        ];
        all.extend(steps.map(|step| Reply::NotStarted { step, errno: -2 }));
        all.extend(exits.map(|exit| Reply::News(Report::MainExited(exit))));
        all.extend(exits.map(|exit| Reply::News(Report::Empty { last: Some(exit), killed: 0 })));
        all.extend(exits.map(|exit| Reply::News(Report::Lost(exit))));
        all
    }

    fn body(message: &impl Serialize) -> Vec<u8> {
        wire::encode(message).unwrap().split_off(4)
    }

    /// Whether the message is refused when any of its end is missing, and when a byte follows it.
    fn is_exact<T: DeserializeOwned>(mut body: Vec<u8>) -> bool {
        let is_whole = (0..body.len()).all(|length| wire::decode::<T>(&body[..length]).is_err());
        body.push(0);
        is_whole && matches!(wire::decode::<T>(&body), Err(Malformed::LeftOver))
    }

    /// Makes bytes at random, and messages with one byte changed.
    fn garbage() -> impl Strategy<Value = Vec<u8>> {
        let bodies: Vec<_> = requests().iter().map(body).chain(replies().iter().map(body)).collect();
        let changed = (select(bodies), any::<Index>(), any::<u8>()).prop_map(|(mut body, at, byte)| {
            *at.get_mut(&mut body) = byte;
            body
        });
        prop_oneof![vec(any::<u8>(), 0..200), changed]
    }

    #[test]
    fn every_request_is_understood_as_it_was_meant() {
        for request in requests() {
            assert_eq!(Request::decode(&body(&request)), Ok(request));
        }
    }

    #[test]
    fn every_reply_is_understood_as_it_was_meant() {
        for reply in replies() {
            assert_eq!(Reply::decode(&body(&reply)), Ok(reply));
        }
    }

    #[test]
    fn every_step_is_found_again_by_its_mark() {
        let marks: Vec<u8> = (0..).map_while(Step::from_mark).map(Step::mark).collect();
        assert_eq!(marks, (0..=Step::Execute.mark()).collect::<Vec<_>>());
    }

    #[test]
    fn a_message_cut_anywhere_or_followed_by_more_is_refused() {
        assert!(requests().iter().all(|request| is_exact::<Request>(body(request))));
        assert!(replies().iter().all(|reply| is_exact::<Reply>(body(reply))));
    }

    #[test]
    fn more_than_the_longest_message_is_not_sent() {
        let refused = |length| Reply::News(Report::Signalled { delivered: 0, refused: vec!["x".repeat(length)] });
        assert_eq!(refused(LONGEST).encode(), Err(Malformed::TooLong));
        assert!(refused(LONGEST - 16).encode().is_ok());
    }

    proptest! {
        #[test]
        fn garbage_is_refused_or_a_message_and_never_a_panic(garbage in garbage()) {
            if let Ok(request) = Request::decode(&garbage) {
                prop_assert_eq!(Request::decode(&body(&request)), Ok(request));
            }
            if let Ok(reply) = Reply::decode(&garbage) {
                prop_assert_eq!(Reply::decode(&body(&reply)), Ok(reply));
            }
        }
    }
}
