//! Hashing passwords for requests: away from the threads that serve connections, and bounded.
//!
//! One hash takes 19 MiB and some 20 milliseconds of a core, and strangers may ask for it. So only
//! a few run at once, a few more wait, and who comes then is told to come back. What must always hold:
//!
//! - memory and waiting are bounded however many requests there are, also when those who asked have
//!   gone: a hash that runs keeps its turn until it ends;
//! - strangers never stand in the way of those whom the server knows: each lane has its own turns and
//!   places;
//! - whether there is an account does not change the work.

use std::sync::Arc;

use tokio::sync::Semaphore;

use super::password::{self, PasswordError};

/// Hashes that run at once in a lane.
const HASHES_AT_ONCE: usize = 2;
/// Hashes that run or wait in a lane. The last to come waits well under a second.
const MAX_PLACES: usize = 32;

/// Why a password was not looked at, or not taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HasherError {
    /// Too many wait already.
    #[error("too many people are signing in at this moment: try again in a few seconds")]
    Busy,
    /// The password cannot be taken.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The work did not come to an end: it panicked, or the server is stopping.
    #[error("the password could not be looked at; the server's log says why")]
    Abandoned,
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lane {
    /// Anybody.
    Strangers,
    /// Who is signed in, has a known browser, or holds a token that was sent to them.
    Known,
}

/// Hashes and verifies passwords.
#[derive(Debug, Clone)]
pub(crate) struct Hasher {
    strangers: Queue,
    known: Queue,
}

impl Hasher {
    /// A hasher with nothing to do.
    pub(crate) fn new() -> Self {
        Self {
            strangers: Queue::new(),
            known: Queue::new(),
        }
    }

    /// Judges a new password by [`password::check_new`] and hashes it.
    pub(crate) async fn hash(
        &self,
        lane: Lane,
        password: String,
        about: Vec<String>,
    ) -> Result<String, HasherError> {
        let work = move || {
            let about: Vec<&str> = about.iter().map(String::as_str).collect();
            password::check_new(&password, &about)?;
            password::hash_password(&password)
        };
        Ok(self.queue(lane).run(work).await??)
    }

    /// Whether this is the password of the account with that hash. `None` is an account that is not
    /// there or has no password: it takes the same time, and no password is right.
    pub(crate) async fn verify(
        &self,
        lane: Lane,
        hash: Option<String>,
        password: String,
    ) -> Result<bool, HasherError> {
        let work = move || {
            let is_there = hash.is_some();
            let hash = hash.as_deref().unwrap_or_else(|| password::absent());
            password::verify(hash, &password) && is_there
        };
        self.queue(lane).run(work).await
    }

    fn queue(&self, lane: Lane) -> &Queue {
        match lane {
            Lane::Strangers => &self.strangers,
            Lane::Known => &self.known,
        }
    }
}

/// A bounded number of places, some of which have a turn.
#[derive(Debug, Clone)]
struct Queue {
    places: Arc<Semaphore>,
    turns: Arc<Semaphore>,
}

impl Queue {
    fn new() -> Self {
        Self {
            places: Arc::new(Semaphore::new(MAX_PLACES)),
            turns: Arc::new(Semaphore::new(HASHES_AT_ONCE)),
        }
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, HasherError> {
        let place = Arc::clone(&self.places).try_acquire_owned();
        let place = place.map_err(|_| HasherError::Busy)?;
        let turn = Arc::clone(&self.turns).acquire_owned().await;
        let turn = turn.map_err(|_| HasherError::Abandoned)?;
        let task = tokio::task::spawn_blocking(move || {
            // Dropped when the work has ended, not when whoever asked has gone.
            let _held = (place, turn);
            work()
        });
        task.await.map_err(|_| HasherError::Abandoned)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn a_password_that_was_hashed_verifies_and_no_other_does() {
        let hasher = Hasher::new();
        let password = "plover cactus anvil".to_owned();
        let hash = hasher.hash(Lane::Known, password.clone(), vec![]).await;
        let hash = Some(hash.unwrap());
        let verify = |hash: &Option<String>, password: &str| {
            hasher.verify(Lane::Strangers, hash.clone(), password.to_owned())
        };
        assert!(verify(&hash, &password).await.unwrap());
        assert!(!verify(&hash, "plover cactus anvi").await.unwrap());
        assert!(!verify(&None, &password).await.unwrap());
    }

    #[tokio::test]
    async fn a_guessable_password_is_not_hashed() {
        let hasher = Hasher::new();
        let about = vec!["ada@northwind.example".to_owned()];
        let refused = hasher.hash(Lane::Known, "northwind1234".to_owned(), about);
        assert!(matches!(
            refused.await,
            Err(HasherError::Password(PasswordError::Guessable))
        ));
    }

    async fn until(is_so: impl Fn() -> bool) {
        let waiting = async {
            while !is_so() {
                tokio::task::yield_now().await;
            }
        };
        let patience = std::time::Duration::from_secs(30);
        tokio::time::timeout(patience, waiting).await.unwrap();
    }

    /// Work that lasts until the sender is dropped.
    fn work(
        queue: &Queue,
    ) -> (
        mpsc::Sender<()>,
        tokio::task::JoinHandle<Result<(), HasherError>>,
    ) {
        let (sender, receiver) = mpsc::channel::<()>();
        let queue = queue.clone();
        let run = async move {
            queue
                .run(move || {
                    let _ = receiver.recv();
                })
                .await
        };
        (sender, tokio::spawn(run))
    }

    #[tokio::test]
    async fn a_full_lane_is_busy_and_the_other_is_not() {
        let hasher = Hasher::new();
        let mut running = Vec::new();
        for _ in 0..MAX_PLACES {
            running.push(work(&hasher.strangers));
        }
        until(|| hasher.strangers.places.available_permits() == 0).await;
        let busy = hasher.verify(Lane::Strangers, None, String::new()).await;
        assert!(matches!(busy, Err(HasherError::Busy)));
        assert!(
            hasher
                .verify(Lane::Known, None, String::new())
                .await
                .is_ok()
        );
        for (sender, task) in running {
            drop(sender);
            task.await.unwrap().unwrap();
        }
        assert!(
            hasher
                .verify(Lane::Strangers, None, String::new())
                .await
                .is_ok()
        );
    }

    #[tokio::test]
    async fn a_hash_whose_asker_has_gone_keeps_its_turn() {
        let queue = Queue::new();
        let (sender, task) = work(&queue);
        until(|| queue.turns.available_permits() < HASHES_AT_ONCE).await;
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled());
        assert_eq!(queue.turns.available_permits(), HASHES_AT_ONCE - 1);
        drop(sender);
        let all = u32::try_from(HASHES_AT_ONCE).unwrap();
        drop(queue.turns.acquire_many(all).await.unwrap());
    }

    #[tokio::test]
    async fn a_panic_gives_its_place_back() {
        let queue = Queue::new();
        for _ in 0..2 * MAX_PLACES {
            let result = queue.run(|| -> u8 { panic!("on purpose") }).await;
            assert!(matches!(result, Err(HasherError::Abandoned)));
        }
        assert_eq!(queue.run(|| 7).await.unwrap(), 7);
    }
}
