//! One mistake at a time, and the message about it.

use super::{about, good, messages};

#[test]
fn one_wrong_value_is_one_message() {
    let table = [
        ("tty = 1", "expected true or false, found a number"),
        ("env = 1", "expected a table, found a number"),
        ("env.A = true", "a variable is text, so it cannot be set to true"),
        ("env.A = 2026-01-01", "expected the text of a variable, found a date"),
        ("env.A = 99999999999999999999", "expected the text of a variable, found a number"),
        ("env.\"A=B\" = \"x\"", "`A=B` cannot name a variable"),
        ("env.A = \"${X\"", "`${` without its `}`"),
        ("working_dir = \"${1}\"", "`${1}` names no variable"),
        ("working_dir = \"\"", "this is empty"),
        ("description = \"a\\u0000b\"", "a NUL character cannot be passed to a process"),
        ("description = \"a\\nb\"", "this is one line, without control characters"),
        ("max_restarts = -1", "expected a number from 0 to 4294967295"),
        ("success_exit_codes = [0, 256]", "expected a number from 0 to 255"),
        ("success_exit_codes = 0", "expected a list of exit codes, found a number"),
        ("stop_signal = \"SIGNOPE\"", "`SIGNOPE` is no signal"),
        ("stop_signal = 15", "expected a string, found a number"),
        ("stop_command = []", "there is no program in this list"),
        ("stop_command = \"  \"", "this is empty"),
        ("stop_keys = \"\"", "this is empty"),
        ("restart_delay = 5", "a span of time needs a unit"),
        ("restart_delay = \"5\"", "`5`: a number without a unit"),
        ("restart_delay = \"-5s\"", "`-5s` is no span of time"),
        ("restart_delay = \"1m\"", "`restart_delay` (60s) is longer than `restart_delay_max` (10s)"),
        ("restart = \"never\"", "unknown restart policy `never`"),
        ("restart = true", "expected one of `no`, `on-failure`, `always`, found true"),
        ("on_exit = \"explode\"", "unknown choice `explode`"),
        ("on_exit = 1", "expected one of `ignore`, `stop-all`, `stop-all-on-failure`, found a number"),
        ("conflicts = 2", "expected a list of processes, found a number"),
        ("comand = \"y\"", "unknown key `comand`"),
        ("oneshot = true\ndaemon = true", "a process is not both `oneshot` and `daemon`"),
        ("stop_keys = \"q\"\ntty = false", "`stop_keys` needs a terminal to type into"),
        ("[settings]\nscrollback = \"8\"", "`8`: a number without a unit"),
        ("[settings]\nscrollback = \"1B\"", "this holds hardly a line"),
        ("[settings]\nshell = \"bash\"", "expected a list of a program and its arguments, found a string"),
        ("[settings]\non_leftovers = \"shoot\"", "unknown choice `shoot`"),
        ("[ui]\ntheme = \"pink\"", "unknown theme `pink`"),
        ("[ui]\ncolumns = [\"state\", \"size\"]", "unknown column `size`"),
        (
            "[ui]\ncolumns = [1]",
            "expected one of `state`, `cpu`, `memory`, `uptime`, `processes`, `pid`, `restarts`, `ports`, `groups`, found a number",
        ),
        ("[ui]\ncolumns = [\"pid\", \"pid\"]", "the column `pid` is there twice"),
        ("[keys.list]\nhyper-x = \"stop\"", "`hyper-x` is no key"),
        ("[keys.list]\nx = \"stopp\"", "unknown action `stopp`"),
        ("[keys.log]\nctrl-c = \"clear\"", "`ctrl-c` always means `interrupt`"),
        ("[keys.menu]\nx = \"stop\"", "unknown key `menu`"),
        ("[defaults]\ntty = 1", "expected true or false, found a number"),
        ("[processes.\"\"]\ncommand = \"x\"", "a process needs a name"),
        ("[processes.\"a\\nb\"]\ncommand = \"x\"", "a name has no line breaks or control characters"),
        ("[processes.stack]\ntty = true", "`stack` has no command"),
    ];
    for (line, message) in table {
        assert_eq!(about(line), [message], "{line}");
    }
}

#[test]
fn what_is_wrong_about_log_files_is_told_too() {
    let table = [
        ("[settings]\nlogs = false", "expected a table, found true or false"),
        ("[settings.logs]\nfolder = \"x\"", "unknown key `folder`"),
        ("[settings.logs]\nenabled = 1", "expected true or false, found a number"),
        ("[settings.logs]\ndir = \"\"", "this is empty"),
        ("[settings.logs]\nmax_size = 10", "a size needs a unit"),
        ("[settings.logs]\nmax_size = \"1KiB\"", "a file this small is full at once"),
        ("[settings.logs]\nmax_size = true", "this is the size at which a new file is begun"),
        ("[settings.logs]\nmax_files = 0", "the present file counts, so there is at least 1"),
        ("[settings.logs]\nmax_files = 1001", "expected a number from 0 to 1000"),
    ];
    for (line, message) in table {
        assert_eq!(about(line), [message], "{line}");
    }
}

#[test]
fn a_mistake_in_the_defaults_is_told_once_however_many_processes_have_it() {
    let processes = "[processes]\na = \"x\"\nb = \"y\"\n";
    let defaults = "[defaults]\noneshot = true\ndaemon = true\nrestart_delay = 5\nwatch = []\n";
    let expected = [
        "a process is not both `oneshot` and `daemon`",
        "a span of time needs a unit",
        "there is no pattern in this list",
    ];
    assert_eq!(messages(&format!("{processes}{defaults}")), expected);
}

#[test]
fn a_long_name_and_many_services_are_fine_up_to_the_limit() {
    let table = |name: &str| format!("[processes]\n\"{name}\" = \"x\"\n");
    assert_eq!(messages(&table(&"é".repeat(200))), Vec::<String>::new());
    assert_eq!(messages(&table(&"é".repeat(201))), ["this name is too long"]);
    let many = (0..300).map(|number| format!("[processes.s{number}]\ncommand = \"x {number}\"\n"));
    assert_eq!(good(&many.collect::<Vec<_>>().concat()).services.len(), 300);
}

#[test]
fn what_cannot_be_watched_or_scheduled_is_one_message() {
    let table = [
        ("watch = []", "there is no pattern in this list"),
        ("watch = 1", "expected a list of patterns, found a number"),
        ("watch = [\"src/[\"]", "`src/[` is no pattern: unclosed character class; missing ']'"),
        ("watch = \"!src\"", "a pattern with `!` watches nothing"),
        ("watch_ignore = \"[z-a]\"", "`[z-a]` is no pattern: invalid range; 'z' > 'a'"),
        ("watch_debounce = \"0s\"", "without any wait each file of one save would be a restart"),
        ("watch_debounce = \"5m\"", "this is longer than a minute"),
        ("schedule = {}", "`schedule` does not say when"),
        ("schedule = { every = \"0s\" }", "this is less than a second"),
        ("schedule = { every = \"1m\", cron = \"* * * * *\" }", "`schedule` has one of `every` and `cron`"),
        ("schedule = { cron = \"61 * * * *\" }", "`61 * * * *` is no time: `61` is no minute (0-59)"),
        ("schedule = { every = \"1m\", overlap = \"wait\" }", "unknown choice `wait`"),
        (
            "restart = \"always\"\nschedule = { every = \"1m\" }",
            "what is always restarted leaves nothing to a schedule",
        ),
    ];
    for (line, message) in table {
        assert_eq!(about(line), [message], "{line}");
    }
}

#[test]
fn what_is_no_port_is_one_message() {
    let table = [
        ("port = \"3000\"", "expected a port, found a string"),
        ("port = 0", "a port is a number from 1 to 65535"),
        ("port = 65536", "a port is a number from 1 to 65535"),
        ("port = {}", "this says no port to expect"),
        ("port = { expect = \"x\" }", "expected a port, found a string"),
        ("port = { expect = 3000, bumb = 1 }", "unknown key `bumb`"),
        ("port = { expect = 65530, bump = 6 }", "expected a number from 0 to 5"),
    ];
    for (line, message) in table {
        assert_eq!(about(line), [message], "{line}");
    }
}
