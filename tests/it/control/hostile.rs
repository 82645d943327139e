//! Clients that mean no good, or cannot do better: the services, the other clients and the memory do not notice.

use std::fs;
use std::io::{Read, Write};
use std::net::Shutdown;

use serde_json::Value;

use super::talk::{Talk, json, said, up, wait_for_state};
use crate::support::project::Project;
use crate::support::wait;

const ONE: &str = "[processes]\nweb = \"exec sleep 1000\"\n";

/// Fails unless the service runs as before and every question is answered.
#[track_caller]
fn assert_unharmed(project: &Project, before: &Value) {
    let now = wait_for_state(project, "web", "running");
    assert_eq!((&now["pid"], &now["run"]), (&before["pid"], &before["run"]));
}

#[test]
fn the_first_line_says_who_it_is() {
    let project = Project::new(ONE);
    let _program = up(&project);
    let (_talk, hello) = Talk::begin(&project);
    assert_eq!((&hello["procdash"], &hello["version"]), (&1.into(), &env!("CARGO_PKG_VERSION").into()), "{hello}");
    assert_eq!(hello["pid"], json(&project, &["ps", "--json"])["pid"]);
    assert!(hello["project"].is_string() && hello["run_id"].is_string(), "{hello}");
    assert_eq!(hello["file"], project.path("procfile.toml").to_str().unwrap());
}

#[test]
fn rubbish_is_answered_with_what_is_wrong_and_the_next_question_with_an_answer() {
    let project = Project::new(ONE);
    let _program = up(&project);
    let before = wait_for_state(&project, "web", "running");
    let (mut talk, _) = Talk::begin(&project);
    let rubbish = [
        ("rubbish", None),
        ("{}", None),
        ("[[[[", None),
        ("\u{0}\u{1b}[2J", None),
        (r#"{"id":-1,"request":"ps"}"#, None),
        (r#"{"id":5,"request":"explode"}"#, Some(5)),
        (r#"{"id":6,"request":{"stop":{"services":"web"}}}"#, Some(6)),
        (r#"{"id":7,"request":{"stop":{"services":["web"],"now":true}}}"#, Some(7)),
    ];
    for (line, id) in rubbish {
        talk.say(line);
        let answer = talk.hear().unwrap();
        assert_eq!(answer["error"]["kind"], "malformed", "{line}: {answer}");
        assert_eq!(answer["id"].as_u64(), id, "{line}: {answer}");
    }
    talk.stream.get_mut().write_all(b"\xff\xfe\x00\n\n  \n").unwrap();
    assert_eq!(talk.hear().unwrap()["error"]["kind"], "malformed");
    talk.say(r#"{"id":8,"request":"ps"}"#);
    assert_eq!(talk.hear().unwrap()["answer"]["services"][0]["name"], "web");
    assert_unharmed(&project, &before);
}

#[test]
fn a_line_without_an_end_is_refused_and_half_a_message_costs_nothing() {
    let project = Project::new(ONE);
    let _program = up(&project);
    let before = wait_for_state(&project, "web", "running");
    for _ in 0..3 {
        let (mut talk, _) = Talk::begin(&project);
        // the other end closes long before this is written
        let piece = vec![b'x'; 1 << 20];
        let written = (0..10).try_for_each(|_| talk.stream.get_mut().write_all(&piece));
        assert!(written.is_err(), "10 MB were taken");
        let (mut half, _) = Talk::begin(&project);
        half.stream.get_mut().write_all(br#"{"id":1,"request":{"kill":{"serv"#).unwrap();
    }
    let (mut talk, _) = Talk::begin(&project);
    talk.stream.get_mut().write_all(&vec![b'x'; 64 * 1024]).unwrap();
    assert_eq!(talk.hear().unwrap()["error"]["kind"], "too-long");
    assert!(talk.hear().is_none(), "the connection goes on");
    assert_unharmed(&project, &before);
}

#[test]
fn two_hundred_that_say_nothing_keep_nobody_out() {
    let project = Project::new(ONE);
    let _program = up(&project);
    let before = wait_for_state(&project, "web", "running");
    let silent: Vec<Talk> = (0..200).map(|_| Talk::silently(&project)).collect();
    assert_unharmed(&project, &before);
    said(&project, &["restart", "web"]);
    drop(silent);
    said(&project, &["ps"]);
}

#[test]
fn one_that_subscribes_and_does_not_read_loses_the_oldest_and_is_told_how_many() {
    let project = Project::new(ONE);
    let _program = up(&project);
    let before = wait_for_state(&project, "web", "running");
    let (mut deaf, _) = Talk::begin(&project);
    deaf.say(r#"{"id":1,"request":"subscribe"}"#);
    let (mut busy, _) = Talk::begin(&project);
    // more than the socket, the queue and the ring of events hold together
    let mut sent = 0;
    while sent < 6000 {
        for id in 0..10 {
            busy.say(&format!(
                r#"{{"id":{id},"request":{{"signal":{{"service":"web","signal":"SIGCONT","to":"main"}}}}}}"#
            ));
        }
        for _ in 0..10 {
            let answer = busy.hear().unwrap();
            assert_eq!(answer["answer"]["delivered"], 1, "{answer}");
        }
        sent += 10;
    }
    assert_unharmed(&project, &before);
    let mut missed = 0;
    let mut heard = 0;
    while missed == 0 && heard < 6000 {
        // either it was told, or the connection was closed because it took too long
        let Some(line) = deaf.hear() else { return };
        heard += 1;
        missed = line["event"]["missed"]["count"].as_u64().unwrap_or(0);
    }
    assert!(missed > 0, "{heard} events were kept for somebody who does not read");
}

#[test]
fn events_are_told_to_whoever_subscribes() {
    let project = Project::new(ONE);
    let _program = up(&project);
    wait_for_state(&project, "web", "running");
    let (mut talk, _) = Talk::begin(&project);
    talk.say(r#"{"id":1,"request":"subscribe"}"#);
    assert_eq!(talk.hear().unwrap()["answer"], true);
    said(&project, &["stop", "web"]);
    let mut told = Vec::new();
    while !told.iter().any(|event: &Value| event["verified"]["service"] == "web") {
        told.push(talk.hear().unwrap()["event"].clone());
    }
    let changes = |to: &str| told.iter().any(|event| event["changed"]["to"] == to);
    assert!(changes("stopping"), "{told:?}");
}

#[test]
fn those_who_leave_before_their_answer_leave_nothing_behind() {
    let project = Project::new(ONE);
    let _program = up(&project);
    let before = wait_for_state(&project, "web", "running");
    let pid = json(&project, &["ps", "--json"])["pid"].as_u64().unwrap();
    let descriptors = || fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count();
    let calm = descriptors();
    for _ in 0..20 {
        // the answer to the second says that the first is under way
        let (mut talk, _) = Talk::begin(&project);
        talk.say(r#"{"id":1,"request":{"wait":{"services":["web"],"until":"exited"}}}"#);
        talk.say(r#"{"id":2,"request":"ps"}"#);
        assert_eq!(talk.hear().unwrap()["id"], 2);
    }
    for round in 0..40 {
        let mut talk = Talk::silently(&project);
        let request = [r#"{"id":1,"request":"ps"}"#, r#"{"id":1,"request":"subscribe"}"#][round % 2];
        for _ in 0..10 {
            // it may have been closed already
            let _closed = talk.stream.get_mut().write_all(format!("{request}\n").as_bytes());
        }
    }
    assert_unharmed(&project, &before);
    let settled = wait::until(|| (descriptors() <= calm).then_some(()));
    assert!(settled.is_some(), "{calm} descriptors before, {} after", descriptors());
}

#[test]
fn one_that_closes_its_half_gets_its_answer_all_the_same() {
    let project = Project::new(ONE);
    let _program = up(&project);
    wait_for_state(&project, "web", "running");
    let (mut talk, _) = Talk::begin(&project);
    talk.say(r#"{"id":9,"request":{"stop":{"services":["web"]}}}"#);
    talk.stream.get_ref().shutdown(Shutdown::Write).unwrap();
    let answer = talk.hear().unwrap();
    assert_eq!((&answer["id"], &answer["answer"]["outcomes"][0]["verified"]), (&9.into(), &true.into()), "{answer}");
    let mut rest = Vec::new();
    talk.stream.read_to_end(&mut rest).unwrap();
    assert!(rest.is_empty());
}
