//! Sign-in throttling that slows down whoever guesses and locks nobody out.
//!
//! Failures are counted
//!
//! - by account and client network: somebody who guesses one person's password;
//! - by client network over all accounts: somebody who tries one password on many;
//! - by account over all networks: many machines that guess one person's password.
//!
//! A browser that has signed in to the account before ([`DeviceId`]) is none of these: it is counted by
//! itself alone. What must always hold:
//!
//! - no flood from elsewhere, not even one from the same network, makes such a browser wait;
//! - whether an account exists changes nothing: what is counted is what was typed;
//! - a refused try is not counted, and looks at no password: waiting never gets longer by trying;
//! - a success takes back its own try and nothing else, so that nobody clears a counter by signing in to
//!   an account of his own in between;
//! - memory is bounded (see [`counters`]).
//!
//! The counters live in this process and start anew with it: whoever can restart the server needs
//! no password. With several nodes each counts for itself, so a guesser has as many tries on each.

mod counters;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use self::counters::{Counters, Rule, Window};
use super::device::DeviceId;

/// One network at one account: 5 tries, then waits of 1 minute to 64, some 140 tries on the first day.
const ACCOUNT_FROM_NETWORK: Rule = Rule {
    tries: 5,
    tolerated: 0,
    first_window: Duration::from_secs(60),
    max_doublings: 6,
    max_keys: 100_000,
};
/// One network at all accounts. Many people may share it, so some failures are as usual there.
const NETWORK: Rule = Rule {
    tries: 50,
    tolerated: 10,
    first_window: Duration::from_secs(10 * 60),
    max_doublings: 3,
    max_keys: 100_000,
};
/// All networks at one account: fewer than 2,000 tries a day, from however many machines. The longest
/// wait is short, because the owner at a new browser shares it.
const ACCOUNT: Rule = Rule {
    tries: 20,
    tolerated: 0,
    first_window: Duration::from_secs(60),
    max_doublings: 4,
    max_keys: 100_000,
};
/// One browser that its account knows.
const DEVICE: Rule = Rule {
    tries: 10,
    tolerated: 0,
    first_window: Duration::from_secs(60),
    max_doublings: 4,
    max_keys: 50_000,
};
/// Bytes of an account's key.
const ACCOUNT_BYTES: usize = 16;

/// Too many tries have failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "too many failed sign-ins: try again in {} seconds, or use a browser that you have signed in with before",
    self.retry_after_seconds()
)]
pub(crate) struct TooMany {
    /// How long to wait.
    pub(crate) retry_after: Duration,
}

impl TooMany {
    /// What the `Retry-After` header says: whole seconds, after which a try is let in.
    pub(crate) fn retry_after_seconds(self) -> u64 {
        self.retry_after.as_millis().div_ceil(1000).max(1) as u64
    }
}

/// Somebody who wants to sign in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attempt<'a> {
    /// The account, as it was typed: an e-mail address. Capitals and spaces around it do not count.
    pub(crate) account: &'a str,
    /// The client's address.
    pub(crate) address: IpAddr,
    /// The browser, if it carries the account's mark.
    pub(crate) device: Option<DeviceId>,
}

/// A try that was let in and counts as failed until [`Throttle::succeeded`] is told otherwise. It may be
/// kept until a second factor has been asked for.
#[derive(Debug)]
#[must_use = "a try counts as failed until its success is told"]
pub(crate) struct Admitted(Way);

/// What a try was counted by.
#[derive(Debug)]
enum Way {
    Known {
        device: (Account, DeviceId),
        window: Window,
    },
    Stranger {
        pair: (Account, Network),
        windows: [Window; 3],
    },
}

/// Who may try to sign in now.
#[derive(Debug)]
pub(crate) struct Throttle {
    counted: Mutex<Counted>,
}

#[derive(Debug)]
struct Counted {
    pairs: Counters<(Account, Network)>,
    networks: Counters<Network>,
    accounts: Counters<Account>,
    devices: Counters<(Account, DeviceId)>,
}

impl Throttle {
    /// A throttle that has seen nobody.
    pub(crate) fn new() -> Self {
        let counted = Counted {
            pairs: Counters::new(ACCOUNT_FROM_NETWORK),
            networks: Counters::new(NETWORK),
            accounts: Counters::new(ACCOUNT),
            devices: Counters::new(DEVICE),
        };
        Self {
            counted: Mutex::new(counted),
        }
    }

    /// Lets a try in, before its password is looked at, or says how long to wait.
    pub(crate) fn admit(&self, attempt: Attempt<'_>, now: Instant) -> Result<Admitted, TooMany> {
        let account = Account::of(attempt.account);
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let way = match attempt.device {
            Some(device) => counted.admit_known((account, device), now)?,
            None => counted.admit_stranger((account, Network::of(attempt.address)), now)?,
        };
        Ok(Admitted(way))
    }

    /// Takes a try back whose sign-in is complete. After a right password with a second factor still
    /// to come it is not.
    pub(crate) fn succeeded(&self, admitted: Admitted) {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        match admitted.0 {
            Way::Known { device, window } => counted.devices.take_back(&device, window),
            Way::Stranger { pair, windows } => {
                let [by_pair, by_network, by_account] = windows;
                counted.pairs.take_back(&pair, by_pair);
                counted.networks.take_back(&pair.1, by_network);
                counted.accounts.take_back(&pair.0, by_account);
            }
        }
    }
}

impl Counted {
    fn admit_known(&mut self, device: (Account, DeviceId), now: Instant) -> Result<Way, TooMany> {
        if let Some(retry_after) = self.devices.wait(&device, now) {
            return Err(TooMany { retry_after });
        }
        let window = self.devices.count(device, now);
        Ok(Way::Known { device, window })
    }

    /// All three are asked before any counts: a refused try leaves no trace.
    fn admit_stranger(&mut self, pair: (Account, Network), now: Instant) -> Result<Way, TooMany> {
        let (account, network) = pair;
        let waits = [
            self.pairs.wait(&pair, now),
            self.networks.wait(&network, now),
            self.accounts.wait(&account, now),
        ];
        if let Some(retry_after) = waits.into_iter().flatten().max() {
            return Err(TooMany { retry_after });
        }
        let windows = [
            self.pairs.count(pair, now),
            self.networks.count(network, now),
            self.accounts.count(account, now),
        ];
        Ok(Way::Stranger { pair, windows })
    }
}

/// An account, in as many bytes however much was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Account([u8; ACCOUNT_BYTES]);

impl Account {
    pub(super) fn of(typed: &str) -> Self {
        let digest: [u8; 32] = Sha256::digest(typed.trim().to_lowercase()).into();
        let mut key = [0; ACCOUNT_BYTES];
        key.copy_from_slice(&digest[..ACCOUNT_BYTES]);
        Self(key)
    }
}

/// What one client has at hand: an IPv4 address, or all the IPv6 addresses of one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Network {
    /// An address.
    V4(Ipv4Addr),
    /// The first half of addresses.
    V6([u16; 4]),
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::V4(address) => address.fmt(f),
            Self::V6([a, b, c, d]) => {
                write!(f, "{}/64", Ipv6Addr::new(*a, *b, *c, *d, 0, 0, 0, 0))
            }
        }
    }
}

impl Network {
    /// What the client of an address has at hand.
    pub(crate) fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address),
            IpAddr::V6(address) => Self::of_v6(address),
        }
    }

    fn of_v6(address: Ipv6Addr) -> Self {
        let [a, b, c, d, ..] = address.segments();
        Self::V6([a, b, c, d])
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    const OWNER: &str = "ada@example.com";
    const HOME: &str = "203.0.113.9";
    const SECOND: Duration = Duration::from_secs(1);
    const DAY_SECONDS: u32 = 24 * 60 * 60;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn nth_address(n: u32) -> IpAddr {
        IpAddr::V4(Ipv4Addr::from_bits(0x0b00_0000 + n))
    }

    fn stranger(account: &str, address: IpAddr) -> Attempt<'_> {
        Attempt {
            account,
            address,
            device: None,
        }
    }

    /// Fails as often as it may, and says how often that was.
    fn fail_all(throttle: &Throttle, attempt: Attempt<'_>, now: Instant) -> u32 {
        let mut failed = 0;
        while let Ok(admitted) = throttle.admit(attempt, now) {
            drop(admitted);
            failed += 1;
        }
        failed
    }

    #[test]
    fn a_stranger_has_five_tries_at_an_account_and_then_waits() {
        let (throttle, now) = (Throttle::new(), Instant::now());
        let guesser = stranger(OWNER, address(HOME));
        assert_eq!(fail_all(&throttle, guesser, now), 5);
        let refused = throttle.admit(guesser, now).unwrap_err();
        assert_eq!(refused.retry_after_seconds(), 60);
        let shortly = now + Duration::from_millis(59_001);
        let refused = throttle.admit(guesser, shortly).unwrap_err();
        assert_eq!(refused.retry_after_seconds(), 1);
        assert_eq!(fail_all(&throttle, guesser, now + 60 * SECOND), 5);
        // Other people and other networks are not held up.
        assert!(
            throttle
                .admit(stranger("bo@example.com", address(HOME)), now)
                .is_ok()
        );
        assert!(
            throttle
                .admit(stranger(OWNER, address("203.0.113.10")), now)
                .is_ok()
        );
    }

    #[test]
    fn spelling_an_account_or_an_address_in_another_way_gives_no_more_tries() {
        let (throttle, now) = (Throttle::new(), Instant::now());
        assert_eq!(fail_all(&throttle, stranger(OWNER, address(HOME)), now), 5);
        for (account, from) in [
            ("Ada@Example.COM", HOME),
            (" ada@example.com\t", HOME),
            (OWNER, "::ffff:203.0.113.9"),
        ] {
            assert_eq!(
                fail_all(&throttle, stranger(account, address(from)), now),
                0
            );
        }
        let line = stranger(OWNER, address("2001:db8:1:2::1"));
        assert_eq!(fail_all(&throttle, line, now), 5);
        let same_line = stranger(OWNER, address("2001:db8:1:2:ffff::9"));
        assert_eq!(fail_all(&throttle, same_line, now), 0);
        let next_line = stranger(OWNER, address("2001:db8:1:3::1"));
        assert_eq!(fail_all(&throttle, next_line, now), 5);
    }

    #[test]
    fn guessing_all_day_from_one_network_gives_few_tries() {
        let (throttle, begun) = (Throttle::new(), Instant::now());
        let tries: u32 = (0..DAY_SECONDS)
            .map(|second| {
                fail_all(
                    &throttle,
                    stranger(OWNER, address(HOME)),
                    begun + second * SECOND,
                )
            })
            .sum();
        assert!((100..=145).contains(&tries), "{tries}");
    }

    #[test]
    fn guessing_all_day_from_everywhere_gives_a_bounded_number_of_tries() {
        let (throttle, begun) = (Throttle::new(), Instant::now());
        let tries: u32 = (0..DAY_SECONDS)
            .map(|second| {
                let attempt = stranger(OWNER, nth_address(second));
                fail_all(&throttle, attempt, begun + second * SECOND)
            })
            .sum();
        assert!((1000..=2000).contains(&tries), "{tries}");
    }

    #[test]
    fn one_network_cannot_try_many_accounts() {
        let (throttle, now) = (Throttle::new(), Instant::now());
        let tried = (0..1000)
            .filter(|n| {
                let account = format!("{n}@example.com");
                throttle
                    .admit(stranger(&account, address(HOME)), now)
                    .is_ok()
            })
            .count();
        assert_eq!(tried, 50);
        // What was refused left no trace.
        let counted = throttle.counted.lock().unwrap();
        assert_eq!((counted.pairs.len(), counted.accounts.len()), (50, 50));
    }

    #[test]
    fn signing_in_to_an_own_account_in_between_clears_nothing() {
        let (throttle, now) = (Throttle::new(), Instant::now());
        let mut guesses = 0;
        for n in 0..1000 {
            let own = throttle.admit(stranger("mallory@example.com", address(HOME)), now);
            if let Ok(own) = own {
                throttle.succeeded(own);
            }
            let account = format!("{n}@example.com");
            guesses += u32::from(
                throttle
                    .admit(stranger(&account, address(HOME)), now)
                    .is_ok(),
            );
        }
        assert_eq!(guesses, 50);
    }

    #[test]
    fn tries_at_the_same_time_are_counted_before_they_end() {
        let (throttle, now) = (Throttle::new(), Instant::now());
        let guesser = stranger(OWNER, address(HOME));
        let under_way: Vec<_> = (0..100)
            .filter_map(|_| throttle.admit(guesser, now).ok())
            .collect();
        assert_eq!(under_way.len(), 5);
    }

    #[test]
    fn who_succeeds_every_time_never_waits() {
        let (throttle, now) = (Throttle::new(), Instant::now());
        for _ in 0..1000 {
            let admitted = throttle.admit(stranger(OWNER, address(HOME)), now);
            throttle.succeeded(admitted.unwrap());
        }
        let counted = throttle.counted.lock().unwrap();
        assert_eq!(
            counted.pairs.len() + counted.networks.len() + counted.accounts.len(),
            0
        );
    }

    #[test]
    fn a_known_browser_has_tries_of_its_own_and_not_without_end() {
        let (throttle, now) = (Throttle::new(), Instant::now());
        let device = DeviceId::generate().unwrap();
        let known = Attempt {
            device: Some(device),
            ..stranger(OWNER, address(HOME))
        };
        assert_eq!(fail_all(&throttle, known, now), 10);
        let refused = throttle.admit(known, now).unwrap_err();
        assert_eq!(refused.retry_after_seconds(), 60);
        // Another browser of the same person is not held up, nor is a stranger to it.
        let other = Attempt {
            device: Some(DeviceId::generate().unwrap()),
            ..known
        };
        assert_eq!(fail_all(&throttle, other, now), 10);
        assert_eq!(fail_all(&throttle, stranger(OWNER, address(HOME)), now), 5);
    }

    #[test]
    fn a_flood_of_networks_and_accounts_keeps_to_its_memory_and_frees_no_guesser() {
        let (throttle, now) = (Throttle::new(), Instant::now());
        let guesser = stranger(OWNER, address(HOME));
        assert_eq!(fail_all(&throttle, guesser, now), 5);
        for n in 0..250_000 {
            let account = format!("{n}@example.com");
            assert!(
                throttle
                    .admit(stranger(&account, nth_address(n)), now)
                    .is_ok()
            );
        }
        assert_eq!(fail_all(&throttle, guesser, now), 0);
        let counted = throttle.counted.lock().unwrap();
        assert!(counted.pairs.len() <= ACCOUNT_FROM_NETWORK.max_keys);
        assert!(counted.networks.len() <= NETWORK.max_keys);
        assert!(counted.accounts.len() <= ACCOUNT.max_keys);
    }

    #[test]
    fn nothing_that_was_typed_is_shown() {
        let throttle = Throttle::new();
        let typed = "hunter2 typed into the wrong field";
        let admitted = throttle.admit(stranger(typed, address(HOME)), Instant::now());
        assert!(!format!("{throttle:?} {admitted:?}").contains("hunter2"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn no_flood_stops_a_known_browser_with_the_right_password(
            flood in prop::collection::vec((0_u32..4, 0_u32..3, any::<bool>(), 0_u32..100), 1..800),
        ) {
            let (throttle, mut now) = (Throttle::new(), Instant::now());
            let device = DeviceId::generate().unwrap();
            let thief = DeviceId::generate().unwrap();
            for (from, account, is_known, seconds) in flood {
                now += seconds * SECOND;
                // From the owner's own network too, at the owner's account too.
                let from = if from == 0 { address(HOME) } else { nth_address(from) };
                let account = [OWNER, "bo@example.com", "nobody@example.com"][account as usize];
                let device_of_flood = is_known.then_some(thief);
                let attempt = Attempt { account, address: from, device: device_of_flood };
                fail_all(&throttle, attempt, now);
                let owner = Attempt {
                    account: OWNER,
                    address: address(HOME),
                    device: Some(device),
                };
                let admitted = throttle.admit(owner, now);
                prop_assert!(admitted.is_ok());
                throttle.succeeded(admitted.unwrap());
            }
        }
    }
}
