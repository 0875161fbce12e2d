//! The UDP sockets of a room.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::net::UdpSocket;

use crate::participant::LocalAddresses;
use crate::transport::Leg;

/// Longest datagram that is read.
const MAX_DATAGRAM: usize = 2_000;

/// A socket for each peer connection. They are bound to every address, so that they stay valid when
/// the address of the machine changes.
#[derive(Debug)]
pub(super) struct Sockets {
    publisher: UdpSocket,
    subscriber: Option<UdpSocket>,
    is_ipv4: bool,
    buffer: Box<[u8; MAX_DATAGRAM]>,
    /// Datagrams that the kernel did not take.
    pub(super) unsent: u64,
}

impl Sockets {
    pub(super) async fn bind(local: IpAddr, single: bool) -> std::io::Result<Self> {
        let any = match local {
            IpAddr::V4(_) => IpAddr::from(Ipv4Addr::UNSPECIFIED),
            IpAddr::V6(_) => IpAddr::from(Ipv6Addr::UNSPECIFIED),
        };
        Ok(Self {
            publisher: UdpSocket::bind((any, 0)).await?,
            subscriber: match single {
                true => None,
                false => Some(UdpSocket::bind((any, 0)).await?),
            },
            is_ipv4: local.is_ipv4(),
            buffer: Box::new([0; MAX_DATAGRAM]),
            unsent: 0,
        })
    }

    /// Whether the sockets serve this address and number of peer connections.
    pub(super) fn serve(&self, local: IpAddr, single: bool) -> bool {
        self.is_ipv4 == local.is_ipv4() && (single || self.subscriber.is_some())
    }

    pub(super) fn addresses(&self, local: IpAddr) -> std::io::Result<LocalAddresses> {
        let publisher = SocketAddr::new(local, self.publisher.local_addr()?.port());
        let subscriber = match &self.subscriber {
            Some(socket) => SocketAddr::new(local, socket.local_addr()?.port()),
            None => publisher,
        };
        Ok(LocalAddresses {
            publisher,
            subscriber,
        })
    }

    /// Sends a datagram, or drops and counts it: whatever is lost, the protocols above repeat.
    pub(super) fn send(&mut self, leg: Leg, destination: SocketAddr, datagram: &[u8]) {
        let socket = match (leg, &self.subscriber) {
            (Leg::Subscriber, Some(socket)) => socket,
            _ => &self.publisher,
        };
        if socket.try_send_to(datagram, destination).is_err() {
            self.unsent += 1;
        }
    }

    /// Waits until a datagram can be read. Cancel-safe.
    pub(super) async fn readable(&self) {
        let subscriber = async {
            match &self.subscriber {
                Some(socket) => socket.readable().await,
                None => std::future::pending().await,
            }
        };
        // An error shows itself again when reading.
        let _ = tokio::select! {
            ready = self.publisher.readable() => ready,
            ready = subscriber => ready,
        };
    }

    /// Reads a datagram without waiting.
    pub(super) fn try_read(&mut self) -> Option<(Leg, SocketAddr, &[u8])> {
        let from_publisher = self.publisher.try_recv_from(&mut self.buffer[..]);
        if let Ok((length, source)) = from_publisher {
            return Some((Leg::Publisher, source, &self.buffer[..length]));
        }
        let socket = self.subscriber.as_ref()?;
        let (length, source) = socket.try_recv_from(&mut self.buffer[..]).ok()?;
        Some((Leg::Subscriber, source, &self.buffer[..length]))
    }
}
