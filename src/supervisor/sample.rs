//! A service for tests to change.

use std::time::Duration;

use crate::config::{CommandLine, Isolation, OnExit, Restart, RestartPolicy, Service, Stop};
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
        groups: [].into(),
        replica: None,
        open: None,
    }
}
