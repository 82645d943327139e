//! Input that nobody would write: it may be refused, but must not end the program.

use proptest::prelude::*;

use super::{messages, source};
use crate::config::{SourceFile, load};

#[test]
fn deep_nesting_is_refused_and_does_not_end_the_program() {
    let deep = [
        format!("a = {}", "[".repeat(100_000)),
        format!("a = {}1{}", "[".repeat(60), "]".repeat(60)),
        format!("a = {}", "{a=".repeat(100_000)),
        format!("[{}a]", "a.".repeat(100_000)),
        format!("{}a = 1", "a . ".repeat(100_000)),
        format!("{}a = 1", "\"x\".".repeat(100_000)),
        format!("x = {}1{}", "{a.a.a.a.a.a.a.a = ".repeat(70), "}".repeat(70)),
        "[[a]]\n[[a.a]]\n[[a.a.a]]\n[[a.a.a.a]]\n".to_owned(),
    ];
    for text in deep {
        assert_ne!(messages(&text), Vec::<String>::new());
    }
}

#[test]
fn a_file_of_nothing_but_mistakes_is_cut_short_and_counted() {
    let problems = load(&[source("procfile.toml", &"a=1\n".repeat(1 << 18))]).unwrap_err();
    assert_eq!(problems.iter().count(), 200);
    assert!(problems.to_string().ends_with(&format!("and {} more", problems.len() - 200)));
}

/// Pieces of TOML and of our own words, which put together are often nearly right.
const PIECES: &[&str] = &[
    "[",
    "]",
    "[[",
    "]]",
    "{",
    "}",
    "=",
    ",",
    ".",
    "\n",
    "\r\n",
    " ",
    "\"",
    "'",
    "\"\"\"",
    "'''",
    "#",
    "\\",
    "\\u00",
    "é",
    "\u{0}",
    "\u{1b}",
    "a",
    "b",
    "processes",
    "defaults",
    "settings",
    "keys",
    "list",
    "ui",
    "command",
    "env",
    "stop_keys",
    "\"x\"",
    "\"5s\"",
    "1",
    "-1",
    "0.5",
    "1979-05-27",
    "true",
    "false",
    "nan",
    "[processes.a]\n",
    "command = \"x\"\n",
    "[keys.any]\n",
    "x = \"stop\"\n",
    "[a]\n",
    "[a.b]\n",
    "[[a]]\n",
    "a.b = 1\n",
    "a = {}\n",
    "${",
    "}",
    "🐘",
];

fn loads_or_complains(bytes: &[u8]) -> Result<(), TestCaseError> {
    for name in ["procfile.toml", "Procfile"] {
        let file = SourceFile { bytes: bytes.to_vec(), ..source(name, "") };
        match load(&[file.clone(), file]) {
            Ok(config) => prop_assert!(!config.services.is_empty()),
            Err(problems) => {
                prop_assert!(problems.len() > 0);
                let has_escape = problems.to_string().contains('\u{1b}');
                prop_assert!(!has_escape);
            }
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        loads_or_complains(&bytes)?;
    }

    #[test]
    fn no_soup_of_toml_makes_it_panic(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..60)) {
        loads_or_complains(pieces.concat().as_bytes())?;
    }
}
