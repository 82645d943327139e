//! The kernel's side: starts, watches, signals and looks; knows processes, not wishes.

pub(crate) mod identity;
pub(crate) mod kill;
mod launch;
mod pty;
mod pump;
mod snapshot;
mod tree;
mod verify;

pub use identity::identify;
pub use kill::{pause, send};
pub use launch::{Io, Launch, LaunchError};
pub use pty::{Channel, Terminal};
pub use pump::{Pump, Sink};
pub(crate) use snapshot::walk;
pub use snapshot::{Sampler, members};
pub use verify::look;
pub(crate) use verify::survivor;
