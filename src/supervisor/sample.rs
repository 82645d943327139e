//! A service for tests to change, and somebody who has its port.

use std::time::{Duration, Instant};

use super::held_port::{HeldPort, Holder, HolderProcess};
use crate::config::{Check, CommandLine, Isolation, OnExit, Probe, Restart, RestartPolicy, Service, Stop};
use crate::process::ProcessId;
use crate::signal::Signal;

/// Returns a service with nothing special about it, and this grace.
pub(super) fn service(grace_period: Duration) -> Service {
    Service {
        name: "api".to_owned(),
        description: None,
        command: Some(CommandLine::Shell("serve".to_owned())),
        working_dir: ".".to_owned(),
        env: indexmap::IndexMap::new(),
        env_file: vec![],
        tty: true,
        autostart: true,
        oneshot: false,
        daemon: false,
        isolation: Isolation::None,
        stop: Stop { signal: Signal::SIGTERM, grace_period, command: None, keys: None },
        restart: Restart {
            policy: RestartPolicy::No,
            delay: Duration::from_millis(500),
            delay_max: Duration::from_secs(10),
            reset_after: Duration::from_secs(30),
            max: 2,
        },
        success_exit_codes: vec![0],
        on_exit: OnExit::Ignore,
        depends_on: vec![],
        conflicts: vec![],
        ready: None,
        health: None,
        port: None,
        watch: None,
        schedule: None,
        groups: [].into(),
        replica: None,
        open: None,
    }
}

/// Returns a probe with nothing special about it.
pub(super) fn probe() -> Probe {
    Probe {
        check: Check::Tcp("5432".to_owned()),
        interval: Duration::from_millis(500),
        timeout: Some(Duration::from_secs(2)),
        retries: None,
        start_period: Duration::ZERO,
        success_threshold: 1,
    }
}

/// Returns a process that has listened for 02:13.
pub(super) fn holder(now: Instant) -> HolderProcess {
    HolderProcess {
        id: ProcessId { pid: 4242, start: 1 },
        command: "nc -l 3000".into(),
        user: "alice".into(),
        since: now.checked_sub(Duration::from_secs(133)),
        may_be_signalled: true,
    }
}

/// Returns port 3000 as somebody has it.
pub(super) fn held(by: Holder) -> HeldPort {
    HeldPort { port: 3000, address: Some(([127, 0, 0, 1], 3000).into()), by }
}
