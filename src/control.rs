//! The socket of a project: another shell asks for the same as the dashboard's keys, with the same words.

mod act;
mod answer;
mod changing;
mod client;
mod connection;
mod holder;
mod lines;
mod news;
mod place;
mod plan;
mod protocol;
mod rows;
mod seat;
mod server;
mod verdict;

pub use client::{Client, ClientError};
pub use holder::Holder;
pub use place::PlaceError;
pub use plan::{ChangedRow, PlanRow};
pub use protocol::{Fault, FaultKind, Hello, LONGEST_LINE, PROTOCOL, Request, To, Until};
pub use rows::{
    Board, CauseRow, ExitRow, HolderRow, ListenerRow, MemberRow, Outcome, Outcomes, PortRow, ProcessRow, Reasons,
    ServiceRow, Signalled, SurvivorRow, Tree, Trees, Waited, WaitedRow,
};
pub use seat::{ClaimError, Seat};
pub use server::Server;
