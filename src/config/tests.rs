//! Whole files, and what is said about them.

use std::path::PathBuf;

use super::*;

fn source(name: &str, text: &str) -> SourceFile {
    SourceFile { path: PathBuf::from("/work/shop").join(name), shown: name.to_owned(), bytes: text.as_bytes().to_vec() }
}

fn good(text: &str) -> Config {
    load(&[source("procfile.toml", text)]).unwrap_or_else(|problems| panic!("{problems}"))
}

fn said(text: &str) -> String {
    load(&[source("procfile.toml", text)]).map_or_else(|problems| problems.to_string(), |_| "nothing".to_owned())
}
#[test]
fn show() {
    for text in [
        "",
        "[processes]\nweb = npm start\n",
        "[processes.a]\ncomand = 'x'\ntty = 1\nrestart_delay = 5\nrestart = true\ndepends_on = ['x']\n",
        "[processes]\na='x'\na='y'\n[settings]\nscrollback='8'\nx=1\n",
        "[processes.a]\ncommand='x'\nstop_keys='q'\ntty=false\n[keys.list]\nctrl-k='stop'\n[keys.any]\nC-k = 'kill'\nctrl-c='quit'",
        "[processes",
        "a = [[[[[1]]]]]\nb=1 2",
        "theme='x'\n[web]\ncommand='s'\n",
    ] {
        println!("-----\n{}", said(text));
    }
}
