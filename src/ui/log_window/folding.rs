//! Which lines an excerpt has where stack traces are folded: the frames of one are a line of their own.

use super::Kept;
use crate::logs::trace::{Kind, is_frame};
use crate::logs::{LogBuffer, Source};

/// Fewer lines are not folded: a row that says so would be as long.
const FEWEST: usize = 3;

/// A fold ends at lines with such numbers, so that what a line belongs to can be told from those around it.
const FENCE: u64 = 4096;
/// More lines than these are not looked at for one frame.
const MOST: u64 = 4 * FENCE;
/// So many lines are looked at together when the end of a trace is searched for.
const STRIDE: u64 = 128;

/// What an excerpt has to hold.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    /// Around this line.
    pub(super) line: u64,
    /// So many rows above it.
    pub(super) above: u64,
    /// So many from it on.
    pub(super) below: u64,
}

/// Lines whose folds stay open: the match that was gone to, and the line that was pointed at.
type Open = [Option<u64>; 2];

/// Copies the lines around one; the folds that `open` are in stay unfolded.
pub(super) fn copy(log: &LogBuffer, wanted: Wanted, open: Open) -> Vec<Kept> {
    let (first, end) = (log.first(), log.end());
    let line = wanted.line.clamp(first, end);
    let (mut above, mut below) = (wanted.above, wanted.below);
    loop {
        let low = start_of_fold(log, line.saturating_sub(above).max(first));
        let high = end_of_fold(log, line.saturating_add(below).min(end));
        let kept = fold(log, low, high, open);
        let before = kept.iter().take_while(|kept| kept.number < line).count() as u64;
        let lacks_above = before < wanted.above && low > first;
        let lacks_below = (kept.len() as u64).saturating_sub(before) < wanted.below && high < end;
        if high - low > MOST || !(lacks_above || lacks_below) {
            return kept;
        }
        above = if lacks_above { (above * 2).max(64) } else { above };
        below = if lacks_below { (below * 2).max(64) } else { below };
    }
}

/// Returns where the fold begins that this line is in, or the line itself.
fn start_of_fold(log: &LogBuffer, line: u64) -> u64 {
    let mut low = line;
    if !in_trace(log, low, low + 1).contains(&true) {
        return low;
    }
    while low > log.first() && !low.is_multiple_of(FENCE) {
        let floor = low.saturating_sub(STRIDE).max(log.first()).max((low - 1) / FENCE * FENCE);
        if let Some(place) = in_trace(log, floor, low).iter().rposition(|is_in| !is_in) {
            return floor + place as u64 + 1;
        }
        low = floor;
    }
    low
}

/// Returns one past the end of the fold that this line is in, or the line itself.
fn end_of_fold(log: &LogBuffer, line: u64) -> u64 {
    let mut high = line;
    while high < log.end() && !high.is_multiple_of(FENCE) {
        let ceiling = (high + STRIDE).min(log.end()).min((high / FENCE + 1) * FENCE);
        if let Some(place) = in_trace(log, high, ceiling).iter().position(|is_in| !is_in) {
            return high + place as u64;
        }
        high = ceiling;
    }
    high
}

fn kind_of(source: Source, bytes: &[u8]) -> Kind {
    match source {
        Source::Output | Source::Error => Kind::of(bytes),
        Source::Note(_) => Kind::Other,
    }
}

/// Returns of each line from `low` up to `high` whether it belongs to a trace.
fn in_trace(log: &LogBuffer, low: u64, high: u64) -> Vec<bool> {
    let from = low.saturating_sub(2).max(log.first());
    let lines = log.lines(from).take_while(|line| line.number <= high);
    let kinds: Vec<Kind> = lines.map(|line| kind_of(line.source, line.bytes)).collect();
    let kind = |line: Option<u64>| {
        let place = line.and_then(|line| usize::try_from(line.checked_sub(from)?).ok());
        place.and_then(|place| kinds.get(place)).copied().unwrap_or(Kind::Other)
    };
    let is_in = |line: u64| {
        let before = [kind(line.checked_sub(2)), kind(line.checked_sub(1))];
        is_frame(before, kind(Some(line)), kind(Some(line + 1)))
    };
    (low..high).map(is_in).collect()
}

fn fold(log: &LogBuffer, low: u64, high: u64, open: Open) -> Vec<Kept> {
    let lines: Vec<_> = log.styled_lines(low).take_while(|(line, _)| line.number < high).collect();
    let is_in = in_trace(log, low, high);
    let mut kept = Vec::new();
    let mut rest = lines.as_slice();
    let mut flags = is_in.as_slice();
    while let Some(((line, style), _)) = rest.split_first() {
        let fence = (line.number / FENCE + 1) * FENCE;
        let most = usize::try_from(fence - line.number).unwrap_or(usize::MAX);
        let length = flags.iter().take(most).take_while(|is_in| **is_in).count();
        let (group, behind) = rest.split_at(length.max(1));
        let is_open = group.iter().any(|(line, _)| open.contains(&Some(line.number)));
        if length < FEWEST || is_open {
            kept.extend(
                group.iter().map(|(line, style)| Kept::copy((*line, *style), line.number - log.first(), log.runs())),
            );
        } else {
            kept.push(Kept {
                number: line.number,
                span: length as u64,
                before: line.number - log.first(),
                at: line.at,
                began: log.runs().began(line.number),
                source: line.source,
                style: *style,
                bytes: Vec::new(),
            });
        }
        rest = behind;
        flags = flags.get(length.max(1)..).unwrap_or_default();
    }
    kept
}

#[cfg(test)]
mod tests;
