//! How often the kernel has killed for want of memory in the control group that procdash and its services share.

use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use super::control_group::{Hierarchy, own_group};

/// The file with the count, which stays the same for as long as the process lives in its group.
static FILE: LazyLock<Option<PathBuf>> = LazyLock::new(find);

/// Returns how many processes of the control group the kernel has killed for want of memory; `None` where nothing counts
/// them.
///
/// A run lives in the group of the dashboard, or in one below it that has no counter of its own. One that has moved itself
/// elsewhere is not counted.
pub fn memory_kills() -> Option<u64> {
    count(&fs::read_to_string(FILE.as_ref()?).ok()?)
}

/// Finds the nearest file that has the count: the kernel counts a kill in all groups above the victim's as well.
fn find() -> Option<PathBuf> {
    let unified = own_group(Hierarchy::Unified);
    let above = unified.iter().flat_map(|folder| folder.ancestors()).map(|folder| folder.join("memory.events"));
    let old = own_group(Hierarchy::Memory).map(|folder| folder.join("memory.oom_control"));
    old.into_iter().chain(above).find(|file| fs::read_to_string(file).is_ok_and(|text| count(&text).is_some()))
}

fn count(text: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix("oom_kill "))?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_is_read_in_both_versions_and_missed_in_old_kernels() {
        let events = "low 0\nhigh 0\nmax 31\noom 2\noom_kill 7\noom_group_kill 1\n";
        assert_eq!(count(events), Some(7));
        assert_eq!(count("oom_kill_disable 0\nunder_oom 0\noom_kill 3\n"), Some(3));
        assert_eq!(count("oom_kill_disable 0\nunder_oom 0\n"), None);
    }
}
