//! A service that needs a real terminal: its screen is shown, its questions are answered, it gets the keyboard.

mod programs;

use std::io::Write as _;
use std::process::Command;

use crate::support::project::Project;
use crate::support::terminal::{ENTER, ESC, Screen, count};

/// Gives the keyboard back.
const DETACH: &str = "\x1d";
/// Drawn in the border while a service has the keyboard.
const ATTACHED: &str = "Ctrl-] gives the keyboard back";

fn project(command: &str) -> Project {
    let project = Project::new("[processes.it]\ncommand = [\"sh\", \"service\"]\n");
    project.write("service", command.as_bytes());
    project
}

fn attached(project: &Project) -> Screen {
    let mut screen = Screen::spawn(project, &["up"], 180, 30);
    screen.wait_for_state("it", "running");
    screen.keys("a").wait_for(ATTACHED);
    screen
}

fn quit(mut screen: Screen) {
    screen.keys(DETACH).wait_without(ATTACHED);
    screen.keys("Q");
    assert_eq!(screen.exit_code(), 0);
    screen.assert_given_back();
}

/// Returns whether `program` can be run here; says so where it cannot.
fn has(program: &str) -> bool {
    let found = Command::new("sh").args(["-c", &format!("{program} --version >/dev/null 2>&1")]).status();
    let found = found.is_ok_and(|status| status.success());
    if !found {
        let _nobody_reads = writeln!(std::io::stderr(), "skipped: there is no {program} on this machine");
    }
    found
}

#[test]
fn a_question_at_the_start_is_answered_also_while_nobody_is_attached() {
    let script = r"
stty raw -echo
printf '\033[6n'
answer=$(dd bs=1 count=6 2>/dev/null | od -An -c | tr -d ' ')
stty sane
echo; echo asked and got $answer
exec sleep 1000
";
    let project = project(script);
    let mut screen = Screen::spawn(&project, &["up"], 100, 30);
    screen.wait_for("asked and got 033[1;1R");
    screen.keys("Q");
    assert_eq!(screen.exit_code(), 0);
    assert_eq!(count(&screen.raw(), b"\x1b[6n"), 0, "the question is not passed on");
}

#[test]
fn a_line_that_is_read_gets_what_is_typed_and_a_password_is_not_shown() {
    let script = r"
printf 'name? '; read -r name; echo hello $name
stty -echo; printf 'password? '; read -r password; stty echo; echo; echo ${#password} letters
exec sleep 1000
";
    let project = project(script);
    let mut screen = attached(&project);
    screen.wait_for("name?");
    screen.keys("qXQ dash").keys(ENTER).wait_for("hello qXQ dash");
    screen.wait_for("password?");
    screen.keys("s3cr3t").keys(ENTER).wait_for("6 letters");
    assert_eq!(count(&screen.raw(), b"s3cr3t"), 0);
    quit(screen);
}

/// Prints every byte that it reads as a number.
const BYTES: &str = r"
stty raw -echo
printf 'MODES ready\r\n'
while :; do
  byte=$(dd bs=1 count=1 2>/dev/null | od -An -tu1 | tr -d ' \n')
  printf '%s.' $byte
done
";

fn bytes(modes: &str) -> Project {
    project(&BYTES.replace("MODES ", modes))
}

#[test]
fn keys_arrive_as_a_terminal_sends_them() {
    let project = bytes("");
    let mut screen = attached(&project);
    screen.wait_for("ready");
    screen.keys("x\x03\x1bOA").wait_for("120.3.27.91.65.");
    screen.keys("\x1b[5~").wait_for("27.91.53.126.");
    screen.keys("\x1b[1;5D").wait_for("27.91.49.59.53.68.");
    screen.keys("\x1bx").wait_for("27.120.");
    screen.keys("\x7f\t\r").wait_for("127.9.13.");
    screen.keys("ä").wait_for("195.164.");
    quit(screen);
}

#[test]
fn keys_pastes_and_the_mouse_arrive_in_the_form_that_was_asked_for() {
    let project = bytes(r"\033[?1h\033[?2004h\033[?1002h\033[?1006h\033[?1004h");
    let mut screen = attached(&project);
    screen.wait_for("ready");
    // the cursor keys of the application, and its marks around a paste
    screen.keys("\x1b[A").wait_for("27.79.65.");
    screen.keys("\x1b[200~hi\x1b[201~").wait_for("27.91.50.48.48.126.104.105.27.91.50.48.49.126.");
    screen.wait_until("drags to be reported", |screen| {
        screen.mouse_protocol_mode() == vt100::MouseProtocolMode::ButtonMotion
    });
    // the left button goes down at 60,10 of the terminal: 60 minus what lies left of the pane
    screen.keys("\x1b[<0;60;10M").wait_for("27.91.60.48.59.");
    screen.keys("\x1b[I").wait_for("27.91.73.");
    screen.keys(DETACH).wait_without(ATTACHED);
    screen.wait_until("only clicks to be reported", |screen| {
        screen.mouse_protocol_mode() == vt100::MouseProtocolMode::PressRelease
    });
    screen.keys("Q");
    assert_eq!(screen.exit_code(), 0);
    screen.assert_given_back();
    let raw = screen.raw();
    assert!(count(&raw, b"\x1b[?1004h") == 1 && count(&raw, b"\x1b[?1004l") >= 1, "the focus was reported for a while");
}

#[test]
fn a_service_that_draws_is_shown_as_a_screen_and_its_lines_stay() {
    let script = r"
echo a line before
printf '\033[?1049h\033[2J\033[5;10Hdrawn here\033[3;4Hand there\033[7;3H\033[31mred\033[0m'
read -r line
printf '\033[?1049l'
echo a line after
exec sleep 1000
";
    let project = project(script);
    let mut screen = Screen::spawn(&project, &["up"], 100, 30);
    screen.wait_until("the two places", |screen| {
        let text = screen.contents();
        let at = |what: &str| text.lines().enumerate().find_map(|(row, line)| Some((row, line.find(what)?)));
        let (Some(here), Some(there)) = (at("drawn here"), at("and there")) else { return false };
        here.0 == there.0 + 2 && here.1 == there.1 + 6
    });
    screen.wait_without("a line before");
    screen.keys("T").wait_for("a line before");
    screen.keys("T").wait_without("a line before");
    screen.keys("a").wait_for(ATTACHED);
    screen.keys(ENTER).wait_for("a line after");
    screen.keys(DETACH).wait_for("following");
    screen.wait_for("a line before");
    screen.keys("Q");
    assert_eq!(screen.exit_code(), 0);
}

#[test]
fn the_cursor_of_the_service_is_shown_at_its_place_with_its_shape() {
    let project =
        project("printf '\\033[2J\\033[3;5H\\033[5 qhere'; read -r l; printf '\\033[?25l'; exec sleep 1000\n");
    let mut screen = attached(&project);
    screen.wait_until("the cursor behind the word", |screen| {
        let (row, column) = screen.cursor_position();
        let text = screen.contents();
        let line = text.lines().nth(usize::from(row)).unwrap_or_default();
        let before: String = line.chars().take(usize::from(column)).collect();
        !screen.hide_cursor() && before.ends_with("here")
    });
    screen.keys(ENTER).wait_until("no cursor", vt100::Screen::hide_cursor);
    assert!(count(&screen.raw(), b"\x1b[5 q") == 1);
    quit(screen);
}

#[test]
fn the_keyboard_comes_back_when_the_service_ends() {
    let project = project("read -r line; exit 0\n");
    let mut screen = attached(&project);
    screen.keys(ENTER).wait_without(ATTACHED);
    screen.wait_for("its run has ended; the keyboard is yours again");
    screen.keys("Q");
    assert_eq!(screen.exit_code(), 0);
}

#[test]
fn a_service_with_pipes_says_that_it_has_no_terminal() {
    let project = Project::new("[processes.it]\ncommand = \"sleep 1000\"\ntty = false\n");
    let mut screen = Screen::spawn(&project, &["up"], 100, 30);
    screen.wait_for_state("it", "running");
    screen.keys("a").wait_for("it has no terminal");
    screen.keys("Q");
    assert_eq!(screen.exit_code(), 0);
}

#[test]
fn a_service_that_does_not_read_makes_no_key_wait() {
    let project = project("stty raw -echo; echo ready; exec sleep 1000\n");
    let mut screen = attached(&project);
    screen.wait_for("ready");
    let paste = format!("\x1b[200~{}\x1b[201~", "x".repeat(100_000));
    for _ in 0..4 {
        screen.keys(&paste);
    }
    screen.wait_for("does not read its terminal");
    quit(screen);
}

#[test]
fn what_a_screen_holds_reaches_the_terminal_as_text_only() {
    let script = r"
printf '\033[?1049h\033[2J\033[H'
printf 'lead \033]0;owned\007 \033]52;c;b3duZWQ=\007 \033]8;;http://x\007link\033]8;;\007 \007\005\016\017'
printf '\033Pq#0\033\\ \033_x\033\\ \033^x\033\\ \033Xx\033\\ \033[8;1;1t \033[6n \033[5i \033[?5h \302\2332J \302\2350;owned\302\234 \033#8'
printf '\033[2J\033[H\033[5;5Hend'
exec sleep 1000
";
    let project = project(script);
    let mut screen = Screen::spawn(&project, &["up"], 100, 30);
    screen.wait_for("end");
    screen.keys("a").wait_for(ATTACHED);
    screen.keys(DETACH).wait_without(ATTACHED);
    screen.keys("Q");
    assert_eq!(screen.exit_code(), 0);
    let raw = screen.raw();
    for forbidden in [
        &b"\x1b]0;"[..],
        b"\x1b]52;",
        b"\x1b]8;",
        b"\x1bP",
        b"\x1b_",
        b"\x1b^",
        b"\x1bX",
        b"\x1b#8",
        b"\x1b[?5h",
        b"\x1b[8;1;1t",
        b"\x1b[6n",
        b"\x1b[5i",
        b"\x07",
        b"\x05",
        b"\x0e",
        b"\xc2\x9b",
        b"\xc2\x9d",
    ] {
        assert_eq!(count(&raw, forbidden), 0, "{:?} got through", String::from_utf8_lossy(forbidden));
    }
    screen.assert_given_back();
}

#[test]
fn a_shell_can_be_used() {
    if !has("bash") {
        return;
    }
    let project = project("PS1='now> ' exec bash --norc --noprofile -i\n");
    let mut screen = attached(&project);
    screen.wait_for("now>");
    screen.keys("echo $((6 * 7))x").keys("\x7f").keys(ENTER).wait_for("\n");
    screen.wait_until("the answer on a line of its own", |screen| {
        screen.contents().lines().any(|line| line.split_whitespace().any(|word| word.trim_matches('│') == "42"))
    });
    // one line back, and its end changed
    screen.keys("\x1b[A\x7f\x7f + 1))").keys(ENTER).wait_for("43");
    quit(screen);
}

#[test]
fn vim_edits_a_file() {
    if !has("vim") {
        return;
    }
    let project = project("exec vim -u NONE -i NONE -N notes\n");
    project.write("notes", b"first\nlast\n");
    let mut screen = attached(&project);
    screen.wait_for("last");
    screen.keys("ohello").keys(ESC).wait_for("hello");
    screen.wait_until("insert mode to be over", |screen| !screen.contents().contains("INSERT"));
    screen.keys("\x1b[B").keys("A!").keys(ESC).wait_for("last!");
    screen.wait_until("insert mode to be over", |screen| !screen.contents().contains("INSERT"));
    screen.keys(":wq").keys(ENTER).wait_without(ATTACHED);
    assert_eq!(std::fs::read_to_string(project.path("notes")).unwrap(), "first\nhello\nlast!\n");
    screen.keys("Q");
    assert_eq!(screen.exit_code(), 0);
}

#[test]
fn less_pages_and_searches() {
    if !has("less") {
        return;
    }
    let project = project("exec less numbers\n");
    let numbers: Vec<String> = (1..=500).map(|number| format!("number {number}\n")).collect();
    project.write("numbers", numbers.concat().as_bytes());
    let mut screen = attached(&project);
    screen.wait_for("number 1");
    screen.keys("G").wait_for("number 500");
    screen.keys("g").wait_without("number 500");
    screen.keys("/number 250").keys(ENTER).wait_for("number 250");
    screen.keys("q").wait_without(ATTACHED);
    screen.keys("Q");
    assert_eq!(screen.exit_code(), 0);
}

#[test]
fn htop_draws_itself_and_ends_with_its_key() {
    if !has("htop") {
        return;
    }
    let project = project("exec htop\n");
    let mut screen = attached(&project);
    screen.wait_for("Load average");
    screen.keys("q").wait_without(ATTACHED);
    screen.keys("Q");
    assert_eq!(screen.exit_code(), 0);
}

#[test]
fn python_counts() {
    if !has("python3") {
        return;
    }
    let project = project("exec python3 -q\n");
    let mut screen = attached(&project);
    screen.wait_for(">>>");
    screen.keys("print(6 * 7)").keys(ENTER).wait_for("\n");
    screen.wait_until("the answer", |screen| screen.contents().lines().any(|line| line.contains("│ 42 ")));
    quit(screen);
}
