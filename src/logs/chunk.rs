//! A stretch of the log: the bytes of whole lines, one after the other, with an index that has one entry a block of them.

use std::mem::size_of;
use std::ops::Range;

use memchr::{memchr, memchr_iter, memrchr};

use super::arrivals::Arrivals;
use super::carry::{Styles, last_reset, style_after};
use super::lines::{LINE_END, Line, Source, Stamp};
use super::style::Style;

/// As many bytes of whole lines share an entry of the index: counting lines in them takes less than a microsecond.
const BLOCK: usize = 4 * 1024;

/// Lines side by side that one stream printed and that arrived together.
#[derive(Clone, Copy, Debug)]
struct Block {
    at: Stamp,
    /// The place of its first line among those of all logs; the others have the next ones.
    order: u64,
    /// Where its bytes end; they begin where those of the block before it end.
    end: u32,
    /// How many lines of the chunk there are up to its end.
    lines: u32,
    source: Source,
    /// Whether a new run begins here, which has not inherited any style.
    is_fresh: bool,
}

/// Who printed a line, when it arrived, and its place among those of all logs.
type Arrived = (Source, Stamp, u64);

/// Lines with consecutive numbers, whose bytes lie side by side exactly as they were printed.
#[derive(Clone, Debug)]
pub(super) struct Chunk {
    first: u64,
    /// The styles before its first line.
    start: Styles,
    text: Vec<u8>,
    blocks: Vec<Block>,
}

/// A line, and the styles before it where these are told and not those after the line before.
#[derive(Clone, Copy, Debug)]
pub(super) struct Placed<'a> {
    pub(super) line: Line<'a>,
    pub(super) styles: Option<Styles>,
}

impl Chunk {
    /// Makes an empty chunk for `size` bytes of text whose first line will have the number `first`.
    pub(super) fn new(first: u64, start: Styles, size: usize) -> Self {
        Self { first, start, text: Vec::with_capacity(size), blocks: Vec::new() }
    }

    /// Makes a chunk of one line out of its bytes, which are not copied.
    pub(super) fn of_line(first: u64, start: Styles, raw: Vec<u8>, (source, at, order): Arrived) -> Self {
        let end = u32::try_from(raw.len()).unwrap_or(u32::MAX);
        let block = Block { at, order, end, lines: 1, source, is_fresh: false };
        Self { first, start, text: raw, blocks: vec![block] }
    }

    /// Empties the chunk and keeps its memory.
    pub(super) fn renewed(mut self, first: u64, start: Styles) -> Self {
        self.text.clear();
        self.blocks.clear();
        Self { first, start, ..self }
    }

    /// Returns how many more bytes of text fit without moving what is there.
    ///
    /// The index may take as much memory as the text, no more: a flood of short writes fills a chunk too.
    pub(super) fn room(&self) -> usize {
        let is_index_full = (self.blocks.len() + 1) * size_of::<Block>() > self.text.capacity();
        if is_index_full { 0 } else { self.text.capacity() - self.text.len() }
    }

    /// Whether nothing will be appended any more, for there is no room: so it can be shared.
    pub(super) fn is_full(&self) -> bool {
        self.text.len() == self.text.capacity()
    }

    /// Appends lines that arrived together: each with its line end, or a single one without.
    pub(super) fn push(&mut self, raw: &[u8], (source, at): (Source, Stamp), is_fresh: bool, arrivals: &Arrivals) {
        let begin = self.text.len();
        self.text.extend_from_slice(raw);
        let mut start = begin;
        let mut is_fresh = is_fresh;
        while start < self.text.len() {
            let rest = self.text.get(start..).unwrap_or_default();
            let length = block_length(rest);
            let block = rest.get(..length).unwrap_or(rest);
            let ends = memchr_iter(LINE_END, block).count();
            let is_whole = block.last() == Some(&LINE_END);
            let lines = u32::try_from(ends + usize::from(!is_whole)).unwrap_or(u32::MAX);
            self.index(start + length, lines, (source, at, arrivals.take(lines)), is_fresh);
            is_fresh = false;
            start += length;
        }
    }

    /// Takes the bytes up to `end` into the index, into the last block where they belong to it.
    fn index(&mut self, end: usize, lines: u32, (source, at, order): Arrived, is_fresh: bool) {
        let start = self.text_end();
        let before = self.lines_end();
        let begin = self.blocks.len().checked_sub(2).and_then(|place| self.blocks.get(place));
        let (begin, lines_begin) = begin.map_or((0, 0), |block| (block.end as usize, block.lines));
        let is_whole = start.checked_sub(1).and_then(|place| self.text.get(place)) == Some(&LINE_END);
        let end_index = u32::try_from(end).unwrap_or(u32::MAX);
        match self.blocks.last_mut() {
            Some(last)
                if last.source == source
                    && last.at == at
                    && last.order + u64::from(last.lines - lines_begin) == order
                    && is_whole
                    && !is_fresh
                    && end - begin <= BLOCK =>
            {
                last.end = end_index;
                last.lines += lines;
            }
            _ => self.blocks.push(Block { at, order, end: end_index, lines: before + lines, source, is_fresh }),
        }
    }

    /// Gives back the memory that will not be used, for nothing more will be appended.
    pub(super) fn seal(&mut self) {
        // a text that is nearly full keeps its size, so that the chunk can be renewed without an allocation
        if self.text.len() < self.text.capacity() / 8 * 7 {
            self.text.shrink_to_fit();
        }
        self.blocks.shrink_to_fit();
    }

    /// Returns the line with this number.
    pub(super) fn line(&self, number: u64) -> Option<Line<'_>> {
        self.lines(number).next().map(|placed| placed.line)
    }

    /// Returns the lines from this number on.
    pub(super) fn lines(&self, from: u64) -> impl Iterator<Item = Placed<'_>> {
        let skipped = u32::try_from(from.saturating_sub(self.first)).unwrap_or(u32::MAX);
        let block = self.blocks.partition_point(|block| block.lines <= skipped);
        let begin = self.lines_before(block);
        let later = skipped.saturating_sub(begin) as usize;
        (block..self.blocks.len()).flat_map(|place| self.lines_of(place)).skip(later)
    }

    /// Returns the lines, the last one first.
    pub(super) fn lines_back(&self) -> impl Iterator<Item = Line<'_>> {
        (0..self.blocks.len()).rev().flat_map(|place| {
            let mut rest = self.text_of(place);
            let mut number = self.first + self.blocks.get(place).map_or(0, |block| u64::from(block.lines));
            let block = self.blocks.get(place).copied();
            let first = self.first + u64::from(self.lines_before(place));
            std::iter::from_fn(move || {
                let block = block?;
                let inner = rest.get(..rest.len().checked_sub(1)?)?;
                let start = memrchr(LINE_END, inner).map_or(0, |end| end + 1);
                let (before, raw) = rest.split_at(start);
                rest = before;
                number = number.saturating_sub(1);
                let order = block.order + number.saturating_sub(first);
                Some(Line {
                    number,
                    at: block.at,
                    order,
                    source: block.source,
                    bytes: without_end(raw),
                    complete: true,
                })
            })
        })
    }

    /// Returns the styles before the line with this number, or after the last line.
    pub(super) fn styles_before(&self, number: u64) -> Styles {
        let wanted = u32::try_from(number.saturating_sub(self.first)).unwrap_or(u32::MAX);
        let block = self.blocks.partition_point(|block| block.lines <= wanted);
        let skipped = wanted.saturating_sub(self.lines_before(block)) as usize;
        // the beginning of the block that the line stands in
        let text = self.text_of(block);
        let part = match skipped.checked_sub(1) {
            Some(last) => memchr_iter(LINE_END, text).nth(last).and_then(|end| text.get(..=end)).unwrap_or(text),
            None => &[],
        };
        let mut styles = Styles::default();
        for source in [Source::Output, Source::Error] {
            styles.set(source, self.style_before(source, block, part));
        }
        styles
    }

    /// Returns the style of one stream behind the blocks before `end` and the beginning `part` of that block.
    fn style_before(&self, source: Source, end: usize, part: &[u8]) -> Style {
        let partly = self.blocks.get(end).filter(|_| !part.is_empty());
        let own = partly.filter(|block| block.source == source).map_or(&[][..], |_| part);
        if last_reset(own).is_some() {
            return style_after(own, Style::default());
        }
        let mut first = end;
        let mut style = self.start.of(source);
        if partly.is_some_and(|block| block.is_fresh) {
            style = Style::default();
        } else {
            for (place, block) in self.blocks.iter().enumerate().take(end).rev() {
                first = place;
                if block.source == source && last_reset(self.text_of(place)).is_some() {
                    break;
                }
                if block.is_fresh {
                    style = Style::default();
                    break;
                }
            }
        }
        let is_own = |place: &usize| self.blocks.get(*place).is_some_and(|block| block.source == source);
        let style = (first..end).filter(is_own).fold(style, |style, place| style_after(self.text_of(place), style));
        style_after(own, style)
    }

    /// Returns the number of the first line whose place among all is `order` or behind it, or one past the last.
    pub(super) fn number_at(&self, order: u64) -> u64 {
        let behind = self.blocks.partition_point(|block| block.order <= order);
        let Some(place) = behind.checked_sub(1) else { return self.first };
        let (begin, end) = (self.lines_before(place), self.lines_before(behind));
        let inside = self.blocks.get(place).map_or(0, |block| order - block.order);
        self.first + u64::from(begin) + inside.min(u64::from(end - begin))
    }

    /// Returns the places of its lines among all, as ranges without a gap.
    pub(super) fn orders(&self) -> impl DoubleEndedIterator<Item = Range<u64>> {
        self.blocks
            .iter()
            .enumerate()
            .map(|(place, block)| block.order..block.order + u64::from(block.lines - self.lines_before(place)))
    }

    /// Returns the number of its first line.
    pub(super) fn first(&self) -> u64 {
        self.first
    }

    /// Returns how many lines there are.
    pub(super) fn count(&self) -> u64 {
        u64::from(self.lines_end())
    }

    /// Returns how many bytes of text there are.
    pub(super) fn bytes(&self) -> u64 {
        self.text.len() as u64
    }

    /// Returns how many bytes of text there can be.
    pub(super) fn size(&self) -> usize {
        self.text.capacity()
    }

    /// Returns the memory that the chunk takes.
    pub(super) fn memory(&self) -> usize {
        size_of::<Self>() + self.text.capacity() + self.blocks.capacity() * size_of::<Block>()
    }

    fn lines_end(&self) -> u32 {
        self.blocks.last().map_or(0, |block| block.lines)
    }

    fn text_end(&self) -> usize {
        self.blocks.last().map_or(0, |block| block.end as usize)
    }

    fn lines_before(&self, block: usize) -> u32 {
        block.checked_sub(1).and_then(|before| self.blocks.get(before)).map_or(0, |before| before.lines)
    }

    fn text_of(&self, block: usize) -> &[u8] {
        let start = block.checked_sub(1).and_then(|before| self.blocks.get(before)).map_or(0, |before| before.end);
        let end = self.blocks.get(block).map_or(start, |block| block.end);
        self.text.get(start as usize..end as usize).unwrap_or_default()
    }

    fn lines_of(&self, place: usize) -> impl Iterator<Item = Placed<'_>> {
        let mut rest = self.text_of(place);
        let first = self.first + u64::from(self.lines_before(place));
        let mut number = first;
        let block = self.blocks.get(place).copied();
        let is_fresh = block.is_some_and(|block| block.is_fresh);
        let mut styles = if is_fresh { Some(Styles::default()) } else { Some(self.start).filter(|_| place == 0) };
        std::iter::from_fn(move || {
            let block = block.filter(|_| !rest.is_empty())?;
            let end = memchr(LINE_END, rest).map_or(rest.len(), |end| end + 1);
            let (raw, behind) = rest.split_at(end);
            rest = behind;
            let order = block.order + (number - first);
            let bytes = without_end(raw);
            let line = Line { number, at: block.at, order, source: block.source, bytes, complete: true };
            number += 1;
            Some(Placed { line, styles: styles.take() })
        })
    }

    /// Returns the text with every line end, for the tests of what holds it.
    #[cfg(test)]
    pub(super) fn raw_blocks(&self) -> impl Iterator<Item = (Source, &[u8])> {
        self.blocks.iter().enumerate().map(|(place, block)| (block.source, self.text_of(place)))
    }
}

/// Returns how many bytes at the start of whole lines make a block: lines are not divided.
fn block_length(lines: &[u8]) -> usize {
    let Some(start) = lines.get(..BLOCK) else { return lines.len() };
    if let Some(end) = memrchr(LINE_END, start) {
        return end + 1;
    }
    let behind = lines.get(BLOCK..).unwrap_or_default();
    memchr(LINE_END, behind).map_or(lines.len(), |end| BLOCK + end + 1)
}

/// Strips the line end; a terminal makes it `\r\n`, and `\r\r\n` of a program that writes `\r\n` itself.
fn without_end(raw: &[u8]) -> &[u8] {
    let Some((b'\n', mut line)) = raw.split_last() else { return raw };
    while let Some((b'\r', shorter)) = line.split_last() {
        line = shorter;
    }
    line
}
