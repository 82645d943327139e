//! Answers what is asked about the project's file, and about services that come.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;
use std::time::Instant;

use super::act::Act;
use super::answer::{Desk, has_ended};
use super::plan::PlanRow;
use super::protocol::{Fault, FaultKind};
use super::rows::Outcomes;
use crate::config;
use crate::supervisor::{Command, NewFile, Phase, Procfile};

impl Desk {
    fn procfile(&self) -> Result<&Procfile, Fault> {
        let unknown = || Fault::new(FaultKind::Refused, "the project's file cannot be read anew here");
        self.handle.procfile.as_ref().ok_or_else(unknown)
    }

    async fn read(&self) -> Result<NewFile, Fault> {
        let unusable = |unusable: crate::supervisor::Unusable| Fault::new(FaultKind::Unusable, unusable.whole);
        self.procfile()?.read().await.map_err(unusable)
    }

    /// Says what the file as it is now would change.
    pub(super) async fn plan(&self) -> Result<PlanRow, Fault> {
        let file = self.read().await?;
        let plan = self.procfile()?.plan(&self.handle.board.borrow(), &file);
        Ok(PlanRow::new(&plan, mark(&file)))
    }

    /// Makes what is there what the file says, unless that is not what was shown.
    pub(super) async fn reload(&self, shown: Option<&str>) -> Result<Outcomes, Fault> {
        let asked = Instant::now();
        let file = self.read().await?;
        if shown.is_some_and(|shown| shown != mark(&file)) {
            let message = "the file was changed again since it was shown; nothing was done, look again";
            return Err(Fault::new(FaultKind::Refused, message));
        }
        let answer = self.handle.ask(Command::Reload(file)).await.map_err(has_ended)?;
        if self.handle.board.borrow().phase != Phase::Up {
            return Err(Fault::new(FaultKind::Refused, "the file was not taken: everything is being stopped"));
        }
        self.follow(Act::Reload, &answer, &[], asked).await
    }

    /// Adds a service that is in no file.
    pub(super) async fn add(&self, name: &str, command: &str) -> Result<Outcomes, Fault> {
        let asked = Instant::now();
        let service = config::service_of(name, command).map_err(|problem| Fault::new(FaultKind::Refused, problem))?;
        if self.handle.board.borrow().roster().find(name).is_ok() {
            return Err(Fault::new(
                FaultKind::Refused,
                format!("there is a service or a group called `{name}` already"),
            ));
        }
        let answer = self.handle.ask(Command::Add(Arc::new(service))).await.map_err(has_ended)?;
        if answer.taken.is_empty() {
            let message = format!("`{name}` was not added: everything is being stopped, or there is one of that name");
            return Err(Fault::new(FaultKind::Refused, message));
        }
        self.follow(Act::Start, &answer, &[], asked).await
    }
}

/// Returns what stands for a state of the file: two that mean the same have the same.
fn mark(file: &NewFile) -> String {
    let mut hasher = DefaultHasher::new();
    format!("{:?}", file.0.services).hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}
