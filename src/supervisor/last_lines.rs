//! Chooses, of what a run has printed last, the few lines that tell why it ended. Pure.

use memchr::memchr;

use crate::logs::trace::{Kind, is_frame};
use crate::logs::{Severity, Style, plain_text, severity, shown_part};

/// So many are told.
const MOST: usize = 5;
/// The longest line that is told, in characters.
const LONGEST: usize = 200;
/// So much of a printed line is looked at, unless it redraws itself.
const LOOKED_AT: usize = 4 * 1024;
/// An error with so much behind it is told together with the very end.
const NEAR: usize = 12;

/// What programs print that only pass on that another has failed; a line begins with it.
const ECHOES: &[&str] = &[
    // what runs scripts: npm, yarn, pnpm, make, just, go run, cargo run
    "npm ERR!",
    "npm error",
    "error Command failed with exit code",
    "info Visit https://yarnpkg.com",
    "ELIFECYCLE",
    "make: ***",
    "make[",
    "error: Recipe `",
    "error: recipe `",
    "exit status ",
    "error: process didn't exit successfully",
    // what Node and Rust add to every end
    "Node.js v",
    "note: run with `RUST_BACKTRACE=",
    "stack backtrace:",
    "0: rust_begin_unwind",
    "0: __rustc::rust_begin_unwind",
    "0: std::",
];

/// Returns the lines that tell why a run ended, in their order: at most five, of its last lines as they were printed.
///
/// Preferred are errors with what follows them; where nothing reports an error, it is the very last lines. Of a stack trace
/// the frame nearest to the error stands for all.
pub(crate) fn telling<L: AsRef<[u8]>>(printed: &[L]) -> Vec<String> {
    let mut lines = without_traces(printed);
    let is_error = |line: &String| !is_echo(line) && reports_error(line);
    if lines.iter().any(is_error) {
        lines.retain(|line| !is_echo(line));
    }
    let errors: Vec<usize> =
        lines.iter().enumerate().filter(|(_, line)| reports_error(line)).map(|(place, _)| place).collect();
    let chosen = choose(lines.len(), &errors);
    chosen.into_iter().filter_map(|place| lines.get(place)).map(|line| shortened(line)).collect()
}

/// Returns the places that are told of so many lines, when those at `errors` report an error.
fn choose(count: usize, errors: &[usize]) -> Vec<usize> {
    match errors.last() {
        None => (count.saturating_sub(MOST)..count).collect(),
        Some(&error) if count - error > NEAR => {
            // it may be the reason, or have been forgotten long before the end
            std::iter::once(error).chain(count - (MOST - 1)..count).collect()
        }
        Some(_) => {
            let (mut end, mut room, mut chosen) = (count, MOST, Vec::new());
            for &error in errors.iter().rev() {
                let length = end - error;
                if length > NEAR || room == 0 {
                    break;
                }
                let told = length.min(room);
                chosen.extend((error..error + told).rev());
                room -= told;
                end = error;
            }
            chosen.reverse();
            chosen
        }
    }
}

/// Returns the lines with something in them as a terminal would show them, of each stack trace only what is nearest to the
/// error.
fn without_traces<L: AsRef<[u8]>>(printed: &[L]) -> Vec<String> {
    let printed: Vec<&[u8]> = printed.iter().map(|line| shown(line.as_ref())).collect();
    let kinds: Vec<Kind> = printed.iter().map(|line| Kind::of(line)).collect();
    let kind = |place: Option<usize>| place.and_then(|place| kinds.get(place)).copied().unwrap_or(Kind::Other);
    let is_in_trace = |place: usize| {
        let before = [kind(place.checked_sub(2)), kind(place.checked_sub(1))];
        is_frame(before, kind(Some(place)), kind(Some(place + 1)))
    };
    let mut kept = Vec::new();
    let mut place = 0;
    while place < printed.len() {
        if !is_in_trace(place) {
            kept.push(place);
            place += 1;
            continue;
        }
        let end = (place..printed.len()).find(|place| !is_in_trace(*place)).unwrap_or(printed.len());
        kept.extend(nearest_frame(kinds.get(place..end).unwrap_or_default()).map(|frame| place + frame));
        place = end;
    }
    let text = |place: usize| plain_text(printed.get(place).copied().unwrap_or_default()).trim_end().to_owned();
    kept.into_iter().map(text).filter(|text| !text.is_empty()).collect()
}

/// Returns which lines of a trace are nearest to the error: the last in Python, which tells the error below it, else the first.
fn nearest_frame(trace: &[Kind]) -> std::ops::Range<usize> {
    match trace.iter().rposition(|kind| *kind == Kind::File) {
        // its line of source, and not the marks below that
        Some(file) => file..(file + 2).min(trace.len()),
        None if trace.first() == Some(&Kind::Call) => 0..2.min(trace.len()),
        None => 0..1.min(trace.len()),
    }
}

/// Returns the part of a printed line that is looked at: of a very long one the beginning, or its last redraws.
pub(crate) fn shown(line: &[u8]) -> &[u8] {
    let (shown, _) = shown_part(line, Style::default());
    let redraws = memchr(b'\r', shown.trim_ascii_end()).is_some();
    if redraws { shown } else { shown.get(..LOOKED_AT).unwrap_or(shown) }
}

fn reports_error(line: &str) -> bool {
    severity(line.as_bytes()).is_some_and(|(severity, _)| severity == Severity::Error)
}

fn is_echo(line: &str) -> bool {
    let line = line.trim_start();
    ECHOES.iter().any(|echo| line.starts_with(echo))
}

fn shortened(line: &str) -> String {
    match line.char_indices().nth(LONGEST) {
        Some((cut, _)) => format!("{}…", line.get(..cut).unwrap_or_default()),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<String> {
        telling(&text.split('\n').collect::<Vec<_>>())
    }

    fn numbered(count: usize, line: impl Fn(usize) -> String) -> String {
        (0..count).map(line).collect::<Vec<_>>().concat()
    }

    #[test]
    fn a_traceback_of_python_is_told_by_its_last_frame_and_its_error() {
        let text = "INFO starting\nTraceback (most recent call last):\n  File \"app.py\", line 9, in <module>\n    main()\n    \
                    ~~~~^^\n  File \"app.py\", line 3, in main\n    return int(x)\n           ~~~^^^\nValueError: invalid \
                    literal for int() with base 10: 'x'\n";
        let expected = [
            "Traceback (most recent call last):",
            "  File \"app.py\", line 3, in main",
            "    return int(x)",
            "ValueError: invalid literal for int() with base 10: 'x'",
        ];
        assert_eq!(told(text), expected);
    }

    #[test]
    fn a_panic_of_rust_is_told_with_its_body_and_without_the_advice() {
        let text = "INFO up\n\nthread 'main' (812) panicked at src/main.rs:12:5:\nno cart\nstack backtrace:\n   0: \
                    __rustc::rust_begin_unwind\n             at /rustc/5980/panicking.rs:689:5\n   1: api::main\nnote: run with \
                    `RUST_BACKTRACE=full` for a verbose backtrace.\n";
        assert_eq!(told(text), ["thread 'main' (812) panicked at src/main.rs:12:5:", "no cart"]);
    }

    #[test]
    fn a_panic_of_go_is_told_with_the_call_that_it_came_from() {
        let text = "panic: boom\n\ngoroutine 1 [running]:\nmain.find(0x1)\n\t/app/cart.go:12 +0x1d\nmain.main()\n\t/app/main.go:7 \
                    +0x25\nexit status 2";
        let expected = ["panic: boom", "goroutine 1 [running]:", "main.find(0x1)", "        /app/cart.go:12 +0x1d"];
        assert_eq!(told(text), expected);
    }

    #[test]
    fn what_ran_the_program_does_not_push_its_error_out() {
        let text = "/app/index.js:3\n    throw new TypeError('x')\n    ^\n\n\x1b[31mTypeError: x is not a function\x1b[0m\r\n    at \
                    run (/app/index.js:3:5)\n    at node:internal/main/run_main_module:28:49\n\nNode.js v22.1.0\nnpm ERR! code \
                    1\nnpm ERR! path /app\nnpm ERR! command failed\nnpm ERR! command sh -c node index.js\n\nnpm ERR! A complete log";
        assert_eq!(told(text), ["TypeError: x is not a function", "    at run (/app/index.js:3:5)"]);
        let own = "npm error Missing script: \"dev\"\nnpm error\nnpm error To see a list of scripts, run:\nnpm error   npm run";
        assert_eq!(told(own), own.split('\n').collect::<Vec<_>>(), "where nobody else says anything");
    }

    #[test]
    fn several_errors_are_told_the_last_whole_and_of_the_one_before_its_beginning() {
        let text = "error[E0425]: cannot find value `x` in this scope\n --> src/main.rs:3:5\n  |\n3 |     x\n  |     ^ not \
                    found\n\nerror: could not compile `api` (bin \"api\") due to 1 previous error";
        let expected = [
            "error[E0425]: cannot find value `x` in this scope",
            " --> src/main.rs:3:5",
            "  |",
            "3 |     x",
            "error: could not compile `api` (bin \"api\") due to 1 previous error",
        ];
        assert_eq!(told(text), expected);
    }

    #[test]
    fn an_error_long_before_the_end_is_told_with_the_end() {
        let text = format!("WARN slow\nERROR no database\n{}", numbered(30, |n| format!("bye {n}\n")));
        assert_eq!(told(&text), ["ERROR no database", "bye 26", "bye 27", "bye 28", "bye 29"]);
        let near = "ERROR no database\nINFO going down\nINFO bye";
        assert_eq!(told(&format!("INFO up\n{near}")), near.split('\n').collect::<Vec<_>>());
    }

    #[test]
    fn without_an_error_the_last_lines_are_told_and_never_more_than_five() {
        let text = numbered(9, |n| format!("line {n}\n\n  \n"));
        assert_eq!(told(&text), ["line 4", "line 5", "line 6", "line 7", "line 8"]);
        assert!(told("").is_empty());
        assert!(telling::<Vec<u8>>(&[]).is_empty());
        let errors = numbered(90, |n| format!("ERROR {n}\n"));
        assert_eq!(told(&errors).first().map(String::as_str), Some("ERROR 85"));
    }

    #[test]
    fn what_is_told_is_short_and_plain_also_of_a_line_that_redraws_itself() {
        let long = telling(&[b"\x1b]0;evil\x07\x1b[1mERROR ".to_vec(), b"x".repeat(1 << 20)]);
        assert_eq!(long[0], "ERROR");
        assert_eq!(long[1].chars().count(), LONGEST + 1);
        let progress = numbered(5000, |n| format!("\r{n} of 5000")) + "\rERROR: no disk \r";
        assert_eq!(told(&progress), ["ERROR: no disk"]);
    }
}
