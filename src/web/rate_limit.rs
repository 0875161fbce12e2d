//! How many tokens are given: to each client, and to all of them together.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

/// What all clients together get, in shares of one client.
const CLIENTS: u32 = 10;

/// What is filled up again after this long.
const FILLED_WITHIN: Duration = Duration::from_secs(60);

/// Two kinds of buckets, one for each client and one for all; the caller has the clock.
#[derive(Debug)]
pub(super) struct Limit {
    each: Rate,
    all: Rate,
    clients: HashMap<IpAddr, Bucket>,
    everybody: Bucket,
}

/// What flows into a bucket.
#[derive(Debug, Clone, Copy)]
struct Rate {
    /// Between two tokens.
    interval: Duration,
    /// How many there may be at once.
    size: u32,
}

/// When it is full again; nothing was ever taken out of a new one.
#[derive(Debug, Clone, Copy, Default)]
struct Bucket(Option<Instant>);

impl Limit {
    /// A limit of so many tokens a minute for each client; as many may be taken at once.
    pub(super) fn new(a_minute: u32) -> Self {
        Self {
            each: Rate::new(a_minute),
            all: Rate::new(a_minute.saturating_mul(CLIENTS)),
            clients: HashMap::new(),
            everybody: Bucket::default(),
        }
    }

    /// Takes a token for `client`.
    ///
    /// # Errors
    /// After how long there is one again.
    pub(super) fn take(&mut self, now: Instant, client: IpAddr) -> Result<(), Duration> {
        let client = network(client);
        let bucket = self.clients.get(&client).copied().unwrap_or_default();
        let taken = bucket.take(now, self.each)?;
        self.everybody = self.everybody.take(now, self.all)?;
        // Who took one within the time of filling up is in here: the limit for all bounds it.
        if self.clients.len() >= self.most() {
            self.clients.retain(|_, bucket| !bucket.is_full(now));
        }
        self.clients.insert(client, taken);
        Ok(())
    }

    /// What may be taken by everybody while one client's bucket fills, twice.
    fn most(&self) -> usize {
        self.all.size as usize * 4
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
    /// What is left of it once a token is out, or how long it takes until there is one.
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

/// Who counts as one client: an IPv4 address, or the network that an IPv6 customer is given.
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
    use super::*;
    use crate::clock;

    fn client(last: u32) -> IpAddr {
        std::net::Ipv4Addr::from_bits(0x0a00_0000 + last).into()
    }

    #[test]
    fn a_client_takes_a_minutes_worth_at_once_and_then_one_an_interval() {
        let (mut limit, start) = (Limit::new(30), clock::now());
        for _ in 0..30 {
            assert_eq!(limit.take(start, client(1)), Ok(()));
        }
        let interval = Duration::from_secs(2);
        assert_eq!(limit.take(start, client(1)), Err(interval));
        assert_eq!(limit.take(start, client(2)), Ok(()), "others go on");
        let half = start + interval / 2;
        assert_eq!(limit.take(half, client(1)), Err(interval / 2));
        assert_eq!(limit.take(start + interval, client(1)), Ok(()));
        assert_eq!(limit.take(start + interval, client(1)), Err(interval));
        let later = start + FILLED_WITHIN * 3;
        for _ in 0..30 {
            assert_eq!(limit.take(later, client(1)), Ok(()));
        }
        assert!(limit.take(later, client(1)).is_err(), "it holds no more");
    }

    #[test]
    fn all_together_are_limited_and_one_who_is_refused_takes_nothing_from_them() {
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
    fn a_network_of_ipv6_is_one_client_and_an_ipv4_address_is_one_in_either_form() {
        let of = |text: &str| network(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    }
}
