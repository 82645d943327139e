//! Groups and replicas: what the names of a file stand for, and which of them may not stand side by side.

use super::{about, good, messages, said};
use crate::config::{Condition, Service};

fn row(service: &Service) -> (&str, Vec<&str>, Option<u32>) {
    (&service.name, service.groups.iter().map(|group| &**group).collect(), service.replica)
}

#[test]
fn replicas_are_services_of_their_own_and_keep_their_groups() {
    let config = good(
        "[processes]\ndb = { command = \"x\", groups = [\"data\", \"backend\"] }\n\
         [processes.api]\ncommand = \"y\"\nreplicas = 3\ngroups = [\"backend\"]\n\
         [processes.one]\ncommand = \"z\"\nreplicas = 1\n",
    );
    assert_eq!(
        config.services.iter().map(row).collect::<Vec<_>>(),
        [
            ("db", vec!["data", "backend"], None),
            ("api.1", vec!["api", "backend"], Some(1)),
            ("api.2", vec!["api", "backend"], Some(2)),
            ("api.3", vec!["api", "backend"], Some(3)),
            ("one", vec![], Some(1)),
        ]
    );
    assert_eq!(config.roster().find("api"), Ok(vec![1, 2, 3]));
    assert_eq!(config.roster().find("backend"), Ok(vec![0, 1, 2, 3]));
    assert_eq!(config.roster().find("api.2"), Ok(vec![2]));
}

#[test]
fn who_depends_on_replicas_or_on_a_group_depends_on_all_of_them() {
    let config = good(
        "[processes.worker]\ncommand = \"w\"\nreplicas = 2\ndepends_on = { api = \"started\", data = \"ready\" }\n\
         [processes.api]\ncommand = \"y\"\nreplicas = 2\n\
         [processes]\ndb = { command = \"x\", groups = [\"data\"] }\nqueue = { command = \"x\", groups = [\"data\"] }\n",
    );
    let needs = |place: usize| -> Vec<(usize, Condition)> {
        config.services[place].depends_on.iter().map(|need| (need.service.index(), need.condition)).collect()
    };
    let all = [(2, Condition::Started), (3, Condition::Started), (4, Condition::Ready), (5, Condition::Ready)];
    assert_eq!((needs(0), needs(1)), (all.to_vec(), all.to_vec()));
    assert_eq!(needs(2), []);
}

#[test]
fn a_process_of_two_groups_may_not_be_needed_in_two_ways() {
    let text = |conditions: &str| {
        format!(
            "[processes]\ndb = {{ command = \"x\", groups = [\"a\", \"b\"] }}\n\
             [processes.web]\ncommand = \"y\"\ndepends_on = {conditions}\n"
        )
    };
    assert_eq!(messages(&text("[\"a\", \"b\"]")), [""; 0]);
    assert_eq!(messages(&text("{ a = \"ready\", b = \"started\" }")), ["`db` is there twice through its group `b`"]);
    assert_eq!(messages(&text("[\"a\", \"db\"]")), ["`db` is there twice"]);
    let own = "[processes.db]\ncommand = \"x\"\ngroups = [\"a\"]\ndepends_on = [\"a\"]\n";
    assert_eq!(messages(own), ["`db` depends on itself through its group `a`"]);
}

#[test]
fn a_group_may_not_be_called_as_a_process_is() {
    let text = "[processes.db]\ncommand = \"x\"\n[processes.api]\ncommand = \"y\"\ngroups = [\"db\"]\n";
    let expected = "\
error: the group `db` is called as a process is
 --> procfile.toml:5:11
  |
5 | groups = [\"db\"]
  |           ^^^^
  |
 ::: procfile.toml:1:12
  |
1 | [processes.db]
  |            -- the process
  |
  = help: give the group a name of its own: either can be named in a command
";
    assert_eq!(said(text).trim_end(), expected.trim_end());
}

#[test]
fn a_replica_may_not_be_called_as_a_process_or_a_group_is() {
    let api = "[processes.api]\ncommand = \"y\"\nreplicas = 2\n";
    assert_eq!(
        messages(&format!("[processes]\n\"api.2\" = \"x\"\n\"api.3\" = \"x\"\n{api}")),
        ["`api.2` is a process and one of the replicas of `api`"]
    );
    assert_eq!(
        messages(&format!("[processes.web]\ncommand = \"x\"\ngroups = [\"api.1\"]\n{api}")),
        ["`api.1` is a group and one of the replicas of `api`"]
    );
}

#[test]
fn wrong_groups_replicas_and_addresses_are_told() {
    assert_eq!(about("replicas = 0"), ["expected a number from 1 to 64"]);
    assert_eq!(about("replicas = 65"), ["expected a number from 1 to 64"]);
    assert_eq!(about("replicas = \"3\""), ["expected a whole number, found a string"]);
    assert_eq!(about("groups = \"backend\""), ["expected a list of groups, found a string"]);
    assert_eq!(about("groups = [\"\"]"), ["a group needs a name"]);
    assert_eq!(about("groups = [\"a\\nb\"]"), ["a name has no line breaks or control characters"]);
    assert_eq!(about("groups = [\"a\", \"a\"]"), ["the group `a` is there twice"]);
    assert_eq!(about("open = \"--help\""), ["`--help` is no address"]);
    assert_eq!(about("open = \"http://localhost:${PORT\""), ["`${` without its `}`"]);
    assert_eq!(about("open = \"http://localhost:${PORT:-3000}/\""), [""; 0]);
    let target = "[processes]\ndb = \"x\"\n[processes.all]\ndepends_on = [\"db\"]\nreplicas = 2\n";
    assert_eq!(messages(target), ["`replicas` says nothing where there is no command"]);
}
