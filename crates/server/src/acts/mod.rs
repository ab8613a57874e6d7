//! What people and keys do to Evident itself, and how that comes to be on its own log.
//!
//! A change is made by [`Acts::begin`], statements on its transaction, [`Act::did`] and [`Act::commit`]. What must
//! always hold:
//!
//! - a change and the event that records it are committed together: the event goes into the outbox in the change's
//!   own transaction, admitted (checked, redacted) before anything is committed;
//! - an event leaves the outbox for the log, and its row goes once it is there; a crash between the two sends it
//!   again, under the same id with the same bytes, which the log knows for the same: every event is there once;
//! - who made a change is answered once its events are in the log; what is in memory has followed by then, also
//!   when nobody waits any more;
//! - while the outbox cannot be drained, nothing is changed ([`ActError::Stalled`]); a start drains it first.
//!
//! What changes nothing (a refused sign-in, an export) is recorded without the outbox, before it is answered
//! ([`Acts::record`]).

mod deed;
mod drain;
mod failpoint;
mod standing;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use evident_event::id::EventId;
use evident_event::record::{self, Admitted, Carried, Door, Refusal, Sender};
use evident_event::time::Timestamp;
use evident_store::Store;
use evident_store::append::{Append, AppendError, NewEvent};
use sqlx::AnyConnection;
use tokio::sync::{Mutex, Notify};

use crate::auth::{AuthError, Keyring};
use crate::control::outbox::Staged;
use crate::control::{
    Control, ControlError, Organizations, Session, Settings, Transacted, logs_about,
};
use crate::edge::{self, NoRandomness};

pub(crate) use deed::{Author, Deed};
use drain::Waiting;
pub(crate) use failpoint::failpoint;

/// The code of the refusal of an event that is longer than events may be.
const TOO_LONG: &str = "event_too_large";

/// Why something was not done, or not recorded.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ActError {
    /// What was done before cannot be recorded, so nothing more is done.
    #[error(
        "changes cannot be recorded on the log at the moment, so none are made: the server's log and /readyz \
         say why; try again once events are accepted"
    )]
    Stalled,
    /// The change was made, and its record has to wait.
    #[error(
        "the change was made, and its record will be on the log as soon as events are accepted again: do not \
         repeat it"
    )]
    Unrecorded,
    /// What the request was let in by was taken away while it was under way.
    #[error(transparent)]
    Auth(#[from] AuthError),
    /// There is no such organization.
    #[error("there is no such organization: check its id and your credentials")]
    NoOrganization,
    /// The record of an act would be longer than an event may be.
    #[error(
        "the change is too long to be recorded on the log as one, so nothing was changed: make it in smaller steps"
    )]
    TooLong,
    /// The record of an act is not acceptable. A mistake of ours. Of the record itself, which may hold secrets, nothing
    /// is said.
    #[error("the record of {action} is not acceptable: {}", codes(.refusals))]
    Refused {
        /// The action.
        action: &'static str,
        /// Why.
        refusals: Vec<Refusal>,
    },
    /// The log did not take it.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// The control database failed.
    #[error(transparent)]
    Control(#[from] ControlError),
    /// No ids could be made.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// The commit panicked.
    #[error("the change was abandoned; the server's log says why")]
    Abandoned,
}

/// Makes changes, and records them.
pub(crate) struct Acts {
    control: Control,
    store: Arc<Store>,
    organizations: Arc<Organizations>,
    keyring: Arc<Keyring>,
    /// There is something in the outbox.
    staged: Notify,
    waiting: Waiting,
    /// The organizations that memory has not followed; whoever holds it makes memory follow, one at a time.
    behind: Mutex<BTreeSet<String>>,
    /// The outbox could not be drained the last time.
    stalled: AtomicBool,
}

impl Acts {
    /// Makes changes of this control plane and records them in this store. Whatever was left over is recorded
    /// first: without that there is no start.
    pub(crate) async fn new(
        control: &Control,
        store: &Arc<Store>,
        organizations: &Arc<Organizations>,
        keyring: &Arc<Keyring>,
    ) -> Result<Arc<Self>, ActError> {
        let acts = Arc::new(Self {
            control: control.clone(),
            store: Arc::clone(store),
            organizations: Arc::clone(organizations),
            keyring: Arc::clone(keyring),
            staged: Notify::new(),
            waiting: Waiting::default(),
            behind: Mutex::default(),
            stalled: AtomicBool::new(false),
        });
        // A store that takes nothing must still be readable: the rest goes out when it takes events again.
        if let Err(error) = acts.drain().await {
            tracing::error!("what was left in the outbox waits: {error}");
            acts.stalled.store(true, Ordering::Relaxed);
        }
        Ok(acts)
    }

    /// Begins a change, unless what was done before cannot be recorded, or the author has lost what the request was let
    /// in by. Nobody else changes the caller's organization until it ends.
    pub(crate) async fn begin(self: &Arc<Self>, author: Author) -> Result<Act, ActError> {
        if self.stalled.load(Ordering::Relaxed) {
            self.staged.notify_one();
            return Err(ActError::Stalled);
        }
        self.control.must_be_owned().await?;
        let mut transaction = self.control.begin().await?;
        standing::check(&mut transaction, &author, edge::now()).await?;
        Ok(Act {
            acts: Arc::clone(self),
            transaction,
            author,
            deeds: Vec::new(),
        })
    }

    /// Records something that changed nothing, and waits until it is in the log.
    pub(crate) async fn record(
        &self,
        organization_id: &str,
        author: &Author,
        deed: Deed,
    ) -> Result<(), ActError> {
        let settings = self.organizations.settings(organization_id);
        let settings = settings.ok_or(ActError::NoOrganization)?;
        let staged = stage(&settings, author, deed, edge::now(), 0)?;
        self.append(organization_id, vec![staged]).await
    }

    async fn append(&self, organization_id: &str, staged: Vec<Staged>) -> Result<(), ActError> {
        let events = staged.into_iter().map(|staged| NewEvent {
            id: staged.event_id,
            received_at: staged.staged_at,
            occurred_at: staged.occurred_at,
            // The ids are our own: what has one already is the same event.
            carried: Carried::default(),
            canonical: Bytes::from(staged.canonical),
        });
        let append = Append {
            organization_id: Arc::from(organization_id),
            events: events.collect(),
            partial: false,
        };
        self.store.append(append).await?;
        Ok(())
    }

    /// Reads again what is in memory of the organizations that a change was about: their settings, and who is let in
    /// by their keys and issuers. Whatever changes one of these says so on that organization's log, or memory would
    /// not follow.
    async fn follow(&self, organization_ids: &BTreeSet<String>) -> Result<(), ControlError> {
        let mut behind = self.behind.lock().await;
        behind.extend(organization_ids.iter().cloned());
        if behind.is_empty() {
            return Ok(());
        }
        for id in behind.iter() {
            self.organizations.reload(id).await?;
            self.keyring.reload(&self.control, id).await?;
        }
        behind.clear();
        Ok(())
    }
}

/// A change that is being made.
pub(crate) struct Act {
    acts: Arc<Acts>,
    transaction: Transacted,
    author: Author,
    deeds: Vec<(String, Deed)>,
}

impl Act {
    /// What statements are made on.
    pub(crate) fn connection(&mut self) -> &mut AnyConnection {
        &mut self.transaction
    }

    /// The organizations, to be changed on [`Self::connection`].
    pub(crate) fn organizations(&self) -> Arc<Organizations> {
        Arc::clone(&self.acts.organizations)
    }

    /// Notes what was done, for the log of an organization.
    pub(crate) fn did(&mut self, organization_id: &str, deed: Deed) {
        self.deeds.push((organization_id.to_owned(), deed));
    }

    /// Ends the session of this digest, if there is one, and notes it for the logs that its person's sign-ins go to: a
    /// browser that signs somebody in keeps no other session, whosever it was.
    pub(crate) async fn replace_session(&mut self, digest: [u8; 32]) -> Result<(), ControlError> {
        let ended = Session::end_by_digest(self.connection(), digest).await?;
        let Some(ended) = ended else { return Ok(()) };
        let deed = Deed::new("user.logout")
            .to("user", &ended.user_id, &ended.email)
            .to("session", &ended.id, "")
            .saying("by", "another sign-in in the same browser");
        for log in logs_about(self.connection(), Some(&ended.user_id)).await? {
            self.did(&log, deed.clone());
        }
        Ok(())
    }

    /// Commits the change with its record, and waits until that is in the log.
    pub(crate) async fn commit(mut self) -> Result<(), ActError> {
        let now = edge::now();
        let mut ids = Vec::with_capacity(self.deeds.len());
        // The organizations whose logs tell of it, each as it is within the transaction.
        let mut told: Vec<Settings> = Vec::new();
        // Those of them that memory has something of that may be other than before.
        let mut touched = BTreeSet::new();
        for (place, (organization_id, deed)) in (0..).zip(std::mem::take(&mut self.deeds)) {
            if !told.iter().any(|settings| settings.id == organization_id) {
                let settings = self
                    .acts
                    .organizations
                    .settings_within(&mut self.transaction, &organization_id)
                    .await?;
                told.push(settings.ok_or(ActError::NoOrganization)?);
            }
            let settings = told.iter().find(|settings| settings.id == organization_id);
            let settings = settings.ok_or(ActError::NoOrganization)?;
            if !deed.is_of_a_session() {
                touched.insert(organization_id);
            }
            let staged = stage(settings, &self.author, deed, now, place)?;
            staged.write(&mut self.transaction).await?;
            ids.push(staged.event_id);
        }
        failpoint("staged");
        let Self {
            acts, transaction, ..
        } = self;
        // On a task of its own: once it has been committed memory must follow and the record must go out, whether
        // or not anybody still waits for the answer.
        let task = tokio::spawn(async move {
            let recorded = acts.waiting.on(&ids);
            if let Err(error) = transaction.commit().await {
                // A connection that broke may have committed all the same: then memory follows at the next drain.
                acts.waiting.forget(&ids);
                acts.behind.lock().await.extend(touched);
                acts.staged.notify_one();
                return Err(ControlError::from(error).into());
            }
            failpoint("committed");
            let followed = acts.follow(&touched).await;
            if let Err(error) = &followed {
                // What was taken away must not go on working: the next drain reads it again, and until then
                // nothing more is changed.
                acts.stalled.store(true, Ordering::Relaxed);
                tracing::error!("a change was made, and memory has not followed yet: {error}");
            }
            acts.staged.notify_one();
            match ids.is_empty() || recorded.await {
                true if followed.is_ok() => Ok(()),
                _ => Err(ActError::Unrecorded),
            }
        });
        task.await.map_err(|_| ActError::Abandoned)?
    }
}

/// Takes a deed through the record's door: what comes out is what the log will hold.
fn stage(
    settings: &Settings,
    author: &Author,
    deed: Deed,
    now: Timestamp,
    place: i64,
) -> Result<Staged, ActError> {
    let ids = edge::event_ids(1, now)?;
    let id = ids.first().copied().ok_or(ActError::Abandoned)?;
    let action = deed.action();
    let text = deed.text(&id, author);
    let admitted = admitted(settings, &text, id, now);
    let Admitted {
        canonical,
        occurred_at,
        ..
    } = admitted.map_err(|refusals| unrecordable(action, refusals))?;
    Ok(Staged {
        event_id: id,
        organization_id: settings.id.clone(),
        staged_at: now,
        place,
        occurred_at,
        canonical,
    })
}

fn admitted(
    settings: &Settings,
    text: &str,
    id: EventId,
    now: Timestamp,
) -> Result<Admitted, Vec<Refusal>> {
    let door = Door {
        catalog: &settings.known.catalog,
        organization_id: &settings.id,
        received_at: now,
        fallback_id: id,
        // What Evident does it does under actions of the built-in catalog, and says what it knows.
        strict: false,
        redactor: &settings.redactor,
        levels: settings.projects.levels(),
        sender: Sender::Evident,
    };
    record::admit(text.as_bytes(), &door)
}

fn unrecordable(action: &'static str, refusals: Vec<Refusal>) -> ActError {
    let is_too_long = |refusal: &Refusal| refusal.code == TOO_LONG;
    match refusals.iter().any(is_too_long) {
        true => ActError::TooLong,
        false => ActError::Refused { action, refusals },
    }
}

/// What is wrong, without what it is wrong with.
fn codes(refusals: &[Refusal]) -> String {
    let codes: Vec<&str> = refusals.iter().map(|refusal| refusal.code).collect();
    codes.join(", ")
}

#[cfg(test)]
mod tests;
