//! Reading files that are written meanwhile, put aside, removed and begun again.

use tempfile::TempDir;

use super::*;
use crate::engine::LogFile;
use crate::logs::Rotation;

/// A log that is written and read, and a clock that goes on a second with every piece.
struct Bed {
    folder: TempDir,
    log: LogFile,
    now: u64,
}

impl Bed {
    fn new(max_size: Option<u64>, max_files: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let log = LogFile::new(folder.path(), Path::new("/nowhere"), "web", Rotation { max_size, max_files });
        Self { folder, log, now: 0 }
    }

    fn print(&mut self, pieces: &[&str]) -> &mut Self {
        for piece in pieces {
            self.now += 1000;
            self.log.append(piece.as_bytes(), Stamp(self.now)).unwrap();
        }
        self
    }

    fn happen(&mut self, what: Happening) -> &mut Self {
        self.now += 1000;
        let place = self.log.ready(Stamp(self.now)).unwrap();
        self.log.note(what, place, Stamp(self.now));
        self
    }

    fn open(&self) -> Stream {
        Stream::open(self.folder.path(), "web").unwrap()
    }
}

/// Returns everything up to the end, each item as a word.
fn items(stream: &mut Stream, is_end: bool) -> Vec<String> {
    let mut all = Vec::new();
    while let Some(item) = stream.next(is_end).unwrap() {
        all.push(match item.what {
            What::Line(bytes) => String::from_utf8(bytes).unwrap(),
            What::Happened(Happening::Begin { run, .. }) => format!("begin {run}"),
            What::Happened(Happening::End { run, .. }) => format!("end {run}"),
            What::Happened(other @ (Happening::File | Happening::Lost { .. })) => format!("{other:?}"),
            What::Skipped(bytes) => format!("skipped {bytes}"),
        });
    }
    all
}

#[test]
fn all_files_are_one_stream_with_the_runs_where_they_began_and_ended() {
    let mut bed = Bed::new(Some(12), 9);
    bed.happen(Happening::Begin { run: 1, pid: 7 }).print(&["one\n", "two\n", "three\n", "no end"]);
    bed.happen(Happening::end(1, None)).happen(Happening::Begin { run: 2, pid: 8 }).print(&["of four\n", "five"]);
    let expected = ["begin 1", "one\n", "two\n", "three\n", "no end", "end 1", "begin 2", "of four\n", "five"];
    assert_eq!(items(&mut bed.open(), true), expected);
    assert_eq!(items(&mut bed.open(), false), expected[..8]);
}

#[test]
fn the_last_lines_are_found_from_the_end_over_several_files() {
    let mut bed = Bed::new(Some(12), 9);
    bed.print(&["one\n", "two\n", "three\n", "four\n", "five\n", "six"]);
    let last = |lines| {
        let mut stream = bed.open();
        stream.skip_to_last(lines).unwrap();
        items(&mut stream, true)
    };
    assert_eq!(last(0), Vec::<String>::new());
    assert_eq!(last(1), ["six"]);
    assert_eq!(last(2), ["five\n", "six"]);
    assert_eq!(last(5), ["two\n", "three\n", "four\n", "five\n", "six"]);
    assert_eq!(last(99).len(), 6);
    let mut bed = Bed::new(None, 1);
    bed.print(&["one\n", "\n", "two\n"]);
    let mut stream = bed.open();
    stream.skip_to_last(2).unwrap();
    assert_eq!(items(&mut stream, true), ["\n", "two\n"]);
}

#[test]
fn a_moment_has_the_line_that_arrived_then_whole_also_where_it_was_begun_before() {
    let mut bed = Bed::new(None, 1);
    bed.print(&["one\n", "begun and ", "ended\n", "three\n"]);
    let since = |moment| {
        let mut stream = bed.open();
        stream.skip_before(Stamp(moment)).unwrap();
        items(&mut stream, true)
    };
    assert_eq!(since(0).len(), 3);
    assert_eq!(since(2000), ["begun and ended\n", "three\n"]);
    assert_eq!(since(3000), ["begun and ended\n", "three\n"]);
    assert_eq!(since(3001), ["three\n"]);
    assert_eq!(since(4001), Vec::<String>::new());
}

#[test]
fn whoever_follows_gets_every_line_once_over_new_files_and_runs() {
    let mut bed = Bed::new(Some(64), 100);
    let mut stream = bed.open();
    assert!(stream.is_missing());
    let mut seen = Vec::new();
    for round in 0..50 {
        let lines: Vec<String> = (0..round % 7).map(|line| format!("round {round} line {line}\n")).collect();
        bed.print(&lines.iter().map(String::as_str).collect::<Vec<_>>());
        stream.look().unwrap();
        seen.extend(items(&mut stream, false));
    }
    let expected: Vec<String> =
        (0..50).flat_map(|round| (0..round % 7).map(move |line| format!("round {round} line {line}\n"))).collect();
    assert_eq!(seen, expected);
    bed.happen(Happening::end(1, None));
    stream.look().unwrap();
    assert_eq!(items(&mut stream, false), ["end 1"]);
}

#[test]
fn what_was_let_go_of_before_it_could_be_read_is_counted() {
    let mut bed = Bed::new(Some(8), 2);
    bed.print(&["line 1\n"]);
    let mut stream = bed.open();
    assert_eq!(items(&mut stream, false), ["line 1\n"]);
    bed.print(&["line 2\n", "line 3\n", "line 4\n", "line 5\n"]);
    stream.look().unwrap();
    assert_eq!(items(&mut stream, false), ["skipped 14", "line 4\n", "line 5\n"], "it is told where it was");
}

#[test]
fn a_file_that_is_removed_or_emptied_is_followed_on() {
    let mut bed = Bed::new(None, 2);
    bed.print(&["one\n"]);
    let mut stream = bed.open();
    assert_eq!(items(&mut stream, false), ["one\n"]);
    fs::remove_file(bed.folder.path().join("web.log")).unwrap();
    stream.look().unwrap();
    bed.print(&["two\n"]);
    stream.look().unwrap();
    assert_eq!(items(&mut stream, false), ["two\n"]);
    fs::write(bed.folder.path().join("web.log"), "").unwrap();
    bed.print(&["3\n"]);
    stream.look().unwrap();
    assert_eq!(items(&mut stream, false), ["3\n"]);
}

#[test]
fn a_line_without_end_comes_in_pieces_and_bytes_are_as_they_are() {
    let mut bed = Bed::new(None, 1);
    let long = "x".repeat(LONGEST + 10);
    bed.print(&[&long]);
    let lengths: Vec<usize> = items(&mut bed.open(), true).iter().map(String::len).collect();
    assert_eq!(lengths, [LONGEST, 10]);
    let (mut stream, mut all) = (bed.open(), Vec::new());
    while let Some(bytes) = stream.bytes().unwrap() {
        all.extend_from_slice(bytes);
    }
    assert_eq!(all, long.as_bytes());
}
