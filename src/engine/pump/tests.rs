//! Pipes and terminals that are read to their end.

use std::fs::File;
use std::io::Write;
use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use nix::pty::openpty;
use nix::unistd::pipe;

use super::{Pump, Sink};

const PATIENCE: Duration = Duration::from_secs(20);

/// What a sink was told.
#[derive(Debug, PartialEq, Eq)]
enum Told {
    Bytes(Vec<u8>),
    Closed,
}

struct Teller(Sender<Told>);

impl Sink for Teller {
    fn bytes(&mut self, bytes: &[u8]) {
        self.0.send(Told::Bytes(bytes.to_vec())).unwrap();
    }
    fn closed(&mut self) {
        self.0.send(Told::Closed).unwrap();
    }
}

struct Panicker {
    #[expect(dead_code, reason = "its end says that the sink was dropped")]
    alive: Sender<Told>,
}

impl Sink for Panicker {
    fn bytes(&mut self, _bytes: &[u8]) {
        panic!("on purpose");
    }
    fn closed(&mut self) {}
}

fn attach(pump: &Pump, descriptor: OwnedFd) -> Receiver<Told> {
    let (sender, receiver) = channel();
    pump.attach(descriptor, Box::new(Teller(sender))).unwrap();
    receiver
}

/// Collects until the sink is told of the end, and checks that nothing comes after it.
fn everything(told: &Receiver<Told>) -> Vec<u8> {
    let mut all = Vec::new();
    while let Told::Bytes(bytes) = told.recv_timeout(PATIENCE).expect("the descriptor closes in time") {
        all.extend(bytes);
    }
    assert!(told.recv_timeout(PATIENCE).is_err(), "the sink is dropped after it was told of the end");
    all
}

fn numbered_lines(end: &str) -> Vec<u8> {
    (1..=750_000).flat_map(|number| format!("{number}{end}").into_bytes()).collect()
}

#[test]
fn every_byte_of_a_pipe_arrives() {
    let pump = Pump::start().unwrap();
    let (read_end, write_end) = pipe().unwrap();
    let told = attach(&pump, read_end);
    let mut child = Command::new("sh").args(["-c", "seq 1 750000"]).stdout(Stdio::from(write_end)).spawn().unwrap();
    assert!(everything(&told) == numbered_lines("\n"), "the bytes differ");
    child.wait().unwrap();
}

#[test]
fn every_byte_of_a_pty_arrives() {
    let pump = Pump::start().unwrap();
    let pty = openpty(None, None).unwrap();
    let mut child = Command::new("sh").args(["-c", "seq 1 750000"]).stdout(Stdio::from(pty.slave)).spawn().unwrap();
    let told = attach(&pump, pty.master);
    assert!(everything(&told) == numbered_lines("\r\n"), "the bytes differ");
    child.wait().unwrap();
}

#[test]
fn what_was_written_before_it_was_attached_arrives() {
    let pump = Pump::start().unwrap();
    let (read_end, write_end) = pipe().unwrap();
    File::from(write_end).write_all(b"early").unwrap();
    assert_eq!(everything(&attach(&pump, read_end)), b"early");
}

#[test]
fn a_flood_does_not_keep_another_waiting() {
    let pump = Pump::start().unwrap();
    let (flood_end, flood) = pipe().unwrap();
    let mut child = Command::new("cat").arg("/dev/zero").stdout(Stdio::from(flood)).spawn().unwrap();
    let flooded = {
        let (sender, receiver) = channel();
        pump.attach(flood_end, Box::new(Counter(sender, 0))).unwrap();
        receiver
    };
    assert_eq!(flooded.recv_timeout(PATIENCE), Ok(()));
    let (read_end, write_end) = pipe().unwrap();
    let told = attach(&pump, read_end);
    let begin = Instant::now();
    File::from(write_end).write_all(b"hello").unwrap();
    assert_eq!(told.recv_timeout(PATIENCE), Ok(Told::Bytes(b"hello".to_vec())));
    assert!(begin.elapsed() < Duration::from_secs(2), "waited {:?}", begin.elapsed());
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Tells once that a mebibyte has come.
struct Counter(Sender<()>, usize);

impl Sink for Counter {
    fn bytes(&mut self, bytes: &[u8]) {
        let before = self.1;
        self.1 += bytes.len();
        if before < 1 << 20 && self.1 >= 1 << 20 {
            self.0.send(()).unwrap();
        }
    }
    fn closed(&mut self) {}
}

#[test]
fn a_sink_that_panics_leaves_the_others_alive_and_its_writer_unharmed() {
    let pump = Pump::start().unwrap();
    let (bad_end, bad_writer) = pipe().unwrap();
    let (good_end, good_writer) = pipe().unwrap();
    let (alive, dropped) = channel();
    pump.attach(bad_end, Box::new(Panicker { alive })).unwrap();
    let good = attach(&pump, good_end);
    let mut bad_writer = File::from(bad_writer);
    bad_writer.write_all(b"boom").unwrap();
    assert!(dropped.recv_timeout(PATIENCE).is_err(), "the sink is dropped");
    // more than a pipe holds: only a reader lets this end, and without one it would fail
    bad_writer.write_all(&vec![b'x'; 1 << 20]).unwrap();
    File::from(good_writer).write_all(b"still here").unwrap();
    assert_eq!(everything(&good), b"still here");
}

#[test]
fn the_thread_ends_with_the_last_handle_and_lets_everything_go() {
    let pump = Pump::start().unwrap();
    let (read_end, write_end) = pipe().unwrap();
    let told = attach(&pump, read_end);
    let clone = pump.clone();
    drop(pump);
    let mut writer = File::from(write_end);
    writer.write_all(b"a").unwrap();
    assert_eq!(told.recv_timeout(PATIENCE), Ok(Told::Bytes(b"a".to_vec())));
    drop(clone);
    assert!(told.recv_timeout(PATIENCE).is_err(), "the sink is dropped");
    // the child of another test may hold a copy from its fork to its exec
    let deadline = Instant::now() + PATIENCE;
    while writer.write_all(b"b").is_ok() {
        assert!(Instant::now() < deadline, "the read end is not closed");
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

#[test]
fn a_stopped_pump_takes_nothing_more() {
    let pump = Pump::start().unwrap();
    pump.stop();
    let (sender, _receiver) = channel();
    assert!(pump.attach(pipe().unwrap().0, Box::new(Teller(sender))).is_err());
}

#[test]
fn a_plain_file_is_refused() {
    let (sender, _receiver) = channel();
    let file = tempfile::tempfile().unwrap();
    assert!(Pump::start().unwrap().attach(file.into(), Box::new(Teller(sender))).is_err());
}

#[test]
fn only_the_pipe_of_a_flood_is_widened() {
    let pump = Pump::start().unwrap();
    let (flooded_end, flood) = pipe().unwrap();
    let (quiet_end, quiet) = pipe().unwrap();
    let narrow = rustix::pipe::fcntl_getpipe_size(&quiet).unwrap();
    let (mut flood, mut quiet) = (File::from(flood), File::from(quiet));
    // as much as a new pipe holds, which is as much as one turn takes
    flood.write_all(&vec![b'x'; 64 * 1024]).unwrap();
    quiet.write_all(b"hello").unwrap();
    let (flooded, greeted) = (attach(&pump, flooded_end), attach(&pump, quiet_end));
    assert!(matches!(flooded.recv_timeout(PATIENCE), Ok(Told::Bytes(bytes)) if bytes.len() == 64 * 1024));
    assert!(matches!(greeted.recv_timeout(PATIENCE), Ok(Told::Bytes(_))));
    assert_eq!(rustix::pipe::fcntl_getpipe_size(&flood).unwrap(), super::WIDE_PIPE);
    assert_eq!(rustix::pipe::fcntl_getpipe_size(&quiet).unwrap(), narrow);
}

/// A sink that has room only while it is told so.
struct Full {
    has_room: std::sync::Arc<std::sync::atomic::AtomicBool>,
    asked: Sender<()>,
    told: Teller,
}

impl Sink for Full {
    fn has_room(&mut self) -> bool {
        self.asked.send(()).unwrap_or_default();
        self.has_room.load(std::sync::atomic::Ordering::SeqCst)
    }
    fn bytes(&mut self, bytes: &[u8]) {
        self.told.bytes(bytes);
    }
    fn closed(&mut self) {
        self.told.closed();
    }
}

#[test]
fn a_sink_without_room_is_not_read_until_the_bell_is_rung_and_others_go_on() {
    let pump = Pump::start().unwrap();
    let has_room = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let ((asked, is_asked), (sender, told)) = (channel(), channel());
    let (reader, writer) = pipe().unwrap();
    let full = Full { has_room: std::sync::Arc::clone(&has_room), asked, told: Teller(sender) };
    pump.attach(reader, Box::new(full)).unwrap();
    is_asked.recv_timeout(PATIENCE).unwrap();
    File::from(writer).write_all(b"held back").unwrap();

    let (reader, writer) = pipe().unwrap();
    let other = attach(&pump, reader);
    File::from(writer).write_all(b"meanwhile").unwrap();
    assert_eq!(everything(&other), b"meanwhile");
    assert!(told.try_recv().is_err());

    has_room.store(true, std::sync::atomic::Ordering::SeqCst);
    pump.bell().ring();
    assert_eq!(everything(&told), b"held back");
}
