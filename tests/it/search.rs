//! Searching and filtering what services print, on a real terminal.

use crate::support::project::Project;
use crate::support::terminal::Screen;

/// A service that prints some lines, and then one more whenever `more` is written to.
const CHATTY: &str = r"
[processes]
web = '''
i=0; while [ $i -lt 300 ]; do i=$((i+1)); printf 'line %s with a ne\033[1med\033[0mle\n' $i; done
echo printed $((6 * 7))
until [ -e more ]; do sleep 0.05; done
printf 'a late ne%s\n' edle; exec sleep 1000
'''
";

#[test]
fn a_search_goes_from_match_to_match_and_counts_what_is_printed_later() {
    let project = Project::new(CHATTY);
    let mut screen = Screen::spawn(&project, &["up"], 100, 24);
    screen.wait_for("printed 42");
    screen.keys("z/needle").wait_for("/needle▏  300 of 300");
    screen.keys("\r").wait_for("300 of 300");
    screen.keys("n").wait_for("299 of 300");
    screen.keys("N").keys("N").wait_for("1 of 300 · on from the start");
    screen.wait_for("line 1 with");
    project.write("more", b"");
    screen.wait_for("1 of 301");
    screen.keys("/line 15$").wait_for("no match");
    screen.keys("\x7f ").wait_for("1 of 1");
    screen.wait_for("line 15 with");
    screen.keys("\rQ");
    assert_eq!(screen.exit_code(), 0);
}

#[test]
fn a_filter_shows_only_what_matches_and_goes_on_with_it() {
    let project = Project::new(CHATTY);
    let mut screen = Screen::spawn(&project, &["up"], 100, 24);
    screen.wait_for("printed 42");
    screen.keys("z&[12]5 |late\r").wait_for("line 225 with");
    screen.wait_until("only lines that match", |screen| !screen.contents().contains("line 299"));
    project.write("more", b"");
    screen.wait_for("a late needle");
    screen.keys("\x1b").wait_for("line 299");
    screen.keys("Q");
    assert_eq!(screen.exit_code(), 0);
}

#[test]
fn a_name_is_found_in_a_long_list() {
    let services = (0..60).map(|n| format!("service-{n:02} = \"sleep 1000\"\n")).collect::<Vec<_>>().concat();
    let project = Project::new(&format!("[defaults]\nautostart = false\n[processes]\n{services}"));
    let mut screen = Screen::spawn(&project, &["up"], 80, 24);
    screen.wait_for("service-00");
    screen.keys("/57").wait_for("1 service");
    screen.keys("\rs").wait_for_state("service-57", "running");
    screen.keys("\x1b").wait_for("service-56");
    screen.keys("Q");
    assert_eq!(screen.exit_code(), 0);
}
