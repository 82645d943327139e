//! The guard: one small process per run that holds everything the run ever starts, and ends it for certain.
//!
//! [`Guards`] and [`Guard`] are the dashboard's side. The other side is a process that this same program becomes when it
//! is started with [`MARK`]: its `main` asks [`requested`] before anything else and then does nothing but [`main`].
//!
//! The dashboard has somebody above it, too: [`part`] makes it the child of a warden, which does what is to be done after
//! a violent death of the dashboard. [`Link`] is what the dashboard has of it.

mod aftermath;
mod cgroup;
mod children;
mod guards;
mod handle;
mod heir;
mod isolation;
mod kill_tree;
mod killing;
mod link;
mod message;
mod own_children;
mod program;
mod raw;
mod service;
mod settings;
mod shared;
mod spawn;
mod warden;
mod wire;

pub use cgroup::remove_abandoned_cgroups;
pub use guards::Guards;
pub use handle::{Guard, GuardLost};
pub use heir::Swept;
pub use link::{Link, pause, times_forwarded};
pub use message::{Limits, Order, Reach, Report, Request};
pub use program::{MARK, main, requested};
pub use warden::{End, Side, part, whole};
