//! The words of levels, as loggers spell them, and what each means: the one table of them.

/// How much a line matters, by the word that its logger has written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// What only a search for a mistake needs.
    Detail,
    /// What happens.
    Information,
    /// Something may be wrong.
    Warning,
    /// Something is wrong.
    Error,
}

/// Words that say a level wherever they stand alone in capital letters.
pub(super) const WORDS: &[(&str, Level)] = &[
    ("TRACE|TRC|VERBOSE|VRB|DEBUG|DBG", Level::Detail),
    ("INFO|INF|INFORMATION|NOTICE|LOG", Level::Information),
    ("WARN|WARNING|WRN", Level::Warning),
    ("ERROR|ERR|FATAL|FTL|PANIC|PNC|CRITICAL|CRIT|CRT|EMERG|EMERGENCY|ALERT|SEVERE", Level::Error),
];

/// Words that say one only where a level is expected: log15 spells four letters, pino and bunyan count in tens.
const IN_FIELDS: &[(&str, Level)] = &[
    ("10|20", Level::Detail),
    ("30", Level::Information),
    ("40", Level::Warning),
    ("50|60|EROR|DPANIC|FAIL", Level::Error),
];

/// Returns the level of a word, or a number, that stands where a level is expected; capital letters or not.
#[must_use]
pub fn level(word: &str) -> Option<Level> {
    let is_it = |known: &str| known.eq_ignore_ascii_case(word);
    let mut all = WORDS.iter().chain(IN_FIELDS);
    all.find(|(words, _)| words.split('|').any(is_it)).map(|(_, level)| *level)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_has_one_level_however_it_is_written() {
        let levels = ["trc", "Information", "WRN", "crit", "50", "eror", "logs"].map(level);
        let expected = [
            Some(Level::Detail),
            Some(Level::Information),
            Some(Level::Warning),
            Some(Level::Error),
            Some(Level::Error),
            Some(Level::Error),
            None,
        ];
        assert_eq!(levels, expected);
    }
}
