//! Knocks at a TCP port.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::net::{TcpStream, lookup_host};

use super::said;
use crate::config::HostPort;

/// Connects with the first address that answers, and otherwise says what was wrong with the first.
pub(super) async fn connect(server: &HostPort) -> Result<TcpStream, String> {
    let addresses: Vec<SocketAddr> = match &server.host {
        // without a lookup: what listens by one protocol only is found by the other attempt
        None => [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)]
            .map(|address| SocketAddr::new(address, server.port))
            .to_vec(),
        Some(host) => {
            let found = lookup_host((host.as_str(), server.port)).await;
            found.map_err(|_unknown| format!("the host {host} is not known"))?.collect()
        }
    };
    let mut first = None;
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(stream) if is_own_echo(&stream) => drop(first.get_or_insert_with(|| "connection refused".to_owned())),
            Ok(stream) => return Ok(stream),
            Err(error) => drop(first.get_or_insert_with(|| said(&error))),
        }
    }
    Err(first.unwrap_or_else(|| "the host has no address".to_owned()))
}

/// Whether a connection leads to itself: to a port that nobody listens on and that the kernel has just picked for the
/// near end, it can.
fn is_own_echo(stream: &TcpStream) -> bool {
    match (stream.local_addr(), stream.peer_addr()) {
        (Ok(near), Ok(far)) => near == far,
        (Err(_), _) | (_, Err(_)) => false,
    }
}
