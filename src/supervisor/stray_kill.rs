//! What is known of a SIGKILL that nobody here has sent. Pure.

/// Whether the kernel may have sent it: it kills for want of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StrayKill {
    /// It has killed for want of memory while the run lasted, in the control group that the run shares with others.
    WantOfMemory,
    /// It has not done that there.
    NotForMemory,
    /// Nothing says whether it has.
    Unknown,
}

impl StrayKill {
    /// Judges by how often the kernel has killed for want of memory: before the run, and after it.
    pub(crate) fn between(before: Option<u64>, after: Option<u64>) -> Self {
        match before.zip(after) {
            Some((before, after)) if after > before => Self::WantOfMemory,
            Some(_) => Self::NotForMemory,
            None => Self::Unknown,
        }
    }

    /// Says so; it claims no more than is known.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::WantOfMemory => {
                "nobody here sent it; the kernel killed a process of this control group for want of memory during the \
                 run, so probably this one"
            }
            Self::NotForMemory => {
                "nobody here sent it, and the kernel has not killed for want of memory in this control group; perhaps \
                 another program did it"
            }
            Self::Unknown => "nobody here sent it; perhaps the kernel, for want of memory (see `dmesg`)",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_is_suspected_when_its_count_rose_and_nobody_when_there_is_none() {
        let judged = [(Some(1), Some(2)), (Some(2), Some(2)), (None, Some(2)), (Some(2), None)]
            .map(|(before, after)| StrayKill::between(before, after));
        assert_eq!(judged, [StrayKill::WantOfMemory, StrayKill::NotForMemory, StrayKill::Unknown, StrayKill::Unknown]);
    }
}
