//! The files a configuration comes from.

use std::path::PathBuf;

use super::diagnostic::Problem;
use super::place::Place;

/// A file of the configuration, as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// Where it is, absolute: the first file's folder is the project's root.
    pub path: PathBuf,
    /// What it is called in messages, such as `procfile.toml` or `../procfile.toml`.
    pub shown: String,
    /// What it holds.
    pub bytes: Vec<u8>,
}

/// Turns bytes into text without a byte order mark.
///
/// A file that is no UTF-8 becomes a text all the same, with the bad bytes replaced, so that the problem can show the
/// line they are in.
pub(super) fn decode(file: usize, bytes: &[u8]) -> (String, Option<Problem>) {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        let problem = Problem::new("the file is written in UTF-16").help("save it as UTF-8");
        return (String::new(), Some(problem.at(Place { file, start: 0, end: 0 })));
    }
    let bytes = bytes.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => (text.to_owned(), None),
        Err(error) => {
            let start = error.valid_up_to();
            let byte = bytes.get(start).copied().unwrap_or_default();
            let place = Place { file, start, end: start + char::REPLACEMENT_CHARACTER.len_utf8() };
            let problem = Problem::new(format!("the file is no UTF-8: byte 0x{byte:02X} cannot stand here"));
            (String::from_utf8_lossy(bytes).into_owned(), Some(problem.at(place).help("save it as UTF-8")))
        }
    }
}
