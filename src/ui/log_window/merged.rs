//! A window of several logs as one: only what is on the screen is copied, out of one log after the other.

use std::ops::Range;

use crate::id::ServiceId;
use crate::logs::{Dropped, LogBuffer};
use crate::supervisor::LogStore;

use super::numbers::span;
use super::{Excerpt, Kept, Lens, LogView, Page, Position};

/// The bits of a number that say whose line it is; the others are its place among the lines of all logs.
const SERVICE_BITS: u32 = 16;
const SERVICES: u64 = (1 << SERVICE_BITS) - 1;

/// Returns the number of a line in the view of all logs: numbers rise as lines arrive, and stay when others go.
pub(crate) fn number_of(order: u64, service: ServiceId) -> u64 {
    (order.min(u64::MAX >> SERVICE_BITS) << SERVICE_BITS) | (service.index() as u64 & SERVICES)
}

/// Returns whose line has this number.
pub(crate) fn service_of(number: u64) -> ServiceId {
    ServiceId::new(u32::try_from(number & SERVICES).unwrap_or_default())
}

/// Returns the place of the line with this number among the lines of all logs.
pub(crate) const fn order_of(number: u64) -> u64 {
    number >> SERVICE_BITS
}

/// Returns the number of the oldest line that each log still has.
pub(crate) fn firsts(logs: &LogStore, services: &[ServiceId]) -> Vec<(ServiceId, u64)> {
    let first = |service: &ServiceId| {
        let log = logs.lock(*service)?;
        let order = log.orders(0).next().map_or(u64::MAX, |range| range.start);
        Some((*service, number_of(order, *service)))
    };
    services.iter().filter_map(first).collect()
}

/// What was learnt of all logs in one look at each.
struct Survey {
    /// No line from here on is looked at, for the logs are not looked at in one moment.
    horizon: u64,
    first: u64,
    total: u64,
    seen: u64,
    /// How many lines come before the place that is looked at.
    before: u64,
    dropped: Dropped,
    back: Vec<Range<u64>>,
    forth: Vec<Range<u64>>,
}

impl Survey {
    fn new(horizon: u64) -> Self {
        let (back, forth) = (Vec::new(), Vec::new());
        let first = number_of(horizon, ServiceId::new(0));
        Self { horizon, first, total: 0, seen: 0, before: 0, dropped: Dropped::default(), back, forth }
    }

    /// Takes in one log: what is around `pivot`, up to `most` lines in each direction.
    fn add(&mut self, service: ServiceId, log: &LogBuffer, (pivot, most): (u64, u64), seen: u64) {
        let own = service.index() as u64;
        let before = |number: u64| {
            let order = order_of(number) + u64::from(own < number & SERVICES);
            log.number_at(order.min(self.horizon)) - log.first()
        };
        self.total += log.number_at(self.horizon) - log.first();
        self.seen += before(seen);
        self.before += before(pivot);
        let dropped = log.dropped();
        self.dropped.lines += dropped.lines;
        self.dropped.bytes += dropped.bytes;
        let pivot = order_of(pivot).min(self.horizon);
        if let Some(range) = log.orders(0).next() {
            self.first = self.first.min(number_of(range.start, service));
        }
        let mut left = most;
        let back = log.orders_back(pivot).map_while(|range| {
            let length = (range.end - range.start).min(left);
            left -= length;
            (length > 0).then(|| range.end - length..range.end)
        });
        self.back.extend(back);
        let mut left = most;
        let horizon = self.horizon;
        let forth = log.orders(pivot).map_while(|range| {
            let length = (range.end.min(horizon).saturating_sub(range.start)).min(left);
            left -= length;
            (length > 0).then(|| range.start..range.start + length)
        });
        self.forth.extend(forth);
    }

    /// Returns the places between which `back` lines before the pivot and `forth` lines from it on are.
    fn range(mut self, pivot: u64, back: u64, forth: u64) -> Range<u64> {
        let pivot = order_of(pivot).min(self.horizon);
        self.back.sort_unstable_by_key(|range| std::cmp::Reverse(range.start));
        self.forth.sort_unstable_by_key(|range| range.start);
        let (mut start, mut left) = (pivot, back);
        for range in self.back {
            let length = (range.end - range.start).min(left);
            left -= length;
            start = if length > 0 { range.end - length } else { start };
        }
        let (mut end, mut left) = (pivot, forth);
        for range in self.forth {
            let length = (range.end - range.start).min(left);
            left -= length;
            end = if length > 0 { range.start + length } else { end };
        }
        start..end
    }
}

impl Excerpt {
    /// Copies what `view` may need for its next frame of several logs as one; holds one lock at a time, and briefly.
    ///
    /// Lines that have not ended are left out: they have no place among the others yet.
    pub(crate) fn copy_merged(
        logs: &LogStore,
        services: &[ServiceId],
        view: &LogView,
        page: Page,
        lens: Lens<'_>,
    ) -> Self {
        let horizon = logs.arrived();
        let end = number_of(horizon, ServiceId::new(0));
        let pivot = match (view.goal, view.position) {
            (Some(spot), _) => spot.line,
            (None, Position::Follow) => end,
            (None, Position::At(place)) => place.line,
        };
        let most = page.height as u64 + view.pending.unsigned_abs() + 1;
        let mut survey = Survey::new(horizon);
        for &service in services {
            if let Some(log) = logs.lock(service) {
                survey.add(service, &log, (pivot, most), view.seen);
            }
        }
        let Survey { first, dropped, total, seen, before, .. } = survey;
        if let Some(shown) = lens.shown {
            let count = |number: u64| shown.partition_point(|shown| *shown < number) as u64;
            let total = shown.len() as u64;
            let (from, to) = span(view, page.height as u64, total, count);
            let wanted = (from..to).filter_map(|before| Some((*shown.get(usize::try_from(before).ok()?)?, before)));
            let lines = wanted.filter_map(|(number, before)| kept(logs, number, before)).collect();
            return Self { first, end, dropped, total, seen: count(view.seen), lines };
        }
        let (from, to) = span(view, page.height as u64, total, |number| if number == pivot { before } else { total });
        let range = survey.range(pivot, before.saturating_sub(from), to.saturating_sub(before));
        let mut lines: Vec<Kept> = services.iter().flat_map(|service| copy(logs, *service, &range)).collect();
        lines.sort_unstable_by_key(|line| line.number);
        lines.iter_mut().zip(from..).for_each(|(line, before)| line.before = before);
        Self { first, end, dropped, total, seen, lines }
    }
}

/// Copies the lines of one log whose places are in `range`.
fn copy(logs: &LogStore, service: ServiceId, range: &Range<u64>) -> Vec<Kept> {
    let Some(log) = logs.lock(service) else { return Vec::new() };
    if log.orders(range.start).next().is_none_or(|found| found.start >= range.end) {
        return Vec::new();
    }
    let lines = log.styled_lines(log.number_at(range.start));
    let inside = lines.take_while(|(line, _)| line.complete && line.order < range.end);
    inside
        .map(|found| {
            let number = number_of(found.0.order, service);
            Kept { number, ..Kept::copy(found, 0, log.runs()) }
        })
        .collect()
}

/// Copies the line with this number.
fn kept(logs: &LogStore, number: u64, before: u64) -> Option<Kept> {
    let log = logs.lock(service_of(number))?;
    let found = log.styled_lines(log.number_at(order_of(number))).next()?;
    let is_it = found.0.complete && found.0.order == order_of(number);
    is_it.then(|| Kept { number, ..Kept::copy(found, before, log.runs()) })
}

#[cfg(test)]
mod tests;
