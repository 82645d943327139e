//! Tells which lines are the frames of a stack trace: by what each looks like and what stands beside it.

use std::sync::LazyLock;

use regex::bytes::{Regex, RegexBuilder};

use super::plain_text;

/// More of a line is not looked at.
const LOOKED_AT: usize = 512;

/// What a line looks like by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A frame, whatever stands beside it.
    Frame,
    /// A frame of Python, with a line of source behind it.
    File,
    /// The place of a call in Go, with the call before it.
    Place,
    /// A call as Go writes it: a frame only where a place follows.
    Call,
    /// Indented text: source where a frame of Python stands before it.
    Indented,
    /// Anything else.
    Other,
}

/// Frames that nothing else looks like.
const FRAMES: &[&str] = &[
    // Java, Kotlin, Node, .NET; the rest of a trace that Java leaves out; what Rust writes below a frame
    r"^\s+at \S",
    r"^\s+\.\.\. \d+ (?:more|common frames omitted)",
    // Rust
    r"^\s+\d+: +(?:0x[0-9a-f]+ - )?(?:\S+|.*(?:::|<).*)$",
    // Python, where a frame repeats
    r"^  \[Previous line repeated \d+ more times?\]",
    // Ruby
    r"^\s+(?:\d+: )?from \S+:\d+:in ",
    r"^\s*\S+\.(?:rb|erb|rake):\d+:in [`']",
    // PHP
    r"^#\d+ (?:\S+\(\d+\)|\[internal function\]|\{main\})",
    // Elixir
    r"^    \(\w[\w.]* \d[\w.+-]*\) \S+:\d+: ",
];

struct Table {
    frames: Regex,
    file: Regex,
    place: Regex,
    call: Regex,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| Table {
    frames: compile(&FRAMES.iter().map(|frame| format!("(?:{frame})")).collect::<Vec<_>>().join("|")),
    file: compile(r#"^  +File "[^"]*", line \d+"#),
    place: compile(r"^\t\S.*:\d+(?: \+0x[0-9a-f]+)?$"),
    call: compile(r"^(?:created by )?[\w./*()\[\]{}$~-]+(?:\(.*\)|\.\S+(?: in goroutine \d+)?)$"),
});

fn compile(pattern: &str) -> Regex {
    RegexBuilder::new(pattern).unicode(false).build().expect("the patterns above are tested")
}

impl Kind {
    /// Returns what a line looks like.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let bytes = bytes.get(..LOOKED_AT).unwrap_or(bytes);
        let line = bytes.trim_ascii_end();
        if line.contains(&0x1b) {
            return Self::of_text(plain_text(line).trim_end().as_bytes());
        }
        Self::of_text(line)
    }

    fn of_text(line: &[u8]) -> Self {
        let table = &*TABLE;
        match line.first() {
            None => Self::Other,
            _ if table.frames.is_match(line) => Self::Frame,
            Some(b'\t') if table.place.is_match(line) => Self::Place,
            Some(b' ') if table.file.is_match(line) => Self::File,
            Some(b' ') if line.starts_with(b"    ") => Self::Indented,
            Some(_) if table.call.is_match(line) => Self::Call,
            Some(_) => Self::Other,
        }
    }
}

/// Returns whether a line belongs to a trace, given what the two before it and the one behind it look like.
pub(crate) const fn is_frame(before: [Kind; 2], kind: Kind, next: Kind) -> bool {
    match kind {
        Kind::Frame | Kind::File | Kind::Place => true,
        Kind::Call => matches!(next, Kind::Place),
        // the line of source, and the marks below it
        Kind::Indented => matches!(before, [_, Kind::File] | [Kind::File, Kind::Indented]),
        Kind::Other => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Puts `|` before every line that belongs to a trace.
    fn marked(text: &str) -> String {
        let kinds: Vec<Kind> = text.lines().map(|line| Kind::of(line.as_bytes())).collect();
        let kind = |place: Option<usize>| place.and_then(|place| kinds.get(place).copied()).unwrap_or(Kind::Other);
        let marks = (0..kinds.len()).map(|place| {
            let before = [kind(place.checked_sub(2)), kind(place.checked_sub(1))];
            if is_frame(before, kinds[place], kind(Some(place + 1))) { "|" } else { "." }
        });
        marks.collect()
    }

    #[test]
    fn python() {
        let trace = "Traceback (most recent call last):\n  File \"app.py\", line 3, in <module>\n    main()\n    ~~~~^^\n  \
                     File \"app.py\", line 9, in main\n    return int(x)\nValueError: invalid literal\n    not source";
        assert_eq!(marked(trace), ".|||||..");
    }

    #[test]
    fn java() {
        let trace = "java.lang.IllegalStateException: no cart\n\tat shop.Cart.find(Cart.java:12) ~[shop.jar:1]\n\tat \
                     java.base/java.lang.Thread.run(Thread.java:1583)\nCaused by: java.net.ConnectException\n\tat \
                     x.Y.<init>(Y.java)\n\t... 23 more\ndone";
        assert_eq!(marked(trace), ".||.||.");
    }

    #[test]
    fn node_also_where_it_is_grey() {
        let trace = "TypeError: x is not a function\n    at Object.<anonymous> (/app/index.js:3:5)\n\u{1b}[90m    at \
                     node:internal/main/run_main_module:28:49\u{1b}[39m\n    at async Promise.all (index 0)\n\nNode.js v22";
        assert_eq!(marked(trace), ".|||..");
    }

    #[test]
    fn rust() {
        let trace = "thread 'main' panicked at src/main.rs:12:5:\nno cart\nstack backtrace:\n   0: __rustc::rust_begin_unwind\n   \
                     at /rustc/59807616/library/std/src/panicking.rs:689:5\n   1: <alloc::vec::Vec<T> as core::ops::Index>::index\n  \
                     12: main\nnote: Some details are omitted";
        assert_eq!(marked(trace), "...||||.");
    }

    #[test]
    fn go() {
        let trace = "panic: boom\n\ngoroutine 1 [running]:\nmain.(*Cart).Find(0xc000012345, {0x1, 0x2})\n\t/app/cart.go:12 \
                     +0x1d\nmain.main()\n\t/app/main.go:7 +0x25\ncreated by main.start in goroutine 1\n\t/app/main.go:3\nexit status 2";
        assert_eq!(marked(trace), "...||||||.");
    }

    #[test]
    fn ruby_and_php() {
        assert_eq!(
            marked(
                "boom (RuntimeError)\n\tfrom app.rb:12:in `find'\napp/models/cart.rb:3:in 'find'\n#0 /x.php(12): f()"
            ),
            ".|||"
        );
    }

    #[test]
    fn text_that_is_only_indented_or_looks_like_a_call_is_none() {
        let text =
            "usage:\n    --port N\n    --help\nlistening(3000)\nGET /cart 200\n  1: first thing to do\n12: x\nat last";
        assert_eq!(marked(text), "........");
    }
}
