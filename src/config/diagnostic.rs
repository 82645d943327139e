//! What is wrong with a configuration, and where: every problem with its line, a caret and what to do.

use std::fmt;

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};

use super::place::Place;
use crate::logs::acts;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    message: String,
    place: Option<Place>,
    /// Another place that the message is about, with a word on it.
    also: Option<(Place, String)>,
    help: Option<String>,
}

impl Problem {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), place: None, also: None, help: None }
    }

    pub(super) fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    pub(super) fn also(mut self, place: Place, label: impl Into<String>) -> Self {
        self.also = Some((place, label.into()));
        self
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Returns what is wrong, in one line.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

/// Everything that is wrong with a configuration, in the order of its files and lines; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems {
    /// The name and the text of each file.
    files: Vec<(String, String)>,
    list: Vec<Problem>,
    /// How many more there are than a person would read.
    left_out: usize,
}

/// How many problems are worth showing: a file with more of them has one cause, and its end is no help.
const MOST_SHOWN: usize = 200;

impl Problems {
    pub(super) fn new(files: Vec<(String, String)>, mut list: Vec<Problem>) -> Self {
        list.sort_by(|one, other| (one.place, &one.message).cmp(&(other.place, &other.message)));
        // what is wrong in `[defaults]` is met again in every process
        list.dedup_by(|one, other| one.place == other.place && one.message == other.message);
        let left_out = list.len().saturating_sub(MOST_SHOWN);
        list.truncate(MOST_SHOWN);
        Self { files, list, left_out }
    }

    /// Returns each problem that is shown.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.list.iter()
    }

    /// Returns how many there are, shown or not.
    #[must_use]
    #[allow(clippy::len_without_is_empty, reason = "there is always a problem")]
    pub fn len(&self) -> usize {
        self.list.len() + self.left_out
    }

    /// Returns all of them as text for a person, each with its line, and with colours if wanted.
    #[must_use]
    pub fn render(&self, colour: bool) -> String {
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        let mut texts: Vec<String> = self.list.iter().map(|problem| self.render_one(problem, &renderer)).collect();
        if self.left_out > 0 {
            texts.push(format!("and {} more", self.left_out));
        }
        texts.join("\n\n")
    }

    fn render_one(&self, problem: &Problem, renderer: &Renderer) -> String {
        let mut group = Group::with_title(Level::ERROR.primary_title(&problem.message));
        if let Some(place) = problem.place {
            group = self.show(group, place, AnnotationKind::Primary, None);
        }
        if let Some((place, label)) = &problem.also {
            group = self.show(group, *place, AnnotationKind::Context, Some(label));
        }
        if let Some(help) = &problem.help {
            group = group.element(Level::HELP.message(visible(help)));
        }
        renderer.render(&[group])
    }

    /// Adds the line of a place, with the bytes in question marked.
    fn show<'a>(&'a self, group: Group<'a>, place: Place, kind: AnnotationKind, label: Option<&'a str>) -> Group<'a> {
        let Some((name, text)) = self.files.get(place.file) else { return group };
        let start = text.floor_char_boundary(place.start);
        let before = text.get(..start).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = text.get(line_start..).and_then(|rest| rest.lines().next()).unwrap_or_default();
        let number = before.matches('\n').count() + 1;
        // a place of several lines is shown by its first
        let first = line.floor_char_boundary(start - line_start);
        let last = line.ceil_char_boundary(place.end.saturating_sub(line_start)).max(first);
        let mark: Annotation<'_> = kind.span(first..last).label(label);
        group.element(Snippet::source(line).line_start(number).path(name).annotation(mark))
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Problems {}

/// Makes characters that act on a terminal and came out of a file visible instead.
pub(super) fn visible(text: &str) -> String {
    let escape =
        |char: char| if acts(char) && char != '\n' { char.escape_default().collect() } else { char.to_string() };
    text.chars().map(escape).collect()
}
