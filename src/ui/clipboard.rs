//! Ways to a clipboard: the sequence that asks a terminal to set its own, and the programs of the floor below.

use std::env;
use std::sync::{Condvar, Mutex, OnceLock, PoisonError};
use std::time::Duration;

/// Terminals drop longer sequences, some after a part of them was taken: tmux keeps no more than this.
const LONGEST_SEQUENCE: usize = 1_000_000;
/// GNU screen passes no longer string on.
const LONGEST_PASSED: usize = 512;

/// How a program has taken text: its name, and why it has not if it has not.
pub type Offered = (&'static str, Option<String>);

/// Hands text to programs that own a clipboard; it may take its time.
pub type Programs = fn(&[u8]) -> Vec<Offered>;

static PROGRAMS: OnceLock<Programs> = OnceLock::new();
/// Whether a program has not taken the last text yet.
static IS_BUSY: Mutex<bool> = Mutex::new(false);
static IS_FREE: Condvar = Condvar::new();
/// How long the next text waits for that.
const PATIENCE: Duration = Duration::from_secs(2);

/// Names what hands text to programs; the first one stays, and without one the terminal alone is told.
pub fn set_programs(programs: Programs) {
    let _the_first_stays = PROGRAMS.set(programs);
}

/// Hands text to the programs there are, unless they still have to do with the last.
pub(crate) fn offer(text: &str) -> Vec<Offered> {
    let Some(programs) = PROGRAMS.get() else { return Vec::new() };
    let busy = IS_BUSY.lock().unwrap_or_else(PoisonError::into_inner);
    let (mut busy, _) =
        IS_FREE.wait_timeout_while(busy, PATIENCE, |busy| *busy).unwrap_or_else(PoisonError::into_inner);
    if *busy {
        return vec![("the clipboard", Some("it has not taken the last text yet".to_owned()))];
    }
    *busy = true;
    drop(busy);
    let offered = programs(text.as_bytes());
    *IS_BUSY.lock().unwrap_or_else(PoisonError::into_inner) = false;
    IS_FREE.notify_all();
    offered
}

/// Returns the sequence that asks the terminal to set its clipboard; `None` for more than terminals take.
pub(crate) fn sequence(text: &str) -> Option<Vec<u8>> {
    // a tmux within a screen passes it on by itself
    let in_screen = env::var_os("STY").is_some() && env::var_os("TMUX").is_none();
    osc52(text, in_screen)
}

fn osc52(text: &str, in_screen: bool) -> Option<Vec<u8>> {
    let coded = base64(text.as_bytes());
    if coded.len() > LONGEST_SEQUENCE {
        return None;
    }
    let sequence = format!("\x1b]52;c;{coded}\x07");
    if !in_screen {
        return Some(sequence.into_bytes());
    }
    let wrapped = sequence.as_bytes().chunks(LONGEST_PASSED).map(|part| [b"\x1bP", part, b"\x1b\\"].concat());
    Some(wrapped.collect::<Vec<_>>().concat())
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut coded = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for part in bytes.chunks(3) {
        let byte = |place: usize| u32::from(part.get(place).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            let letter = LETTERS.get((bits >> (18 - 6 * place) & 63) as usize).copied().unwrap_or(b'=');
            coded.push(if place <= part.len() { char::from(letter) } else { '=' });
        }
    }
    coded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_coded_as_terminals_read_it() {
        assert_eq!(
            ["", "a", "ab", "abc", "日本 ok?"].map(|text| base64(text.as_bytes())),
            ["", "YQ==", "YWI=", "YWJj", "5pel5pysIG9rPw=="]
        );
        assert_eq!(osc52("ab", false).unwrap(), b"\x1b]52;c;YWI=\x07");
    }

    #[test]
    fn screen_gets_it_in_pieces_that_it_passes_on_and_nobody_gets_more_than_it_takes() {
        let wrapped = osc52(&"x".repeat(1000), true).unwrap();
        let parts: Vec<&[u8]> = wrapped.split(|byte| *byte == 0x1b).filter(|part| part.starts_with(b"P")).collect();
        assert_eq!(parts.len(), 3);
        assert!(wrapped.starts_with(b"\x1bP\x1b]52;c;") && wrapped.ends_with(b"\x07\x1b\\"));
        assert!(osc52(&"x".repeat(749_000), false).is_some());
        assert_eq!(osc52(&"x".repeat(751_000), false), None);
    }
}
