//! When a new file is begun, and where the bytes are cut that go into the old one and the new.

use memchr::memrchr;

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
    /// Decides how `bytes` go on behind `length` bytes of the present file: as much as there is room for, and where it
    /// can be up to the end of a line. Asked again for the rest, until nothing is left.
    #[must_use]
    pub fn step(self, length: u64, bytes: &[u8]) -> Step {
        let Some(max_size) = self.max_size else { return Step { here: bytes.len(), rotate: false } };
        let room = usize::try_from(max_size.saturating_sub(length)).unwrap_or(usize::MAX);
        if bytes.len() <= room {
            return Step { here: bytes.len(), rotate: false };
        }
        let fits = bytes.get(..room).unwrap_or_default();
        // the present file mostly ends with a line; one that is longer than a file is cut
        let whole_lines = memrchr(b'\n', fits).map(|end| end + 1);
        let here = whole_lines.unwrap_or(if length == 0 { room } else { 0 });
        Step { here, rotate: true }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_file_ends_with_a_line_where_one_fits() {
        let rotation = Rotation { max_size: Some(10), max_files: 3 };
        assert_eq!(rotation.step(0, b"one\ntwo\nthree\n"), Step { here: 8, rotate: true });
        assert_eq!(rotation.step(0, b"one\ntwo\n12"), Step { here: 10, rotate: false });
        assert_eq!(rotation.step(8, b"three\n"), Step { here: 0, rotate: true });
        assert_eq!(rotation.step(0, b"0123456789abc\n"), Step { here: 10, rotate: true });
        assert_eq!(rotation.step(10, b"three\n"), Step { here: 0, rotate: true });
        assert_eq!(rotation.step(99, b"three\n"), Step { here: 0, rotate: true });
        let endless = Rotation { max_size: None, max_files: 3 };
        assert_eq!(endless.step(u64::MAX, b"three\n"), Step { here: 6, rotate: false });
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
                    let step = rotation.step(file.len() as u64, rest);
                    file.extend_from_slice(&rest[..step.here]);
                    rest = &rest[step.here..];
                    prop_assert!(step.rotate || rest.is_empty());
                    if step.rotate {
                        files.push(Vec::new());
                    }
                }
            }
            prop_assert!(files.iter().all(|file| file.len() as u64 <= max_size));
            prop_assert_eq!(files.concat(), pieces.concat().into_bytes());
        }
    }
}
