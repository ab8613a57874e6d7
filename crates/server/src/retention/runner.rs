//! The runner: looks every few minutes whether the UTC day has changed since the last daily run that came to its
//! end, and runs; and runs over one organization when somebody asks for that.
//!
//! What must always hold:
//!
//! - at a start, what was removed before and not told of is told first; a run that was interrupted is then taken up, by
//!   the rules as they are;
//! - what a run goes by was read after it was known from when on a change counts: of an organization whose rules change
//!   meanwhile, what has gone is told by the rules before, and the run goes on by those that are set;
//! - a daily run waits while the clock is doubted ([`super::doubt`]);
//! - a run succeeded only once the control database's own log holds nothing of what is gone;
//! - a daily run that failed is made again at the next look: the day counts once it has come to its end;
//! - a stop waits for no run. What the store has begun it ends or not by itself, and the next start tells of it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use evident_store::expiry::{ExpireError, Expiry, Standing};
use tokio::sync::{OwnedMutexGuard, mpsc, watch};

use super::{Retention, RetentionError, clock, hold, rules};
use crate::acts::failpoint;
use crate::auth::{Authorized, ManageRetention};
use crate::control::{
    ControlError, RetentionCause, RetentionNumbers, RetentionOutcome, RetentionRules, RetentionRun,
    must_take_changes,
};
use crate::edge;

/// How long after a start it is looked for the first time.
const FIRST_LOOK: Duration = Duration::from_secs(2);
/// How long it is waited between two looks.
const PAUSE: Duration = Duration::from_secs(5 * 60);
/// How long whoever asks for a run waits for another one to come to its end.
const TURN_PATIENCE: Duration = Duration::from_secs(1);
/// How often a run goes on by rules that have changed meanwhile. Whoever changes more often than that is left to the next
/// run.
const MAX_CHANGES: u32 = 32;
/// Runs that wait to be begun: whoever asks has the turn, so there is one at most.
pub(super) const MAX_ASKED: usize = 1;

/// A run that was asked for and is written down as begun.
pub(super) struct Requested {
    expiry: Expiry,
    /// From when on changes of its rules count.
    standing: Standing,
    /// Nobody else runs until it has come to its end.
    turn: OwnedMutexGuard<()>,
}

/// What the runner takes its work from.
pub(super) struct ToRun {
    pub(super) asked: mpsc::Receiver<Requested>,
    /// Nobody runs before the books of the last start are closed.
    pub(super) first_turn: Option<OwnedMutexGuard<()>>,
}

impl Retention {
    /// Has the rules followed, until the server stops.
    pub(crate) async fn run(&self, mut stopping: watch::Receiver<bool>) {
        tokio::select! {
            _ = stopping.wait_for(|stopping| *stopping) => {}
            () = self.keep_looking() => {}
        }
    }

    async fn keep_looking(&self) {
        // Held for as long as this runs: nobody else does.
        let mut to_run = self.to_run.lock().await;
        let ToRun { asked, first_turn } = &mut *to_run;
        // At once: what is recorded from now on may be by a clock that is wrong.
        if let Err(error) = self.doubts_the_clock().await {
            tracing::error!("whether the clock can be believed is looked at later: {error}");
        }
        self.interrupt_unfinished().await;
        drop(first_turn.take());
        let mut pause = FIRST_LOOK;
        loop {
            if let Ok(requested) = tokio::time::timeout(pause, next(asked)).await {
                self.run_requested(requested).await;
                continue;
            }
            pause = PAUSE;
            if let Err(error) = self.look().await {
                tracing::error!("retention could not run, and is tried again: {error}");
            }
        }
    }

    /// Tells of what was removed before this start, and closes the books of runs that it ended.
    async fn interrupt_unfinished(&self) {
        let result = async {
            self.report(&[]).await?;
            self.control.retention_was_interrupted(edge::now()).await?;
            Ok::<(), RetentionError>(())
        };
        if let Err(error) = result.await {
            tracing::error!("what retention left at the last stop waits: {error}");
        }
    }

    /// Runs over all organizations, unless it has done so today.
    async fn look(&self) -> Result<(), RetentionError> {
        // Whatever could not be told of before.
        self.report(&[]).await?;
        if self.doubts_the_clock().await? {
            return Ok(());
        }
        let today = rules::day_of(clock::now());
        if self.control.retention_done_on().await? == Some(today) {
            return Ok(());
        }
        let Ok(_turn) = Arc::clone(&self.turn).try_lock_owned() else {
            // Whoever has it is about to run. It is looked again.
            return Ok(());
        };
        self.control.must_be_owned().await?;
        let standing = self.store.standing();
        let mut connection = self.control.reading().await?;
        let all = RetentionRules::of_all(&mut connection).await?;
        drop(connection);
        let begun = all.iter().filter_map(|(organization_id, rules)| {
            self.begun(organization_id, rules, RetentionCause::Daily, None)
        });
        let (runs, expiries): (Vec<_>, Vec<_>) = begun.unzip();
        if !expiries.is_empty() {
            self.control.retention_begins(&runs).await?;
            self.expire(expiries, standing).await?;
        }
        self.control.retention_is_done_on(today).await?;
        Ok(())
    }

    /// A run that begins now over an organization, and what the store is to do; `None` if all of it is kept.
    fn begun(
        &self,
        organization_id: &str,
        rules: &RetentionRules,
        cause: RetentionCause,
        requested_by: Option<String>,
    ) -> Option<(RetentionRun, Expiry)> {
        let now = clock::now();
        let expiry = rules::expiry(organization_id, rules, self.default, now)?;
        let run = RetentionRun {
            organization_id: organization_id.to_owned(),
            cause,
            requested_by,
            policy: rules::policy(rules, self.default, now),
            started_at: edge::now(),
            finished_at: None,
            outcome: None,
            numbers: RetentionNumbers::default(),
        };
        Some((run, expiry))
    }

    /// Asks for a run over the caller's organization, which begins at once.
    pub(crate) async fn ask(
        &self,
        manager: &Authorized<ManageRetention>,
    ) -> Result<RetentionRun, RetentionError> {
        let turn = Arc::clone(&self.turn).lock_owned();
        let turn = tokio::time::timeout(TURN_PATIENCE, turn).await;
        let turn = turn.map_err(|_| RetentionError::Running)?;
        let caller = manager.caller();
        let organization_id = caller.organization_id();
        self.control.must_be_owned().await?;
        let place = self.asked.reserve().await;
        let place = place.map_err(|_| RetentionError::Stopping)?;
        let standing = self.store.standing();
        let mut change = self.control.begin().await?;
        must_take_changes(&mut change, organization_id).await?;
        let rules = RetentionRules::of(&mut change, organization_id).await?;
        drop(change);
        let by = caller.person().map(|person| person.id.clone());
        let by = by.or_else(|| Some(caller.credential_id().to_string()));
        let begun = self.begun(organization_id, &rules, RetentionCause::Requested, by);
        let (run, expiry) = begun.ok_or(RetentionError::NothingInForce)?;
        self.control
            .retention_begins(std::slice::from_ref(&run))
            .await?;
        place.send(Requested {
            expiry,
            standing,
            turn,
        });
        Ok(run)
    }

    async fn run_requested(&self, requested: Requested) {
        let Requested {
            expiry,
            standing,
            turn,
        } = requested;
        let organization_id = expiry.organization_id.clone();
        if let Err(error) = self.expire(vec![expiry], standing).await {
            tracing::error!(
                organization_id,
                "retention that was asked for failed: {error}"
            );
        }
        drop(turn);
    }

    /// Has the store remove what is to go, and tells of it. The runs are written down as begun.
    pub(super) async fn expire(
        &self,
        expiries: Vec<Expiry>,
        standing: Standing,
    ) -> Result<(), RetentionError> {
        let (begun, organizations) = (Instant::now(), expiries.len());
        let mut ended = self.expire_and_tell(expiries, standing).await;
        // Events that were removed may have gone through the outbox.
        let forgotten = self.control.forget_deleted().await;
        ended = ended.and_then(|events| Ok(forgotten.map(|()| events)?));
        let outcome = match &ended {
            Ok(_) => RetentionOutcome::Succeeded,
            Err(_) => RetentionOutcome::Failed,
        };
        self.ends(outcome).await?;
        let took = begun.elapsed();
        self.metrics.retention_ran(edge::now(), took, ended.is_ok());
        let events = ended?;
        tracing::info!(
            organizations,
            events,
            took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            "retention ran"
        );
        Ok(())
    }

    /// Removes and tells, and goes on where rules have changed meanwhile. Says how many events went.
    async fn expire_and_tell(
        &self,
        mut expiries: Vec<Expiry>,
        mut standing: Standing,
    ) -> Result<u64, RetentionError> {
        let mut events = 0;
        for _ in 0..MAX_CHANGES {
            hold::wait().await;
            let ended = self.store.expire(expiries, standing).await;
            failpoint("expired");
            self.removed.notify_one();
            let (expired, error) = match ended {
                Ok(expired) => (expired, None),
                // Something may have gone all the same.
                Err(unfinished) => (unfinished.expired, Some(unfinished.error)),
            };
            // By the rules by which it went, before others take their place.
            let reported = self.report(&expired).await;
            events += expired.iter().map(|expired| expired.events).sum::<u64>();
            let changed = match error {
                Some(ExpireError::Changed(changed)) => changed,
                Some(error) => return Err(error.into()),
                None => return reported.map(|()| events),
            };
            reported?;
            standing = self.store.standing();
            expiries = self.anew(&changed).await?;
            if expiries.is_empty() {
                return Ok(events);
            }
        }
        Err(RetentionError::KeepsChanging)
    }

    /// What the store is to do by the rules of some organizations as they are now. Where all is kept, nothing.
    async fn anew(&self, changed: &BTreeSet<String>) -> Result<Vec<Expiry>, RetentionError> {
        let now = clock::now();
        let (mut policies, mut expiries) = (Vec::new(), Vec::new());
        let mut connection = self.control.reading().await?;
        for id in changed {
            let rules = RetentionRules::of(&mut connection, id).await?;
            if let Some(expiry) = rules::expiry(id, &rules, self.default, now) {
                policies.push((id.clone(), rules::policy(&rules, self.default, now)));
                expiries.push(expiry);
            }
        }
        drop(connection);
        self.control.retention_goes_on_by(&policies).await?;
        Ok(expiries)
    }

    async fn ends(&self, outcome: RetentionOutcome) -> Result<(), ControlError> {
        self.control.retention_ends(outcome, edge::now()).await
    }
}

/// The next run that is asked for; never, if nobody can ask any more.
async fn next(asked: &mut mpsc::Receiver<Requested>) -> Requested {
    match asked.recv().await {
        Some(requested) => requested,
        None => std::future::pending().await,
    }
}
