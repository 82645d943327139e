//! The programs of the stack that have to be installed, and where they are.

use std::fs;
use std::path::{Path, PathBuf};

use nix::unistd::Uid;

/// What a procfile has to know of this machine.
pub(super) struct Installed {
    /// The folder of postgres' own programs.
    pub(super) postgres: PathBuf,
    pub(super) redis: PathBuf,
    /// A command that says whether the database can be used.
    pub(super) is_ready: String,
    /// What stands before a command that must not run as root.
    pub(super) as_user: &'static str,
}

impl Installed {
    /// Finds the programs, or says which one is missing.
    pub(super) fn find() -> Result<Self, String> {
        let postgres = folder_of_postgres().ok_or("no postgres server is installed")?;
        let redis = on_path("redis-server").ok_or("no redis-server is installed")?;
        for program in ["psql", "python3"] {
            on_path(program).ok_or_else(|| format!("no {program} is installed"))?;
        }
        let beside = Some(postgres.join("pg_isready")).filter(|path| path.exists());
        let is_ready = match on_path("pg_isready").or(beside) {
            Some(program) => program.display().to_string(),
            None => "psql -XAtqc 'select 1'".to_owned(),
        };
        let mut as_user = "";
        if Uid::effective().is_root() {
            on_path("setpriv").ok_or("postgres does not run as root, and there is no setpriv")?;
            as_user = "setpriv --reuid 65534 --regid 65534 --clear-groups";
        }
        Ok(Self { postgres, redis, is_ready, as_user })
    }
}

fn on_path(program: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?).map(|folder| folder.join(program)).find(|path| path.exists())
}

/// Returns the folder of postgres' own programs, which distributions keep off the path.
fn folder_of_postgres() -> Option<PathBuf> {
    let own = on_path("initdb").and_then(|path| path.parent().map(Path::to_owned));
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found = own.into_iter().chain(versions.map(|version| version.path().join("bin")));
    found.find(|folder| folder.join("initdb").exists() && folder.join("postgres").exists())
}
