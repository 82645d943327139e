//! Where a probe knocks: the address of a page, and a host with a port, taken apart.

use std::net::Ipv6Addr;

use thiserror::Error;

/// The longest host name there is.
const LONGEST_HOST: usize = 253;

/// Where something listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPort {
    /// A name or an address, without brackets; `None` means this machine, by either protocol.
    pub host: Option<String>,
    /// The port.
    pub port: u16,
}

/// The address of a page that is spoken for without encryption.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpUrl {
    /// Where its server listens.
    pub server: HostPort,
    /// The host and the port as they were written, for the server to know whom it is asked as.
    pub authority: String,
    /// The path with the query, as the server is asked for it; never empty.
    pub target: String,
}

/// Why a text is no address.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AddressError {
    /// Encryption is not spoken.
    #[error("https is not spoken")]
    Https,
    /// It begins with something else.
    #[error("it does not begin with `http://`")]
    Scheme,
    /// There is a name or a password in front of the host.
    #[error("a name or a password stands before its host")]
    User,
    /// The host is none.
    #[error("`{0}` is no host")]
    Host(String),
    /// It names no port.
    #[error("it has no port")]
    NoPort,
    /// The port is none.
    #[error("`{0}` is no port from 1 to 65535")]
    Port(String),
    /// There is a blank, a control character or one that is not ASCII in the path.
    #[error("its path has a character that has to be written as `%…`")]
    Path,
}

impl HttpUrl {
    /// Reads `http://host:port/path?query`; what follows a `#` is for browsers and is left out.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        if strip_scheme(text, "https://").is_some() {
            return Err(AddressError::Https);
        }
        let rest = strip_scheme(text, "http://").ok_or(AddressError::Scheme)?;
        let rest = rest.split_once('#').map_or(rest, |(before, _)| before);
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, target) = rest.split_at_checked(end).unwrap_or((rest, ""));
        if authority.contains('@') {
            return Err(AddressError::User);
        }
        if target.chars().any(|char| !char.is_ascii_graphic()) {
            return Err(AddressError::Path);
        }
        let slash = if target.starts_with('/') { "" } else { "/" };
        let (host, port) = split_host(authority)?;
        let port = port.map_or(Ok(80), read_port)?;
        Ok(Self {
            server: HostPort { host: Some(host.to_owned()), port },
            authority: authority.to_owned(),
            target: format!("{slash}{target}"),
        })
    }
}

impl HostPort {
    /// Reads `5432`, `db.local:5432` or `[::1]:5432`.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(Self { host: None, port: read_port(text)? });
        }
        match split_host(text)? {
            (host, Some(port)) => Ok(Self { host: Some(host.to_owned()), port: read_port(port)? }),
            (_, None) => Err(AddressError::NoPort),
        }
    }
}

fn strip_scheme<'a>(text: &'a str, scheme: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(scheme.len())?;
    start.eq_ignore_ascii_case(scheme).then_some(rest)
}

/// Splits the port off; the brackets of an address with colons go.
fn split_host(text: &str) -> Result<(&str, Option<&str>), AddressError> {
    let wrong = || AddressError::Host(text.to_owned());
    if let Some(inside) = text.strip_prefix('[') {
        let (host, behind) = inside.split_once(']').ok_or_else(wrong)?;
        host.parse::<Ipv6Addr>().map_err(|_no_address| wrong())?;
        let port = if behind.is_empty() { None } else { Some(behind.strip_prefix(':').ok_or_else(wrong)?) };
        return Ok((host, port));
    }
    let (host, port) = text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port)));
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    if host.is_empty() || host.len() > LONGEST_HOST || !host.bytes().all(is_part) {
        return Err(AddressError::Host(host.to_owned()));
    }
    Ok((host, port))
}

fn read_port(text: &str) -> Result<u16, AddressError> {
    if text.is_empty() {
        return Err(AddressError::NoPort);
    }
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    let port = text.parse().ok().filter(|port| is_number && *port > 0);
    port.ok_or_else(|| AddressError::Port(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_a_page_is_taken_apart() {
        let table = [
            ("http://localhost", "localhost", 80, "localhost", "/"),
            ("http://127.0.0.1:3000/healthz", "127.0.0.1", 3000, "127.0.0.1:3000", "/healthz"),
            ("HTTP://a_b.local:1?deep=yes", "a_b.local", 1, "a_b.local:1", "/?deep=yes"),
            ("http://[::1]:8080/a#top", "::1", 8080, "[::1]:8080", "/a"),
            ("http://[fe80::1]", "fe80::1", 80, "[fe80::1]", "/"),
        ];
        for (text, host, port, authority, target) in table {
            let url = HttpUrl::parse(text).expect(text);
            assert_eq!((url.server.host.as_deref(), url.server.port), (Some(host), port), "{text}");
            assert_eq!((url.authority.as_str(), url.target.as_str()), (authority, target), "{text}");
        }
    }

    #[test]
    fn what_is_no_address_of_a_page_is_refused_with_the_cause() {
        let table = [
            ("https://localhost", AddressError::Https),
            ("localhost:3000", AddressError::Scheme),
            ("", AddressError::Scheme),
            ("http://me:secret@localhost/", AddressError::User),
            ("http:///x", AddressError::Host(String::new())),
            ("http://a b/", AddressError::Host("a b".to_owned())),
            ("http://::1/", AddressError::Host(String::new())),
            ("http://[::1", AddressError::Host("[::1".to_owned())),
            ("http://[::x]/", AddressError::Host("[::x]".to_owned())),
            ("http://[::1]8080/", AddressError::Host("[::1]8080".to_owned())),
            ("http://a:0/", AddressError::Port("0".to_owned())),
            ("http://a:65536/", AddressError::Port("65536".to_owned())),
            ("http://a:+80/", AddressError::Port("+80".to_owned())),
            ("http://a/b c", AddressError::Path),
            ("http://a/b\r\nX-Evil: yes", AddressError::Path),
            ("http://a/ä", AddressError::Path),
        ];
        for (text, error) in table {
            assert_eq!(HttpUrl::parse(text), Err(error), "{text:?}");
        }
    }

    #[test]
    fn a_port_stands_alone_or_behind_its_host() {
        let read = |text| HostPort::parse(text).map(|found| (found.host, found.port));
        assert_eq!(read("5432"), Ok((None, 5432)));
        assert_eq!(read("db:5432"), Ok((Some("db".to_owned()), 5432)));
        assert_eq!(read("[::1]:5432"), Ok((Some("::1".to_owned()), 5432)));
        assert_eq!(read("db"), Err(AddressError::NoPort));
        assert_eq!(read(""), Err(AddressError::NoPort));
        assert_eq!(read("99999"), Err(AddressError::Port("99999".to_owned())));
        assert_eq!(read("::1:5432"), Err(AddressError::Host(String::new())));
    }
}
