//! Finds the folder of the control group that this process is in.

use std::fs;
use std::path::{Path, PathBuf};

/// One of the trees that control groups stand in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hierarchy {
    /// That of the second version, which has all controllers.
    Unified,
    /// That of the first version that counts memory.
    Memory,
}

impl Hierarchy {
    /// Whether a line of `/proc/PID/cgroup` is about it: `0::/a`, `4:memory:/a`.
    fn has_group(self, number: &str, controllers: &str) -> bool {
        match self {
            Self::Unified => number == "0" && controllers.is_empty(),
            Self::Memory => controllers.split(',').any(|controller| controller == "memory"),
        }
    }

    /// Whether what stands behind the dash in a line of `/proc/PID/mountinfo` mounts it.
    fn is_mounted(self, system: &str) -> bool {
        let mut words = system.split(' ');
        let kind = words.next().unwrap_or_default();
        match self {
            Self::Unified => kind == "cgroup2",
            Self::Memory => {
                let options = words.next_back().unwrap_or_default();
                kind == "cgroup" && options.split(',').any(|option| option == "memory")
            }
        }
    }
}

/// Returns the folder of the control group that this process is in, if that hierarchy is mounted.
#[must_use]
pub fn own_group(hierarchy: Hierarchy) -> Option<PathBuf> {
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    let group = groups.lines().find_map(|line| {
        let (number, rest) = line.split_once(':')?;
        let (controllers, group) = rest.split_once(':')?;
        hierarchy.has_group(number, controllers).then_some(group)
    })?;
    folder(hierarchy, &fs::read_to_string("/proc/self/mountinfo").ok()?, group)
}

/// Finds the folder of a group among the mounts; only one mount with all the hierarchy, or the part of it, has it.
fn folder(hierarchy: Hierarchy, mounts: &str, group: &str) -> Option<PathBuf> {
    mounts.lines().find_map(|line| {
        let (mount, system) = line.split_once(" - ")?;
        let mut fields = mount.split(' ').skip(3);
        let (root, point) = (fields.next()?, fields.next()?);
        // a path with blanks is spelt with escapes, and no group is worth undoing them
        if !hierarchy.is_mounted(system) || line.contains('\\') || group.contains("/..") {
            return None;
        }
        let below = Path::new(group).strip_prefix(root).ok()?;
        Some(Path::new(point).join(below))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HYBRID: &str = "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n\
        37 31 0:34 / /sys/fs/cgroup/freezer rw - cgroup cgroup rw,freezer\n\
        41 31 0:38 / /sys/fs/cgroup/unified rw,relatime shared:9 - cgroup2 cgroup2 rw\n";
    const PART: &str = "41 31 0:38 /user.slice/a /sys/fs/cgroup rw - cgroup2 cgroup rw,nsdelegate\n";

    #[test]
    fn the_folder_is_found_wherever_the_hierarchy_or_a_part_of_it_is_mounted() {
        let found =
            |mounts, group| folder(Hierarchy::Unified, mounts, group).map(|path| path.to_str().unwrap().to_owned());
        assert_eq!(found(HYBRID, "/").as_deref(), Some("/sys/fs/cgroup/unified/"));
        assert_eq!(found(HYBRID, "/user.slice/b").as_deref(), Some("/sys/fs/cgroup/unified/user.slice/b"));
        assert_eq!(found(PART, "/user.slice/a/b").as_deref(), Some("/sys/fs/cgroup/b"));
        assert_eq!(found(PART, "/user.slice/ab"), None);
        assert_eq!(found(HYBRID, "/../other"), None);
        assert_eq!(found("27 1 254:0 / / rw - ext4 /dev/vda rw\n", "/"), None);
    }

    #[test]
    fn the_memory_of_the_first_version_has_a_folder_of_its_own() {
        let mounts = "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n".to_owned() + HYBRID;
        let found = folder(Hierarchy::Memory, &mounts, "/shop");
        assert_eq!(found.as_deref(), Some(Path::new("/sys/fs/cgroup/memory/shop")));
        assert_eq!(folder(Hierarchy::Memory, HYBRID, "/shop"), None);
        assert!(Hierarchy::Memory.has_group("4", "cpu,memory") && !Hierarchy::Memory.has_group("0", ""));
        assert!(Hierarchy::Unified.has_group("0", "") && !Hierarchy::Unified.has_group("9", "name=systemd"));
    }
}
