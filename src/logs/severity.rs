//! Tells which lines report an error or a warning: by the level that a logger has written, not by any word that reads like one.

use std::ops::Range;
use std::sync::LazyLock;

use regex::bytes::{Captures, Regex, RegexBuilder};

use super::level::{Level, WORDS, level};

/// How bad it is what a line reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Something may be wrong.
    Warning,
    /// Something is wrong.
    Error,
}

/// What is told by the form of a line, where no level is written.
const FORMS: &[(&str, Severity)] = &[
    // compilers and tools: `error: …`, `error[E0425]: …`, `a.c:3:5: fatal error: …`, `a.ts(3,5): error TS2304: …`
    (r"(?:^\s*|: |[\]-] )(?:fatal )?error(?:\[\w+\]| TS\d+)?:(?: |$)", Severity::Error),
    (r"(?:^\s*|: |[\]-] )warn(?:ing)?(?:\[\w+\]| TS\d+)?:(?: |$)", Severity::Warning),
    (r"^(?:fatal|panic|fail|crit): ", Severity::Error),
    (r"^npm (?:ERR!|error)(?: |$)", Severity::Error),
    (r"^npm (?:WARN|warn) ", Severity::Warning),
    // languages that end in an exception
    (r"^thread '.*' (?:\(\d+\) )?panicked at ", Severity::Error),
    (r"^\s*Traceback \(most recent call last\):", Severity::Error),
    (r"^(?:Uncaught )?(?:[\w$]+[.:]+)*[A-Z][\w$]*(?:Error|Exception)(?: \[\w+\])?(?::|$)", Severity::Error),
    (r"^(?:Uncaught )?Error(?: \[\w+\])?: ", Severity::Error),
    (r"^Exception in thread ", Severity::Error),
    (r"^Caused by: [\w$]+\.", Severity::Error),
    // glog and klog: `E0102 12:00:00.000000 …`
    (r"^[EF]\d{4} \d\d:\d\d:\d\d\.", Severity::Error),
    (r"^W\d{4} \d\d:\d\d:\d\d\.", Severity::Warning),
];

/// Without one of these in it no line tells anything; most lines are done with at this.
const ANY: &str = r#"(?i)err|eror|wrn|warn|fatal|ftl|panic|pnc|crit|crt|emerg|alert|severe|fail|exception|traceback|caused|"level"|^[EFW]\d{4} "#;
/// A level as a field of its own, in JSON or as `level=error`: it counts, whatever else the line says.
const FIELD: &str = r#"(?:"(?:level|lvl|severity|levelname|log\.level|@level|@l)"\s*:\s*"?|(?:^|[\s{,])(?:level|lvl|severity)="?)(\w+)"#;
/// A level in brackets, as web servers write it.
const BRACKETS: &str = r"\[(debug|info|notice|warn|warning|error|crit|alert|emerg|fatal)\]";

struct Table {
    any: Regex,
    field: Regex,
    word: Regex,
    brackets: Regex,
    forms: Vec<(Regex, Severity)>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let words: Vec<&str> = WORDS.iter().map(|(words, _)| *words).collect();
    // not in paths, names and assignments: `/ERROR`, `ERROR_LOG`, `ERROR=1`
    let word = format!(r#"(?:^|[\s\[(<|:"'*>])({})(?:$|[\s\]):|>!,"'*-])"#, words.join("|"));
    Table {
        any: compile(ANY),
        field: compile(FIELD),
        word: compile(&word),
        brackets: compile(BRACKETS),
        forms: FORMS.iter().map(|(form, severity)| (compile(form), *severity)).collect(),
    }
});

fn compile(pattern: &str) -> Regex {
    RegexBuilder::new(pattern).unicode(false).build().expect("the patterns above are tested")
}

/// Returns what the shown text of a line reports, and where it says so.
#[must_use]
pub fn severity(text: &[u8]) -> Option<(Severity, Range<usize>)> {
    let table = &*TABLE;
    if !table.any.is_match(text) {
        return None;
    }
    if let Some((range, word)) = table.field.captures(text).and_then(|captures| told(&captures)) {
        return by_name(word).map(|severity| (severity, range));
    }
    let first = [&table.word, &table.brackets].into_iter().filter_map(|regex| told(&regex.captures(text)?));
    // the first level of a line is its own, others are what it tells about
    if let Some((range, word)) = first.min_by_key(|(range, _)| range.start) {
        return by_name(word).filter(|_| !counts_none(text, &range)).map(|severity| (severity, range));
    }
    let found = |(form, severity): &(Regex, Severity)| Some((*severity, form.find(text)?.range()));
    table.forms.iter().find_map(found)
}

fn told<'a>(captures: &Captures<'a>) -> Option<(Range<usize>, &'a [u8])> {
    captures.get(1).map(|word| (word.range(), word.as_bytes()))
}

/// Returns the severity of a level by its name or its number.
fn by_name(word: &[u8]) -> Option<Severity> {
    match level(str::from_utf8(word).ok()?)? {
        Level::Detail | Level::Information => None,
        Level::Warning => Some(Severity::Warning),
        Level::Error => Some(Severity::Error),
    }
}

/// Whether the word is only counted, and there were none: `ERROR: 0`, `0 ERROR`.
fn counts_none(text: &[u8], word: &Range<usize>) -> bool {
    let before = text.get(..word.start).unwrap_or_default().trim_ascii_end();
    let behind = text.get(word.end..).unwrap_or_default();
    let number = behind.strip_prefix(b":").unwrap_or_default().trim_ascii_start();
    let is_zero =
        number.starts_with(b"0") && !number.get(1).is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'.');
    let last = before.rsplit(u8::is_ascii_whitespace).next().unwrap_or_default();
    is_zero || matches!(last, b"0" | b"no" | b"No" | b"NO")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ERRORS: &[&str] = &[
        // cargo, rustc and a panic
        "error: could not compile `api` (bin \"api\") due to 1 previous error",
        "error[E0425]: cannot find value `x` in this scope",
        "thread 'main' panicked at src/main.rs:12:5:",
        "thread 'tokio-runtime-worker' (41823) panicked at src/pool.rs:7:9:",
        "2026-01-02T12:04:31.113Z ERROR api::cart: no such cart id=7",
        "[2026-01-02T12:04:31Z ERROR api] connection refused",
        // node, npm, esbuild, tsc
        "TypeError: Cannot read properties of undefined (reading 'id')",
        "Error: listen EADDRINUSE: address already in use :::3000",
        "Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'x'",
        "npm ERR! code ELIFECYCLE",
        "npm error Missing script: \"dev\"",
        "✘ [ERROR] Could not resolve \"./x\"",
        "src/a.ts(3,5): error TS2304: Cannot find name 'x'.",
        // python
        "Traceback (most recent call last):",
        "ValueError: invalid literal for int() with base 10: 'x'",
        "django.db.utils.OperationalError: connection refused",
        "ERROR:root:no such cart",
        "ERROR:    Exception in ASGI application",
        // go
        "panic: runtime error: index out of range [5] with length 3",
        "fatal error: all goroutines are asleep - deadlock!",
        "time=2026-01-02T12:04:31.113Z level=ERROR msg=\"no such cart\" id=7",
        "time=\"2026-01-02T12:04:31Z\" level=error msg=\"no such cart\"",
        "t=2026-01-02T12:04:31+0000 lvl=eror msg=x",
        "E0102 12:04:31.113000   41822 server.go:12] no such cart",
        "12:04PM ERR no such cart id=7",
        "12:04PM PNC no such cart id=7",
        // java
        "Exception in thread \"main\" java.lang.NullPointerException",
        "java.lang.IllegalStateException: no such cart",
        "Caused by: java.net.ConnectException: Connection refused",
        "2026-01-02 12:04:31.113 ERROR 41822 --- [main] o.s.boot.SpringApplication : failed",
        "SEVERE: Servlet.service() for servlet threw exception",
        // postgres, nginx, rails
        "2026-01-02 12:04:31.113 UTC [41822] ERROR:  relation \"carts\" does not exist at character 15",
        "2026-01-02 12:04:31.113 UTC [41822] FATAL:  role \"shop\" does not exist",
        "2026/01/02 12:04:31 [error] 41822#0: *1 open() \"/x\" failed (2: No such file or directory)",
        "2026/01/02 12:04:31 [emerg] 1#1: bind() to 0.0.0.0:80 failed",
        "E, [2026-01-02T12:04:31.113 #41822] ERROR -- : no such cart",
        "F, [2026-01-02T12:04:31.113 #41822] FATAL -- : [7c1] ActionController::RoutingError",
        // JSON of pino, bunyan, zap, logging in a cloud
        r#"{"level":50,"time":1767355471113,"pid":1,"msg":"no such cart"}"#,
        r#"{"name":"api","level":60,"msg":"boom","v":0}"#,
        r#"{"level":"error","ts":1767355471.1,"msg":"no such cart"}"#,
        r#"{"severity": "CRITICAL", "message": "no such cart"}"#,
        r#"api | {"msg":"x","level":"fatal"}"#,
        // gcc and git
        "main.c:3:5: error: expected ';' before '}' token",
        "main.c:1:10: fatal error: x.h: No such file or directory",
        "fatal: not a git repository (or any of the parent directories): .git",
    ];

    const WARNINGS: &[&str] = &[
        "warning: unused variable: `x`",
        "main.c:3:5: warning: unused variable 'x' [-Wunused-variable]",
        "WARN  deprecated option",
        "2026-01-02 12:04:31.113 UTC [41822] WARNING:  there is no transaction in progress",
        "2026/01/02 12:04:31 [warn] 1#1: conflicting server name",
        "npm warn deprecated x@1.0.0: use y",
        "WARNING:root:slow",
        "level=warning msg=slow",
        r#"{"level":40,"msg":"slow"}"#,
        "W0102 12:04:31.113000   41822 server.go:12] slow",
        "W, [2026-01-02T12:04:31.113 #41822]  WARN -- : slow",
    ];

    const NEITHER: &[&str] = &[
        "0 errors, 0 warnings",
        "test result: ok. 12 passed; 0 failed",
        "error_count=0 warn_count=0",
        "ERROR: 0",
        "0 ERROR, 3 INFO",
        "found 0 error(s)",
        "no errors found",
        "GET /errors/ERROR 200 3ms",
        "GET /error 200 in 3ms",
        "ERROR_LOG=/var/log/x.log",
        "Compiling thiserror v2.0.3",
        "installing error-stack, warn-once",
        "INFO retrying after ERROR 503",
        "2026-01-02 12:04:31.113 UTC [1] LOG:  error reporting is on",
        r#"{"level":"info","msg":"ERROR page rendered","errors":0}"#,
        r#"{"level":30,"msg":"error: none"}"#,
        "level=info msg=\"an error: handled\"",
        "2026/01/02 12:04:31 [notice] 1#1: signal 15 (SIGTERM) received",
        "see the section on error handling",
        "on_error: ignore",
        "A warning light",
        "listening on :3000 (fail fast)",
        "",
    ];

    fn told(line: &str) -> Option<Severity> {
        severity(line.as_bytes()).map(|(severity, _)| severity)
    }

    #[test]
    fn the_lines_of_real_programs_that_report_an_error_are_recognised() {
        let missed: Vec<_> = ERRORS.iter().filter(|line| told(line) != Some(Severity::Error)).collect();
        assert_eq!(missed, Vec::<&&str>::new());
    }

    #[test]
    fn the_lines_of_real_programs_that_warn_are_recognised() {
        let missed: Vec<_> = WARNINGS.iter().filter(|line| told(line) != Some(Severity::Warning)).collect();
        assert_eq!(missed, Vec::<&&str>::new());
    }

    #[test]
    fn lines_that_only_speak_of_errors_report_none() {
        let wrong: Vec<_> = NEITHER.iter().filter(|line| told(line).is_some()).collect();
        assert_eq!(wrong, Vec::<&&str>::new());
    }

    #[test]
    fn the_place_is_that_of_the_word() {
        let line = b"12:04 ERROR no such cart";
        assert_eq!(severity(line).map(|(_, range)| range), Some(6..11));
    }
}
