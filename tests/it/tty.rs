//! The terminal: given back as it was, never touched by what a service prints, and of any size.

use std::fmt::Write as _;

use procdash::keys::Action;

use crate::support::project::Project;
use crate::support::terminal::{Screen, count};

#[test]
fn the_terminal_is_taken_while_it_runs_and_given_back_at_the_end() {
    let project = Project::new("[processes]\nweb = \"sleep 1000\"\n");
    let mut screen = Screen::spawn(&project, &["up"], 80, 24);
    screen.wait_until("alternate screen", vt100::Screen::alternate_screen);
    screen.wait_for_state("web", "running");
    screen.keys("Q");
    assert_eq!(screen.exit_code(), 0);
    screen.assert_given_back();
}

#[test]
fn a_file_with_a_problem_never_takes_the_terminal() {
    let project = Project::new("[processes.web]\ncomand = \"sleep 1000\"\n");
    let mut screen = Screen::spawn(&project, &["up"], 80, 24);
    assert_eq!(screen.exit_code(), 2);
    assert_eq!(count(&screen.raw(), b"\x1b[?1049h"), 0);
    assert!(screen.contents().contains("comand"), "{}", screen.contents());
    screen.assert_given_back();
}

#[test]
fn nothing_that_a_service_prints_reaches_the_terminal_as_a_command() {
    let project = Project::new(
        r#"
[processes]
evil = "cat evil; echo; echo end $((6 * 7)); exec sleep 1000"
"#,
    );
    project.write("evil", &evil());
    let mut screen = Screen::spawn(&project, &["up"], 120, 30);
    screen.wait_for("end 42");
    screen.keys("z").keys("g").wait_for("lead");
    screen.keys("Q");
    assert_eq!(screen.exit_code(), 0);

    let raw = screen.raw();
    for forbidden in [
        &b"\x1b]0;"[..],
        b"\x1b]2;",
        b"\x1b]52;",
        b"\x1b]8;",
        b"\x1bP",
        b"\x1b_",
        b"\x1b^",
        b"\x1bX",
        b"\x1bc",
        b"\x1b#8",
        b"\x1b[?5h",
        b"\x1b[?47h",
        b"\x1b[8;1;1t",
        b"\x1b[6n",
        b"\x1b[5i",
        b"\x07",
        b"\x05",
        b"\x0e",
        b"\xc2\x9b",
        b"\xc2\x9d",
        b"\xc2\x90",
    ] {
        assert_eq!(count(&raw, forbidden), 0, "{:?} got through", String::from_utf8_lossy(forbidden));
    }
    screen.assert_given_back();
}

/// Lines that would each do something to a terminal, and after them every control byte.
fn evil() -> Vec<u8> {
    let mut text = String::from("lead\n");
    for sequence in [
        "]0;owned\u{7}",
        "]2;owned\u{1b}\\",
        "]52;c;b3duZWQ=\u{7}",
        "]8;;http://x\u{7}",
        "Pq#0\u{1b}\\",
        "_x\u{1b}\\",
        "^x\u{1b}\\",
        "Xx\u{1b}\\",
        "c",
        "#8",
        "[?5h",
        "[?47h",
        "[?1049l",
        "[8;1;1t",
        "[6n",
        "[5i",
        "[2J",
        "[1;1H",
    ] {
        writeln!(text, "before \u{1b}{sequence} after").unwrap();
    }
    text.push_str("\u{9b}2J \u{9d}0;owned\u{9c} \u{90}q\u{9c}\n");
    let mut bytes = text.into_bytes();
    bytes.extend((0..32).filter(|byte| *byte != 0x1b));
    bytes.extend(0x7f..=0x9f);
    bytes.push(b'\n');
    bytes
}

#[test]
fn a_storm_of_sizes_is_survived_down_to_a_single_cell() {
    let project = Project::new("[processes]\nweb = \"echo still $((6 * 7)); exec sleep 1000\"\n");
    let mut screen = Screen::spawn(&project, &["up"], 80, 24);
    screen.wait_for("still 42");
    for round in 1..=60_u16 {
        screen.resize(1 + round * 37 % 230, 1 + round * 13 % 70);
        screen.resize(1, 1);
        screen.resize(u16::MAX >> 6, 2);
        screen.resize(2, 200);
    }
    screen.resize(100, 30);
    screen.wait_for("still 42");
    screen.wait_for_state("web", "running");
    screen.keys("Q");
    assert_eq!(screen.exit_code(), 0);
}

#[test]
fn a_service_sees_the_size_of_its_pane_and_learns_of_a_new_one() {
    let project = Project::new(
        r#"
[processes]
size = "trap 'echo now: $(stty size)' WINCH; echo first: $(stty size); while :; do sleep 0.05; done"
"#,
    );
    let mut screen = Screen::spawn(&project, &["up"], 120, 30);
    let (first, now) = (size_after("first: "), size_after("now: "));
    screen.wait_until("first size", |screen| {
        let newest = now(screen).or_else(|| first(screen));
        newest.is_some_and(|(rows, columns)| rows < 30 && columns < 120)
    });
    screen.resize(100, 20);
    screen.wait_until("second size", |screen| now(screen).is_some_and(|(rows, columns)| rows < 20 && columns < 100));
    screen.keys("Q");
    assert_eq!(screen.exit_code(), 0);
}

/// Reads the rows and columns that `stty size` has printed last after `label`.
fn size_after(label: &str) -> impl Fn(&vt100::Screen) -> Option<(u16, u16)> {
    move |screen| {
        let text = screen.contents();
        text.split(label)
            .skip(1)
            .filter_map(|rest| {
                let mut words = rest.split_whitespace();
                Some((words.next()?.parse().ok()?, words.next()?.parse().ok()?))
            })
            .last()
    }
}

#[test]
fn every_key_and_much_nonsense_is_survived() {
    let project = Project::new("[processes]\nweb = \"echo still $((6 * 7)); exec sleep 1000\"\nb = \"sleep 1000\"\n");
    let mut screen = Screen::spawn(&project, &["up"], 80, 24);
    screen.wait_for("still 42");
    for typed in
        ["jjkk", "\t\t", "\x1b[A\x1b[B\x1b[5~\x1b[6~", "gGfWLC", "\x1b[200~pasted\x1b[201~", "ttiiz?", "\x1b[<0;5;5M"]
    {
        screen.keys(typed);
    }
    screen.wait_for(Action::Kill.help());
    screen.keys("\x1b");
    // an escape and a letter in one breath would be Alt and the letter
    screen.wait_until("the help to be closed", |screen| !screen.contents().contains(Action::Kill.help()));
    screen.keys("Q");
    assert_eq!(screen.exit_code(), 0);
    screen.assert_given_back();
}

/// A panic on request is only in builds with debug assertions.
#[cfg(debug_assertions)]
#[test]
fn a_panic_inside_gives_the_terminal_back_and_stops_everything() {
    use crate::support::processes::assert_no_service_lives;
    use nix::sys::signal::Signal;

    let project = Project::new("[processes]\nweb = \"setsid sleep 1000 & exec sleep 1000\"\n");
    let mut command = project.procdash(&["up"]);
    command.env("PROCDASH_FAULT", "panic").env("RUST_BACKTRACE", "0");
    let mut screen = Screen::spawn_command(command, 100, 30);
    screen.wait_for_state("web", "running");
    screen.signal(Signal::SIGUSR1);
    assert_eq!(screen.exit_code(), 1);
    screen.assert_given_back();
    screen.wait_for("a fault that was asked for");
    screen.wait_for("a part of procdash has failed");
    assert_no_service_lives(project.token());
}
