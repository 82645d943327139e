//! A line of JSON as one that a person can read: level and message first, then the time, then what else it holds.

use crate::logs::{Level, level, plain_text};

use super::json_text::{entries, object_in, unquoted};
use super::log_rows::{Piece, Tint};

/// What the parts that are told first are called, the likelier name first.
const LEVELS: &[&str] = &["level", "severity", "lvl", "levelname", "log.level", "@level", "@l"];
const MESSAGES: &[&str] = &["msg", "message", "@message", "@m", "@mt", "event", "short_message"];
const TIMES: &[&str] = &["time", "ts", "timestamp", "@timestamp", "@t", "t", "datetime"];

/// How the loggers that count spell their levels.
const NUMBERS: &[(&str, &str)] =
    &[("10", "trace"), ("20", "debug"), ("30", "info"), ("40", "warn"), ("50", "error"), ("60", "fatal")];

/// Numbers from here on count milliseconds since 1970, smaller ones seconds.
const MILLISECONDS: f64 = 1e11;

/// Returns the line in a readable form, if it is a JSON object or ends in one.
pub(crate) fn readable(line: &str) -> Option<Vec<Piece>> {
    let (before, object) = object_in(line)?;
    let mut entries = entries(object);
    let mut take = |names: &[&str]| {
        let place = names.iter().find_map(|name| entries.iter().position(|(key, _)| key == name))?;
        Some(entries.remove(place).1)
    };
    let (level, message, time) = (take(LEVELS), take(MESSAGES), take(TIMES));
    let mut pieces = Pieces(Vec::new());
    pieces.add(before.trim_end(), Tint::Quiet);
    if let Some(level) = level.map(level_word) {
        pieces.add(&format!("{level:<5}"), level_tint(&level));
    }
    if let Some(message) = message {
        pieces.add(&clean(&unquoted(message)), Tint::Service);
    }
    if let Some(time) = time {
        pieces.add(&short_time(time), Tint::Quiet);
    }
    for (key, value) in entries {
        pieces.add(&format!("{}={}", clean(&key), pair_value(value)), Tint::Quiet);
    }
    Some(pieces.0)
}

struct Pieces(Vec<Piece>);

impl Pieces {
    /// Adds a part, with a space before it unless it is the first.
    fn add(&mut self, text: &str, tint: Tint) {
        if text.is_empty() {
            return;
        }
        if !self.0.is_empty() {
            self.0.push(Piece { text: " ".to_owned(), ..Piece::default() });
        }
        self.0.push(Piece { text: text.to_owned(), tint, ..Piece::default() });
    }
}

fn level_word(value: &str) -> String {
    let word = unquoted(value);
    let named = NUMBERS.iter().find(|(number, _)| *number == word).map(|(_, name)| *name);
    clean(named.unwrap_or(&word)).to_uppercase()
}

fn level_tint(level: &str) -> Tint {
    match self::level(level) {
        Some(Level::Detail) => Tint::Quiet,
        Some(Level::Information) => Tint::Good,
        Some(Level::Warning) => Tint::Busy,
        Some(Level::Error) => Tint::Bad,
        None => Tint::Service,
    }
}

/// Returns the time of day of a time, as far as it is one.
fn short_time(value: &str) -> String {
    let number = value.parse::<f64>().ok().filter(|number| number.is_finite() && *number > 1e8);
    if let Some(number) = number {
        let millis = if number >= MILLISECONDS { number } else { number * 1000.0 };
        #[expect(clippy::cast_possible_truncation, reason = "a time that is out of range is none")]
        let moment = jiff::Timestamp::from_millisecond(millis as i64).ok();
        return moment.map_or_else(|| value.to_owned(), |moment| moment.strftime("%H:%M:%S%.3fZ").to_string());
    }
    let text = clean(&unquoted(value));
    let Some((_, behind)) = text.split_once('T').filter(|(date, _)| date.len() == 10) else { return text };
    let clock: String =
        behind.chars().take_while(|char| char.is_ascii_digit() || matches!(char, ':' | '.')).take(12).collect();
    if clock.len() < 5 { text } else { clock }
}

/// Returns a value as short as it can be told.
fn pair_value(value: &str) -> String {
    if !value.starts_with('"') {
        return clean(value);
    }
    let text = unquoted(value);
    let is_plain = !text.is_empty() && !text.contains(|char: char| char.is_whitespace() || matches!(char, '"' | '='));
    if is_plain { clean(&text) } else { clean(value) }
}

/// Takes out whatever a terminal would obey.
fn clean(text: &str) -> String {
    plain_text(text.replace("\r\n", "⏎").replace(['\n', '\r'], "⏎").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::{Severity, severity};

    fn shown(line: &str) -> Option<String> {
        Some(readable(line)?.iter().map(|piece| piece.text.as_str()).collect())
    }

    #[test]
    fn level_and_message_come_first_then_the_time_then_the_rest_in_its_order() {
        let pino = r#"{"level":50,"time":1767355471113,"pid":7,"hostname":"shop","msg":"no such cart","id":1.50}"#;
        assert_eq!(shown(pino).as_deref(), Some("ERROR no such cart 12:04:31.113Z pid=7 hostname=shop id=1.50"));
        let zap = r#"{"level":"info","ts":1767355471.113,"caller":"a.go:1","msg":"up","tags":["a", "b"],"q":"x y"}"#;
        assert_eq!(shown(zap).as_deref(), Some(r#"INFO  up 12:04:31.113Z caller=a.go:1 tags=["a", "b"] q="x y""#));
    }

    #[test]
    fn a_level_looks_as_bad_as_the_sign_beside_its_line_says() {
        for word in ["ERR", "crit", "SEVERE", "wrn", "50", "40", "INF", "trc", "eror", "mellow"] {
            let line = format!(r#"{{"level":"{word}","msg":"x"}}"#);
            let tint = readable(&line).unwrap()[0].tint;
            let sign = severity(line.as_bytes()).map(|(severity, _)| severity);
            assert_eq!(tint == Tint::Bad, sign == Some(Severity::Error), "{word}");
            assert_eq!(tint == Tint::Busy, sign == Some(Severity::Warning), "{word}");
        }
    }

    #[test]
    fn what_stands_before_the_object_stays() {
        let line = r#"api | {"severity":"WARNING","message":"slow","timestamp":"2026-01-02T12:04:31.113456Z"}"#;
        assert_eq!(shown(line).as_deref(), Some("api | WARNING slow 12:04:31.113"));
    }

    #[test]
    fn a_line_that_is_no_json_has_no_other_form() {
        assert_eq!([shown("listening on :3000"), shown(r#"{"a":}"#)], [None, None]);
    }

    #[test]
    fn nothing_in_it_reaches_the_terminal() {
        let line = r#"{"msg":"a\u001b[31m\u001b]0;t\u0007b\nc\u202e","\u0007k":"\u001bc","e":"\u0000"}"#;
        let text = shown(line).unwrap();
        assert!(!text.chars().any(|char| char.is_control() || char == '\u{202e}'), "{text:?}");
        assert!(text.starts_with("ab⏎c"), "{text:?}");
    }
}
