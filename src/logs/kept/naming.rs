//! What the files of a project and of a service are called: safe names, different for different services.

use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// How much of a name stands in a file's name as it is.
const READABLE: usize = 60;
/// How much of the folder's name stands in the name of what belongs to a project, for people who look there.
const FOLDER: usize = 20;

/// Returns the name of what belongs to the project with this file, which has to be canonical.
#[must_use]
pub fn project_folder(file: &Path) -> String {
    let folder = file.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
    let readable: String = folder
        .chars()
        .filter(|char| char.is_ascii_alphanumeric() || matches!(char, '-' | '_' | '.'))
        .take(FOLDER)
        .collect();
    format!("{readable}-{:016x}", fingerprint(file.as_os_str().as_bytes()))
}

/// Returns what the names of a service's files begin with: its name, where that is safe as the name of a file, else
/// something like it with a number made from the name.
#[must_use]
pub fn file_stem(service: &str) -> String {
    let is_safe = |char: char| char.is_ascii_alphanumeric() || matches!(char, '-' | '_' | '.' | '+' | '@' | ':');
    let starts_well = service.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '_');
    if starts_well && service.len() <= READABLE && service.chars().all(is_safe) {
        return service.to_owned();
    }
    let readable: String =
        service.chars().map(|char| if is_safe(char) && char != '.' { char } else { '_' }).take(READABLE).collect();
    // no safe name has a `~`, so this is nobody else's
    format!("_{readable}~{:016x}", fingerprint(service.as_bytes()))
}

/// Returns the name of the file that is written to.
#[must_use]
pub fn log_name(stem: &str) -> String {
    format!("{stem}.log")
}

/// Returns the name of an older file; 1 is the newest of these.
#[must_use]
pub fn rotated_name(stem: &str, age: u32) -> String {
    format!("{stem}.log.{age}")
}

/// Returns the name of the file with the records.
#[must_use]
pub fn records_name(stem: &str) -> String {
    format!("{stem}.runs")
}

/// The hash of Fowler, Noll and Vo: the same in every build and on every machine, which the standard library's is not.
fn fingerprint(bytes: &[u8]) -> u64 {
    const START: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    bytes.iter().fold(START, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_plain_name_is_its_own_and_others_stay_readable() {
        assert_eq!(file_stem("api"), "api");
        assert_eq!(file_stem("api.1"), "api.1");
        assert_eq!(file_stem("../../etc/passwd"), "_______etc_passwd~2bef2c0bbbdefdfa");
        assert!(file_stem("the db 🐘/main").starts_with("_the_db___main~"));
        assert!(file_stem(".").starts_with("__~") && file_stem(".hidden").starts_with("__hidden~"));
    }

    #[test]
    fn no_file_of_one_service_is_called_as_one_of_another() {
        let names =
            ["web", "web.log", "web.log.1", "web.1", "web.runs", "we b", "we_b", "we/b", "_we_b~", "~", "", "."];
        let all = names.iter().map(|name| file_stem(name)).flat_map(|stem| {
            let rotated = (1..4).map(|age| rotated_name(&stem, age)).collect::<Vec<_>>();
            [vec![log_name(&stem), records_name(&stem)], rotated].concat()
        });
        let all: Vec<String> = all.collect();
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
    }

    proptest! {
        #[test]
        fn every_name_makes_a_name_that_a_folder_takes(service in "\\PC{0,200}") {
            let name = rotated_name(&file_stem(&service), 1000);
            prop_assert!(name.len() <= 255 && !name.contains('/') && !name.starts_with('.'), "{}", name);
        }
    }
}
