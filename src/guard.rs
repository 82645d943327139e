//! The guard: one small process per run that holds everything the run ever starts, and ends it for certain.
//!
//! [`Guards`] and [`Guard`] are the dashboard's side. The other side is a process that this same program becomes when it
//! is started with [`MARK`]: its `main` asks [`requested`] before anything else and then does nothing but [`main`].

mod cgroup;
mod children;
mod guards;
mod handle;
mod heir;
mod isolation;
mod kill_tree;
mod killing;
mod message;
mod program;
mod raw;
mod service;
mod spawn;
mod wire;

pub use cgroup::remove_abandoned_cgroups;
pub use guards::Guards;
pub use handle::{Guard, GuardLost};
pub use heir::Swept;
pub use message::{Limits, Order, Reach, Report, Request};
pub use program::{MARK, main, requested};
