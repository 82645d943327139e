//! Reads the project's file where somebody asks or it was saved: on tasks of their own, for a disk may be slow.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::timeout;

use super::Screen;
use crate::supervisor::{Handle, NewFile, Procfile, Unusable};
use crate::ui::msg::{FileNews, Msg};

/// So long nothing more may be written: an editor saves in several steps.
const SETTLES: Duration = Duration::from_millis(150);
/// Readings that wait for the screen; when it is full, the next reading waits.
const WAITING: usize = 4;

/// What came of reading the file, and whether somebody had asked.
pub(super) type Reading = (bool, Result<NewFile, Unusable>);

/// The way to ask for the file.
#[derive(Debug)]
pub(super) struct Files {
    procfile: Option<Procfile>,
    readings: mpsc::Sender<Reading>,
}

impl Files {
    /// Reads the file whenever it was saved, from now on.
    pub(super) fn follow(handle: &Handle) -> (Self, mpsc::Receiver<Reading>) {
        let (readings, received) = mpsc::channel(WAITING);
        if let Some(mut procfile) = handle.procfile.clone() {
            let readings = readings.clone();
            tokio::spawn(async move {
                loop {
                    procfile.saved().await;
                    while timeout(SETTLES, procfile.saved()).await.is_ok() {}
                    if readings.send((false, procfile.read().await)).await.is_err() {
                        return;
                    }
                }
            });
        }
        (Self { procfile: handle.procfile.clone(), readings }, received)
    }

    /// Reads the file because somebody has asked.
    fn read(&self) {
        let (procfile, readings) = (self.procfile.clone(), self.readings.clone());
        tokio::spawn(async move {
            let unknown = || {
                let first = "the file cannot be read anew here".to_owned();
                Unusable { whole: first.clone(), first }
            };
            let read = match procfile {
                Some(procfile) => procfile.read().await,
                None => Err(unknown()),
            };
            // the screen is gone only when the program ends
            let _nobody_listens = readings.send((true, read)).await;
        });
    }
}

impl<S: FnMut()> Screen<S> {
    /// Reads the file because somebody has asked.
    pub(super) fn read_file(&self) {
        if let Some(files) = &self.files {
            files.read();
        }
    }

    /// Takes in what came of reading the file, with what that would change now.
    pub(super) fn file(&mut self, (is_asked, read): Reading, handle: &Handle) {
        let found = read.map(|file| {
            let plan = handle.procfile.as_ref().map(|procfile| procfile.plan(&handle.board.borrow(), &file));
            (file, plan.unwrap_or_default())
        });
        self.update(Msg::File(Box::new(FileNews { is_asked, found })));
    }
}
