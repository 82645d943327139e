//! What is shown of a mistake: the whole text, with line, caret and help.

use super::{messages, said, source};
use crate::config::{SourceFile, load};

#[test]
fn all_problems_are_shown_at_once_with_their_lines() {
    let text = "[processes.web]\ncomand = \"npm start\"\ntty = \"yes\"\nrestart_delay = 5\nschedule = \"daily\"\n";
    let expected = "\
error: unknown key `comand`
 --> procfile.toml:2:1
  |
2 | comand = \"npm start\"
  | ^^^^^^
  |
  = help: did you mean `command`?

error: expected true or false, found a string
 --> procfile.toml:3:7
  |
3 | tty = \"yes\"
  |       ^^^^^

error: a span of time needs a unit
 --> procfile.toml:4:17
  |
4 | restart_delay = 5
  |                 ^
  |
  = help: write a number and a unit in quotes, such as \"500ms\", \"5s\" or \"1m 30s\"

error: expected a table, found a string
 --> procfile.toml:5:12
  |
5 | schedule = \"daily\"
  |            ^^^^^^^
  |
  = help: write `{ every = \"10m\" }` or `{ cron = \"*/5 * * * *\" }`";
    assert_eq!(said(text), expected);
}

#[test]
fn a_clash_of_keys_shows_both_places() {
    let text = "processes.a = \"x\"\n[keys.any]\nctrl-k = \"kill\"\n[keys.log]\nC-K = \"clear\"\n";
    let expected = "\
error: `ctrl-k` has two meanings in the same place
 --> procfile.toml:5:1
  |
5 | C-K = \"clear\"
  | ^^^
  |
 ::: procfile.toml:3:1
  |
3 | ctrl-k = \"kill\"
  | ------ here it means `kill`
  |
  = help: give one of the two another key";
    assert_eq!(said(text), expected);
}

#[test]
fn a_line_of_a_procfile_in_a_toml_file_is_told_apart() {
    let expected = "\
error: a key is followed by `=`, not by `:`
 --> procfile.toml:2:6
  |
2 | web: npm start
  |      ^
  |
  = help: write `name = \"command\"`";
    assert_eq!(said("[processes]\nweb: npm start\n"), expected);
}

#[test]
fn what_is_no_toml_is_shown_in_the_same_shape() {
    let unquoted = "\
error: string values must be quoted, expected literal string
 --> procfile.toml:2:7
  |
2 | web = npm start
  |       ^^^^^^^^^
  |
  = help: write \"…\", or '…' around what has quotes in it";
    assert_eq!(said("[processes]\nweb = npm start\n"), unquoted);
    let unclosed = "\
error: unclosed table, expected `]`
 --> procfile.toml:1:11
  |
1 | [processes
  |           ^";
    assert_eq!(said("[processes"), unclosed);
    let doubled = "\
error: `web` is written twice
 --> procfile.toml:3:1
  |
3 | web = \"y\"
  | ^^^
  |
  = help: keep one of the two";
    assert_eq!(said("[processes]\nweb = \"x\"\nweb = \"y\"\n"), doubled);
}

#[test]
fn a_file_without_processes_says_what_to_write() {
    let empty = "\
error: there are no processes to run
 --> procfile.toml:1:1
  |
1 |
  | ^
  |
  = help: write what to run, each under a name of its own:
          [processes]
          web = \"npm start\"";
    assert_eq!(said(""), empty);
    assert_eq!(messages("[processes]\n"), ["there are no processes to run"]);
    assert_eq!(messages("processes = 1\n"), ["expected a table, found a number"]);
    let problems = load(&[source("Procfile", "# nothing\n")]).unwrap_err();
    assert!(problems.to_string().contains("web: npm start"), "{problems}");
}

#[test]
fn a_key_in_the_wrong_table_is_shown_its_place() {
    let said = said("theme = \"mono\"\nshell = [\"sh\"]\n[web]\ncommand = \"x\"\n[processes]\na = \"b\"\n");
    assert!(said.contains("`theme` stands under `[ui]`"), "{said}");
    assert!(said.contains("`shell` stands under `[settings]`"), "{said}");
    assert!(said.contains("a process stands under processes: `[processes.web]`"), "{said}");
}

#[test]
fn a_file_that_is_no_utf_8_is_shown_with_the_byte() {
    let mut file = source("procfile.toml", "");
    file.bytes = b"[processes]\nweb = \"caf\xe9\"\n".to_vec();
    let expected = "\
error: the file is no UTF-8: byte 0xE9 cannot stand here
 --> procfile.toml:2:11
  |
2 | web = \"caf\u{fffd}\"
  |           ^
  |
  = help: save it as UTF-8";
    assert_eq!(load(&[file.clone()]).unwrap_err().to_string(), expected);
    file.bytes = b"\xff\xfea\0".to_vec();
    assert_eq!(load(&[file]).unwrap_err().iter().count(), 1);
    let marked = SourceFile { bytes: b"\xef\xbb\xbf[processes]\na = \"b\"\n".to_vec(), ..source("procfile.toml", "") };
    assert!(load(&[marked]).is_ok());
}

#[test]
fn escapes_in_a_file_do_not_reach_the_terminal() {
    let said = said(
        "[processes.\"\\u001b[31mred\"]\n\"\\u001b]0;x\\u0007\" = 1\ncommand = \"\\u001b\"\nrestart = \"\\u001b[2J\"\n",
    );
    assert!(!said.contains('\u{1b}') && !said.contains('\u{7}'), "{said:?}");
}

#[test]
fn colour_is_a_matter_of_escapes_alone() {
    let problems = load(&[source("procfile.toml", "x = 1\n")]).unwrap_err();
    assert!(problems.render(true).contains("\u{1b}["));
    assert!(!problems.render(false).contains('\u{1b}'));
}

#[test]
fn the_mistakes_of_a_procfile_are_shown_at_their_lines() {
    let text = "web: a\nmailcatcher -f --http-ip=0.0.0.0\nweb: b\nnone:\n: x\n";
    let expected = "\
error: this line has no name in front
 --> Procfile:2:1
  |
2 | mailcatcher -f --http-ip=0.0.0.0
  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = help: write `name: command`, or `#` in front of a comment

error: `web` is written twice
 --> Procfile:3:1
  |
3 | web: b
  | ^^^
  |
 ::: Procfile:1:1
  |
1 | web: a
  | --- first written here
  |
  = help: give one of the two another name

error: this is empty
 --> Procfile:4:6
  |
4 | none:
  |      ^

error: this line has no name in front
 --> Procfile:5:1
  |
5 | : x
  | ^^^
  |
  = help: write `name: command`, or `#` in front of a comment";
    assert_eq!(load(&[source("Procfile", text)]).unwrap_err().to_string(), expected);
}

#[test]
fn a_line_of_cron_is_shown_with_the_field_that_is_wrong() {
    let text = "[processes.job]\ncommand = \"x\"\nschedule = { cron = \"0 25 * * *\", every = \"1m\" }\n";
    let expected = "\
error: `schedule` has one of `every` and `cron`
 --> procfile.toml:3:14
  |
3 | schedule = { cron = \"0 25 * * *\", every = \"1m\" }
  |              ^^^^
  |
 ::: procfile.toml:3:35
  |
3 | schedule = { cron = \"0 25 * * *\", every = \"1m\" }
  |                                   ----- and this is the other
  |
  = help: keep one of the two";
    assert_eq!(said(text), expected);
    let expected = "\
error: `0 25 * * *` is no time: `25` is no hour (0-23)
 --> procfile.toml:3:21
  |
3 | schedule = { cron = \"0 25 * * *\" }
  |                     ^^^^^^^^^^^^
  |
  = help: write five fields, such as \"*/5 * * * *\" or \"30 9 * * MON-FRI\"";
    assert_eq!(said(&text.replace(", every = \"1m\"", "")), expected);
}
