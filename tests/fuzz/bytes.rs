//! Makes output: recorded streams and pieces of sequences, cut, doubled, mixed and damaged.

use std::fs;
use std::path::Path;

use fastrand::Rng;

/// What means something to a terminal, to a log, or to a reader of UTF-8.
const PIECES: &[&[u8]] = &[
    b"\n",
    b"\r\n",
    b"\r",
    b"\t",
    b"\x08",
    b"\x0b",
    b"\x0c",
    b"\x07",
    b"\x0e",
    b"\x0f",
    b"\x18",
    b"\x1a",
    b"\x7f",
    b"\0",
    b"\x1b",
    b"\x1b[",
    b"\x1b]",
    b"\x1bP",
    b"\x1b_",
    b"\x1b^",
    b"\x1bX",
    b"\x1b\\",
    b"\x1bc",
    b"\x1b7",
    b"\x1b8",
    b"\x1bD",
    b"\x1bM",
    b"\x1bE",
    b"\x1bH",
    b"\x1b(0",
    b"\x1b(B",
    b"\x1b)0",
    b"\x1b#8",
    b"\x1b=",
    b"\x1b>",
    b"\x1bZ",
    b"\x1b%G",
    b"\x1b[m",
    b"\x1b[0m",
    b"\x1b[1;31m",
    b"\x1b[38;5;200m",
    b"\x1b[48;2;1;2;3m",
    b"\x1b[38:2::1:2:3m",
    b"\x1b[4:3m",
    b"\x1b[7m",
    b"\x1b[27m",
    b"\x1b[58;5;3m",
    b"\x1b[K",
    b"\x1b[1K",
    b"\x1b[2K",
    b"\x1b[J",
    b"\x1b[1J",
    b"\x1b[2J",
    b"\x1b[3J",
    b"\x1b[H",
    b"\x1b[5;5H",
    b"\x1b[99;99H",
    b"\x1b[A",
    b"\x1b[3B",
    b"\x1b[9C",
    b"\x1b[2D",
    b"\x1b[7G",
    b"\x1b[3`",
    b"\x1b[2d",
    b"\x1b[2E",
    b"\x1b[2F",
    b"\x1b[3@",
    b"\x1b[2P",
    b"\x1b[4X",
    b"\x1b[2L",
    b"\x1b[2M",
    b"\x1b[2S",
    b"\x1b[2T",
    b"\x1b[2I",
    b"\x1b[2Z",
    b"\x1b[5b",
    b"\x1b[g",
    b"\x1b[3g",
    b"\x1b[2;4r",
    b"\x1b[r",
    b"\x1b[s",
    b"\x1b[u",
    b"\x1b[?6h",
    b"\x1b[?6l",
    b"\x1b[?7l",
    b"\x1b[?7h",
    b"\x1b[4h",
    b"\x1b[4l",
    b"\x1b[20h",
    b"\x1b[?25l",
    b"\x1b[?1049h",
    b"\x1b[?1049l",
    b"\x1b[?47h",
    b"\x1b[?47l",
    b"\x1b[?1048h",
    b"\x1b[?1000h",
    b"\x1b[?1006h",
    b"\x1b[?2004h",
    b"\x1b[?2026h",
    b"\x1b[?2026l",
    b"\x1b[?3h",
    b"\x1b[?5h",
    b"\x1b[!p",
    b"\x1b[6n",
    b"\x1b[?6n",
    b"\x1b[c",
    b"\x1b[>c",
    b"\x1b[=c",
    b"\x1b[>q",
    b"\x1b[18t",
    b"\x1b[4$p",
    b"\x1b[5 q",
    b"\x1b[22;0t",
    b"\x1b]0;title\x07",
    b"\x1b]2;t\x1b\\",
    b"\x1b]4;1;?\x07",
    b"\x1b]11;?\x1b\\",
    b"\x1b]52;c;aGk=\x07",
    b"\x1b]8;;http://x\x07",
    b"\x1bP$qm\x1b\\",
    b"\x1bP+q544e\x1b\\",
    b"\x1bPq#0\x1b\\",
    b"\x1b_G\x1b\\",
    b"\xc2\x9b31m",
    b"\xc2\x9d0;t\xc2\x9c",
    b"\xc2\x90q\xc2\x9c",
    b"\xc2\x85",
    b"\xc2\x84",
    b"\x9b31m",
    b"\x9d0;x\x9c",
    b"\xc2",
    b"\xe2\x80",
    b"\xf0\x9f\x92",
    b"\xff\xfe",
    b"\xc0\x80",
    b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80",
    "é".as_bytes(),
    "日本語".as_bytes(),
    "👩\u{200d}👩\u{200d}👧".as_bytes(),
    "e\u{301}\u{308}".as_bytes(),
    "❤\u{fe0f}".as_bytes(),
    "🇩🇪".as_bytes(),
    "\u{202e}".as_bytes(),
    "\u{2066}".as_bytes(),
    "\u{200f}".as_bytes(),
    "\u{2028}".as_bytes(),
    "\u{feff}".as_bytes(),
    "\u{ad}".as_bytes(),
    "\u{1160}".as_bytes(),
    "\u{ff9e}".as_bytes(),
    "\u{fffd}".as_bytes(),
    "\u{e000}".as_bytes(),
    "\u{10ffff}".as_bytes(),
    b"error",
    b"INFO ",
    b"a",
    b" ",
    b"12:00:01 ",
    b"    ",
    b"=====>",
    b"{\"level\":\"info\",\"msg\":\"x\"}",
];

/// The largest dish; a log of 64 KiB is turned over several times by it.
const LARGEST: usize = 300_000;

/// What dishes are made of.
pub(crate) struct Kitchen {
    /// Whole streams.
    streams: Vec<Vec<u8>>,
}

impl Kitchen {
    /// Reads the corpus.
    pub(crate) fn new() -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/recorded");
        let mut streams: Vec<Vec<u8>> =
            fs::read_dir(folder).into_iter().flatten().filter_map(|entry| fs::read(entry.ok()?.path()).ok()).collect();
        // the order of a folder is not the same everywhere, and a seed has to mean the same case
        streams.sort();
        streams.push(flood());
        streams.push(PIECES.concat());
        Self { streams }
    }

    /// Makes one input.
    pub(crate) fn dish(&self, rng: &mut Rng) -> Vec<u8> {
        let mut bytes = Vec::new();
        let courses = 1 + rng.usize(..6);
        for _ in 0..courses {
            let course = self.course(rng);
            let times = if rng.u8(..40) == 0 { 1 + rng.usize(..200) } else { 1 };
            for _ in 0..times {
                bytes.extend_from_slice(&course);
                if bytes.len() > LARGEST {
                    break;
                }
            }
        }
        bytes.truncate(LARGEST);
        damage(rng, &mut bytes);
        bytes
    }

    fn course(&self, rng: &mut Rng) -> Vec<u8> {
        match rng.u8(..10) {
            0..4 => (0..=rng.usize(..40)).flat_map(|_| piece(rng)).collect(),
            4..6 => self.cut(rng),
            6 => (0..rng.usize(..300)).map(|_| rng.u8(..)).collect(),
            7 => sequence(rng).repeat(1 + rng.usize(..8)),
            8 => text(rng),
            _ => endless(rng),
        }
    }

    /// A part of a stream.
    fn cut(&self, rng: &mut Rng) -> Vec<u8> {
        let stream = &self.streams[rng.usize(..self.streams.len())];
        let from = rng.usize(..=stream.len());
        let longest = if rng.u8(..20) == 0 { stream.len() } else { 2000 };
        stream[from..].iter().take(rng.usize(..=longest)).copied().collect()
    }
}

fn piece(rng: &mut Rng) -> Vec<u8> {
    PIECES[rng.usize(..PIECES.len())].to_vec()
}

/// A control sequence with numbers that nobody has thought of.
fn sequence(rng: &mut Rng) -> Vec<u8> {
    let mut bytes = b"\x1b[".to_vec();
    if rng.u8(..4) == 0 {
        bytes.push(*b"?>=!<".get(rng.usize(..5)).unwrap());
    }
    for place in 0..rng.usize(..4) {
        if place > 0 {
            bytes.push(if rng.u8(..8) == 0 { b':' } else { b';' });
        }
        let number = match rng.u8(..5) {
            0 => 0,
            1..4 => rng.u32(..120),
            _ => rng.u32(..100_000),
        };
        bytes.extend_from_slice(number.to_string().as_bytes());
    }
    if rng.u8(..10) == 0 {
        bytes.push(rng.u8(0x20..0x30));
    }
    bytes.push(rng.u8(0x40..0x7f));
    bytes
}

/// Lines of words.
fn text(rng: &mut Rng) -> Vec<u8> {
    let mut bytes = Vec::new();
    for _ in 0..rng.usize(..60) {
        let length = rng.usize(..120);
        bytes.extend((0..length).map(|_| if rng.u8(..6) == 0 { b' ' } else { rng.u8(b'a'..=b'z') }));
        if rng.u8(..5) == 0 {
            bytes.extend(piece(rng));
        }
        bytes.extend_from_slice(if rng.bool() { b"\n" } else { b"\r\n" });
    }
    bytes
}

/// Something that begins and does not end for long.
fn endless(rng: &mut Rng) -> Vec<u8> {
    let opener =
        [&b"\x1b]0;"[..], b"\x1bPq", b"\x1b_G", b"\x1b[", b"\x1b[1;", b"\xc2\x9d", b"x", b"\r", b"\xcc\x81", b"\t"];
    let mut bytes = opener[rng.usize(..opener.len())].to_vec();
    let filler = [&b"z"[..], b"1;", b"0", b"\xcc\x81", b"\xff", b"\t", b"\r 10%", "日".as_bytes(), b"\x1b[1m"];
    let filler = filler[rng.usize(..filler.len())];
    let count = if rng.u8(..6) == 0 { rng.usize(..60_000) } else { rng.usize(..3000) };
    bytes.extend(filler.iter().cycle().take(count));
    bytes
}

/// Changes single bytes, takes some away, and doubles some.
fn damage(rng: &mut Rng, bytes: &mut Vec<u8>) {
    for _ in 0..rng.usize(..8) {
        if bytes.is_empty() {
            return;
        }
        let place = rng.usize(..bytes.len());
        match rng.u8(..5) {
            0 => bytes[place] = rng.u8(..),
            1 => bytes[place] ^= 1 << rng.u8(..8),
            2 => drop(bytes.remove(place)),
            3 => {
                let made = piece(rng);
                bytes.splice(place..place, made);
            }
            _ => {
                let end = (place + rng.usize(..200)).min(bytes.len());
                let copy = bytes[place..end].to_vec();
                bytes.splice(place..place, copy);
            }
        }
    }
}

fn flood() -> Vec<u8> {
    let line = |n: usize| {
        format!("\x1b[2m12:04:31.{:03}\x1b[0m \x1b[32mINFO\x1b[0m GET /cart/{n} \x1b[36m200\x1b[0m\r\n", n % 1000)
    };
    (0..400).map(line).collect::<String>().into_bytes()
}

/// Cuts `bytes` anywhere.
pub(crate) fn chunks<'a>(rng: &mut Rng, bytes: &'a [u8]) -> Vec<&'a [u8]> {
    let longest = [1, 3, 17, 500, 70_000][rng.usize(..5)];
    // single bytes of a large input would take the time of many small ones
    let longest = longest.max(bytes.len() / 3000);
    let mut chunks = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let (chunk, behind) = rest.split_at((1 + rng.usize(..=longest)).min(rest.len()));
        chunks.push(chunk);
        rest = behind;
    }
    chunks
}
