//! What the dashboard and a guard say to each other.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use super::wire::{Decoder, Encoder, Malformed};
use crate::process::{Exit, ProcessId, ProcessState, Survivor};
use crate::signal::Signal;

/// What a guard is asked to do.
#[derive(Clone, Debug, PartialEq, Eq)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The main process alone.
    Main,
    /// The main process's group.
    Group,
    /// Everything that lives below the guard.
    Tree,
}

/// What a guard says by itself or in answer.
#[derive(Clone, Debug, PartialEq, Eq)]
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
        /// How the main process ended.
        last: Option<Exit>,
        /// How many processes the guard collected that SIGKILL had ended, since it was ordered to kill.
        killed: u64,
    },
    /// The guard itself has ended without its last word; call [`super::Guards::sweep_orphans`].
    Lost(Exit),
}

/// A report, or the answer to the launch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reply {
    /// The program runs.
    Started { main: ProcessId },
    /// It does not, because this step failed.
    NotStarted { step: Step, errno: i32 },
    /// Anything later.
    News(Report),
}

/// Everything a guard needs to start the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// The program and its arguments.
    pub argv: Vec<OsString>,
    /// Its environment.
    pub env: Vec<(OsString, OsString)>,
    /// Its working folder.
    pub dir: PathBuf,
    /// Whether the guard's standard output is a terminal that becomes the program's own.
    pub terminal: bool,
    /// Whether that terminal controls the program's session.
    pub controlling: bool,
    /// What the program may use; the guard itself lives with the dashboard's.
    pub limits: Limits,
}

/// The resource limits that procdash changes for itself and gives back to every service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The size of a core dump: the limit, and the limit of the limit.
    pub core: (u64, u64),
    /// The number of descriptors, likewise.
    pub files: (u64, u64),
}

/// The steps of a start, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Search,
    Prepare,
    Fork,
    Session,
    Terminal,
    Descriptors,
    Limits,
    Folder,
    Execute,
}

impl Step {
    const ALL: [Self; 9] = [
        Self::Search,
        Self::Prepare,
        Self::Fork,
        Self::Session,
        Self::Terminal,
        Self::Descriptors,
        Self::Limits,
        Self::Folder,
        Self::Execute,
    ];

    /// Returns its number between processes.
    pub(super) const fn mark(self) -> u8 {
        self as u8
    }

    pub(super) fn from_mark(mark: u64) -> Result<Self, Malformed> {
        Self::ALL.into_iter().find(|step| u64::from(step.mark()) == mark).ok_or(Malformed::UnknownMark(mark))
    }

    /// Returns what could not be done, as the rest of "could not".
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Search => "find the program",
            Self::Prepare => "prepare the start",
            Self::Fork => "make a process",
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
        match self {
            Self::Launch(order) => order.encode(Encoder::new(0)),
            Self::Stop { signal } => encode_signal(Encoder::new(1), *signal),
            Self::Kill => Encoder::new(2),
            Self::Signal { signal, to } => encode_signal(Encoder::new(3), *signal).number(*to as u64),
        }
        .finish()
    }

    pub(super) fn decode(body: &[u8]) -> Result<Self, Malformed> {
        let mut input = Decoder::new(body);
        let request = match input.mark()? {
            0 => Self::Launch(Box::new(Order::decode(&mut input)?)),
            1 => Self::Stop { signal: decode_signal(&mut input)? },
            2 => Self::Kill,
            3 => Self::Signal { signal: decode_signal(&mut input)?, to: Reach::from_mark(input.number()?)? },
            other => return Err(Malformed::UnknownMark(other.into())),
        };
        input.end().map(|()| request)
    }
}

impl Reach {
    fn from_mark(mark: u64) -> Result<Self, Malformed> {
        [Self::Main, Self::Group, Self::Tree]
            .into_iter()
            .find(|reach| *reach as u64 == mark)
            .ok_or(Malformed::UnknownMark(mark))
    }
}

impl Order {
    fn encode(&self, output: Encoder) -> Encoder {
        let Limits { core, files } = self.limits;
        output
            .list(&self.argv, |output, word| output.bytes(word.as_bytes()))
            .list(&self.env, |output, (key, value)| output.bytes(key.as_bytes()).bytes(value.as_bytes()))
            .bytes(self.dir.as_os_str().as_bytes())
            .number(self.terminal.into())
            .number(self.controlling.into())
            .number(core.0)
            .number(core.1)
            .number(files.0)
            .number(files.1)
    }

    fn decode(input: &mut Decoder<'_>) -> Result<Self, Malformed> {
        let word = |input: &mut Decoder<'_>| input.bytes().map(OsString::from_vec);
        Ok(Self {
            argv: input.list(word)?,
            env: input.list(|input| Ok((word(input)?, word(input)?)))?,
            dir: PathBuf::from(word(input)?),
            terminal: input.number()? != 0,
            controlling: input.number()? != 0,
            limits: Limits { core: (input.number()?, input.number()?), files: (input.number()?, input.number()?) },
        })
    }
}

impl Reply {
    pub(super) fn encode(&self) -> Result<Vec<u8>, Malformed> {
        match self {
            Self::Started { main } => encode_id(Encoder::new(0), *main),
            Self::NotStarted { step, errno } => {
                Encoder::new(1).number(step.mark().into()).number(u64::from(errno.unsigned_abs()))
            }
            Self::News(Report::MainExited(exit)) => encode_exit(Encoder::new(2), Some(*exit)),
            Self::News(Report::Signalled { delivered, refused }) => {
                Encoder::new(3).number(*delivered).list(refused, |output, reason| output.bytes(reason.as_bytes()))
            }
            Self::News(Report::Stuck(survivors)) => Encoder::new(4).list(survivors, encode_survivor),
            Self::News(Report::Empty { last, killed }) => encode_exit(Encoder::new(5), *last).number(*killed),
            Self::News(Report::Lost(exit)) => encode_exit(Encoder::new(6), Some(*exit)),
        }
        .finish()
    }

    pub(super) fn decode(body: &[u8]) -> Result<Self, Malformed> {
        let mut input = Decoder::new(body);
        let reply = match input.mark()? {
            0 => Self::Started { main: decode_id(&mut input)? },
            1 => Self::NotStarted { step: Step::from_mark(input.number()?)?, errno: input.small()? },
            2 => Self::News(Report::MainExited(decode_exit(&mut input)?.ok_or(Malformed::UnknownMark(0))?)),
            3 => Self::News(Report::Signalled { delivered: input.number()?, refused: input.list(Decoder::text)? }),
            4 => Self::News(Report::Stuck(input.list(decode_survivor)?)),
            5 => Self::News(Report::Empty { last: decode_exit(&mut input)?, killed: input.number()? }),
            6 => Self::News(Report::Lost(decode_exit(&mut input)?.ok_or(Malformed::UnknownMark(0))?)),
            other => return Err(Malformed::UnknownMark(other.into())),
        };
        input.end().map(|()| reply)
    }
}

fn encode_signal(output: Encoder, signal: Signal) -> Encoder {
    output.number(u64::from(signal.number().unsigned_abs()))
}

fn decode_signal(input: &mut Decoder<'_>) -> Result<Signal, Malformed> {
    let number = input.small()?;
    Signal::from_number(number).ok_or(Malformed::UnknownMark(u64::from(number.unsigned_abs())))
}

fn encode_id(output: Encoder, id: ProcessId) -> Encoder {
    output.number(id.pid.into()).number(id.start)
}

fn decode_id(input: &mut Decoder<'_>) -> Result<ProcessId, Malformed> {
    Ok(ProcessId { pid: input.small()?, start: input.number()? })
}

fn encode_exit(output: Encoder, exit: Option<Exit>) -> Encoder {
    match exit {
        None => output.number(0),
        Some(Exit::Code(code)) => output.number(1).number(u64::from(code.unsigned_abs())),
        Some(Exit::Signal { number, core_dumped }) => {
            output.number(if core_dumped { 3 } else { 2 }).number(u64::from(number.unsigned_abs()))
        }
    }
}

fn decode_exit(input: &mut Decoder<'_>) -> Result<Option<Exit>, Malformed> {
    Ok(match input.number()? {
        0 => None,
        1 => Some(Exit::Code(input.small()?)),
        2 => Some(Exit::Signal { number: input.small()?, core_dumped: false }),
        3 => Some(Exit::Signal { number: input.small()?, core_dumped: true }),
        other => return Err(Malformed::UnknownMark(other)),
    })
}

const STATES: [ProcessState; 7] = [
    ProcessState::Running,
    ProcessState::Sleeping,
    ProcessState::Uninterruptible,
    ProcessState::Stopped,
    ProcessState::Traced,
    ProcessState::Zombie,
    ProcessState::Other,
];

fn encode_survivor(output: Encoder, survivor: &Survivor) -> Encoder {
    encode_id(output, survivor.id)
        .number(survivor.state as u64)
        .bytes(survivor.command.as_bytes())
        .bytes(survivor.reason.as_bytes())
}

fn decode_survivor(input: &mut Decoder<'_>) -> Result<Survivor, Malformed> {
    let id = decode_id(input)?;
    let mark = input.number()?;
    let state = STATES.into_iter().find(|state| *state as u64 == mark).ok_or(Malformed::UnknownMark(mark))?;
    Ok(Survivor { id, state, command: input.text()?, reason: input.text()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order() -> Order {
        Order {
            argv: vec!["sh".into(), OsString::from_vec(vec![0xff, b'\n', 0x80]), OsString::new()],
            env: vec![("PATH".into(), "/bin".into()), ("EMPTY".into(), "".into())],
            dir: "/".into(),
            terminal: true,
            controlling: true,
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
            Reply::News(Report::Stuck(STATES.map(survivor).to_vec())),
            Reply::News(Report::Empty { last: None, killed: 9 }),
        ];
        all.extend(Step::ALL.map(|step| Reply::NotStarted { step, errno: 2 }));
        all.extend(exits.map(|exit| Reply::News(Report::MainExited(exit))));
        all.extend(exits.map(|exit| Reply::News(Report::Empty { last: Some(exit), killed: 0 })));
        all.extend(exits.map(|exit| Reply::News(Report::Lost(exit))));
        all
    }

    #[test]
    fn every_request_is_understood_as_it_was_meant() {
        for request in requests() {
            assert_eq!(Request::decode(&request.encode().unwrap()[4..]), Ok(request));
        }
    }

    #[test]
    fn every_reply_is_understood_as_it_was_meant() {
        for reply in replies() {
            assert_eq!(Reply::decode(&reply.encode().unwrap()[4..]), Ok(reply));
        }
    }

    #[test]
    fn a_message_cut_anywhere_is_refused() {
        for reply in replies() {
            let body = reply.encode().unwrap().split_off(4);
            for length in 0..body.len() {
                assert!(Reply::decode(&body[..length]).is_err());
            }
        }
        assert_eq!(Request::decode(&[2, 0]), Err(Malformed::LeftOver));
        assert_eq!(Request::decode(&[99]), Err(Malformed::UnknownMark(99)));
    }
}
