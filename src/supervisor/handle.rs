//! What everyone outside the supervisor holds: a way to ask, the published board, the events, the logs.

use tokio::sync::{broadcast, mpsc, watch};

use super::asked::{Answer, Asked, HasEnded};
use super::{Board, Command, Event, LogStore, Procfile, Screens};

/// A handle to the supervisor; clones speak to the same one.
#[derive(Debug)]
pub struct Handle {
    /// Requests, in order. Bounded: whoever asks faster than the supervisor decides has to wait or to try later.
    pub commands: mpsc::Sender<Asked>,
    /// The present state of everything; only the newest is kept.
    pub board: watch::Receiver<Board>,
    /// What happened since. Bounded: a listener that falls behind loses the oldest and is told how many.
    pub events: broadcast::Receiver<Event>,
    /// The logs.
    pub logs: LogStore,
    /// The terminals of what runs.
    pub screens: Screens,
    /// The project's file, where it can be read anew.
    pub procfile: Option<Procfile>,
}

impl Handle {
    /// Asks for something and returns how it was taken; the board shows it by then, and the outcome is still to come.
    ///
    /// # Errors
    /// When the supervisor has ended.
    pub async fn ask(&self, command: Command) -> Result<Answer, HasEnded> {
        let (asked, answered) = Asked::with_answer(command);
        self.commands.send(asked).await.map_err(|_closed| HasEnded)?;
        answered.await.map_err(|_closed| HasEnded)
    }
}

impl Clone for Handle {
    fn clone(&self) -> Self {
        Self {
            commands: self.commands.clone(),
            board: self.board.clone(),
            events: self.events.resubscribe(),
            logs: self.logs.clone(),
            screens: self.screens.clone(),
            procfile: self.procfile.clone(),
        }
    }
}
