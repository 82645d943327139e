//! The rules of the house that no lint knows: what a floor may name, and what every source file looks like.

use std::fs;
use std::path::{Path, PathBuf};

/// The floors, lowest first; a file names its own and those before it.
const FLOORS: &[&str] = &[
    "id",
    "signal",
    "process",
    "keys",
    "logs",
    "screen",
    "config",
    "engine",
    "guard",
    "supervisor",
    "control",
    "ui",
    "cli",
    "app",
];

/// The floors that are values: no run time, no kernel, no screen, no clock, no files.
const VALUES: &[&str] = &["id", "signal", "process", "keys", "logs", "screen", "config"];

/// What the values do without.
const NOT_IN_VALUES: &[&str] = &[
    "tokio",
    "nix",
    "rustix",
    "sysinfo",
    "ratatui",
    "crossterm",
    "Instant::now",
    "SystemTime::now",
    "std::fs",
    "std::env",
    "std::process",
];

/// What the screen does without: it shows a picture of the board and asks for the rest.
const NOT_IN_UI: &[&str] = &["crate::engine", "crate::guard", "nix", "rustix", "sysinfo"];

/// The longest a file may be.
const LINES: usize = 400;

#[test]
fn every_source_file_keeps_the_rules_of_the_house() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = Vec::new();
    let files = sources(&root);
    for path in &files {
        let name = path.strip_prefix(&root).unwrap().to_str().unwrap();
        wrong.extend(problems(name, &fs::read_to_string(path).unwrap()));
    }
    assert!(files.len() > 20, "found only {} files", files.len());
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Returns every rule that the file `name`, relative to `src`, breaks.
fn problems(name: &str, text: &str) -> Vec<String> {
    let code = bare_code(text);
    let mut wrong = Vec::new();
    if !text.starts_with("//! ") {
        wrong.push("does not open with a sentence in `//!`".to_owned());
    }
    if text.lines().count() > LINES {
        wrong.push(format!("has more than {LINES} lines"));
    }
    let lower = text.to_lowercase();
    wrong
        .extend(["todo", "fixme", "xxx"].iter().filter(|word| names(&lower, word)).map(|word| format!("has a {word}")));
    if code.contains("dbg!") {
        wrong.push("has a dbg!".to_owned());
    }
    wrong.extend(globs(name, &code));

    let floor = name.split(['/', '.']).next().unwrap_or_default();
    if floor != "main" && floor != "lib" {
        match FLOORS.iter().position(|known| *known == floor) {
            Some(place) => wrong.extend(
                floors_named(&code)
                    .into_iter()
                    .filter(|named| FLOORS.iter().position(|known| known == named).is_none_or(|other| other > place))
                    .map(|named| format!("names `crate::{named}`, which is no floor below `{floor}`")),
            ),
            None => wrong.push(format!("`{floor}` is no floor")),
        }
    }
    let banned = match floor {
        "ui" => NOT_IN_UI,
        _ if VALUES.contains(&floor) => NOT_IN_VALUES,
        _ => &[],
    };
    let shipped = &code[..tests_begin(name, &code)];
    wrong.extend(banned.iter().filter(|word| names_path(shipped, word)).map(|word| format!("names `{word}`")));
    wrong.into_iter().map(|problem| format!("src/{name}: {problem}")).collect()
}

/// Returns what follows `crate::` anywhere in `code`, also where it is a group in braces.
fn floors_named(code: &str) -> Vec<String> {
    let mut named = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let starts_word = !code[..at].ends_with(is_word);
        let rest = &code[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            _ if !starts_word => {}
            Some(group) => named.extend(heads_of_group(group)),
            None => named.push(first_word(rest)),
        }
    }
    named.retain(|name| name.starts_with(|first: char| first.is_lowercase()));
    named
}

/// Returns the first word of every member of `a::B, c::{D, e}, f}`.
fn heads_of_group(group: &str) -> Vec<String> {
    let mut heads = Vec::new();
    let (mut depth, mut member) = (0, String::new());
    for character in group.chars() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => heads.push(first_word(member.split_off(0).trim_start())),
            _ => member.push(character),
        }
    }
    heads.push(first_word(member.trim_start()));
    heads.retain(|head| !head.is_empty());
    heads
}

/// The globs that a test module may import: what it tests, and the names that proptest's macros expect.
const GLOBS_IN_TESTS: &[&str] = &["use super", "use proptest::prelude"];

/// Returns a problem for every glob import but those of a test module.
fn globs(name: &str, code: &str) -> Vec<String> {
    let tests_begin = tests_begin(name, code);
    let glob = |at: usize| {
        let line = code[..at].rsplit('\n').next().unwrap_or_default().trim();
        (!(GLOBS_IN_TESTS.contains(&line) && at >= tests_begin)).then(|| format!("imports a glob: `{line}::*`"))
    };
    code.match_indices("::*").filter_map(|(at, _)| glob(at)).collect()
}

/// Returns where the tests of a file begin: at its end where it has none.
fn tests_begin(name: &str, code: &str) -> usize {
    let is_tests = name.split('/').any(|part| matches!(part, "tests" | "tests.rs"));
    let without = if is_tests { 0 } else { code.len() };
    code.find("#[cfg(test)]\nmod tests {").unwrap_or(without)
}

/// Whether `word` stands in `text` as a word of its own.
fn names(text: &str, word: &str) -> bool {
    text.match_indices(word)
        .any(|(at, _)| !text[..at].ends_with(is_word) && !text[at + word.len()..].starts_with(is_word))
}

/// Whether `path` stands in `code` as a path: whole words, and a bare crate's name only before `::` or in a `use`.
fn names_path(code: &str, path: &str) -> bool {
    code.match_indices(path).any(|(at, _)| {
        let (before, after) = (&code[..at], &code[at + path.len()..]);
        let whole = !before.ends_with(is_word) && !after.starts_with(is_word);
        whole
            && (path.contains("::") || (after.starts_with("::") && !before.ends_with("::")) || before.ends_with("use "))
    })
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

fn first_word(text: &str) -> String {
    text.chars().take_while(|&character| is_word(character)).collect()
}

/// Returns `text` without its comments and without what stands in string literals.
fn bare_code(text: &str) -> String {
    let mut code = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let skipped = skip(rest);
        if skipped == 0 {
            code.push(first);
            rest = &rest[first.len_utf8()..];
        } else {
            rest = &rest[skipped..];
        }
    }
    code
}

/// Returns the length of the comment or literal that `text` begins with, 0 where it begins with neither.
fn skip(text: &str) -> usize {
    let until = |start: usize, end: &str| text[start..].find(end).map_or(text.len(), |at| start + at + end.len());
    if text.starts_with("//") {
        return text.find('\n').unwrap_or(text.len());
    }
    if text.starts_with("/*") {
        return until(2, "*/");
    }
    let hashes = text[1..].chars().take_while(|&character| character == '#').count();
    if text.starts_with('r') && text[1 + hashes..].starts_with('"') {
        return until(2 + hashes, &format!("\"{}", "#".repeat(hashes)));
    }
    match text.as_bytes() {
        [b'"', ..] => literal(text, '"'),
        [b'\'', b'\\', ..] => literal(text, '\''),
        [b'\'', ..] if text.chars().nth(2) == Some('\'') => literal(text, '\''),
        _ => 0,
    }
}

/// Returns the length of the literal that `text` begins with, both quotes included.
fn literal(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if character == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

mod tests {
    use super::*;

    fn broken(name: &str, code: &str) -> Vec<String> {
        problems(name, &format!("//! A file.\n{code}"))
    }

    #[test]
    fn a_clean_file_has_no_problem() {
        let code =
            "use crate::{id::ServiceId, signal::{self, Signal}};\n#[cfg(test)]\nmod tests { \n use super::*;\n }\n";
        assert_eq!(broken("process.rs", code), Vec::<String>::new());
    }

    #[test]
    fn a_floor_above_is_found_in_a_path_and_in_a_group() {
        assert_eq!(broken("keys/chord.rs", "use crate::logs::Line;").len(), 1);
        assert_eq!(broken("keys.rs", "use crate::{\n    id::RunId,\n    ui::{self, Model},\n};").len(), 1);
        assert_eq!(broken("keys.rs", "fn f() -> crate::config::Config {}").len(), 1);
        assert_eq!(broken("keys.rs", "use crate::nowhere::X;").len(), 1);
        assert_eq!(broken("nowhere.rs", "").len(), 1);
    }

    #[test]
    fn comments_and_literals_name_nothing() {
        let code = "/// See [`crate::app`].\nconst A: &str = \"\\\" crate::app\"; // crate::app\nconst Q: char = '\"'; \
                    const R: &str = r#\"a \" crate::app\"#; /* dbg! */";
        assert_eq!(broken("id.rs", code), Vec::<String>::new());
        assert_eq!(broken("id.rs", "fn f<'a>(a: &'a str, b: char) -> crate::app::B { b == 'b' }").len(), 1);
    }

    #[test]
    fn values_have_no_clock_no_files_no_run_time_and_the_screen_no_kernel() {
        assert_eq!(broken("logs/buffer.rs", "let now = Instant::now();").len(), 1);
        assert_eq!(broken("logs/buffer/tests.rs", "let now = Instant::now();"), Vec::<String>::new());
        assert_eq!(broken("config.rs", "use std::fs;").len(), 1);
        assert_eq!(broken("config.rs", "use tokio::time::Duration;").len(), 1);
        assert_eq!(broken("ui/view.rs", "use crate::engine::Tree;").len(), 1);
        assert_eq!(broken("ui/view.rs", "nix::sys::signal::kill();").len(), 1);
        assert_eq!(broken("ui/view.rs", "let unix = 1; self.nix(unix); let guard = lock();"), Vec::<String>::new());
        assert_eq!(broken("supervisor/actor.rs", "use tokio::select;\nuse crate::engine::Tree;"), Vec::<String>::new());
    }

    #[test]
    fn unfinished_work_globs_and_long_files_are_found() {
        assert_eq!(broken("id.rs", "// TODO: more").len(), 1);
        assert_eq!(broken("id.rs", "dbg!(1);").len(), 1);
        assert_eq!(broken("ui.rs", "use ratatui::prelude::*;").len(), 1);
        assert_eq!(broken("ui.rs", "use super::*;").len(), 1);
        assert_eq!(broken("ui/tests.rs", "use super::*;"), Vec::<String>::new());
        assert_eq!(broken("ui/tests/keys.rs", "use proptest::prelude::*;"), Vec::<String>::new());
        assert_eq!(broken("id.rs", &"\n".repeat(LINES)).len(), 1);
        assert_eq!(problems("id.rs", "//\n"), ["src/id.rs: does not open with a sentence in `//!`"]);
    }
}
