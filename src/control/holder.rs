//! Who sits at the other end of a socket: its number, its terminal, and since when.

use std::fmt;
use std::os::fd::AsFd;
use std::path::Path;

use jiff::{Timestamp, Unit, tz::TimeZone};
use nix::sys::socket::getsockopt;
use nix::sys::socket::sockopt::PeerCredentials;

use crate::engine::identity::{Stat, read_whole};
use crate::process::ProcessState;

/// Who holds a project's socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Its number; `None` where the kernel does not tell, as for a process of another pid namespace.
    pub pid: Option<u32>,
    /// Its terminal, such as `pts/3`.
    pub terminal: Option<String>,
    /// When it put the socket there.
    pub since: Option<Timestamp>,
    /// Whether it is paused, and so cannot answer.
    pub paused: bool,
}

impl Holder {
    /// Looks at who listens behind `connected`, whose socket is at `path`.
    pub(super) fn behind(connected: &impl AsFd, path: &Path) -> Self {
        // the kernel has kept who called listen(2): that is told even where nobody answers
        let (pid, _) = credentials(connected).unwrap_or_default();
        let pid = u32::try_from(pid).ok().filter(|&pid| pid != 0);
        let state = pid.and_then(|pid| Stat::read(pid).ok().flatten()).map(|stat| stat.state);
        Self {
            pid,
            terminal: pid.and_then(terminal),
            since: made(path),
            paused: matches!(state, Some(ProcessState::Stopped | ProcessState::Traced)),
        }
    }
}

impl fmt::Display for Holder {
    /// Writes `pid 4242 on pts/3, since 12:04`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pid {
            Some(pid) => write!(f, "pid {pid}")?,
            None => f.write_str("a process that cannot be seen from here")?,
        }
        if let Some(terminal) = &self.terminal {
            write!(f, " on {terminal}")?;
        }
        if let Some(since) = self.since {
            let zone = TimeZone::system();
            let (since, now) = (since.to_zoned(zone.clone()), Timestamp::now().to_zoned(zone));
            let format = if since.date() == now.date() { "%H:%M" } else { "%Y-%m-%d %H:%M" };
            write!(f, ", since {}", since.strftime(format))?;
        }
        if self.paused {
            f.write_str(" (it is paused: `fg` in its terminal lets it go on)")?;
        }
        Ok(())
    }
}

/// Returns the number and the user of the process at the other end.
pub(super) fn credentials(connected: &impl AsFd) -> nix::Result<(i32, u32)> {
    getsockopt(connected, PeerCredentials).map(|peer| (peer.pid(), peer.uid()))
}

/// Whether this user may be spoken to: the same, or root, who could do everything anyway.
pub(super) fn may_speak(uid: u32) -> bool {
    uid == 0 || uid == nix::unistd::geteuid().as_raw()
}

/// Returns the terminal that controls a process, as `ps` names it.
pub(super) fn terminal(pid: u32) -> Option<String> {
    let stat = read_whole(&format!("/proc/{pid}/stat")).ok()?;
    let end = memchr::memrchr(b')', &stat)?;
    let rest = std::str::from_utf8(stat.get(end + 1..)?).ok()?;
    // field 7 of proc_pid_stat(5); the first one here is field 3
    terminal_name(rest.split_ascii_whitespace().nth(4)?.parse().ok()?)
}

/// Names a terminal by its device number: `pts/3`, `tty2`.
fn terminal_name(device: u32) -> Option<String> {
    let (major, minor) = ((device >> 8) & 0xfff, (device & 0xff) | ((device >> 12) & 0xf_ff00));
    match major {
        // each of these eight numbers stands for 256 pseudo-terminals of the old kind, and the first for all of the new
        136..=143 => Some(format!("pts/{}", minor + (major - 136) * 256)),
        4 if minor < 64 => Some(format!("tty{minor}")),
        4 => Some(format!("ttyS{}", minor - 64)),
        _ => None,
    }
}

fn made(path: &Path) -> Option<Timestamp> {
    let modified = std::fs::symlink_metadata(path).ok()?.modified().ok()?;
    Timestamp::try_from(modified).ok()?.round(Unit::Second).ok()
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixStream;

    use super::*;

    #[test]
    fn a_terminal_has_the_name_that_ps_gives_it() {
        let device = |major: u32, minor: u32| (major << 8) | (minor & 0xff) | ((minor & 0xf_ff00) << 12);
        let names = [
            (device(136, 3), Some("pts/3")),
            (device(136, 300), Some("pts/300")),
            (device(137, 1), Some("pts/257")),
            (device(4, 2), Some("tty2")),
            (device(4, 64), Some("ttyS0")),
            (0, None),
        ];
        for (device, name) in names {
            assert_eq!(terminal_name(device).as_deref(), name);
        }
    }

    #[test]
    fn the_other_end_of_a_pair_is_this_process() {
        let (one, _other) = UnixStream::pair().unwrap();
        let holder = Holder::behind(&one, Path::new("/"));
        assert_eq!(holder.pid, Some(std::process::id()));
        assert!(!holder.paused && holder.to_string().starts_with(&format!("pid {}", std::process::id())));
        assert!(may_speak(0) && may_speak(nix::unistd::geteuid().as_raw()) && !may_speak(4_294_967_290));
    }
}
