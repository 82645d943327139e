//! Whether a person wants text in colours.

/// Whether the person has not asked for text without colours (<https://no-color.org>).
pub(crate) fn wanted() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
