//! The schema for editors, the example and the parser say the same.

use std::collections::BTreeSet;

use regex::Regex;
use serde_json::{Map, Value};

use super::super::read::Known;
use super::super::{SCHEMA, bindings, log_files, service, validate};
use super::{messages, said};
use crate::config::{SourceFile, load};

fn schema() -> Value {
    serde_json::from_str(SCHEMA).expect("it is JSON")
}

fn at<'a>(schema: &'a Value, pointer: &str) -> &'a Value {
    schema.pointer(pointer).unwrap_or_else(|| panic!("no {pointer}"))
}

/// A checker of those parts of JSON Schema that the schema uses; any other part is a failure.
struct Checker {
    root: Value,
}

impl Checker {
    fn takes(&self, schema: &Value, value: &Value) -> bool {
        let schema = schema.as_object().expect("a schema is an object");
        schema.iter().all(|(word, rule)| self.keeps(schema, word, rule, value))
    }

    fn keeps(&self, schema: &Map<String, Value>, word: &str, rule: &Value, value: &Value) -> bool {
        let text = value.as_str();
        let number = value.as_i64();
        let items = value.as_array();
        let bound = || rule.as_i64().expect("a number");
        let count = |count: usize| i64::try_from(count).expect("it is small");
        match word {
            "$ref" => {
                let name = rule.as_str().and_then(|name| name.strip_prefix('#')).expect("a place in here");
                self.takes(at(&self.root, name), value)
            }
            "type" => match rule.as_array() {
                Some(types) => types.iter().any(|kind| is(kind, value)),
                None => is(rule, value),
            },
            "enum" => rule.as_array().expect("a list").contains(value),
            "const" => rule == value,
            "anyOf" => rule.as_array().expect("a list").iter().any(|schema| self.takes(schema, value)),
            "pattern" => {
                let pattern = Regex::new(rule.as_str().expect("a text")).expect("a pattern");
                text.is_none_or(|text| pattern.is_match(text))
            }
            "minLength" => text.is_none_or(|text| count(text.chars().count()) >= bound()),
            "maxLength" => text.is_none_or(|text| count(text.chars().count()) <= bound()),
            "minimum" => number.is_none_or(|number| number >= bound()),
            "maximum" => number.is_none_or(|number| number <= bound()),
            "minItems" => items.is_none_or(|items| count(items.len()) >= bound()),
            "minProperties" => value.as_object().is_none_or(|table| count(table.len()) >= bound()),
            "uniqueItems" => {
                items.is_none_or(|items| items.iter().enumerate().all(|(n, item)| !items[..n].contains(item)))
            }
            "items" => items.is_none_or(|items| items.iter().all(|item| self.takes(rule, item))),
            "prefixItems" => items.is_none_or(|items| {
                items.iter().zip(rule.as_array().expect("a list")).all(|(item, rule)| self.takes(rule, item))
            }),
            "required" => value.as_object().is_none_or(|table| {
                rule.as_array().expect("a list").iter().all(|key| table.contains_key(key.as_str().expect("a key")))
            }),
            "propertyNames" => value
                .as_object()
                .is_none_or(|table| table.keys().all(|key| self.takes(rule, &Value::from(key.as_str())))),
            "properties" => value.as_object().is_none_or(|table| {
                table.iter().all(|(key, value)| rule.get(key).is_none_or(|rule| self.takes(rule, value)))
            }),
            "additionalProperties" => value.as_object().is_none_or(|table| {
                let known = |key: &str| schema.get("properties").is_some_and(|known| known.get(key).is_some());
                let mut more = table.iter().filter(|(key, _)| !known(key));
                if rule == false { more.next().is_none() } else { more.all(|(_, value)| self.takes(rule, value)) }
            }),
            "$schema" | "$defs" | "title" | "description" | "default" | "examples" => true,
            other => panic!("nothing here checks `{other}`"),
        }
    }
}

fn is(kind: &Value, value: &Value) -> bool {
    match kind.as_str() {
        Some("string") => value.is_string(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        Some("boolean") => value.is_boolean(),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        other => panic!("nothing here checks {other:?}"),
    }
}

fn is_taken(text: &str) -> bool {
    let root = schema();
    let value: Value = toml::from_str(text).unwrap_or_else(|error| panic!("{error} in {text}"));
    let checker = Checker { root: root.clone() };
    checker.takes(&root, &value)
}

#[test]
fn the_schema_has_every_key_that_the_parser_knows_and_no_other() {
    let root = schema();
    let tables: [(&Known, &str); 6] = [
        (&validate::TOP, "/properties"),
        (&validate::SETTINGS, "/properties/settings/properties"),
        (&log_files::LOGS, "/properties/settings/properties/logs/properties"),
        (&validate::UI, "/properties/ui/properties"),
        (&bindings::KEYS, "/properties/keys/properties"),
        (&service::PROCESS, "/$defs/process/properties"),
    ];
    for (known, pointer) in tables {
        let described: BTreeSet<&str> =
            at(&root, pointer).as_object().expect("a table").keys().map(String::as_str).collect();
        let parsed: BTreeSet<&str> = known.keys.iter().copied().collect();
        let missing: Vec<_> = parsed.difference(&described).collect();
        assert!(missing.is_empty(), "{} has keys that the schema lacks: {missing:?}", known.table);
        let unknown: Vec<_> = described.difference(&parsed).collect();
        assert!(unknown.is_empty(), "the schema has keys that {} lacks: {unknown:?}", known.table);
    }
}

#[test]
fn every_key_is_described() {
    let root = schema();
    let described = at(&root, "/$defs/process/properties").as_object().expect("a table").iter();
    for (key, rule) in described.chain(at(&root, "/properties").as_object().expect("a table")) {
        assert!(rule.get("description").is_some(), "{key}");
    }
}

#[test]
fn the_example_is_as_the_schema_says_and_as_the_parser_wants_it() {
    let text = include_str!("../../../procfile.example.toml");
    assert!(is_taken(text));
    let path = std::path::PathBuf::from("/srv/shop/procfile.toml");
    let source = SourceFile { path, shown: "procfile.toml".to_owned(), bytes: text.as_bytes().to_vec() };
    assert!(load(&[source]).is_ok());
}

#[test]
fn every_choice_and_default_of_the_schema_is_one_of_the_parser() {
    let root = schema();
    for (key, rule) in at(&root, "/$defs/process/properties").as_object().expect("a table") {
        let choices = rule.get("enum").and_then(Value::as_array).cloned().unwrap_or_default();
        for value in choices.iter().chain(rule.get("default")) {
            let text = format!("[processes.web]\ncommand = \"x\"\n{key} = {value}\n");
            // a single one may need a second key beside it, but it is a known word
            let wrong =
                messages(&text).into_iter().find(|message| message.contains("unknown") || message.contains("expected"));
            assert_eq!(wrong, None, "{text}");
        }
    }
    for column in at(&root, "/properties/ui/properties/columns/items/enum").as_array().expect("a list") {
        let text = format!("[processes]\nweb = \"x\"\n[ui]\ncolumns = [{column}]\n");
        assert_eq!(said(&text), "nothing", "{column}");
    }
}

#[test]
fn what_the_parser_takes_the_schema_takes() {
    let lines = [
        "env = { A = \"b\", N = 3, F = 1.5, GONE = false }",
        "env_file = \"a.env\"",
        "env_file = [\"a.env\", \"b.env\"]",
        "restart_delay = \"1m 30s\"\nrestart_delay_max = \"1.5h\"",
        "stop_signal = \"int\"",
        "stop_command = [\"bin/drain\", \"\"]",
        "success_exit_codes = []",
        "groups = []\nreplicas = 64",
        "open = \"${SCHEME:-http}://localhost\"",
        "depends_on = { db = \"started\" }",
        "depends_on = [\"db\"]",
    ];
    for line in lines {
        let text = format!("[processes]\ndb = [\"x\", \"y\"]\n[processes.web]\ncommand = \"x\"\n{line}\n");
        assert_eq!(said(&text), "nothing", "{line}");
        assert!(is_taken(&text), "{line}");
    }
}

#[test]
fn what_the_schema_refuses_the_parser_refuses_and_the_other_way_round() {
    let of_a_process = [
        "comand = \"x\"",
        "description = 3",
        "description = \" \"",
        "working_dir = \"\"",
        "env = [\"A=b\"]",
        "env = { A = true }",
        "env = { \"A=B\" = \"c\" }",
        "env_file = [3]",
        "tty = \"yes\"",
        "isolation = \"cage\"",
        "restart = true",
        "restart_delay = 5",
        "restart_delay = \"5\"",
        "restart_delay = \"soon\"",
        "max_restarts = -1",
        "max_restarts = \"5\"",
        "success_exit_codes = 0",
        "success_exit_codes = [256]",
        "stop_signal = 15",
        "stop_command = []",
        "stop_keys = \"\"",
        "on_exit = \"explode\"",
        "depends_on = \"db\"",
        "depends_on = { db = \"up\" }",
        "groups = \"backend\"",
        "groups = [\"\"]",
        "replicas = 0",
        "replicas = 65",
        "open = \"localhost\"",
        "open = 3000",
        "[settings]\nshell = \"sh\"",
        "[settings]\nscrollback = 8",
        "[settings]\nscrollback = \"8\"",
        "[settings]\non_leftovers = \"eat\"",
        "[settings]\nunknown = 1",
        "[settings.logs]\nmax_size = true",
        "[settings.logs]\nmax_files = 0",
        "[ui]\ntheme = \"loud\"",
        "[ui]\ncolumns = [\"cpu\", \"cpu\"]",
        "[keys.nowhere]\nx = \"stop\"",
        "[keys.list]\nx = 3",
        "[web]\ncommand = \"x\"",
    ];
    for line in of_a_process {
        let text = format!("[processes]\ndb = \"x\"\n[processes.web]\ncommand = \"x\"\n{line}\n");
        assert_ne!(said(&text), "nothing", "the parser takes {line}");
        assert!(!is_taken(&text), "the schema takes {line}");
    }
    for text in ["", "[processes]\n", "[processes]\nweb = 3\n", "[processes]\nweb = \"\"\n", "[processes]\nweb = []\n"]
    {
        assert_ne!(said(text), "nothing", "the parser takes {text:?}");
        assert!(!is_taken(text), "the schema takes {text:?}");
    }
}
