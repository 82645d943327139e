//! `depends_on`: what it means, and what is said of names, circles and targets.

use super::{good, messages, said};
use crate::config::Condition;

fn needs(text: &str) -> Vec<(usize, Condition)> {
    let config = good(text);
    let last = config.services.last().expect("there is one");
    last.depends_on.iter().map(|need| (need.service.index(), need.condition)).collect()
}

#[test]
fn a_list_means_ready_and_a_table_says_what() {
    let processes =
        "[processes]\ndb = \"x\"\nmigrate = \"y\"\nseed = \"z\"\nlog = \"l\"\n[processes.api]\ncommand = \"w\"\n";
    assert_eq!(
        needs(&format!("{processes}depends_on = [\"migrate\", \"db\"]\n")),
        [(1, Condition::Ready), (0, Condition::Ready)]
    );
    let table = "depends_on = { db = \"ready\", migrate = \"completed\", seed = \"exited\", log = \"started\" }\n";
    assert_eq!(
        needs(&format!("{processes}{table}")),
        [(0, Condition::Ready), (1, Condition::Completed), (2, Condition::Exited), (3, Condition::Started)]
    );
}

#[test]
fn a_name_may_stand_further_down_in_the_file() {
    let config = good("[processes.api]\ncommand = \"x\"\ndepends_on = [\"db\"]\n[processes.db]\ncommand = \"y\"\n");
    assert_eq!(config.services[0].depends_on[0].service.index(), 1);
}

#[test]
fn an_entry_without_a_command_is_a_target() {
    let config = good(
        "[processes]\ndb = \"x\"\n[processes.stack]\ndescription = \"all\"\nautostart = false\ndepends_on = [\"db\"]\n",
    );
    assert_eq!(config.services[1].command, None);
    let wrong = "[processes]\ndb = \"x\"\n[processes.stack]\ntty = true\ndepends_on = [\"db\"]\n";
    assert_eq!(messages(wrong), ["`tty` says nothing where there is no command"]);
    let nothing = "[processes.stack]\ndepends_on = []\n";
    assert_eq!(messages(nothing), ["`stack` has no command"]);
    let misspelt = "[processes]\ndb = \"x\"\n[processes.api]\ncomand = \"y\"\ndepends_on = [\"db\"]\n";
    assert_eq!(messages(misspelt), ["unknown key `comand`"]);
}

#[test]
fn each_wrong_word_is_told_at_its_place() {
    let text = "[processes]\ndb = \"x\"\n[processes.api]\ncommand = \"y\"\ndepends_on = [\"bd\", \"db\", \"db\"]\n[processes.web]\ncommand = \"z\"\ndepends_on = { web = \"ready\", db = \"up\", zebra = \"ready\" }\n";
    let expected = "\
error: there is no process `bd`
 --> procfile.toml:5:15
  |
5 | depends_on = [\"bd\", \"db\", \"db\"]
  |               ^^^^
  |
  = help: did you mean `db`?

error: `db` is there twice
 --> procfile.toml:5:27
  |
5 | depends_on = [\"bd\", \"db\", \"db\"]
  |                           ^^^^
  |
 ::: procfile.toml:5:21
  |
5 | depends_on = [\"bd\", \"db\", \"db\"]
  |                     ---- first written here

error: `web` depends on itself
 --> procfile.toml:8:16
  |
8 | depends_on = { web = \"ready\", db = \"up\", zebra = \"ready\" }
  |                ^^^
  |
  = help: it would never start

error: unknown condition `up`
 --> procfile.toml:8:36
  |
8 | depends_on = { web = \"ready\", db = \"up\", zebra = \"ready\" }
  |                                    ^^^^
  |
  = help: write one of `started`, `ready`, `completed`, `exited`

error: there is no process `zebra`
 --> procfile.toml:8:42
  |
8 | depends_on = { web = \"ready\", db = \"up\", zebra = \"ready\" }
  |                                          ^^^^^
  |
  = help: there are `db`, `api`, `web`";
    assert_eq!(said(text), expected);
    let string = "[processes.api]\ncommand = \"y\"\ndepends_on = \"db\"\n";
    assert_eq!(messages(string), ["expected a list of processes or a table, found a string"]);
}

#[test]
fn a_circle_is_told_once_with_its_path_and_its_places() {
    let text = "[processes]\nfree = \"x\"\n[processes.api]\ncommand = \"x\"\ndepends_on = [\"free\", \"cache\"]\n[processes.cache]\ncommand = \"y\"\ndepends_on = { db = \"started\" }\n[processes.db]\ncommand = \"z\"\ndepends_on = [\"api\"]\n[processes.web]\ncommand = \"w\"\ndepends_on = [\"api\", \"db\"]\n";
    let expected = "\
error: these wait for each other: api → cache → db → api
  --> procfile.toml:5:23
   |
 5 | depends_on = [\"free\", \"cache\"]
   |                       ^^^^^^^
   |
  ::: procfile.toml:11:15
   |
11 | depends_on = [\"api\"]
   |               ----- here the circle closes
   |
   = help: take one of them out of `depends_on`: none would ever start";
    assert_eq!(said(text), expected);
}

#[test]
fn circles_that_share_nothing_are_all_told() {
    let pair = |one: &str, other: &str| {
        format!(
            "[processes.{one}]\ncommand = \"x\"\ndepends_on = [\"{other}\"]\n[processes.{other}]\ncommand = \"x\"\ndepends_on = [\"{one}\"]\n"
        )
    };
    let text = format!("{}{}", pair("a", "b"), pair("c", "d"));
    assert_eq!(messages(&text), ["these wait for each other: a → b → a", "these wait for each other: c → d → c"]);
}

#[test]
fn a_very_long_chain_is_fine_and_so_is_a_refusal_of_a_very_long_circle() {
    let process =
        |place: usize, need: String| format!("[processes.p{place}]\ncommand = \"x\"\ndepends_on = [{need}]\n");
    let chain = |last: &str| {
        let links = (1..3000).map(|place| process(place, format!("\"p{}\"", place - 1)));
        std::iter::once(process(0, last.to_owned())).chain(links).collect::<String>()
    };
    assert_eq!(good(&chain("")).services.len(), 3000);
    assert_eq!(messages(&chain("\"p2999\"")).len(), 1);
}
