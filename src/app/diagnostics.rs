//! procdash's own log: `tracing` events go to the dashboard's panel, or to standard error where there is none.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// The variable that says how much is told, in the syntax of `tracing_subscriber::EnvFilter`.
const VARIABLE: &str = "PROCDASH_LOG";

/// Sends events to the panel of the dashboard.
pub(crate) fn to_panel() {
    tui_logger::set_default_level(log::LevelFilter::Trace);
    let layer = tui_logger::TuiTracingSubscriberLayer;
    // a second subscriber in one process exists only in tests; the first stays
    let _already_set = tracing_subscriber::registry().with(filter("procdash=info,warn")).with(layer).try_init();
}

/// Prints events to standard error.
pub(crate) fn to_stderr() {
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_target(false);
    let _already_set = tracing_subscriber::registry().with(filter("procdash=error,error")).with(layer).try_init();
}

fn filter(default: &str) -> EnvFilter {
    EnvFilter::try_from_env(VARIABLE).unwrap_or_else(|_| EnvFilter::new(default))
}
