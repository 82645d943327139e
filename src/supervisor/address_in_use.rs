//! What programs print when the address that they want to listen on is in use: one table of it, and which port they name.
//! Pure.

/// A line has one of these in it, in small letters.
const PHRASES: &[&str] = &[
    // the kernel's words, which most programs print: Python, Go, Java, Ruby, Rust, nginx, PostgreSQL, Redis, PHP, .NET
    "address already in use",
    // Node, Ruby and Erlang print its name, Deno and Rust their own
    "eaddrinuse",
    "addrinuse",
    // Windows' words, in .NET and in Java
    "only one usage of each socket address",
    // gunicorn
    "connection in use:",
    // Django
    "that port is already in use",
    // Docker
    "port is already allocated",
    // Jetty and others in Java
    "failed to bind to",
];

/// A line has the first of these in it, behind that a number, and behind that the second: `Port 5173 is already in use`.
const AROUND_A_NUMBER: &[(&str, &str)] = &[
    // Vite, Flask, Angular
    ("port ", " is already in use"),
    ("port ", " is in use"),
    // Spring
    ("port ", " was already in use"),
    // Bun
    ("is port ", " in use"),
];

/// How far from the line that says so a port may be named.
const NEAR: usize = 6;

/// Endings of files in which a line number follows a colon.
const SOURCES: &[&str] = &[
    "go", "rs", "rb", "py", "js", "mjs", "cjs", "ts", "tsx", "java", "kt", "php", "c", "cc", "cpp", "h", "cs", "ex",
    "exs", "erl", "ml", "hs", "scala", "swift",
];

/// What the last lines of a run tell of an address in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InUse {
    /// The port, where they name it.
    pub(crate) port: Option<u16>,
}

/// Returns what the last lines of a run tell of an address in use, if they do.
///
/// The newest of such lines counts. A program may name the port in the line itself or near it.
#[must_use]
pub(crate) fn read(lines: &[String]) -> Option<InUse> {
    let (place, line) = lines.iter().enumerate().rev().find(|(_, line)| says_so(&line.to_lowercase()))?;
    let near = lines.iter().skip(place.saturating_sub(NEAR)).take(2 * NEAR + 1);
    let port = port_in(line).or_else(|| near.into_iter().find_map(|line| behind_word(&line.to_lowercase())));
    Some(InUse { port })
}

fn says_so(line: &str) -> bool {
    PHRASES.iter().any(|phrase| line.contains(phrase))
        || AROUND_A_NUMBER.iter().any(|(before, behind)| {
            line.match_indices(before).any(|(at, _)| {
                let rest = line.get(at + before.len()..).unwrap_or_default();
                let digits = rest.trim_start_matches(|char: char| char.is_ascii_digit());
                digits.len() < rest.len() && digits.starts_with(behind)
            })
        })
}

/// Returns the port that a line names.
fn port_in(line: &str) -> Option<u16> {
    let line = line.to_lowercase();
    behind_word(&line).or_else(|| in_pair(&line)).or_else(|| behind_colon(&line))
}

/// Reads `port 3000`, `port: 3000` and `port=3000`.
fn behind_word(line: &str) -> Option<u16> {
    line.match_indices("port").find_map(|(at, word)| {
        let is_word = !line.get(..at)?.ends_with(char::is_alphanumeric);
        let rest = line.get(at + word.len()..).filter(|_| is_word)?;
        let number = rest.trim_start_matches([' ', ':', '=', '"', '\'', '#']);
        if number.len() == rest.len() { None } else { number_at(number) }
    })
}

/// Reads a pair as Python writes it: `('127.0.0.1', 8000)`.
fn in_pair(line: &str) -> Option<u16> {
    let (_, behind) = line.rsplit_once("', ")?;
    number_at(behind)
}

/// Reads the last `HOST:3000`; a time of day, and a line of a source file, are none.
fn behind_colon(line: &str) -> Option<u16> {
    let colons = line.match_indices(':').collect::<Vec<_>>();
    colons.into_iter().rev().find_map(|(at, _)| {
        let (before, behind) = (line.get(..at)?, line.get(at + 1..)?);
        let port = number_at(behind)?;
        (!ends_with_time(before) && !ends_with_source(before)).then_some(port)
    })
}

/// Whether what stands before a colon is the beginning of a time: `12` or `12:04`.
fn ends_with_time(before: &str) -> bool {
    let word = before.rsplit(|char: char| !char.is_ascii_digit() && char != ':').next().unwrap_or_default();
    let is_behind_date = before.len() > word.len();
    let parts: Vec<&str> = word.split(':').collect();
    let all_short = parts.iter().all(|part| (1..=2).contains(&part.len()));
    // `127.0.0.1:3000` ends with such a number, too, but with a dot before it
    let is_address = is_behind_date && before.get(..before.len() - word.len()).is_some_and(|rest| rest.ends_with('.'));
    all_short && !is_address
}

fn ends_with_source(before: &str) -> bool {
    let word = before.rsplit(|char: char| char.is_whitespace() || char == '(').next().unwrap_or_default();
    word.rsplit_once('.').is_some_and(|(_, ending)| SOURCES.contains(&ending))
}

/// Reads a number that is a port and nothing else: no part of a longer word, of a fraction or of an address.
fn number_at(text: &str) -> Option<u16> {
    let rest = text.trim_start_matches(|char: char| char.is_ascii_digit());
    let digits = text.get(..text.len() - rest.len())?;
    let mut behind = rest.chars();
    let goes_on = match behind.next() {
        Some('.' | ':') => behind.next().is_some_and(|char| char.is_ascii_digit()),
        Some(char) => char.is_alphanumeric(),
        None => false,
    };
    if goes_on { None } else { digits.parse().ok().filter(|port| *port > 0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(lines: &[&str]) -> Option<InUse> {
        read(&lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn every_language_and_server_has_its_own_words_for_it() {
        let table: &[(&str, Option<u16>)] = &[
            // node, old and new, and what stands above it
            ("Error: listen EADDRINUSE: address already in use :::3000", Some(3000)),
            ("Error: listen EADDRINUSE: address already in use 127.0.0.1:8080", Some(8080)),
            ("Error: listen EADDRINUSE :::3000", Some(3000)),
            ("Error: Port 5173 is already in use", Some(5173)),
            ("error: Failed to start server. Is port 3000 in use?", Some(3000)),
            ("error: Uncaught (in promise) AddrInUse: Address already in use (os error 98)", None),
            // python
            ("OSError: [Errno 98] Address already in use", None),
            (
                "ERROR:    [Errno 98] error while attempting to bind on address ('127.0.0.1', 8000): address already in use",
                Some(8000),
            ),
            ("[2026-11-21 12:04:29 +0000] [4242] [ERROR] Connection in use: ('127.0.0.1', 8000)", Some(8000)),
            ("Error: That port is already in use.", None),
            (
                "Port 5000 is in use by another program. Either identify and stop that program, or start the server",
                Some(5000),
            ),
            // go
            ("2026/11/21 12:04:29 listen tcp :8080: bind: address already in use", Some(8080)),
            ("2026/11/21 12:04:29 main.go:31: listen tcp 127.0.0.1:8080: bind: address already in use", Some(8080)),
            ("panic: listen tcp [::1]:9090: bind: address already in use", Some(9090)),
            // java
            ("java.net.BindException: Address already in use (Bind failed)", None),
            ("Web server failed to start. Port 8080 was already in use.", Some(8080)),
            ("java.io.IOException: Failed to bind to 0.0.0.0/0.0.0.0:8081", Some(8081)),
            // ruby
            (
                "socket.rb:201:in `bind': Address already in use - bind(2) for \"127.0.0.1\" port 3000 (Errno::EADDRINUSE)",
                Some(3000),
            ),
            ("/gems/tcp.rb:12:in `initialize': Address already in use - bind(2) for 127.0.0.1:9292", Some(9292)),
            // rust
            ("Error: Os { code: 98, kind: AddrInUse, message: \"Address already in use\" }", None),
            ("Error: Address already in use (os error 98)", None),
            // nginx, postgres, redis, php, .net, docker, erlang
            ("nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)", Some(80)),
            (
                "2026-11-21 12:04:29.113 UTC [42] LOG:  could not bind IPv4 address \"127.0.0.1\": Address already in use",
                None,
            ),
            (
                "42:M 21 Nov 2026 12:04:29.113 # Warning: Could not create server TCP listening socket *:6379: bind: Address already in use",
                Some(6379),
            ),
            (
                "[Sat Nov 21 12:04:29 2026] Failed to listen on localhost:8000 (reason: Address already in use)",
                Some(8000),
            ),
            ("Failed to bind to address http://127.0.0.1:5000: address already in use.", Some(5000)),
            ("Bind for 0.0.0.0:5432 failed: port is already allocated", Some(5432)),
            ("** (MatchError) no match of right hand side value: {:error, :eaddrinuse}", None),
        ];
        for (line, port) in table {
            assert_eq!(said(&[line]), Some(InUse { port: *port }), "{line}");
        }
    }

    #[test]
    fn a_port_that_stands_near_the_words_is_meant() {
        let node = ["Emitted 'error' event at:", "  code: 'EADDRINUSE',", "  errno: -98,", "  port: 3000", "}"];
        assert_eq!(said(&node), Some(InUse { port: Some(3000) }));
        let postgres = [
            "LOG:  could not bind IPv4 address \"127.0.0.1\": Address already in use",
            "HINT:  Is another postmaster already running on port 5432? If not, wait a few seconds and retry.",
            "FATAL:  could not create any TCP/IP sockets",
        ];
        assert_eq!(said(&postgres), Some(InUse { port: Some(5432) }));
    }

    #[test]
    fn the_newest_of_such_lines_counts() {
        assert_eq!(
            said(&["listen EADDRINUSE :::3000", "Port 3000 is in use, trying 3001", "bye"]),
            Some(InUse { port: Some(3000) })
        );
        assert_eq!(said(&["listen EADDRINUSE :::3000", "listen EADDRINUSE :::3001"]), Some(InUse { port: Some(3001) }));
    }

    #[test]
    fn what_is_no_port_is_not_taken_for_one() {
        for line in [
            "12:04:29 address already in use",
            "[12:04:29] address already in use",
            "2026-11-21T12:04:29.113Z address already in use",
            "main.rs:12: address already in use",
            "address already in use :70000",
            "address already in use :0",
            "support 30: address already in use",
        ] {
            assert_eq!(said(&[line]), Some(InUse { port: None }), "{line}");
        }
    }

    #[test]
    fn other_ends_are_not_about_addresses() {
        for line in
            ["listening on port 3000", "connect ECONNREFUSED 127.0.0.1:5432", "disk in use", "port forwarding in use"]
        {
            assert_eq!(said(&[line]), None, "{line}");
        }
        assert_eq!(said(&[]), None);
    }
}
