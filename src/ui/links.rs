//! Links in what is on the screen: addresses, and places in files; each gets letters to be chosen by.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::log_window::{LogWindow, Row};
use super::text;
use crate::logs::Hyperlink;

/// A longer one is no link.
const LONGEST: usize = 2048;
/// The letters of labels, the easiest to reach first.
const LETTERS: &[u8] = b"asdfghjklqwertyuiopzxcvbnm";

/// Where a link leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// An address, for a browser.
    Address(String),
    /// A file with a line, and perhaps a column.
    Place(String),
}

impl Target {
    /// Returns it as text.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Address(text) | Self::Place(text) => text,
        }
    }
}

/// A link that is on the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    /// The row of the window in which it begins.
    pub(crate) row: usize,
    /// Its first column in the row's text.
    pub(crate) column: usize,
    /// Its cells in that row.
    pub(crate) width: usize,
    /// Where it leads.
    pub(crate) target: Target,
    /// The letters by which it is chosen.
    pub(crate) label: String,
}

/// The links to choose from, and what was typed of a label.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Choice {
    /// The links.
    pub(crate) links: Vec<Link>,
    /// The first letters of one.
    pub(crate) typed: String,
}

static ADDRESS: LazyLock<Regex> = LazyLock::new(|| compile(r#"(?:https?|file)://[^\s<>"'`{}|\\^]+"#));
/// A path that has a folder, or that ends as source code does, with a line; or as Python tells it.
static PLACE: LazyLock<Regex> = LazyLock::new(|| {
    compile(concat!(
        r#"(?:^|[\s"'`(\[=@])((?:(?:~|\.{1,2})?/)?[\w.@+-]+(?:/[\w.@+\[\]-]+)*\.([A-Za-z]\w{0,9}):\d+(?::\d+)?)"#,
        r#"|File "([^"]+)", line (\d+)"#
    ))
});
const SOURCES: &str = " rs py js ts jsx tsx mjs cjs mts go java kt c h cc cpp hpp cs rb php ex exs swift scala vue svelte css scss \
                       html sql toml yaml yml json lua zig sh erb ml hs dart md proto ";

fn compile(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the patterns above are tested")
}

/// Returns the links in a text, from left to right.
fn find(line: &str) -> Vec<(Range<usize>, Target)> {
    let mut found: Vec<(Range<usize>, Target)> = Vec::new();
    for address in ADDRESS.find_iter(line).filter(|found| found.len() <= LONGEST) {
        let text = trimmed(address.as_str());
        let target = match text.strip_prefix("file://") {
            // what ends in a line is a place, as Node writes its modules
            Some(path) if path.rsplit(':').next().is_some_and(is_number) => Target::Place(path.to_owned()),
            _ => Target::Address(text.to_owned()),
        };
        found.push((address.start()..address.start() + text.len(), target));
    }
    for place in PLACE.captures_iter(line) {
        let (range, target) = match (place.get(1), place.get(2), place.get(3), place.get(4)) {
            (Some(path), Some(ending), ..) => {
                let is_source = path.as_str().contains('/') || SOURCES.split(' ').any(|known| known == ending.as_str());
                if !is_source {
                    continue;
                }
                (path.range(), path.as_str().to_owned())
            }
            (_, _, Some(path), Some(line)) => (path.range(), format!("{}:{}", path.as_str(), line.as_str())),
            _ => continue,
        };
        if range.len() <= LONGEST && found.iter().all(|(other, _)| other.end <= range.start || range.end <= other.start)
        {
            found.push((range, Target::Place(target)));
        }
    }
    found.sort_by_key(|(range, _)| range.start);
    found
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Cuts off what belongs to the sentence around an address.
fn trimmed(address: &str) -> &str {
    let mut rest = address;
    loop {
        let shorter = rest.trim_end_matches(['.', ',', ';', ':', '!', '?', '*']);
        let is_open = |open: char, close: char| {
            shorter.ends_with(close) && shorter.matches(close).count() > shorter.matches(open).count()
        };
        let shorter = if is_open('(', ')') || is_open('[', ']') {
            shorter.get(..shorter.len() - 1).unwrap_or(shorter)
        } else {
            shorter
        };
        if shorter == rest {
            return rest;
        }
        rest = shorter;
    }
}

/// Returns where a link leads that a service has made of other text: where a browser can go, and nowhere else.
fn target_of(hyperlink: &Hyperlink) -> Option<Target> {
    let target = &hyperlink.target;
    let scheme = target.split_once("://").map(|(scheme, _)| scheme)?;
    let is_known = ["http", "https", "file"].iter().any(|known| known.eq_ignore_ascii_case(scheme));
    is_known.then(|| Target::Address(target.clone()))
}

/// Returns the links of a window with their labels: the same target has the same one everywhere. `hyperlinks` are those
/// that its lines carry, by the numbers of these.
pub(crate) fn in_window(window: &LogWindow, hyperlinks: &[(u64, Vec<Hyperlink>)]) -> Vec<Link> {
    let mut links: Vec<Link> = Vec::new();
    let mut start = 0;
    for rows in window.rows.chunk_by(|row, next| row.place.line == next.place.line) {
        let line = rows.first().map(|row| row.place.line);
        let carried = hyperlinks.iter().find(|(of, _)| Some(*of) == line).map_or(&[][..], |(_, links)| links);
        links.extend(in_line(rows, start, carried));
        start += rows.len();
    }
    let mut targets: Vec<String> = Vec::new();
    for link in links.iter().rev() {
        if !targets.iter().any(|known| known == link.target.text()) {
            targets.push(link.target.text().to_owned());
        }
    }
    for link in &mut links {
        // the newest has the easiest letter
        let place = targets.iter().position(|known| known == link.target.text()).unwrap_or(0);
        link.label = label(place, targets.len());
    }
    links
}

fn in_line(rows: &[Row], first: usize, hyperlinks: &[Hyperlink]) -> Vec<Link> {
    let texts: Vec<String> =
        rows.iter().map(|row| row.pieces.iter().map(|piece| piece.text.as_str()).collect()).collect();
    let whole = texts.concat();
    let mut found: Vec<(Range<usize>, Target)> = hyperlinks
        .iter()
        .filter_map(|hyperlink| Some((seen(rows.first()?, &whole, hyperlink)?, target_of(hyperlink)?)))
        .collect();
    // where a link was made of an address, it leads where it was made to lead
    let is_free =
        |range: &Range<usize>| found.iter().all(|(other, _)| other.end <= range.start || range.end <= other.start);
    let plain: Vec<_> = find(&whole).into_iter().filter(|(range, _)| is_free(range)).collect();
    found.extend(plain);
    found.sort_by_key(|(range, _)| range.start);
    let place = |(range, target): (Range<usize>, Target)| {
        let mut before = 0;
        for (row, text) in texts.iter().enumerate() {
            if range.start < before + text.len() {
                let inside = text.get(range.start - before..(range.end - before).min(text.len()))?;
                let column = text::width(text.get(..range.start - before)?);
                return Some(Link {
                    row: first + row,
                    column,
                    width: text::width(inside),
                    target,
                    label: String::new(),
                });
            }
            before += text.len();
        }
        None
    };
    found.into_iter().filter_map(place).collect()
}

/// Returns where the text of a link is in what is seen of its line, which begins with `row`; `None` if something else
/// is there: a line may be shown otherwise than it was printed, and may have gone on since.
fn seen(row: &Row, whole: &str, hyperlink: &Hyperlink) -> Option<Range<usize>> {
    let Hyperlink { start, text, .. } = hyperlink;
    let hidden = row.start.saturating_sub(*start);
    let text = text.get(hidden..).filter(|text| !text.is_empty())?;
    let from = start.saturating_sub(row.start) + row.lead;
    let rest = whole.get(from..).filter(|rest| !rest.is_empty())?;
    let is_it = rest.starts_with(text) || text.starts_with(rest);
    is_it.then(|| from..from + text.len().min(rest.len()))
}

/// Returns the label at this place of so many: one letter where that is enough, else two.
fn label(place: usize, of: usize) -> String {
    let letter = |place: usize| LETTERS.get(place % LETTERS.len()).map_or('?', |letter| char::from(*letter));
    if of <= LETTERS.len() {
        return letter(place).to_string();
    }
    [letter(place / LETTERS.len()), letter(place)].iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::{LogBuffer, Source, Stamp, hyperlinks};
    use crate::ui::log_window::{Excerpt, Lens, LogView, Page};

    fn texts(line: &str) -> Vec<String> {
        find(line).iter().map(|(_, target)| target.text().to_owned()).collect()
    }

    #[test]
    fn addresses_end_where_the_sentence_around_them_goes_on() {
        let line = "see http://localhost:3000/a?b=c#d, (https://x.dev/a_(b)) and <https://y.dev>. [https://z.dev/]";
        assert_eq!(
            texts(line),
            ["http://localhost:3000/a?b=c#d", "https://x.dev/a_(b)", "https://y.dev", "https://z.dev/"]
        );
    }

    #[test]
    fn places_in_files_are_found_as_compilers_and_traces_write_them() {
        let cases = [
            ("   --> src/main.rs:12:3", "src/main.rs:12:3"),
            ("    at Object.<anonymous> (/app/index.js:3:5)", "/app/index.js:3:5"),
            ("    at file:///app/index.mjs:3:5", "/app/index.mjs:3:5"),
            ("  File \"app.py\", line 9, in main", "app.py:9"),
            ("main.c:3:5: error: x", "main.c:3:5"),
            ("\tat ./lib/cart.rb:7:in `find'", "./lib/cart.rb:7"),
        ];
        for (line, place) in cases {
            assert_eq!(texts(line), [place], "{line}");
        }
    }

    #[test]
    fn what_only_looks_like_a_link_is_none() {
        for line in
            ["127.0.0.1:3000", "db.example.com:5432 is up", "at 12:04:31", "v1.2:3", "ftp://x", "javascript://x", "a.b"]
        {
            assert_eq!(texts(line), Vec::<String>::new(), "{line}");
        }
        assert_eq!(texts(&format!("https://x.dev/{}", "a".repeat(5000))), Vec::<String>::new());
    }

    #[test]
    fn labels_are_all_different_and_as_short_as_they_can_be() {
        assert_eq!(
            (label(0, 26), label(25, 26), label(0, 27), label(26, 27)),
            ("a".into(), "m".into(), "aa".into(), "sa".into())
        );
    }

    fn offered(bytes: &[u8], (width, wrap, column): (usize, bool, usize)) -> Vec<(String, usize, usize, usize)> {
        let mut log = LogBuffer::new(1 << 20);
        log.push(Source::Output, bytes, Stamp(0));
        let mut view = LogView::default();
        view.column = column;
        let page = Page { width, height: 10, wrap };
        let window = Excerpt::copy(&log, &view, page, Lens::default()).lay_out(&mut view, page, Lens::default());
        let carried: Vec<_> = log.lines(0).map(|line| (line.number, hyperlinks(line.bytes))).collect();
        let links = in_window(&window, &carried).into_iter();
        links.map(|link| (link.target.text().to_owned(), link.row, link.column, link.width)).collect()
    }

    #[test]
    fn a_link_that_a_service_has_made_of_text_is_offered_where_its_text_is_seen() {
        let line = b"see \x1b]8;;https://x.dev/a\x07the docs\x1b]8;;\x07 or http://y.dev\n";
        let own = || "https://x.dev/a".to_owned();
        let other = || "http://y.dev".to_owned();
        assert_eq!(offered(line, (80, true, 0)), [(own(), 0, 4, 8), (other(), 0, 16, 12)]);
        assert_eq!(offered(line, (8, true, 0))[0], (own(), 0, 4, 4), "its first row");
        assert_eq!(offered(line, (8, false, 6)), [(own(), 0, 0, 6)], "what is left of it");
        assert_eq!(offered(line, (8, false, 0)), [(own(), 0, 4, 4)]);
    }

    #[test]
    fn a_link_made_of_an_address_leads_where_it_was_made_to_lead_and_never_where_no_browser_goes() {
        let made = |target: &str| format!("\x1b]8;;{target}\x07http://shown.dev\x1b]8;;\x07\n").into_bytes();
        assert_eq!(offered(&made("https://x.dev"), (80, true, 0)), [("https://x.dev".to_owned(), 0, 0, 16)]);
        for target in ["javascript://x", "vscode://file/x", "data:text/html,x", "-x", "mailto:a@b"] {
            let shown = ("http://shown.dev".to_owned(), 0, 0, 16);
            assert_eq!(offered(&made(target), (80, true, 0)), [shown], "{target}");
        }
    }
}
