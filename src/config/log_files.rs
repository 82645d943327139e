//! `[settings.logs]`: whether, where and how much of what services print is kept in files.

use std::path::PathBuf;

use super::diagnostic::Problem;
use super::raw::{Node, Value};
use super::read::{Known, Reader};

pub(super) const LOGS: Known = Known { table: "`[settings.logs]`", keys: &["enabled", "dir", "max_size", "max_files"] };

/// The least size at which a file is rotated: below it rotation would cost more than the lines.
const LEAST_SIZE: usize = 16 << 10;
/// The most files that are kept of one service.
const MOST_FILES: u32 = 1000;

/// Whether, where and how much of what services print is kept in files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogFiles {
    /// Whether anything is kept.
    pub enabled: bool,
    /// The folder of the files, relative to the project's root; `None` is a folder in the user's state folder.
    pub dir: Option<PathBuf>,
    /// The size in bytes at which a new file is begun; `None` lets it grow.
    pub max_size: Option<u64>,
    /// How many files are kept of one service, the present one included; at least 1.
    pub max_files: u32,
}

impl Default for LogFiles {
    fn default() -> Self {
        Self { enabled: true, dir: None, max_size: Some(10 << 20), max_files: 3 }
    }
}

/// Reads the table; what is wrong is reported and replaced by its default.
pub(super) fn read(reader: &mut Reader<'_>, node: &Node) -> Option<LogFiles> {
    if let Value::Switch(_) = node.value {
        let problem = Problem::new("expected a table, found true or false").at(node.place);
        reader.report(problem.help("write `logs = { enabled = false }` to keep no files"));
        return None;
    }
    let table = reader.table(node)?;
    reader.known(table, &LOGS);
    let default = LogFiles::default();
    Some(LogFiles {
        enabled: reader.key(table, "enabled", Reader::switch).unwrap_or(default.enabled),
        dir: reader.key(table, "dir", Reader::filled_text).map(PathBuf::from),
        max_size: reader.key(table, "max_size", max_size).unwrap_or(default.max_size),
        max_files: reader.key(table, "max_files", max_files).unwrap_or(default.max_files),
    })
}

/// Reads a size, or `false` for none.
#[expect(clippy::option_option, reason = "nothing that can be used, no limit, or a limit")]
fn max_size(reader: &mut Reader<'_>, node: &Node) -> Option<Option<u64>> {
    match node.value {
        Value::Switch(false) => return Some(None),
        Value::Switch(true) => {
            let problem = Problem::new("this is the size at which a new file is begun").at(node.place);
            reader.report(problem.help("write a size such as \"10MiB\", or false to let the file grow"));
            return None;
        }
        Value::Text(_) | Value::Integer(_) | Value::Float(_) | Value::Date | Value::List(_) | Value::Table(_) => {}
    }
    let size = reader.size(node)?;
    if size < LEAST_SIZE {
        let problem = Problem::new("a file this small is full at once").at(node.place);
        reader.report(problem.help("write at least \"16KiB\", or false to let the file grow"));
    }
    Some(u64::try_from(size).ok())
}

fn max_files(reader: &mut Reader<'_>, node: &Node) -> Option<u32> {
    let count = reader.count(node, MOST_FILES)?;
    if count == 0 {
        let problem = Problem::new("the present file counts, so there is at least 1").at(node.place);
        reader.report(problem.help("write `enabled = false` to keep none"));
    }
    Some(count)
}
