//! What is known of a SIGKILL that nobody here has sent. Pure.

/// Whether the kernel may have sent it: it kills for want of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StrayKill {
    /// It has killed for want of memory while the run lasted, in the control group that the run shares with others.
    WantOfMemory,
    /// It has not done that there, or to others.
    NotForMemory,
    /// Nothing says whether it has.
    Unknown,
}

impl StrayKill {
    /// Judges by how often the kernel has killed for want of memory, before the run and after it.
    ///
    /// `told` is how many of those kills have been told of other runs, at the least; it grows by one that is told of this.
    pub(crate) fn judge((before, after): (Option<u64>, Option<u64>), told: &mut u64) -> Self {
        let Some((before, after)) = before.zip(after) else { return Self::Unknown };
        let known = before.max(*told);
        if after <= known {
            return Self::NotForMemory;
        }
        *told = known + 1;
        Self::WantOfMemory
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
                "nobody here sent it, and the kernel counts no kill for want of memory that may have been this one; \
                 perhaps another program did it"
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
            .map(|counts| StrayKill::judge(counts, &mut 0));
        assert_eq!(judged, [StrayKill::WantOfMemory, StrayKill::NotForMemory, StrayKill::Unknown, StrayKill::Unknown]);
    }

    #[test]
    fn a_kill_of_the_kernel_is_told_of_one_run_only() {
        let mut told = 0;
        let judged = [(Some(3), Some(5)), (Some(3), Some(5)), (Some(3), Some(5)), (Some(5), Some(6))]
            .map(|counts| StrayKill::judge(counts, &mut told));
        let (yes, no) = (StrayKill::WantOfMemory, StrayKill::NotForMemory);
        assert_eq!(judged, [yes, yes, no, yes]);
    }
}
