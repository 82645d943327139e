//! Asks for a page and reads as much of the answer as says how it went.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use super::{said, tcp};
use crate::config::HttpUrl;

/// The most of an answer that is read to find its code.
const LONGEST_HEAD: usize = 64 * 1024;
/// The most of the rest that is taken, so that its server is not told of a broken connection.
const MOST_TAKEN: usize = 256 * 1024;
/// How long that may take.
const TAKEN_WITHIN: Duration = Duration::from_millis(200);

/// Asks for a page and returns the code of the answer. A redirect is an answer, and is not followed.
pub(super) async fn ask(url: &HttpUrl, headers: &[(String, String)]) -> Result<u16, String> {
    let mut stream = tcp::connect(&url.server).await?;
    stream.write_all(request(url, headers).as_bytes()).await.map_err(|error| said(&error))?;
    let code = read_code(&mut stream).await?;
    // beside the probe: what follows the code takes none of its time
    tokio::spawn(async move {
        let _either_way = timeout(TAKEN_WITHIN, take_rest(&mut stream)).await;
    });
    Ok(code)
}

/// Says a code in words, where it is a common one.
pub(super) fn named(code: u16) -> String {
    let meaning = match code {
        301 | 302 | 303 | 307 | 308 => " (a redirect is not followed)",
        400 => " Bad Request",
        401 => " Unauthorized",
        403 => " Forbidden",
        404 => " Not Found",
        405 => " Method Not Allowed",
        500 => " Internal Server Error",
        502 => " Bad Gateway",
        503 => " Service Unavailable",
        504 => " Gateway Timeout",
        _ => "",
    };
    format!("{code}{meaning}")
}

fn request(url: &HttpUrl, headers: &[(String, String)]) -> String {
    let own = [
        ("Host", url.authority.as_str()),
        ("User-Agent", concat!("procdash/", env!("CARGO_PKG_VERSION"))),
        ("Accept", "*/*"),
        ("Connection", "close"),
    ];
    let is_given = |name: &str| headers.iter().any(|(given, _)| given.eq_ignore_ascii_case(name));
    let own = own.into_iter().filter(|(name, _)| !is_given(name));
    let given = headers.iter().map(|(name, text)| (name.as_str(), text.as_str()));
    let lines: Vec<String> = own.chain(given).map(|(name, text)| format!("{name}: {text}")).collect();
    format!("GET {} HTTP/1.1\r\n{}\r\n\r\n", url.target, lines.join("\r\n"))
}

async fn read_code(stream: &mut (impl AsyncRead + Unpin)) -> Result<u16, String> {
    let mut head = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let count = stream.read(&mut buffer).await.map_err(|error| said(&error))?;
        head.extend_from_slice(buffer.get(..count).unwrap_or_default());
        match code(&head) {
            Answer::Code(code) => return Ok(code),
            Answer::Strange => return Err("the answer is not HTTP".to_owned()),
            Answer::Unfinished if count == 0 => return Err("the connection was closed without an answer".to_owned()),
            Answer::Unfinished if head.len() > LONGEST_HEAD => {
                return Err("the answer does not come to its point".to_owned());
            }
            Answer::Unfinished => {}
        }
    }
}

async fn take_rest(stream: &mut (impl AsyncRead + Unpin)) {
    let mut buffer = [0; 4096];
    let mut left = MOST_TAKEN;
    while left > 0 {
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(count) => left = left.saturating_sub(count),
        }
    }
}

/// What the beginning of an answer says.
#[derive(Debug, PartialEq, Eq)]
enum Answer {
    Code(u16),
    /// More has to come.
    Unfinished,
    /// Whoever answers speaks something else.
    Strange,
}

/// Reads the code of an answer; those that only announce another one are passed over.
fn code(head: &[u8]) -> Answer {
    const BEGIN: &[u8] = b"HTTP/1.";
    let mut rest = head;
    loop {
        let known = rest.len().min(BEGIN.len());
        if rest.get(..known) != BEGIN.get(..known) {
            return Answer::Strange;
        }
        let Some(end) = rest.iter().position(|byte| *byte == b'\n') else { return Answer::Unfinished };
        let line = rest.get(..end).unwrap_or_default().trim_ascii_end();
        let mut words = line.split(|byte| *byte == b' ');
        let code = words.nth(1).and_then(|word| str::from_utf8(word).ok()).filter(|word| word.len() == 3);
        let Some(code) = code.and_then(|word| word.parse::<u16>().ok()).filter(|code| *code >= 100) else {
            return Answer::Strange;
        };
        if code == 101 || code >= 200 {
            return Answer::Code(code);
        }
        match behind_headers(rest) {
            Some(behind) => rest = behind,
            None => return Answer::Unfinished,
        }
    }
}

/// Returns what follows the empty line that ends the headers.
fn behind_headers(head: &[u8]) -> Option<&[u8]> {
    let mut at = 0;
    loop {
        let rest = head.get(at..)?;
        let end = rest.iter().position(|byte| *byte == b'\n')?;
        at += end + 1;
        if rest.get(..end)?.trim_ascii_end().is_empty() {
            return head.get(at..);
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::duplex;

    use super::*;

    #[test]
    fn the_code_of_an_answer_is_found_as_soon_as_it_has_come() {
        let table: [(&[u8], Answer); 13] = [
            (b"", Answer::Unfinished),
            (b"HTT", Answer::Unfinished),
            (b"HTTP/1.1 20", Answer::Unfinished),
            (b"HTTP/1.1 200 OK\r\n", Answer::Code(200)),
            (b"HTTP/1.0 404\r\n", Answer::Code(404)),
            (b"HTTP/1.1 503 \n", Answer::Code(503)),
            (b"HTTP/1.1 100 Continue\r\n", Answer::Unfinished),
            (b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 301 Moved\r\n", Answer::Code(301)),
            (b"HTTP/1.1 2000 OK\r\n", Answer::Strange),
            (b"HTTP/1.1 +20 OK\r\n", Answer::Strange),
            (b"HTTP/1.1\r\n", Answer::Strange),
            (b"HTTP/2 200\r\n", Answer::Strange),
            (b"\x15\x03\x01\x00\x02", Answer::Strange),
        ];
        for (head, answer) in table {
            assert_eq!(code(head), answer, "{}", String::from_utf8_lossy(head));
        }
    }

    /// Returns what is made of an answer that comes in these pieces.
    async fn read(pieces: &[&[u8]]) -> Result<u16, String> {
        let (mut near, mut far) = duplex(64 * 1024);
        let send = async move {
            for piece in pieces {
                if far.write_all(piece).await.is_err() {
                    break;
                }
            }
        };
        // whoever has read enough hangs up, and the server is told so
        let ask = async move { read_code(&mut near).await };
        tokio::join!(ask, send).0
    }

    #[tokio::test]
    async fn a_hostile_server_costs_no_more_than_a_bounded_read() {
        assert_eq!(read(&[b"HTTP/1.1 200 OK\r\n", &[b'x'; 4096]]).await, Ok(200), "what follows is not of interest");
        assert_eq!(read(&[b"H", b"TTP/1.", b"1 2", b"04 No", b" Content\r", b"\n"]).await, Ok(204));
        assert_eq!(read(&[]).await, Err("the connection was closed without an answer".to_owned()));
        let endless = Err("the answer does not come to its point".to_owned());
        let line: [&[u8]; 40] = [&[b'x'; 4096]; 40];
        assert_eq!(read(&[&[&b"HTTP/1.1 200 "[..]], &line[..]].concat()).await, endless, "a line without an end");
        let hint: &[u8] = b"HTTP/1.1 103 Early Hints\r\n\r\n";
        let hints = vec![hint; 4096];
        assert_eq!(read(&hints).await, endless, "announcements without an end");
        assert_eq!(read(&[b"SSH-2.0-OpenSSH_9.7\r\n"]).await, Err("the answer is not HTTP".to_owned()));
    }

    #[test]
    fn a_request_says_who_is_asked_and_given_headers_win() {
        let url = HttpUrl::parse("http://[::1]:8080/a?b=c#d").expect("it is one");
        let headers = [("host".to_owned(), "shop.test".to_owned()), ("X-A".to_owned(), "1".to_owned())];
        let plain = request(&url, &[]);
        assert!(plain.starts_with("GET /a?b=c HTTP/1.1\r\nHost: [::1]:8080\r\n"), "{plain}");
        assert!(plain.ends_with("Connection: close\r\n\r\n"), "{plain}");
        let given = request(&url, &headers);
        assert!(given.ends_with("Connection: close\r\nhost: shop.test\r\nX-A: 1\r\n\r\n"), "{given}");
        assert!(!given.contains("[::1]"), "{given}");
    }
}
