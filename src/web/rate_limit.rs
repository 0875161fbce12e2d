//! Rate limit for tokens: per client, and for all clients together.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

/// Limit for all clients together, as a multiple of the limit per client.
const CLIENTS: u32 = 10;

/// Time to refill an empty bucket.
const FILLED_WITHIN: Duration = Duration::from_secs(60);

/// Token buckets, one per client and one for all clients; the caller passes the time.
#[derive(Debug)]
pub(super) struct Limit {
    client_rate: Rate,
    total_rate: Rate,
    clients: HashMap<IpAddr, Bucket>,
    total_bucket: Bucket,
}

/// Refill rate and size of a bucket.
#[derive(Debug, Clone, Copy)]
struct Rate {
    /// Time between two tokens.
    interval: Duration,
    /// Maximum tokens in the bucket.
    size: u32,
}

/// Time at which the bucket is full again; `None` if nothing was taken yet.
#[derive(Debug, Clone, Copy, Default)]
struct Bucket(Option<Instant>);

impl Limit {
    /// A limit of `a_minute` tokens per client and minute, with bursts of the same size.
    pub(super) fn new(a_minute: u32) -> Self {
        Self {
            client_rate: Rate::new(a_minute),
            total_rate: Rate::new(a_minute.saturating_mul(CLIENTS)),
            clients: HashMap::new(),
            total_bucket: Bucket::default(),
        }
    }

    /// Takes a token for `client`.
    ///
    /// # Errors
    /// Time to wait for the next token.
    pub(super) fn take(&mut self, now: Instant, client: IpAddr) -> Result<(), Duration> {
        let client = network(client);
        let bucket = self.clients.get(&client).copied().unwrap_or_default();
        let taken = bucket.take(now, self.client_rate)?;
        self.total_bucket = self.total_bucket.take(now, self.total_rate)?;
        // Clients whose bucket is not full yet stay in the map; the limit for all bounds their
        // number.
        if self.clients.len() >= self.most() {
            self.clients.retain(|_, bucket| !bucket.is_full(now));
        }
        self.clients.insert(client, taken);
        Ok(())
    }

    /// Maximum size of the map: twice what all clients can take while one client's bucket refills.
    fn most(&self) -> usize {
        self.total_rate.size as usize * 4
    }
}

impl Rate {
    fn new(a_minute: u32) -> Self {
        let size = a_minute.max(1);
        Self {
            interval: FILLED_WITHIN / size,
            size,
        }
    }
}

impl Bucket {
    /// The bucket after taking a token, or the time to wait for one.
    fn take(self, now: Instant, rate: Rate) -> Result<Self, Duration> {
        let full_at = self.0.map_or(now, |at| at.max(now)) + rate.interval;
        let missing = full_at - now;
        match missing.checked_sub(rate.interval * rate.size) {
            Some(wait) if !wait.is_zero() => Err(wait),
            _ => Ok(Self(Some(full_at))),
        }
    }

    fn is_full(self, now: Instant) -> bool {
        self.0.is_none_or(|at| at <= now)
    }
}

/// Identifies a client: an IPv4 address, or the /64 network of an IPv6 address.
fn network(client: IpAddr) -> IpAddr {
    match client.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use parlor_common::clock;

    use super::*;

    fn client(last: u32) -> IpAddr {
        std::net::Ipv4Addr::from_bits(0x0a00_0000 + last).into()
    }

    #[test]
    fn a_client_may_burst_a_minutes_worth_and_then_take_one_per_interval() {
        let (mut limit, start) = (Limit::new(30), clock::now());
        for _ in 0..30 {
            assert_eq!(limit.take(start, client(1)), Ok(()));
        }
        let interval = Duration::from_secs(2);
        assert_eq!(limit.take(start, client(1)), Err(interval));
        assert_eq!(
            limit.take(start, client(2)),
            Ok(()),
            "other clients are not affected"
        );
        let half = start + interval / 2;
        assert_eq!(limit.take(half, client(1)), Err(interval / 2));
        assert_eq!(limit.take(start + interval, client(1)), Ok(()));
        assert_eq!(limit.take(start + interval, client(1)), Err(interval));
        let later = start + FILLED_WITHIN * 3;
        for _ in 0..30 {
            assert_eq!(limit.take(later, client(1)), Ok(()));
        }
        assert!(
            limit.take(later, client(1)).is_err(),
            "it holds no more than its size"
        );
    }

    #[test]
    fn the_total_is_limited_and_refused_requests_do_not_count_towards_it() {
        let (mut limit, now) = (Limit::new(1), clock::now());
        assert_eq!(limit.take(now, client(0)), Ok(()));
        for _ in 0..50 {
            assert!(limit.take(now, client(0)).is_err());
        }
        for other in 1..10 {
            assert_eq!(limit.take(now, client(other)), Ok(()));
        }
        assert_eq!(limit.take(now, client(10)), Err(Duration::from_secs(6)));
    }

    #[test]
    fn the_list_of_clients_stays_short() {
        let (mut limit, mut now) = (Limit::new(1), clock::now());
        for next in 0..10_000 {
            now += Duration::from_secs(6);
            assert_eq!(limit.take(now, client(next)), Ok(()));
            assert!(limit.clients.len() <= limit.most());
        }
    }

    #[test]
    fn an_ipv6_network_is_one_client_and_so_is_an_ipv4_address_in_either_notation() {
        let of = |text: &str| network(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    }
}
