//! The sockets that listen for TCP connections, as the kernel lists them through `sock_diag(7)`.
//!
//! `/proc/net/tcp` says the same, but walks every bucket of the table of connections for it: 3.6 ms on a machine with
//! 262144 of them and hardly a socket, against 0.01 ms here, where only those that listen are asked for.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::{AsRawFd, OwnedFd};

use nix::errno::Errno;
use nix::libc::{
    AF_INET, AF_INET6, IPPROTO_TCP, NLM_F_DUMP, NLM_F_REQUEST, NLMSG_DONE, NLMSG_ERROR, nlmsghdr as Header,
};
use nix::sys::socket::{AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType, recv, send, socket};

/// The type of the request, and of each line of the answer (`linux/sock_diag.h`).
const BY_FAMILY: u16 = 20;
/// The state of a socket that listens, as a bit (`net/tcp_states.h`).
const LISTENS: u32 = 1 << 10;
/// What stands before every message.
const HEADER: usize = size_of::<Header>();
/// `struct inet_diag_req_v2` and `struct inet_diag_msg` of `linux/inet_diag.h`.
const REQUEST: usize = 56;
const ANSWER: usize = 72;
/// The kernel fills what it is given, up to this.
const ROOM: usize = 32 << 10;

/// One socket that listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Listening {
    /// The number by which `/proc/PID/fd` names it.
    pub(super) inode: u32,
    /// Where it listens.
    pub(super) address: SocketAddr,
    /// The user who has made it.
    pub(super) uid: u32,
}

/// Returns every socket that listens for TCP connections in this process's network namespace.
pub(super) fn listening() -> io::Result<Vec<Listening>> {
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    let line = socket(AddressFamily::Netlink, SockType::Datagram, flags, SockProtocol::NetlinkSockDiag)?;
    let mut found = Vec::new();
    for family in [AF_INET, AF_INET6] {
        ask(&line, family, &mut found)?;
    }
    Ok(found)
}

fn ask(line: &OwnedFd, family: i32, found: &mut Vec<Listening>) -> io::Result<()> {
    send(line.as_raw_fd(), &request(family), MsgFlags::empty())?;
    let mut bytes = vec![0; ROOM];
    loop {
        // the kernel writes the next part of its answer when it is read, so there is nothing to wait for
        let length = recv(line.as_raw_fd(), &mut bytes, MsgFlags::empty())?;
        if length == 0 || read(bytes.get(..length).unwrap_or_default(), found)? {
            return Ok(());
        }
    }
}

fn request(family: i32) -> Vec<u8> {
    let flags = u16::try_from(NLM_F_REQUEST | NLM_F_DUMP).unwrap_or_default();
    let byte = |number: i32| u8::try_from(number).unwrap_or_default();
    let mut bytes = Vec::with_capacity(HEADER + REQUEST);
    bytes.extend(u32::try_from(HEADER + REQUEST).unwrap_or_default().to_ne_bytes());
    bytes.extend(BY_FAMILY.to_ne_bytes());
    bytes.extend(flags.to_ne_bytes());
    // no number of its own, and to nobody but the kernel
    bytes.extend([0; 8]);
    bytes.extend([byte(family), byte(IPPROTO_TCP), 0, 0]);
    bytes.extend(LISTENS.to_ne_bytes());
    // any address
    bytes.resize(HEADER + REQUEST, 0);
    bytes
}

/// Takes one part of the answer; returns whether it was the last.
fn read(mut bytes: &[u8], found: &mut Vec<Listening>) -> io::Result<bool> {
    let torn = || io::Error::new(ErrorKind::InvalidData, "the kernel's list of sockets is not readable");
    while !bytes.is_empty() {
        let length = usize::try_from(u32_at(bytes, 0).ok_or_else(torn)?).map_err(io::Error::other)?;
        let kind = u16_at(bytes, 4).ok_or_else(torn)?;
        let body = bytes.get(HEADER..length).ok_or_else(torn)?;
        match i32::from(kind) {
            NLMSG_DONE => return Ok(true),
            NLMSG_ERROR => {
                let error = u32_at(body, 0).ok_or_else(torn)?.cast_signed();
                return Err(Errno::from_raw(error.saturating_neg()).into());
            }
            _ if kind == BY_FAMILY => found.push(socket_of(body).ok_or_else(torn)?),
            _ => {}
        }
        // messages begin at multiples of four
        bytes = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    Ok(false)
}

fn socket_of(body: &[u8]) -> Option<Listening> {
    let family = i32::from(*body.first()?);
    // the source's port and address, in the order of the network
    let port = u16::from_be_bytes(*body.get(4..)?.first_chunk()?);
    let address = body.get(8..)?;
    let address = match family {
        AF_INET => IpAddr::from(Ipv4Addr::from(*address.first_chunk::<4>()?)),
        AF_INET6 => IpAddr::from(Ipv6Addr::from(*address.first_chunk::<16>()?)),
        _ => return None,
    };
    let (uid, inode) = (u32_at(body, ANSWER - 8)?, u32_at(body, ANSWER - 4)?);
    Some(Listening { inode, address: SocketAddr::new(address, port), uid })
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|number| u32::from_ne_bytes(*number))
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|number| u16::from_ne_bytes(*number))
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn a_socket_is_listed_while_it_listens_and_a_connection_is_not() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let connection = TcpStream::connect(address).unwrap();
        let there = |address| listening().unwrap().iter().any(|socket| socket.address == address);
        assert!(there(address));
        assert!(!there(connection.local_addr().unwrap()));
        drop(listener);
        // a child of another test may hold a copy until it runs its program
        let deadline = Instant::now() + Duration::from_secs(10);
        while there(address) {
            assert!(Instant::now() < deadline, "it still listens");
        }
    }

    #[test]
    fn the_other_family_is_listed_with_its_whole_address() {
        // a machine without it has nothing to list
        let Ok(listener) = TcpListener::bind(("::1", 0)) else { return };
        let address = listener.local_addr().unwrap();
        assert!(listening().unwrap().iter().any(|socket| socket.address == address));
    }

    #[test]
    fn more_sockets_than_one_part_of_the_answer_holds_are_all_listed() {
        let many: Vec<TcpListener> = (0..400).map(|_| TcpListener::bind(("127.0.0.1", 0)).unwrap()).collect();
        let listed = listening().unwrap();
        let missing = many.iter().filter(|one| {
            let address = one.local_addr().unwrap();
            !listed.iter().any(|socket| socket.address == address)
        });
        assert_eq!(missing.count(), 0);
    }

    #[test]
    fn a_torn_answer_and_a_refusal_are_errors_not_an_empty_list() {
        let mut found = Vec::new();
        assert!(read(&[1, 2, 3], &mut found).is_err());
        let mut refusal = request(AF_INET);
        refusal[4..6].copy_from_slice(&u16::try_from(NLMSG_ERROR).unwrap().to_ne_bytes());
        refusal[HEADER..HEADER + 4].copy_from_slice(&(-2_i32).to_ne_bytes());
        assert_eq!(read(&refusal, &mut found).unwrap_err().kind(), ErrorKind::NotFound);
        assert_eq!(found, []);
    }
}
