//! The documents say what the program does: their files parse, their keys exist, the example is valid.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use procdash::keys::Action;

use crate::support::program::Program;
use crate::support::project::Project;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn documents() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in [root().to_owned(), root().join("docs")] {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
        found.extend(entries.filter(|path| path.extension().is_some_and(|extension| extension == "md")));
    }
    found
}

/// Returns the text of every fenced block of this language.
fn blocks(text: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}");
    let mut found = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.trim() == fence {
            let inside: Vec<&str> = lines.by_ref().take_while(|line| line.trim() != "```").collect();
            found.push(inside.join("\n"));
        }
    }
    found
}

/// Returns the rows of the table of keys: the action's name, and the keys before it.
fn table_of_keys(readme: &str) -> BTreeMap<String, Vec<String>> {
    let section = readme.split("\n## ").find(|section| section.starts_with("Keys\n")).expect("a section `Keys`");
    let quoted = |cell: &str| -> Vec<String> {
        let parts = cell.replace("`` ` ``", "`\u{1}`");
        parts.split('`').skip(1).step_by(2).map(|key| key.replace('\u{1}', "`").replace('\u{2}', "|")).collect()
    };
    section
        .lines()
        .filter_map(|line| line.strip_prefix('|')?.strip_suffix('|'))
        // a bar within a cell
        .map(|row| row.replace("\\|", "\u{2}"))
        .filter_map(|row| {
            let cells: Vec<&str> = row.split('|').collect();
            let action = quoted(cells.get(1)?).first()?.clone();
            Some((action, quoted(cells.first()?)))
        })
        .collect()
}

#[test]
fn every_procfile_in_the_documents_is_valid() {
    let mut seen = 0;
    for path in documents() {
        for block in blocks(&fs::read_to_string(&path).unwrap(), "toml") {
            let project = Project::new(&block);
            let checked = Program::run(project.procdash(&["check"]));
            assert_eq!(checked.code, 0, "{}:\n{block}\n{}{}", path.display(), checked.out, checked.err);
            seen += 1;
        }
    }
    assert!(seen > 0, "no procfile in the documents");
}

#[test]
fn the_example_is_valid() {
    let file = root().join("procfile.example.toml");
    let checked = Program::run(Project::empty().procdash(&["check", "-f", file.to_str().unwrap()]));
    assert_eq!(checked.code, 0, "{}{}", checked.out, checked.err);
}

#[test]
fn the_table_of_keys_has_every_action_with_its_keys_and_no_other() {
    let written = table_of_keys(&fs::read_to_string(root().join("README.md")).unwrap());
    let real: BTreeMap<String, Vec<String>> = Action::ALL
        .iter()
        .map(|action| (action.name().to_owned(), action.default_keys().iter().map(|&key| key.to_owned()).collect()))
        .collect();
    assert_eq!(written, real);
}

#[test]
fn the_table_is_read_as_it_stands() {
    let table =
        "\n## Keys\n\n| key | action | does |\n|---|---|---|\n| `k` `up` | `up` | up |\n| `` ` `` | `log` | - |\n";
    let read = table_of_keys(table);
    assert_eq!(read["up"], ["k", "up"]);
    assert_eq!(read["log"], ["`"]);
    assert_eq!(read.len(), 2);
}
