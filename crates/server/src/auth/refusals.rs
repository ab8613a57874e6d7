//! Which refused sign-ins are recorded one by one, and which are counted.
//!
//! Strangers may try as often as they like, and the log keeps what it is given for good. What must always hold:
//!
//! - the first few refusals of an account from a network are recorded one by one in each minute, and over all
//!   accounts and networks there is a limit as well;
//! - what is left out is counted, and the next one that is recorded says how many there were;
//! - memory is bounded.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::throttle::{Account, Network};

/// How long is counted together.
const WINDOW: Duration = Duration::from_secs(60);
/// Refusals of an account from a network that are recorded in a window, if there were none left out before.
const FEW: u32 = 6;
/// The same while they go on.
const FEW_OF_A_FLOOD: u32 = 1;
/// Refusals that are recorded in a window, whosever they are.
const MOST: u32 = 120;
/// Accounts and networks that are counted apart from each other.
const MAX_PAIRS: usize = 4_096;

/// How many refusals were left out before one that is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct LeftOut {
    /// Of the same account from the same network.
    pub(crate) alike: u64,
    /// Of others, which no record has told of yet.
    pub(crate) others: u64,
}

/// Decides which refusals are recorded.
#[derive(Debug, Default)]
pub(crate) struct Refusals(Mutex<Counted>);

#[derive(Debug, Default)]
struct Counted {
    begun: Option<Instant>,
    recorded: u32,
    pairs: HashMap<(Account, Network), Pair>,
    others: u64,
}

#[derive(Debug, Default)]
struct Pair {
    recorded: u32,
    left_out: u64,
    /// It went beyond what is recorded in the window before.
    is_flood: bool,
}

impl Refusals {
    /// Counts a refusal. If it is to be recorded, says what was left out before it.
    pub(crate) fn note(&self, typed: &str, address: IpAddr, now: Instant) -> Option<LeftOut> {
        let pair = (Account::of(typed), Network::of(address));
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counted.turn(now);
        counted.note(pair)
    }
}

impl Counted {
    /// Begins another window where the last one is over. Who was quiet in it is forgotten.
    fn turn(&mut self, now: Instant) {
        let is_over = |begun| now.saturating_duration_since(begun) >= WINDOW;
        if !self.begun.is_none_or(is_over) {
            return;
        }
        self.begun = Some(now);
        self.recorded = 0;
        let mut unsaid = 0;
        self.pairs.retain(|_, pair| {
            let was_there = pair.recorded > 0;
            // What nobody has come back to tell of is told with the others.
            if !was_there {
                unsaid += pair.left_out;
            }
            pair.is_flood = pair.left_out > 0;
            pair.recorded = 0;
            was_there && pair.left_out > 0
        });
        self.others += unsaid;
    }

    fn note(&mut self, key: (Account, Network)) -> Option<LeftOut> {
        let has_room = self.pairs.len() < MAX_PAIRS || self.pairs.contains_key(&key);
        if !has_room || self.recorded >= MOST {
            self.others += 1;
            return None;
        }
        let pair = self.pairs.entry(key).or_default();
        let few = if pair.is_flood { FEW_OF_A_FLOOD } else { FEW };
        if pair.recorded >= few {
            pair.left_out += 1;
            return None;
        }
        pair.recorded += 1;
        self.recorded += 1;
        Some(LeftOut {
            alike: std::mem::take(&mut pair.left_out),
            others: std::mem::take(&mut self.others),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const NONE: LeftOut = LeftOut {
        alike: 0,
        others: 0,
    };

    fn from(n: u32) -> IpAddr {
        IpAddr::V4((0x0b00_0000 + n).into())
    }

    #[test]
    fn the_first_few_are_recorded_and_the_next_minute_tells_how_many_were_not() {
        let (refusals, now) = (Refusals::default(), Instant::now());
        let noted: Vec<_> = (0..100)
            .map(|_| refusals.note("a@b", from(1), now))
            .collect();
        assert!(noted[..6].iter().all(|noted| *noted == Some(NONE)));
        assert!(noted[6..].iter().all(Option::is_none));
        let almost = now + Duration::from_millis(59_999);
        assert_eq!(refusals.note(" A@B", from(1), almost), None);
        let told = refusals.note("a@b", from(1), now + WINDOW);
        assert_eq!(
            told,
            Some(LeftOut {
                alike: 95,
                others: 0
            })
        );
        // While it goes on, one a minute.
        assert_eq!(refusals.note("a@b", from(1), now + WINDOW), None);
        let told = refusals.note("a@b", from(1), now + 2 * WINDOW);
        assert_eq!(
            told,
            Some(LeftOut {
                alike: 1,
                others: 0
            })
        );
    }

    #[test]
    fn what_nobody_came_back_for_is_told_with_the_next_of_others() {
        let (refusals, now) = (Refusals::default(), Instant::now());
        for _ in 0..10 {
            refusals.note("a@b", from(1), now);
        }
        assert_eq!(refusals.note("b@b", from(2), now + WINDOW), Some(NONE));
        let told = refusals.note("b@b", from(2), now + 2 * WINDOW);
        assert_eq!(
            told,
            Some(LeftOut {
                alike: 0,
                others: 4
            })
        );
    }

    #[test]
    fn a_flood_of_accounts_and_networks_fills_neither_the_log_nor_the_memory() {
        let (refusals, now) = (Refusals::default(), Instant::now());
        let recorded = (0..50_000)
            .filter(|n| refusals.note(&format!("{n}@b"), from(*n), now).is_some())
            .count();
        assert_eq!(recorded, 120);
        assert!(refusals.0.lock().unwrap().pairs.len() <= MAX_PAIRS);
        let told = refusals.note("a@b", from(1), now + WINDOW).unwrap();
        assert_eq!(told.others, 50_000 - 120);
    }
}
