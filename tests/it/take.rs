//! Selecting, copying and writing what services print, as it reaches the terminal and its owner's files.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::support::processes;
use crate::support::project::Project;
use crate::support::terminal::{ENTER, ESC, Screen};
use crate::support::wait;

/// A service that prints a wrapped line with a tab, a progress bar, and wide characters.
const TALKATIVE: &str = r"
[processes]
web = '''
printf 'first\tline %s\n' $(printf 'x%.0s' $(seq 120))
printf '10%%\r100%% \033[1mdone\033[0m   \n日本 http://localhost:3000/a-b now\n'
printf 'last %s\n' $((6 * 7)); exec sleep 1000
'''
";

/// The pane alone, whose text begins in the third column.
fn zoomed(project: &Project) -> Screen {
    let mut screen = Screen::spawn(project, &["up"], 100, 24);
    screen.wait_for("last 42");
    screen.keys("z").wait_without("processes");
    screen
}

/// Returns what the terminal was asked to put into its clipboard, decoded, in order.
fn copied(screen: &Screen) -> Vec<String> {
    let raw = screen.raw();
    let parts = raw.split(|byte| *byte == 0x1b).filter_map(|part| part.strip_prefix(b"]52;c;"));
    parts.filter_map(|part| decode(part.split(|byte| *byte == 7).next()?)).collect()
}

fn decode(coded: &[u8]) -> Option<String> {
    let value = |letter: &u8| match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        b'0'..=b'9' => letter - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let mut bytes = Vec::new();
    for four in coded.chunks(4) {
        let filled = four.iter().filter(|letter| **letter != b'=').count();
        let bits = four.iter().take(filled).fold(0_u32, |bits, letter| bits << 6 | u32::from(value(letter)));
        let bits = bits << (6 * (4 - filled));
        bytes.extend(bits.to_be_bytes().iter().skip(1).take(filled.saturating_sub(1)));
    }
    String::from_utf8(bytes).ok()
}

/// Waits until this is what was copied last; one that a later copy has overtaken may never be sent.
#[track_caller]
fn wait_for_copy(screen: &Screen, text: &str) {
    let seen = wait::until(|| copied(screen).last().is_some_and(|last| last == text).then_some(()));
    assert!(seen.is_some(), "{text:?} was not copied last, but {:?}\n{}", copied(screen), screen.contents());
}

fn quit(mut screen: Screen) {
    screen.keys("Q");
    assert_eq!(screen.exit_code(), 0);
    screen.assert_given_back();
}

#[test]
fn lines_are_copied_whole_however_they_are_wrapped_and_coloured() {
    let project = Project::new(TALKATIVE);
    let mut screen = zoomed(&project);
    screen.keys("V").wait_for("selecting lines");
    screen.keys("kkk").keys("y").wait_for("copied 4 lines");
    let long = format!("first\tline {}", "x".repeat(120));
    wait_for_copy(&screen, &format!("{long}\n100% done\n日本 http://localhost:3000/a-b now\nlast 42"));
    screen.wait_for("following");
    screen.keys("y").wait_for("copied 1 line, 7 bytes");
    wait_for_copy(&screen, "last 42");
    quit(screen);
}

#[test]
fn characters_are_chosen_with_the_keys_of_vim_and_a_search() {
    let project = Project::new(TALKATIVE);
    let mut screen = zoomed(&project);
    screen.keys("/localh").keys(ENTER).wait_for("2 of 2");
    screen.keys("v").wait_for("selecting");
    screen.keys("ee").keys("y").wait_for("copied 1 line, 10 bytes");
    wait_for_copy(&screen, "localhost:");
    screen.keys("vbb").keys(ENTER).wait_for("copied 1 line, 8 bytes");
    wait_for_copy(&screen, "http://l");
    // the notice leaves the line to the search again
    screen.keys("j").wait_for("n older");
    screen.keys(ESC).wait_without("n older");
    screen.keys("v0/100% d").keys(ENTER).wait_for("1 of 1");
    screen.keys("o$").keys("y").wait_for("copied 3 lines");
    wait_for_copy(&screen, "100% done\n日本 http://localhost:3000/a-b now\nlast 42");
    screen.keys("v").wait_for("selecting");
    screen.keys(ESC).wait_without("selecting");
    quit(screen);
}

#[test]
fn a_drag_copies_what_it_crosses_a_double_click_a_word_and_a_triple_click_a_line() {
    let project = Project::new(TALKATIVE);
    let mut screen = zoomed(&project);
    let contents = screen.contents();
    let row = |text: &str| contents.lines().position(|line| line.trim_start_matches('│').trim().starts_with(text));
    let (done, address) = (row("100% done").unwrap() + 1, row("日本").unwrap() + 1);
    // from `% done` to the second wide character of the next line, whose right half is hit
    screen.keys(&format!("\x1b[<0;6;{done}M")).keys(&format!("\x1b[<32;6;{address}M")).wait_for("selecting");
    screen.keys(&format!("\x1b[<0;6;{address}m")).wait_for("copied 2 lines");
    wait_for_copy(&screen, "% done\n日本");
    let click = format!("\x1b[<0;12;{address}M\x1b[<0;12;{address}m");
    screen.keys(&click.repeat(2)).wait_for("copied 1 line, 25 bytes");
    wait_for_copy(&screen, "http://localhost:3000/a-b");
    let elsewhere = format!("\x1b[<0;3;{done}M\x1b[<0;3;{done}m");
    screen.keys(&elsewhere).keys(&click.repeat(3));
    wait_for_copy(&screen, "日本 http://localhost:3000/a-b now");
    quit(screen);
}

#[test]
fn a_click_is_no_selection_and_a_drag_beyond_the_edge_scrolls_on() {
    let project = Project::new("[processes]\nweb = '''seq 300; echo last $((6 * 7)); exec sleep 1000'''\n");
    let mut screen = Screen::spawn(&project, &["up"], 100, 24);
    screen.wait_for("last 42");
    screen.keys("z").wait_without("processes");
    screen.keys("\x1b[<0;3;10M\x1b[<0;3;10m").wait_for("following");
    // from the last row up to the border, where the pointer stays
    screen.keys("\x1b[<0;3;21M").keys("\x1b[<32;3;1M").wait_for("run 1");
    screen.keys("\x1b[<32;3;2M").keys("\x1b[<0;3;2m").wait_for("copied 302 lines");
    screen.wait_for("following");
    let copies = wait::until(|| Some(copied(&screen)).filter(|copies| !copies.is_empty())).unwrap();
    assert!(copies[0].contains("\n1\n2\n") && copies[0].ends_with("\n300\nl"), "{copies:?}");
    quit(screen);
}

#[test]
fn of_two_panes_the_one_that_is_pressed_is_selected_from_and_links_are_copied_the_same_way() {
    let project = Project::new(
        r"
[processes]
one = '''echo one said $((6 * 7)); exec sleep 1000'''
two = '''echo two said http://localhost:$((40 * 75)); exec sleep 1000'''
",
    );
    let mut screen = Screen::spawn(&project, &["up"], 200, 24);
    screen.keys("1").wait_for("one said 42");
    screen.keys("|2").wait_for("two said http://localhost:3000");
    let contents = screen.contents();
    let place = |(row, line): (usize, &str)| Some((row + 1, line.split_once("one said")?.0.chars().count() + 1));
    let (row, column) = contents.lines().enumerate().find_map(place).unwrap();
    screen.keys(&format!("\x1b[<0;{};{row}M\x1b[<32;{};{row}M", column + 4, column + 7)).wait_for("selecting");
    screen.keys(&format!("\x1b[<0;{};{row}m", column + 7)).wait_for("copied 1 line, 4 bytes");
    wait_for_copy(&screen, "said");
    screen.keys("\t").keys("oA").wait_for("copied http://localhost:3000 · sent");
    wait_for_copy(&screen, "http://localhost:3000");
    screen.keys("Vk").wait_for("selecting lines");
    screen.keys("y").wait_for("copied 2 lines");
    quit(screen);
}

#[test]
fn cells_of_a_screen_are_copied_as_they_were_when_they_were_chosen() {
    let project = Project::new(
        r"
[processes]
top = '''printf '\033[?1049h\033[2;3Hone %s\033[4;3Hof cells' screen; until [ -e more ]; do sleep 0.05; done
printf '\033[2;3Hanother'; sleep 1000'''
",
    );
    let mut screen = Screen::spawn(&project, &["up"], 100, 24);
    screen.wait_for("of cells");
    screen.keys("V").wait_for("selecting lines");
    screen.keys("kk");
    project.write("more", b"");
    screen.keys("y").wait_for("copied 3 lines");
    wait_for_copy(&screen, "  one screen\n\n  of cells");
    screen.wait_for("another");
    quit(screen);
}

#[test]
fn a_log_is_written_whole_for_its_owner_and_never_over_another_file() {
    let project = Project::new(TALKATIVE);
    let mut screen = zoomed(&project);
    screen.keys(":save ~/web.log").keys(ENTER).wait_for("written to /");
    let text = fs::read_to_string(project.path("web.log")).unwrap();
    assert!(text.ends_with("\n100% done\n日本 http://localhost:3000/a-b now\nlast 42\n"), "{text}");
    assert_eq!(fs::metadata(project.path("web.log")).unwrap().permissions().mode() & 0o777, 0o600);
    screen.keys(":save --raw web.log").keys(ENTER).wait_for("is there already");
    screen.keys(":save! --raw web.log").keys(ENTER).wait_for("4 lines");
    let raw = fs::read(project.path("web.log")).unwrap();
    assert!(raw.ends_with(b" now\nlast 42\n") && raw.windows(4).any(|part| part == b"\x1b[1m"), "{raw:?}");
    screen.keys("VW").wait_for(":write ▏");
    screen.keys("one.log").keys(ENTER).wait_for("1 line, 8 bytes written to one.log");
    assert_eq!(fs::read_to_string(project.path("one.log")).unwrap(), "last 42\n");
    quit(screen);
}

#[test]
fn commands_are_found_by_their_beginning_and_do_what_the_keys_do() {
    let project = Project::new(TALKATIVE);
    let mut screen = Screen::spawn(&project, &["up"], 100, 24);
    screen.wait_for("last 42");
    screen.keys(":sto").wait_for("commands");
    screen.keys("\t").keys("w\t").wait_for(":stop web ▏");
    screen.keys(ENTER).wait_for_state("web", "stopped");
    screen.keys(":strat").keys(ENTER).wait_for("did you mean `start`?");
    // all of it away, and a paste in its place
    screen.keys("\x15\x1b[200~start web\n\x1b[201~").wait_for(":start web▏");
    screen.keys(ENTER).wait_for_state("web", "running");
    quit(screen);
}

#[test]
fn a_program_that_keeps_the_clipboard_outlives_the_dashboard_and_holds_up_nothing() {
    let project = Project::new(TALKATIVE);
    let folder = project.path("bin");
    fs::create_dir(&folder).unwrap();
    // as the real one: it reads all, and a copy of it stays behind to answer whoever pastes
    let script = r#"#!/bin/sh
cat > "$HOME/taken"; sleep 1000 </dev/null >/dev/null 2>&1 & echo $! > "$HOME/keeper"
"#;
    fs::write(folder.join("xclip"), script).unwrap();
    fs::set_permissions(folder.join("xclip"), fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
    let mut command = project.procdash(&["up"]);
    command.env("PATH", path).env("DISPLAY", ":99");
    let mut screen = Screen::spawn_command(command, 100, 24);
    screen.wait_for("last 42");
    screen.keys("y").wait_for("copied 1 line, 7 bytes · by xclip");
    let keeper = i32::try_from(project.wait_for_number("keeper")).unwrap();
    assert_eq!(fs::read_to_string(project.path("taken")).unwrap(), "last 42");
    screen.keys("x").wait_for_state("web", "stopped");
    screen.keys("Q");
    assert_eq!(screen.exit_code(), 0);
    let left: Vec<i32> = processes::alive(project.token()).iter().map(|found| found.pid).collect();
    assert_eq!(left, [keeper], "the clipboard's keeper, and nobody else");
}
