//! Where the endpoint listens.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use auth_core::{Error, ErrorKind};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;

#[cfg(unix)]
use super::socket_file::SocketFile;

/// How long to wait where no connection can be taken, such as without file descriptors.
const ACCEPT_RETRY: Duration = Duration::from_millis(50);

/// Where to listen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Bind {
    Address(SocketAddr),
    Socket(PathBuf),
}

impl FromStr for Bind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(path) = text.strip_prefix("unix:") {
            let is_possible = cfg!(unix) && !path.is_empty();
            return is_possible.then(|| Self::Socket(path.into())).ok_or_else(|| "there can be no such socket".into());
        }
        let address: SocketAddr =
            text.parse().map_err(|_| "it is neither an IP address with a port, nor unix: with a path".to_owned())?;
        if address.ip().to_canonical().is_unspecified() {
            return Err(
                "that is every network of this machine; name one address, such as 127.0.0.1 or that of docker's \
                        bridge"
                    .to_owned(),
            );
        }
        if address.ip().is_multicast() || address.ip().to_canonical() == IpAddr::V4(Ipv4Addr::BROADCAST) {
            return Err("that is not the address of one machine".to_owned());
        }
        Ok(Self::Address(address))
    }
}

/// The port or socket, open until it is dropped.
#[derive(Debug)]
pub(super) enum Listener {
    Address(TcpListener, SocketAddr),
    #[cfg(unix)]
    Socket(SocketFile),
}

impl Listener {
    pub(super) async fn bind(bind: &Bind) -> Result<Self, Error> {
        match bind {
            Bind::Address(address) => {
                let refuse = |error| {
                    Error::new(ErrorKind::Configuration, format!("{address} cannot be listened on")).with_source(error)
                };
                let listener = TcpListener::bind(address).await.map_err(refuse)?;
                let address = listener.local_addr().map_err(refuse)?;
                Ok(Self::Address(listener, address))
            }
            #[cfg(unix)]
            Bind::Socket(path) => SocketFile::bind(path).await.map(Self::Socket),
            #[cfg(not(unix))]
            Bind::Socket(_) => Err(Error::new(ErrorKind::Configuration, "there are no such sockets here")),
        }
    }

    /// Waits for a connection.
    pub(super) async fn accept(&self) -> (Box<dyn Stream>, Peer) {
        loop {
            let accepted = match self {
                Self::Address(listener, _) => listener.accept().await.map(|(stream, peer)| {
                    let stream: Box<dyn Stream> = Box::new(stream);
                    (stream, Peer::Address(peer))
                }),
                #[cfg(unix)]
                Self::Socket(socket) => socket.accept().await,
            };
            match accepted {
                Ok(accepted) => return accepted,
                Err(_out_of_descriptors) => tokio::time::sleep(ACCEPT_RETRY).await,
            }
        }
    }
}

/// A connection of either kind.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin {}

impl<T: AsyncRead + AsyncWrite + Unpin> Stream for T {}

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub(super) enum Peer {
    Address(SocketAddr),
    #[cfg(unix)]
    Process(Option<i32>),
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            #[cfg(unix)]
            Self::Process(Some(id)) => write!(f, "process {id}"),
            #[cfg(unix)]
            Self::Process(None) => f.write_str("a process"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_needs_a_port_and_must_be_one_address() {
        for good in ["127.0.0.1:0", "172.17.0.1:8081", "[::1]:8081"] {
            assert_eq!(good.parse(), Ok(Bind::Address(good.parse().unwrap())));
        }
        for bad in [
            "",
            "127.0.0.1",
            "localhost:80",
            ":80",
            "0.0.0.0:80",
            "[::]:80",
            "[::ffff:0.0.0.0]:80",
            "http://127.0.0.1:1",
            "224.0.0.1:80",
            "255.255.255.255:80",
            "unix:",
        ] {
            assert!(bad.parse::<Bind>().is_err(), "{bad}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_socket_has_a_path() {
        assert_eq!("unix:/run/azml.sock".parse(), Ok(Bind::Socket("/run/azml.sock".into())));
    }
}
