//! A port that a service wants and somebody else has: who that is, in words. Pure.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use crate::id::ServiceId;
use crate::process::{ProcessId, lasted};

/// How a service stands with the port that it expects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortStatus {
    /// The port of the file.
    pub expect: u16,
    /// How many of those behind it may be taken instead.
    pub bump: u16,
    /// The port that its present run, or its last, was given.
    pub given: Option<u16>,
    /// Why that is another one than the file says.
    pub moved: Option<Arc<str>>,
    /// Who has the port that it expects: it waits for that (`Blocked`), or somebody has asked.
    pub held: Option<Arc<HeldPort>>,
}

/// A port that somebody else has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldPort {
    /// The port.
    pub port: u16,
    /// Where they listen on it; nothing, where they are only about to.
    pub address: Option<SocketAddr>,
    /// Who has it.
    pub by: Holder,
}

/// Who has a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holder {
    /// A service of this dashboard.
    Own {
        /// Which.
        service: ServiceId,
        /// Its name.
        name: Arc<str>,
        /// The process; nothing, where the service is only to have the port: it does not listen yet.
        process: Option<HolderProcess>,
    },
    /// A service that another run of procdash has started.
    Elsewhere {
        /// The process.
        process: HolderProcess,
        /// The service's name.
        service: Arc<str>,
        /// The project's name.
        project: Arc<str>,
        /// The project's file.
        file: Arc<str>,
        /// Whether that procdash may be alive.
        is_alive: bool,
    },
    /// Any other process.
    Stranger(HolderProcess),
    /// A process that this user may not see.
    Unseen {
        /// Whose it is.
        user: Arc<str>,
    },
}

/// A process that has a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HolderProcess {
    /// Who it is.
    pub id: ProcessId,
    /// Its command line.
    pub command: Arc<str>,
    /// Whom it belongs to.
    pub user: Arc<str>,
    /// When it began.
    pub since: Option<Instant>,
    /// Whether the kernel lets us signal it.
    pub may_be_signalled: bool,
}

/// What the output of a run that has failed says about an address that was in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clash {
    /// The port, where the output or the file names one.
    pub port: Option<u16>,
    /// Who had it right after the end.
    pub held: Option<Arc<HeldPort>>,
}

impl HeldPort {
    /// Returns the process, where it is known.
    #[must_use]
    pub const fn process(&self) -> Option<&HolderProcess> {
        match &self.by {
            Holder::Own { process, .. } => process.as_ref(),
            Holder::Elsewhere { process, .. } | Holder::Stranger(process) => Some(process),
            Holder::Unseen { .. } => None,
        }
    }

    /// Returns the process that a person may be asked about whether to end it: it is not ours, and the kernel lets us.
    #[must_use]
    pub fn to_be_asked_about(&self) -> Option<&HolderProcess> {
        match &self.by {
            Holder::Elsewhere { process, .. } | Holder::Stranger(process) => {
                Some(process).filter(|process| process.may_be_signalled)
            }
            Holder::Own { .. } | Holder::Unseen { .. } => None,
        }
    }

    /// Says who has it, in a few words: `4242 nc -l 3000`.
    #[must_use]
    pub fn who(&self) -> String {
        match &self.by {
            Holder::Own { name, process: None, .. } => name.to_string(),
            Holder::Own { name, process: Some(process), .. } => {
                format!("{name} ({} {})", process.id.pid, process.command)
            }
            Holder::Elsewhere { process, .. } | Holder::Stranger(process) => {
                format!("{} {}", process.id.pid, process.command)
            }
            Holder::Unseen { user } => format!("a process of {user}"),
        }
    }

    /// Says whose the process is: `no service of procdash`.
    #[must_use]
    pub fn whose(&self) -> String {
        match &self.by {
            Holder::Own { name, .. } => format!("the service {name} of this project"),
            Holder::Elsewhere { service, project, file, is_alive: true, .. } => {
                format!("the service {service} of {project} ({file}), which another procdash runs")
            }
            Holder::Elsewhere { service, project, file, is_alive: false, .. } => {
                format!("the service {service} of {project} ({file}), left behind by a run of procdash that was killed")
            }
            Holder::Stranger(_) => "no service of procdash".to_owned(),
            Holder::Unseen { user } => format!("a process that only {user} and root may see"),
        }
    }

    /// Says that it is taken and by whom: `port 3000 is held by 4242 nc -l 3000`.
    #[must_use]
    pub fn sentence(&self) -> String {
        let is_had = match &self.by {
            Holder::Own { process: None, .. } => "kept for",
            Holder::Own { .. } | Holder::Elsewhere { .. } | Holder::Stranger(_) | Holder::Unseen { .. } => "held by",
        };
        format!("port {} is {is_had} {}", self.port, self.who())
    }

    /// Says everything: the same with its user, for how long it has run, where it listens, and whose it is.
    #[must_use]
    pub fn whole_sentence(&self, now: Instant) -> String {
        let process = self.process();
        let user = process.map_or_else(String::new, |process| format!(" of {}", process.user));
        let since = process.and_then(|process| process.since);
        let runs = since.map(|since| format!("has run for {}", lasted(now.saturating_duration_since(since))));
        let listens = self.address.map(|address| format!("listens on {address}"));
        let facts: Vec<String> = [runs, listens].into_iter().flatten().collect();
        let facts = if facts.is_empty() { String::new() } else { format!(", which {}", facts.join(" and ")) };
        format!("{}{user}{facts}; it is {}", self.sentence(), self.whose())
    }

    /// Says what frees it, for somebody who has a shell and no keys.
    #[must_use]
    pub fn advice(&self) -> String {
        match &self.by {
            Holder::Own { name, .. } => format!("stop {name}, or give one of the two another port"),
            Holder::Elsewhere { service, is_alive: true, .. } => {
                format!("stop {service} there (`procdash stop -f FILE {service}`)")
            }
            Holder::Elsewhere { is_alive: false, .. } => "`procdash reap --all` ends what killed runs left".to_owned(),
            Holder::Stranger(HolderProcess { id, may_be_signalled: true, .. }) => format!("`kill {}` ends it", id.pid),
            Holder::Stranger(HolderProcess { id, user, .. }) => {
                format!("only {user} and root may end it: `sudo kill {}`", id.pid)
            }
            Holder::Unseen { .. } => format!("`sudo ss -ltnp 'sport = :{}'` names it", self.port),
        }
    }
}

impl PortStatus {
    /// Spells the key of the file: `port = 3000`.
    #[must_use]
    pub fn key(&self) -> String {
        match self.bump {
            0 => format!("port = {}", self.expect),
            bump => format!("port = {{ expect = {}, bump = {bump} }}", self.expect),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::sample::{held, holder as process};
    use super::*;

    fn elsewhere(now: Instant, is_alive: bool) -> Holder {
        let (service, project, file) = ("web".into(), "blog".into(), "/srv/blog/procfile.toml".into());
        Holder::Elsewhere { process: process(now), service, project, file, is_alive }
    }

    #[test]
    fn a_holder_is_named_with_all_that_is_known_of_it() {
        let now = Instant::now() + Duration::from_secs(1 << 20);
        let lead =
            "port 3000 is held by 4242 nc -l 3000 of alice, which has run for 02:13 and listens on 127.0.0.1:3000";
        let told = |by| held(by).whole_sentence(now);
        assert_eq!(told(Holder::Stranger(process(now))), format!("{lead}; it is no service of procdash"));
        let (service, file) = ("the service web of blog (/srv/blog/procfile.toml)", "which another procdash runs");
        assert_eq!(told(elsewhere(now, true)), format!("{lead}; it is {service}, {file}"));
        let left = "left behind by a run of procdash that was killed";
        assert_eq!(told(elsewhere(now, false)), format!("{lead}; it is {service}, {left}"));
        let own = |process| Holder::Own { service: ServiceId::new(1), name: "api".into(), process };
        assert_eq!(
            told(own(Some(process(now)))),
            "port 3000 is held by api (4242 nc -l 3000) of alice, which has run for 02:13 and listens on 127.0.0.1:3000; \
             it is the service api of this project"
        );
        let soon = HeldPort { address: None, ..held(own(None)) };
        assert_eq!(soon.sentence(), "port 3000 is kept for api");
        assert_eq!(
            told(Holder::Unseen { user: "postgres".into() }),
            "port 3000 is held by a process of postgres, which listens on 127.0.0.1:3000; it is a process that only \
             postgres and root may see"
        );
    }

    #[test]
    fn only_a_stranger_whom_we_may_signal_is_asked_about() {
        let now = Instant::now() + Duration::from_secs(1 << 20);
        let offered = |by| held(by).to_be_asked_about().is_some();
        assert!(offered(Holder::Stranger(process(now))) && offered(elsewhere(now, true)));
        let foreign = HolderProcess { may_be_signalled: false, ..process(now) };
        let advice = held(Holder::Stranger(foreign.clone())).advice();
        assert_eq!(advice, "only alice and root may end it: `sudo kill 4242`");
        assert!(!offered(Holder::Stranger(foreign)) && !offered(Holder::Unseen { user: "root".into() }));
        let own = Holder::Own { service: ServiceId::new(1), name: "api".into(), process: Some(process(now)) };
        assert!(!offered(own));
    }
}
