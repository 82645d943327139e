//! What a misspelt or foreign word was most likely meant to be.

/// Words that other tools use, and what they are called here.
const FOREIGN: &[(&str, &str)] = &[
    ("cmd", "command"),
    ("run", "command"),
    ("exec", "command"),
    ("cwd", "working_dir"),
    ("dir", "working_dir"),
    ("directory", "working_dir"),
    ("workdir", "working_dir"),
    ("environment", "env"),
    ("dotenv", "env_file"),
    ("pty", "tty"),
    ("services", "processes"),
    ("procs", "processes"),
    ("tasks", "processes"),
    ("signal", "stop_signal"),
    ("stop_timeout", "stop_grace_period"),
    ("shutdown", "stop_command"),
    ("retries", "max_restarts"),
    ("depends", "depends_on"),
    ("needs", "depends_on"),
    ("requires", "depends_on"),
    ("after", "depends_on"),
    ("mem", "memory"),
    ("exit", "quit"),
];

/// Returns which of the candidates `word` may have been meant to be, if one is near enough to be worth a sentence.
#[must_use]
pub fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // nobody misspells at this length, and the comparison is quadratic
    if word.len() > 64 {
        return None;
    }
    let bare = word.to_lowercase();
    let plain = bare.replace(['-', ' '], "_");
    let foreign = FOREIGN.iter().find(|(name, _)| *name == plain).map(|(_, ours)| *ours);
    let mut best = None;
    for candidate in candidates {
        if foreign == Some(candidate) {
            return Some(candidate);
        }
        let distance = strsim::damerau_levenshtein(&plain, &candidate.replace('-', "_"));
        let is_near = distance <= candidate.chars().count().max(3) / 3;
        if is_near && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: &[&str] = &["command", "working_dir", "env", "env_file", "restart", "restart-menu"];

    #[test]
    fn a_slip_of_the_finger_finds_the_word() {
        let meant = [
            ("comand", "command"),
            ("commnad", "command"),
            ("COMMAND", "command"),
            ("working-dir", "working_dir"),
            ("envfile", "env_file"),
            ("restart_menu", "restart-menu"),
            ("evn", "env"),
        ];
        for (word, candidate) in meant {
            assert_eq!(closest(word, WORDS.iter().copied()), Some(candidate), "{word}");
        }
    }

    #[test]
    fn a_word_of_another_tool_finds_ours() {
        assert_eq!(closest("cwd", WORDS.iter().copied()), Some("working_dir"));
        assert_eq!(closest("environment", WORDS.iter().copied()), Some("env"));
    }

    #[test]
    fn a_word_far_from_all_gets_no_suggestion() {
        for word in ["", "x", "zebra", "colour"] {
            assert_eq!(closest(word, WORDS.iter().copied()), None, "{word}");
        }
        assert_eq!(closest(&"command".repeat(1000), WORDS.iter().copied()), None);
    }
}
