//! Files on a real disk: what goes in stands in them, in order, whatever happens to them.

use std::os::unix::fs::PermissionsExt as _;

use tempfile::TempDir;

use super::*;

/// A log in a folder of its own, and a clock that goes on a second with every look.
struct Bed {
    folder: TempDir,
    now: u64,
}

impl Bed {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), now: 1_763_696_720_000 }
    }

    fn log(&self, max_size: Option<u64>) -> LogFile {
        let rotation = Rotation { max_size, max_files: 3 };
        LogFile::new(&self.folder.path().join("logs"), self.folder.path(), "web", rotation)
    }

    fn now(&mut self) -> Stamp {
        self.now += 1000;
        Stamp(self.now)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("logs").join(name)
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    fn timeline(&self) -> Timeline {
        Timeline::read(&fs::read(self.path("web.runs")).unwrap())
    }
}

#[test]
fn what_is_appended_stands_in_the_file_byte_by_byte_and_a_new_writer_goes_on_behind_it() {
    let mut bed = Bed::new();
    let all: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    let (first, second) = all.split_at(40_000);
    let mut log = bed.log(None);
    log.append(first, bed.now()).unwrap();
    drop(log);
    let mut log = bed.log(None);
    assert_eq!(log.ready(bed.now()).unwrap(), 40_000);
    log.append(second, bed.now()).unwrap();
    assert_eq!(fs::read(bed.path("web.log")).unwrap(), all);
    let mode = fs::metadata(bed.path("web.log")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(bed.timeline().present_file(), Some(0));
}

#[test]
fn a_full_file_is_put_aside_at_the_end_of_a_line_and_the_oldest_goes() {
    let mut bed = Bed::new();
    let mut log = bed.log(Some(20));
    log.append(b"one\ntwo\nthree\nfour\nfive\n", bed.now()).unwrap();
    assert_eq!((bed.text("web.log.1"), bed.text("web.log")), ("one\ntwo\nthree\nfour\n".into(), "five\n".into()));
    log.append(b"0123456789abcdefghijklmnopqrstuvwxyz\n", bed.now()).unwrap();
    assert_eq!(bed.text("web.log.2"), "five\n");
    assert_eq!(bed.text("web.log.1"), "0123456789abcdefghij", "a line that no file can hold is cut");
    assert_eq!(bed.text("web.log"), "klmnopqrstuvwxyz\n");
    assert!(!bed.path("web.log.3").exists());
    let begins = "one\ntwo\nthree\nfour\nfive\n0123456789abcdefghij".len() as u64;
    assert_eq!(bed.timeline().present_file(), Some(begins));
    drop(log);
    assert_eq!(bed.log(Some(20)).ready(bed.now()).unwrap(), begins + 17);
}

#[test]
fn fewer_files_than_before_are_kept_from_the_next_one_on() {
    let mut bed = Bed::new();
    bed.log(Some(4)).append(b"one\ntwo\nsix\n", bed.now()).unwrap();
    assert_eq!(bed.text("web.log.2"), "one\n");
    let rotation = Rotation { max_size: Some(4), max_files: 1 };
    let mut log = LogFile::new(&bed.folder.path().join("logs"), bed.folder.path(), "web", rotation);
    log.append(b"ten\n", bed.now()).unwrap();
    assert_eq!(bed.text("web.log"), "ten\n");
    assert!(bed.path("web.log.1").exists(), "only the present one was in the way");
}

#[test]
fn a_file_that_was_removed_or_emptied_is_begun_again_and_places_go_on() {
    let mut bed = Bed::new();
    let mut log = bed.log(None);
    log.append(b"one\n", bed.now()).unwrap();
    fs::remove_file(bed.path("web.log")).unwrap();
    log.append(b"two\n", bed.now()).unwrap();
    assert_eq!(bed.text("web.log"), "two\n");
    fs::write(bed.path("web.log"), "").unwrap();
    log.append(b"three\n", bed.now()).unwrap();
    assert_eq!(bed.text("web.log"), "three\n");
    assert_eq!(bed.timeline().present_file(), Some(8));
    fs::remove_dir_all(bed.folder.path().join("logs")).unwrap();
    log.append(b"four\n", bed.now()).unwrap();
    assert_eq!(bed.text("web.log"), "four\n");
    assert_eq!(bed.timeline().present_file(), Some(14));
}

#[test]
fn what_is_no_plain_file_is_not_written_to() {
    let mut bed = Bed::new();
    let elsewhere = bed.folder.path().join("elsewhere");
    fs::create_dir(bed.folder.path().join("logs")).unwrap();
    std::os::unix::fs::symlink(&elsewhere, bed.path("web.log")).unwrap();
    let refused = bed.log(None).append(b"one\n", bed.now()).unwrap_err();
    assert_eq!((refused.written, elsewhere.exists()), (0, false));
    fs::remove_file(bed.path("web.log")).unwrap();
    nix::unistd::mkfifo(&bed.path("web.log"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let refused = bed.log(None).append(b"one\n", bed.now()).unwrap_err().to_string();
    assert!(refused.contains("web.log") && refused.contains("no plain file"), "{refused}");
}

#[test]
fn records_stay_few_however_long_a_service_prints() {
    let mut bed = Bed::new();
    let mut log = bed.log(Some(16 << 10));
    for _ in 0..20_000 {
        log.append(b"a line every second\n", bed.now()).unwrap();
    }
    let length = fs::metadata(bed.path("web.runs")).unwrap().len();
    assert!(length <= 2 * FEW_RECORDS, "{length}");
    let timeline = bed.timeline();
    assert_eq!(timeline.end(), 19_999 * 20);
    assert_eq!(timeline.moment_of(20_000 * 20), Stamp(bed.now));
}

#[test]
fn half_a_record_does_not_spoil_the_next() {
    let mut bed = Bed::new();
    bed.log(None).append(b"one\n", bed.now()).unwrap();
    let mut records = fs::read(bed.path("web.runs")).unwrap();
    records.truncate(records.len() - 5);
    fs::write(bed.path("web.runs"), records).unwrap();
    let mut log = bed.log(None);
    log.append(b"two\n", bed.now()).unwrap();
    log.note(Happening::Lost { bytes: 7 }, 8, Stamp(1));
    assert!(bed.timeline().happenings().any(|(_, offset, what)| (offset, what) == (8, &Happening::Lost { bytes: 7 })));
}
