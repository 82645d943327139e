//! What is said over the socket: one JSON object a line, described in `docs/control.md`.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::process::ProcessId;
use crate::signal::Signal;

/// The version of all of this; it changes when something that was said before would be misunderstood.
pub const PROTOCOL: u32 = 1;
/// The longest line that a client may send, its end included.
pub const LONGEST_LINE: usize = 64 * 1024;

/// The first line of every connection, said by the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// The version of the protocol.
    pub procdash: u32,
    /// The version of the program.
    pub version: String,
    /// The project's name.
    pub project: String,
    /// The project's file.
    pub file: String,
    /// The number of the dashboard's process.
    pub pid: u32,
    /// The terminal it runs on, such as `pts/3`.
    pub terminal: Option<String>,
    /// Which life of procdash this is.
    pub run_id: String,
}

/// What a client can ask for: the supervisor's commands, and to be told something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Request {
    /// How everything stands; answered by `Board`.
    Ps,
    /// The processes of one service, or of all; answered by `Trees`.
    Tree {
        /// Whose; all without it.
        #[serde(default)]
        service: Option<String>,
    },
    /// Why a service is in its state; answered by `Reasons`.
    Why {
        /// Which.
        service: String,
    },
    /// Waits until all of these are as wanted; answered by `Waited`.
    Wait {
        /// Which.
        services: Vec<String>,
        /// Until when.
        until: Until,
        /// How long at most; for as long as it takes without it.
        #[serde(default)]
        timeout_ms: Option<u64>,
    },
    /// Everything that happens from now on, as lines with `event`; answered by `true`.
    Subscribe,
    /// Starts these; answered by `Outcomes` once they run, or do not.
    Start {
        /// Which.
        services: Vec<String>,
        /// Whether what conflicts with them is stopped first.
        #[serde(default)]
        replace: bool,
    },
    /// Says what the file as it is now would change; answered by `Plan`.
    Plan,
    /// Makes what is there what the file says; answered by `Outcomes` once that is so.
    Reload {
        /// Of the plan that was shown: if the file says something else by now, nothing is done.
        #[serde(default)]
        mark: Option<String>,
    },
    /// Adds a service that is in no file, and starts it; answered by `Outcomes` once it runs, or does not.
    Add {
        /// Its name.
        name: String,
        /// What the shell is given.
        command: String,
    },
    /// Stops these and removes each once nothing of it is left; answered by `Outcomes`.
    Remove {
        /// Which.
        services: Vec<String>,
    },
    /// Stops these; answered by `Outcomes` once they were looked at.
    Stop {
        /// Which.
        services: Vec<String>,
    },
    /// Stops these and starts each again; answered by `Outcomes` once they run, or do not.
    Restart {
        /// Which.
        services: Vec<String>,
        /// Whether all up that depend on them go before them and come after them.
        #[serde(default)]
        with_dependents: bool,
    },
    /// Kills these with all that they started; answered by `Outcomes` once they were looked at.
    Kill {
        /// Which.
        services: Vec<String>,
    },
    /// Starts all that start by themselves; answered by `Outcomes`.
    StartAll,
    /// Sends one signal; answered by `Signalled`.
    Signal {
        /// Whose processes.
        service: String,
        /// What to send.
        signal: Signal,
        /// To which of them.
        #[serde(default)]
        to: To,
    },
    /// Stops everything and ends procdash; answered by `Outcomes` once everything is down.
    Quit,
}

/// What can be waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Until {
    /// It can be used: it runs, or is done.
    Ready,
    /// It runs no more, and will not start by itself.
    Exited,
}

/// Which processes of a service a signal is meant for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum To {
    /// The main process alone.
    Main,
    /// The process group that the main process leads.
    #[default]
    Group,
    /// Every process of the tree.
    Tree,
    /// This one process of the tree.
    Process(ProcessId),
}

/// A line of a client.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asking<R> {
    /// What the answer will carry.
    pub(super) id: u64,
    /// What is asked for.
    pub(super) request: R,
}

/// A line of the server: an answer, an error or an event.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Reply {
    /// Which request is answered; events and errors of the connection have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<u64>,
    /// What was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) answer: Option<Box<RawValue>>,
    /// Why it cannot be given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<Fault>,
    /// What has happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) event: Option<Box<RawValue>>,
}

/// Why a request cannot be answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct Fault {
    /// What kind of reason it is.
    pub kind: FaultKind,
    /// For a person to read.
    pub message: String,
}

/// The kinds of reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// The line is no request, or one that this version does not know.
    Malformed,
    /// The line is longer than any request; the connection is closed after it.
    TooLong,
    /// No service has the name.
    UnknownService,
    /// The service is in no state for it.
    Refused,
    /// The project's file has problems; the message shows them.
    Unusable,
    /// There are too many connections; this one is closed after it.
    Busy,
    /// procdash has come to its end.
    Ending,
}

impl Fault {
    pub(super) fn new(kind: FaultKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }
}

/// Reads a client's line: the request with its id, or what is wrong with it and the id, where there is one.
pub(super) fn read_request(line: &[u8]) -> Result<(u64, Request), (Option<u64>, Fault)> {
    let malformed = |id, error: &serde_json::Error| (id, Fault::new(FaultKind::Malformed, error.to_string()));
    // the id first: an answer to a request that is not known should say to which
    let asking: Asking<&RawValue> = serde_json::from_slice(line).map_err(|error| malformed(None, &error))?;
    let request = serde_json::from_str(asking.request.get()).map_err(|error| malformed(Some(asking.id), &error))?;
    Ok((asking.id, request))
}

/// Writes a line, with its end.
pub(super) fn write_line(value: &impl Serialize) -> String {
    // nothing that is said here has keys that are no strings, so there is nothing that could fail
    let mut line = serde_json::to_string(value).unwrap_or_else(|error| {
        tracing::error!(%error, "an answer cannot be written");
        "{}".to_owned()
    });
    line.push('\n');
    line
}

/// Writes the line that answers request `id`.
pub(super) fn write_answer(id: u64, answer: &impl Serialize) -> String {
    match serde_json::value::to_raw_value(answer) {
        Ok(answer) => write_line(&Reply { id: Some(id), answer: Some(answer), ..Reply::default() }),
        Err(error) => write_fault(Some(id), Fault::new(FaultKind::Malformed, error.to_string())),
    }
}

/// Writes the line that says why request `id`, or the connection, gets no answer.
pub(super) fn write_fault(id: Option<u64>, fault: Fault) -> String {
    write_line(&Reply { id, error: Some(fault), ..Reply::default() })
}

/// Reads one of the server's values.
pub(super) fn read<T: DeserializeOwned>(line: &str) -> serde_json::Result<T> {
    serde_json::from_str(line)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read_back(request: &Request) -> Request {
        let line = write_line(&Asking { id: 7, request });
        let (id, read) = read_request(line.trim_end().as_bytes()).unwrap();
        assert_eq!(id, 7, "{line}");
        read
    }

    fn refused(line: &str) -> (Option<u64>, String) {
        let (id, fault) = read_request(line.as_bytes()).unwrap_err();
        assert_eq!(fault.kind, FaultKind::Malformed);
        (id, fault.message)
    }

    #[test]
    fn requests_are_spelt_as_the_document_says() {
        let read = |line: &str| read_request(line.as_bytes()).unwrap().1;
        assert_eq!(read(r#"{"id":1,"request":"ps"}"#), Request::Ps);
        assert_eq!(read(r#"{"id":1,"request":{"tree":{}}}"#), Request::Tree { service: None });
        let services = vec!["api".to_owned()];
        assert_eq!(read(r#"{"id":1,"request":{"stop":{"services":["api"]}}}"#), Request::Stop { services });
        let hup = |to| Request::Signal { service: "api".to_owned(), signal: Signal::SIGHUP, to };
        assert_eq!(
            read(r#"{"id":1,"request":{"signal":{"service":"api","signal":"SIGHUP","to":"tree"}}}"#),
            hup(To::Tree)
        );
        assert_eq!(read(r#"{"id":1,"request":{"signal":{"service":"api","signal":"SIGHUP"}}}"#), hup(To::Group));
        let one =
            r#"{"id":1,"request":{"signal":{"service":"api","signal":"SIGHUP","to":{"process":{"pid":4,"start":9}}}}}"#;
        assert_eq!(read(one), hup(To::Process(ProcessId { pid: 4, start: 9 })));
        assert_eq!(
            read(r#"{"id":1,"request":{"wait":{"services":[],"until":"exited","timeout_ms":30000}}}"#),
            Request::Wait { services: vec![], until: Until::Exited, timeout_ms: Some(30_000) }
        );
    }

    #[test]
    fn every_line_of_the_document_can_be_read() {
        let document = include_str!("../../docs/control.md");
        let said = |beginning: &'static str| document.lines().filter(move |line| line.starts_with(beginning));
        assert!(said("{\"procdash\"").all(|line| read::<Hello>(line).is_ok_and(|hello| hello.procdash == PROTOCOL)));
        let requests: Vec<&str> = said("{\"id\"").filter(|line| line.contains("\"request\"")).collect();
        let refused: Vec<&&str> = requests.iter().filter(|line| read_request(line.as_bytes()).is_err()).collect();
        assert!(requests.len() > 10 && refused.is_empty(), "{refused:?}");
        let replies = said("{").filter(|line| !line.contains("\"request\"") && !line.contains("\"procdash\""));
        let unread: Vec<&str> = replies.filter(|line| read::<Reply>(line).is_err()).collect();
        assert!(unread.is_empty(), "{unread:?}");
        let outcomes = said("{\"id\"").find_map(|line| read::<Reply>(line).ok()?.answer).unwrap();
        assert!(read::<crate::control::Outcomes>(outcomes.get()).is_ok(), "{outcomes}");
    }

    #[test]
    fn what_is_not_known_is_refused_with_the_id_and_the_word() {
        let (id, message) = refused(r#"{"id":3,"request":"explode"}"#);
        assert_eq!(id, Some(3));
        assert!(message.contains("explode"), "{message}");
        let (id, message) = refused(r#"{"id":4,"request":{"stop":{"services":["api"],"gently":true}}}"#);
        assert_eq!(id, Some(4));
        assert!(message.contains("gently"), "{message}");
        assert_eq!(refused(r#"{"request":"ps"}"#).0, None);
        assert_eq!(refused(r#"{"id":1,"request":"ps","also":1}"#).0, None);
        assert_eq!(refused("").0, None);
        assert_eq!(refused(&"[".repeat(LONGEST_LINE)).0, None);
    }

    fn any_request() -> impl Strategy<Value = Request> {
        let services = || prop::collection::vec(".{0,20}", 0..4);
        let to = prop_oneof![
            Just(To::Main),
            Just(To::Group),
            Just(To::Tree),
            (any::<u32>(), any::<u64>()).prop_map(|(pid, start)| To::Process(ProcessId { pid, start })),
        ];
        prop_oneof![
            Just(Request::Ps),
            Just(Request::Subscribe),
            Just(Request::StartAll),
            Just(Request::Quit),
            prop::option::of(".{0,20}").prop_map(|service| Request::Tree { service }),
            ".{0,20}".prop_map(|service| Request::Why { service }),
            (services(), any::<bool>()).prop_map(|(services, replace)| Request::Start { services, replace }),
            Just(Request::Plan),
            prop::option::of(".{0,20}").prop_map(|mark| Request::Reload { mark }),
            (".{0,20}", ".{0,20}").prop_map(|(name, command)| Request::Add { name, command }),
            services().prop_map(|services| Request::Remove { services }),
            services().prop_map(|services| Request::Stop { services }),
            (services(), any::<bool>())
                .prop_map(|(services, with_dependents)| Request::Restart { services, with_dependents }),
            services().prop_map(|services| Request::Kill { services }),
            (services(), any::<bool>(), any::<Option<u64>>()).prop_map(|(services, ready, timeout_ms)| {
                let until = if ready { Until::Ready } else { Until::Exited };
                Request::Wait { services, until, timeout_ms }
            }),
            (".{0,20}", prop::sample::select(Signal::ALL), to).prop_map(|(service, signal, to)| Request::Signal {
                service,
                signal,
                to
            }),
        ]
    }

    proptest! {
        #[test]
        fn every_request_is_read_as_it_was_written(request in any_request()) {
            prop_assert_eq!(read_back(&request), request);
        }

        #[test]
        fn garbage_is_an_error_and_nothing_worse(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(read_request(&bytes).is_err());
        }

        #[test]
        fn half_a_request_is_an_error(request in any_request(), cut in 0.0..1.0) {
            let line = write_line(&Asking { id: 7, request: &request });
            let whole = line.trim_end().len();
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a place in a short line")]
            let length = (whole as f64 * cut) as usize;
            prop_assert!(read_request(&line.as_bytes()[..length.min(whole - 1)]).is_err());
        }
    }
}
