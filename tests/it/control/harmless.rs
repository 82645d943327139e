//! Whatever a service prints, calls itself or puts into its arguments: nothing of it acts on the terminal that shows it.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use nix::sys::signal::Signal;

use super::talk::{run, said, wait_for_state};
use crate::support::program::Program;
use crate::support::project::Project;
use crate::support::terminal::{ESC, Screen};

/// Sequences that would each do something, 8-bit controls, turns of the direction of writing, bytes that are no text, and
/// strings that do not end.
fn evil() -> Vec<u8> {
    let mut text = String::from("lead\r\n");
    for sequence in [
        "]0;owned\u{7}",
        "]2;owned\u{1b}\\",
        "]52;c;b3duZWQ=\u{7}",
        "]8;;http://x\u{7}",
        "]9;note\u{7}",
        "]777;notify;a;b\u{7}",
        "]1337;File=:x\u{7}",
        "]4;1;#ff0000\u{7}",
        "]11;?\u{7}",
        "Pq#0\u{1b}\\",
        "P$qm\u{1b}\\",
        "P+q544e\u{1b}\\",
        "_Gx\u{1b}\\",
        "^x\u{1b}\\",
        "Xx\u{1b}\\",
        "#8",
        "(0",
        "[?5h",
        "[?1000h",
        "[?1003h",
        "[?2004l",
        "[?7l",
        "[?6h",
        "[2;4r",
        "[8;1;1t",
        "[22;0t",
        "[6n",
        "[c",
        "[>c",
        "[>q",
        "[5i",
        "[4i",
        "[3J",
        "[?1049l",
        "[!p",
        "[>4;2m",
        "[=1u",
        "[>1u",
        " F",
        "%G",
        "[5 q",
    ] {
        write!(text, "before \u{1b}{sequence} after\r\n").unwrap();
    }
    text.push_str("\u{9b}2J \u{9d}0;owned\u{9c} \u{90}q\u{9c} \u{202e}turned\u{202c} \u{2066}isolated\u{2069} \u{200f}\u{61c}\u{2028}\r\n");
    let mut bytes = text.into_bytes();
    bytes.extend((0..32).filter(|byte| *byte != 0x1b));
    bytes.extend(0x7f..=0xff);
    bytes.extend_from_slice(b"\x9b31m\x9d0;x\x9c\xc0\x80\xed\xa0\x80\r\n");
    for opener in ["\x1b]0;", "\x1bP", "\x1b_"] {
        bytes.extend_from_slice(opener.as_bytes());
        bytes.resize(bytes.len() + 50_000, b'z');
        bytes.extend_from_slice(b"\x18\r\n");
    }
    bytes
}

/// In an argument: no zero bytes there.
const ARGUMENT: &[u8] = b"\x1b]0;owned\x07\x1b[2J\xc2\x9b2J\xe2\x80\xae\x05\xff end";

const FILE: &str = r#"
[processes.lines]
command = "cat evil; echo; echo lines $((6 * 7)); exec sleep 1000"
description = "prints"
tty = false

[processes.draws]
command = "printf '\\033[?1049h'; cat evil; printf '\\033]0;a\\342\\200\\256b\\007\\033[?1049h\\033[2J\\033[H\\033[5;5Hdraws %s' $((6 * 7)); exec sleep 1000"

[processes.named]
command = "sh deaf \"$(cat name)\" & trap '' TERM; while :; do sleep 1; done"
stop_grace_period = "300ms"
"#;

fn project(evil: &[u8], name: &[u8]) -> Project {
    let project = Project::new(FILE);
    let deaf = b"trap '' TERM; printf '\\033]0;x' >/proc/$$/comm; while :; do sleep 1; done\n";
    project.write("evil", evil).write("name", name).write("deaf", deaf);
    project
}

/// Looks at everything that there is to be looked at, and returns what the terminal was sent.
fn look_at_all(project: &Project) -> Vec<u8> {
    let mut screen = Screen::spawn(project, &["up"], 120, 35);
    screen.wait_for("lines 42");
    screen.wait_for_state("named", "running");
    screen.keys("g").wait_for("lead");
    screen.keys("G").wait_for("lines 42");
    screen.keys("j").wait_for("draws 42");
    screen.keys("a").wait_for("Ctrl-] gives the keyboard back");
    screen.keys("\x1d").wait_without("Ctrl-] gives the keyboard back");
    screen.keys("T").wait_for("the lines that were printed");
    screen.keys("T").wait_without("the lines that were printed");
    screen.keys("3").keys("t").wait_for("tree of named");
    screen.wait_for("owned");
    screen.keys(ESC).wait_without("tree of named");
    screen.keys("i").wait_for("Esc closes");
    screen.keys(ESC).wait_without("Esc closes");
    screen.keys("X").wait_for("0 left");
    screen.keys("Q");
    assert_eq!(screen.exit_code(), 0);
    screen.assert_given_back();
    screen.raw()
}

/// Returns every kind of what acts in these bytes: sequences without their numbers but for modes, and single controls.
fn kinds(bytes: &[u8]) -> BTreeSet<String> {
    let text = String::from_utf8_lossy(bytes);
    let mut kinds = BTreeSet::new();
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        if char != '\u{1b}' {
            let acts = procdash::logs::acts(char) || char == '\u{fffe}';
            kinds.extend(acts.then(|| char.escape_unicode().to_string()));
            continue;
        }
        let second = chars.next().unwrap_or(' ');
        let mut kind = format!("ESC {second}");
        if second == '[' {
            let body: String =
                std::iter::from_fn(|| chars.next_if(|char| matches!(char, '\u{20}'..='\u{3f}'))).collect();
            let last = chars.next().unwrap_or(' ');
            let has_number = matches!(last, 'h' | 'l' | 't' | 'n' | 'i' | 'c' | 'q' | 'r' | 'u');
            let shown: String =
                body.chars().filter(|char| has_number || !matches!(char, '0'..='9' | ';' | ':')).collect();
            write!(kind, "{shown}{last}").unwrap();
        }
        kinds.insert(kind);
    }
    assert!(std::str::from_utf8(bytes).is_ok(), "what is no text has reached the terminal");
    kinds
}

#[test]
fn what_a_service_prints_or_is_called_adds_nothing_that_acts_to_what_the_terminal_is_sent() {
    let harmless = kinds(&look_at_all(&project(b"lead\r\nnothing\r\n", b"owned end")));
    let raw = look_at_all(&project(&evil(), ARGUMENT));
    let added: Vec<String> = kinds(&raw).difference(&harmless).cloned().collect();
    // the service asks for these: its cursor's shape and its mouse are taken over while it is attached, by ourselves
    let ours = [
        "ESC [?1000h",
        "ESC [?1002h",
        "ESC [?1003h",
        "ESC [?1000l",
        "ESC [?1002l",
        "ESC [?1003l",
        "ESC [5 q",
        "ESC [0 q",
    ];
    let added: Vec<String> = added.into_iter().filter(|kind| !ours.contains(&kind.as_str())).collect();
    assert!(added.is_empty(), "{added:?}");
}

#[test]
fn what_another_shell_is_told_holds_nothing_that_acts() {
    let project = project(&evil(), ARGUMENT);
    let program = Program::start(project.procdash(&["up", "--no-tui"]));
    program.wait_for("lines 42");
    wait_for_state(&project, "named", "running");
    for arguments in
        [&["ps"][..], &["ps", "--json"], &["tree"], &["tree", "named", "--json"], &["why", "named"], &["why", "lines"]]
    {
        let told = said(&project, arguments);
        assert!(kinds(told.replace('\n', "").as_bytes()).is_empty(), "{arguments:?}: {told:?}");
    }
    let killed = run(&project, &["kill", "named"]);
    let told = format!("{}{}", killed.out, killed.err);
    assert!(kinds(told.replace('\n', "").as_bytes()).is_empty(), "{told:?}");
    program.signal(Signal::SIGTERM);
    let finished = program.finish();
    let added = kinds(finished.out.replace('\n', "").as_bytes());
    assert!(added.is_empty(), "{added:?}");
}

#[test]
fn a_name_that_acts_is_refused_and_the_refusal_does_not_act() {
    for name in ["a\\u001b]0;x\\u0007", "a\\u202eb", "a\\u2066b", "a\\u009bb"] {
        let project = Project::new(&format!("[processes.\"{name}\"]\ncommand = \"x\"\n"));
        let finished = Program::run(project.procdash(&["check"]));
        let told = format!("{}{}", finished.out, finished.err);
        assert_eq!(finished.code, 2, "{told}");
        assert!(kinds(told.replace('\n', "").as_bytes()).is_empty(), "{told:?}");
    }
}
