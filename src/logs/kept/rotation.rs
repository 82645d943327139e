//! When a new file is begun, and where the bytes are cut that go into the old one and the new.

use memchr::{memchr, memrchr};

/// How much larger a file may get to end with a line: one that is longer is cut.
const REST_OF_LINE: u64 = 4096;

/// How large files get, and how many are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// The most bytes of one file; `None` lets it grow.
    pub max_size: Option<u64>,
    /// How many files are kept, the present one included.
    pub max_files: u32,
}

/// What is to be done with the next bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// So many of them go into the present file.
    pub here: usize,
    /// Whether a new file is begun behind these.
    pub rotate: bool,
}

impl Rotation {
    /// Decides how `bytes` go on behind `length` bytes of the present file, which end `amid_line` or not: as much as there
    /// is room for, and where it can be up to the end of a line, for which a file may get a little larger. Asked again for
    /// the rest, until nothing is left.
    #[must_use]
    pub fn step(self, length: u64, amid_line: bool, bytes: &[u8]) -> Step {
        let Some(max_size) = self.max_size else { return Step { here: bytes.len(), rotate: false } };
        let fitting = |most: u64| usize::try_from(most.saturating_sub(length)).unwrap_or(usize::MAX).min(bytes.len());
        let room = fitting(max_size);
        if room == bytes.len() {
            return Step { here: room, rotate: false };
        }
        let fits = bytes.get(..room).unwrap_or_default();
        if let Some(end) = memrchr(b'\n', fits) {
            return Step { here: end + 1, rotate: true };
        }
        if !amid_line && length > 0 {
            return Step { here: 0, rotate: true };
        }
        // the line has begun in this file, and is ended in it if that does not take long
        let reach = fitting(max_size.saturating_add(REST_OF_LINE));
        match memchr(b'\n', bytes.get(..reach).unwrap_or_default()) {
            Some(end) => Step { here: end + 1, rotate: true },
            None if reach == bytes.len() => Step { here: reach, rotate: false },
            None => Step { here: room, rotate: true },
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_file_ends_with_a_line_where_one_fits() {
        let rotation = Rotation { max_size: Some(10), max_files: 3 };
        assert_eq!(rotation.step(0, false, b"one\ntwo\nthree\n"), Step { here: 8, rotate: true });
        assert_eq!(rotation.step(0, false, b"one\ntwo\n12"), Step { here: 10, rotate: false });
        assert_eq!(rotation.step(8, false, b"three\n"), Step { here: 0, rotate: true });
        assert_eq!(rotation.step(99, false, b"three\n"), Step { here: 0, rotate: true });
        let endless = Rotation { max_size: None, max_files: 3 };
        assert_eq!(endless.step(u64::MAX, true, b"three\n"), Step { here: 6, rotate: false });
    }

    #[test]
    fn a_line_that_has_begun_is_ended_in_its_file_unless_that_takes_long() {
        let rotation = Rotation { max_size: Some(10), max_files: 3 };
        assert_eq!(rotation.step(10, true, b"34\nfour\n"), Step { here: 3, rotate: true });
        assert_eq!(rotation.step(0, false, b"0123456789abc\n"), Step { here: 14, rotate: true });
        assert_eq!(rotation.step(10, true, b"34"), Step { here: 2, rotate: false });
        let long = vec![b'x'; 5000];
        assert_eq!(rotation.step(4, true, &long), Step { here: 6, rotate: true });
        assert_eq!(rotation.step(10, true, &long), Step { here: 0, rotate: true });
    }

    proptest! {
        #[test]
        fn no_byte_is_lost_no_file_too_large_and_the_end_comes(
            pieces in prop::collection::vec("[a-z\n]{0,40}", 0..20),
            max_size in 1_u64..64,
        ) {
            let rotation = Rotation { max_size: Some(max_size), max_files: 3 };
            let mut files = vec![Vec::new()];
            for piece in &pieces {
                let mut rest = piece.as_bytes();
                while !rest.is_empty() {
                    let file = files.last_mut().unwrap();
                    let amid_line = file.last().is_some_and(|last| *last != b'\n');
                    let step = rotation.step(file.len() as u64, amid_line, rest);
                    file.extend_from_slice(&rest[..step.here]);
                    rest = &rest[step.here..];
                    prop_assert!(step.rotate || rest.is_empty());
                    if step.rotate {
                        files.push(Vec::new());
                    }
                }
            }
            prop_assert!(files.iter().all(|file| file.len() as u64 <= max_size + REST_OF_LINE));
            prop_assert_eq!(files.concat(), pieces.concat().into_bytes());
        }
    }
}
