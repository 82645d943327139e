//! `schedule`: at which times a service is started, and what happens when it still runs then.

use std::time::Duration;

use croner::Cron as Table;
use croner::parser::{CronParser, Seconds, Year};
use jiff::Zoned;
use jiff::civil::DateTime;
use serde::Deserialize;

use super::diagnostic::{Problem, visible};
use super::duration;
use super::raw::{Entry, Node, Value};
use super::read::{Known, Reader};

pub(super) const SCHEDULE: Known = Known { table: "`schedule`", keys: &["every", "cron", "overlap"] };

/// The shortest interval: below it a loop in the command does better.
const SHORTEST: Duration = Duration::from_secs(1);
/// What to write, where nothing better is known.
const EXAMPLES: &str = "`{ every = \"10m\" }` or `{ cron = \"*/5 * * * *\" }`";
/// The fields of a line of cron, in order, with an example of each.
const FIELDS: [(&str, &str); 5] = [
    ("minute", "0-59"),
    ("hour", "0-23"),
    ("day of the month", "1-31"),
    ("month", "1-12 or JAN-DEC"),
    ("day of the week", "0-7 or SUN-SAT"),
];

/// At which times a service is started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// When.
    pub when: When,
    /// What happens when it still runs then.
    pub overlap: Overlap,
}

/// When a service is started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum When {
    /// This long after the last start.
    Every(Duration),
    /// At the times of a line of cron.
    Cron(Cron),
}

/// What happens when a service is to be started that still runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Overlap {
    /// This time is left out.
    #[default]
    Skip,
    /// It is started once more when it has ended, however often it was due meanwhile.
    Queue,
    /// It is stopped, and then started.
    Kill,
}

impl Overlap {
    /// Returns the word for it, as in the file.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Skip => "skip",
            Self::Queue => "queue",
            Self::Kill => "kill",
        }
    }
}

/// A line of cron that was understood, and that will come true some day.
#[derive(Clone, Debug)]
pub struct Cron {
    text: String,
    table: Box<Table>,
}

impl PartialEq for Cron {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Cron {}

impl Cron {
    /// Reads five fields, or a word such as `@daily`.
    ///
    /// # Errors
    /// Says what is wrong, naming the field.
    pub fn parse(text: &str) -> Result<Self, String> {
        let table = parse(text).map_err(|()| wrong(text))?;
        let some_day = DateTime::constant(2000, 1, 1, 0, 0, 0, 0);
        // 30 February can be written, and never comes
        table
            .find_next_occurrence(&some_day, true)
            .map_err(|_never| "no day of the calendar is like this".to_owned())?;
        Ok(Self { text: text.split_whitespace().collect::<Vec<_>>().join(" "), table: Box::new(table) })
    }

    /// Returns the first time after `moment`, in its time zone; `None` where the calendar ends.
    #[must_use]
    pub fn after(&self, moment: &Zoned) -> Option<Zoned> {
        self.table.find_next_occurrence(moment, false).ok()
    }

    /// Returns the line as it was written, with one space between its fields.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

fn parse(text: &str) -> Result<Table, ()> {
    let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
    // its messages speak of a pattern's inside; which field is meant is found out by `wrong`
    parser.parse(text).map_err(drop)
}

/// Says what is wrong with a line of cron: how many fields it has, or the first field that cannot stand alone.
fn wrong(text: &str) -> String {
    let fields: Vec<&str> = text.split_whitespace().collect();
    if let [word] = fields.as_slice()
        && word.starts_with('@')
    {
        return format!("`{word}` is none of `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`");
    }
    if fields.len() != FIELDS.len() {
        return format!("it has {} of 5 fields: minute, hour, day of the month, month, day of the week", fields.len());
    }
    let is_wrong = |place: usize, field: &str| {
        let mut alone = ["*"; FIELDS.len()];
        alone.iter_mut().skip(place).take(1).for_each(|slot| *slot = field);
        parse(&alone.join(" ")).is_err()
    };
    let found = fields.iter().zip(FIELDS).enumerate().find(|(place, (field, _))| is_wrong(*place, field));
    match found {
        Some((_, (field, (name, range)))) => format!("`{field}` is no {name} ({range})"),
        None => "its fields do not fit together".to_owned(),
    }
}

/// Reads the table; what is wrong is reported.
pub(super) fn read(reader: &mut Reader<'_>, node: &Node) -> Option<Schedule> {
    if let Value::Text(text) = &node.value {
        let example = match (duration::parse(text), Cron::parse(text)) {
            (Ok(_), _) => format!("`schedule = {{ every = \"{text}\" }}`"),
            (Err(_), Ok(cron)) => format!("`schedule = {{ cron = \"{}\" }}`", cron.text()),
            (Err(_), Err(_)) => EXAMPLES.to_owned(),
        };
        let problem = Problem::new("expected a table, found a string").at(node.place);
        reader.report(problem.help(format!("write {example}")));
        return None;
    }
    let table = reader.table(node)?;
    reader.known(table, &SCHEDULE);
    let overlap = reader.key(table, "overlap", |reader, node| reader.choice(node, "choice")).unwrap_or_default();
    let when = match (table.get("every"), table.get("cron")) {
        (Some(every), Some(cron)) => {
            let problem = Problem::new("`schedule` has one of `every` and `cron`").at(cron.key);
            reader.report(problem.also(every.key, "and this is the other").help("keep one of the two"));
            return None;
        }
        (Some(Entry { node, .. }), None) => When::Every(every(reader, node)?),
        (None, Some(Entry { node, .. })) => When::Cron(cron(reader, node)?),
        (None, None) => {
            let problem = Problem::new("`schedule` does not say when").at(node.place);
            reader.report(problem.help(format!("write {EXAMPLES}")));
            return None;
        }
    };
    Some(Schedule { when, overlap })
}

fn every(reader: &mut Reader<'_>, node: &Node) -> Option<Duration> {
    let every = reader.duration(node)?;
    if every < SHORTEST {
        let problem = Problem::new("this is less than a second").at(node.place);
        reader.report(problem.help("write at least \"1s\""));
    }
    Some(every)
}

fn cron(reader: &mut Reader<'_>, node: &Node) -> Option<Cron> {
    let text = reader.filled_text(node)?;
    match Cron::parse(&text) {
        Ok(cron) => Some(cron),
        Err(wrong) => {
            let problem = Problem::new(format!("`{}` is no time: {}", visible(&text), visible(&wrong))).at(node.place);
            reader.report(problem.help("write five fields, such as \"*/5 * * * *\" or \"30 9 * * MON-FRI\""));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zoned(text: &str) -> Zoned {
        text.parse().unwrap()
    }

    /// Returns the next `count` times after `from`, without the zone's name.
    fn times(cron: &str, from: &str, count: usize) -> Vec<String> {
        let cron = Cron::parse(cron).unwrap();
        let after = |moment: &Zoned| cron.after(moment);
        let times = std::iter::successors(after(&zoned(from)), after);
        times.take(count).map(|time| time.strftime("%a %d %H:%M:%S %z").to_string()).collect()
    }

    #[test]
    fn the_next_time_is_after_the_moment_and_in_its_zone() {
        let noon = "2026-06-15T12:00:00[Europe/Berlin]";
        assert_eq!(times("*/5 * * * *", noon, 2), ["Mon 15 12:05:00 +0200", "Mon 15 12:10:00 +0200"]);
        assert_eq!(times("0 12 * * *", noon, 1), ["Tue 16 12:00:00 +0200"]);
        assert_eq!(times("30 9 * * MON-FRI", "2026-06-19T10:00:00[UTC]", 1), ["Mon 22 09:30:00 +0000"]);
        assert_eq!(times("@daily", noon, 1), ["Tue 16 00:00:00 +0200"]);
    }

    #[test]
    fn an_hour_that_is_left_out_or_comes_twice_is_taken_as_cron_does() {
        // 2026-03-29: 02:00 becomes 03:00; 2026-10-25: 03:00 becomes 02:00
        let spring = "2026-03-29T00:00:00[Europe/Berlin]";
        assert_eq!(times("30 2 * * *", spring, 2), ["Sun 29 03:00:00 +0200", "Mon 30 02:30:00 +0200"]);
        let autumn = "2026-10-25T00:00:00[Europe/Berlin]";
        assert_eq!(times("30 2 * * *", autumn, 2), ["Sun 25 02:30:00 +0200", "Mon 26 02:30:00 +0100"]);
        let hourly = times("0 * * * *", "2026-10-25T01:30:00[Europe/Berlin]", 3);
        assert_eq!(hourly, ["Sun 25 02:00:00 +0200", "Sun 25 02:00:00 +0100", "Sun 25 03:00:00 +0100"]);
    }

    #[test]
    fn what_is_no_line_of_cron_is_told_with_the_field() {
        let table = [
            ("60 * * * *", "`60` is no minute (0-59)"),
            ("* 24 * * *", "`24` is no hour (0-23)"),
            ("* * 0 * *", "`0` is no day of the month (1-31)"),
            ("* * * 13 *", "`13` is no month (1-12 or JAN-DEC)"),
            ("* * * * FOO", "`FOO` is no day of the week (0-7 or SUN-SAT)"),
            ("*/0 * * * *", "`*/0` is no minute (0-59)"),
            ("* * *", "it has 3 of 5 fields: minute, hour, day of the month, month, day of the week"),
            ("0 * * * * *", "it has 6 of 5 fields: minute, hour, day of the month, month, day of the week"),
            ("@never", "`@never` is none of `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`"),
            ("0 0 30 2 *", "no day of the calendar is like this"),
        ];
        for (text, said) in table {
            assert_eq!(Cron::parse(text).unwrap_err(), said, "{text}");
        }
    }
}
