//! Keeps tools out of private networks: defines which addresses are public, and a resolver that
//! returns no others.
//!
//! The client connects to the addresses that were checked. So a name cannot resolve to one address
//! for the check and to another for the connection (DNS rebinding).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Whether an address may be dialed.
pub(super) type IsPublic = fn(IpAddr) -> bool;

/// A name has addresses, but no public one.
#[derive(Debug, thiserror::Error)]
#[error("no public address")]
pub(super) struct NotPublic;

/// A resolver that returns only the public addresses of another resolver.
pub(super) struct PublicAddresses {
    pub(super) names: Arc<dyn Resolve>,
    pub(super) is_public: IsPublic,
}

impl Resolve for PublicAddresses {
    fn resolve(&self, name: Name) -> Resolving {
        let found = self.names.resolve(name);
        let is_public = self.is_public;
        Box::pin(async move {
            let found: Vec<_> = found.await?.collect();
            let mut public = found.iter().filter(|it| is_public(it.ip())).copied();
            match public.next() {
                None if !found.is_empty() => Err(NotPublic.into()),
                first => {
                    let public: Vec<_> = first.into_iter().chain(public).collect();
                    Ok(Box::new(public.into_iter()) as Addrs)
                }
            }
        })
    }
}

/// The resolver of the operating system.
pub(super) struct System;

impl Resolve for System {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            // The client sets the port from the request's URL.
            let found = tokio::net::lookup_host((name.as_str().to_owned(), 0)).await?;
            Ok(Box::new(found) as Addrs)
        })
    }
}

/// Whether `address` is on the public internet: not private, loopback, link-local, multicast,
/// reserved, or the metadata service of a cloud.
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// Networks that are not public, with the lengths of their prefixes; from IANA's registry.
const NOT_PUBLIC_V4: [(Ipv4Addr, u32); 17] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    // Carrier-grade NAT; the metadata services of some clouds are here too.
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    // Azure's platform service for virtual machines, although the address is a public one.
    (Ipv4Addr::new(168, 63, 129, 16), 32),
    // Link-local; the metadata services of most clouds.
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
    (Ipv4Addr::BROADCAST, 32),
];

fn is_public_v4(address: Ipv4Addr) -> bool {
    !NOT_PUBLIC_V4.iter().any(|(network, length)| {
        let differs = address.to_bits() ^ network.to_bits();
        differs.leading_zeros() >= *length
    })
}

/// Networks inside 2000::/3 that are not public: protocol assignments including Teredo, and two
/// networks for documentation.
const NOT_PUBLIC_V6: [(Ipv6Addr, u32); 3] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

/// Only 2000::/3 is allocated. That excludes loopback, unique local, link-local and multicast
/// addresses. Of the addresses that embed an IPv4 address, only NAT64 (64:ff9b::/96) and 6to4
/// (2002::/16) can be public: if the IPv4 address is.
fn is_public_v6(address: Ipv6Addr) -> bool {
    match address.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => {
            is_public_v4(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)))
        }
        [0x2000..=0x3fff, ..] => !NOT_PUBLIC_V6.iter().any(|(network, length)| {
            let differs = address.to_bits() ^ network.to_bits();
            differs.leading_zeros() >= *length
        }),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::*;

    const PRIVATE: &str = "
        0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 100.127.255.255
        127.0.0.1 127.255.255.254 168.63.129.16 169.254.0.1 169.254.169.254 169.254.170.2
        172.16.0.1 172.31.255.255 192.0.0.192 192.0.2.1 192.88.99.1 192.168.0.1 198.18.0.1
        198.19.255.255 198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.255 240.0.0.1
        255.255.255.255 :: ::1 ::7f00:1 ::127.0.0.1 ::8.8.8.8 ::ffff:127.0.0.1 ::ffff:10.0.0.1
        ::ffff:8.8.8.8 ::ffff:0:127.0.0.1 64:ff9b::127.0.0.1 64:ff9b::10.0.0.1
        64:ff9b::169.254.169.254 64:ff9b:1::1 64:ff9b:1::8.8.8.8 100::1 2001::1 2001:0:7f00:1::
        2001:0:4136:e378:8000:63bf:80ff:fffe 2001:10::1 2001:20::1 2001:db8::1 2002:7f00:1::1
        2002:a00:1:: 2002:a9fe:a9fe::1 2002:c0a8:101::1 3fff::1 5f00::1 fc00::1 fd00:ec2::254
        fe80::1 febf::1 fec0::1 ff02::1 ff0e::1
    ";

    const PUBLIC: &str = "
        1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255
        128.0.0.1 168.63.129.15 169.253.0.1 172.15.0.1 172.32.0.1 192.0.1.1 192.167.0.1
        192.169.0.1 198.17.0.1 198.20.0.1 223.255.255.255 2001:200::1 2001:4860:4860::8888
        2606:4700::1111 2a00:1450::1 64:ff9b::8.8.8.8 2002:808:808::1
    ";

    #[test]
    fn private_addresses_are_recognized_in_every_form() {
        for address in PRIVATE.split_whitespace() {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn public_addresses_are_public() {
        for address in PUBLIC.split_whitespace() {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
    }

    /// Resolves every name to these addresses.
    struct Fixed(&'static [&'static str]);

    impl Resolve for Fixed {
        fn resolve(&self, _: Name) -> Resolving {
            let found = self
                .0
                .iter()
                .map(|it| SocketAddr::new(it.parse().unwrap(), 0));
            Box::pin(std::future::ready(Ok(Box::new(found) as Addrs)))
        }
    }

    async fn guarded(found: &'static [&'static str]) -> Result<Vec<String>, String> {
        let names = Arc::new(Fixed(found));
        let guard = PublicAddresses { names, is_public };
        let given = guard.resolve("shop.example".parse().unwrap()).await;
        let given = given.map_err(|error| error.to_string())?;
        Ok(given.map(|it| it.ip().to_string()).collect())
    }

    #[tokio::test]
    async fn only_public_addresses_of_a_name_are_returned() {
        let both = guarded(&["127.0.0.1", "8.8.8.8", "::1", "2606:4700::1111"]).await;
        assert_eq!(both.unwrap(), ["8.8.8.8", "2606:4700::1111"]);
        let private = guarded(&["10.0.0.1", "169.254.169.254"]).await;
        assert_eq!(private.unwrap_err(), NotPublic.to_string());
        assert!(guarded(&[]).await.unwrap().is_empty());
    }
}
