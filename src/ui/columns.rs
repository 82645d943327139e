//! Which columns of the list fit, and how wide its names may be: pure, so that nothing jumps when numbers change.

use crate::config::Column;

/// The bar of the selection, the mark, the state's sign, and a space.
pub(crate) const LEAD: u16 = 4;
/// The space before the right border.
const TAIL: u16 = 1;
/// Longer names are cut, however wide the screen is.
const NAME_MOST: u16 = 32;
/// Columns are hidden before a name gets shorter than this.
const NAME_LEAST: u16 = 12;

/// The columns from the one that stays longest to the one that is hidden first.
const IMPORTANCE: &[Column] = &[
    Column::State,
    Column::Uptime,
    Column::Ports,
    Column::Cpu,
    Column::Memory,
    Column::Groups,
    Column::Processes,
    Column::Restarts,
    Column::Pid,
];

/// The list's columns, as they fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    /// Cells for the name.
    pub(crate) name: u16,
    /// The columns that are shown, in the order that was asked for.
    pub(crate) columns: Vec<Column>,
}

/// Returns the cells of a column with the gap before it; fixed, whatever it shows.
pub(crate) const fn width(column: Column) -> u16 {
    match column {
        // a space, then the longest word, `crash-loop`; a group of that length
        Column::State | Column::Groups => 11,
        // `100.0%` and a gap; a tree on many processors shows no tenths
        Column::Cpu => 7,
        // `999K`, and room for the terabytes
        Column::Memory => 6,
        // `exit 137`, `23h 59m`; `#4194304`
        Column::Uptime | Column::Pid => 9,
        // `120 procs`
        Column::Processes => 10,
        // `↻99`
        Column::Restarts => 4,
        // `:65535+`
        Column::Ports => 8,
    }
}

/// Returns the cells inside the border with which nothing has to be cut.
pub(crate) fn wanted(longest_name: u16, columns: &[Column]) -> u16 {
    // one cell more than the longest name, so that the columns stand apart where there is room
    LEAD + longest_name.min(NAME_MOST) + 1 + columns.iter().map(|&column| width(column)).sum::<u16>() + TAIL
}

/// Chooses what to show in `inner` cells.
pub(crate) fn plan(inner: u16, longest_name: u16, columns: &[Column]) -> Plan {
    let room = inner.saturating_sub(LEAD + TAIL);
    let least = longest_name.clamp(1, NAME_LEAST);
    let mut left = room.saturating_sub(least);
    let mut fitting = Vec::new();
    for column in IMPORTANCE.iter().filter(|column| columns.contains(column)) {
        match left.checked_sub(width(*column)) {
            Some(rest) => left = rest,
            // a less important one must not take the place of this one
            None => break,
        }
        fitting.push(*column);
    }
    let columns = columns.iter().copied().filter(|column| fitting.contains(column)).collect();
    Plan { name: room.min(least) + left, columns }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FOUR: &[Column] = &[Column::State, Column::Cpu, Column::Memory, Column::Uptime];

    #[test]
    fn columns_disappear_by_importance_and_keep_their_order() {
        assert_eq!(plan(60, 7, FOUR).columns, FOUR);
        assert_eq!(plan(34, 7, FOUR).columns, [Column::State, Column::Uptime]);
        assert_eq!(plan(24, 7, FOUR).columns, [Column::State]);
        assert_eq!(plan(12, 7, FOUR), Plan { name: 7, columns: Vec::new() });
        assert_eq!(plan(0, 7, FOUR).name, 0);
    }

    #[test]
    fn what_is_wanted_shows_everything() {
        let plan = plan(wanted(9, FOUR), 9, FOUR);
        assert_eq!((plan.name, plan.columns.as_slice()), (10, FOUR));
    }
}
