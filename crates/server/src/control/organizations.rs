//! The organizations, in memory beside the database: every request that records or asks needs their
//! settings and their catalog, and none of these may wait for SQLite.
//!
//! What must always hold:
//!
//! - what is in memory is what the database held when it was last read or written: a change is
//!   committed first, and memory follows;
//! - changes of one organization happen one after the other, each upon what the one before left in
//!   the database, and come to their end also when their client goes away;
//! - a request works with the settings that it began with, whole.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use bytes::Bytes;
use evident_event::catalog::{Catalog, Definition, Entry};
use evident_event::json::Json;
use evident_event::record::Refusal;
use evident_event::redact::{RedactionKey, Redactor, Rules};
use evident_event::time::Timestamp;
use tokio::sync::Mutex;

use super::stored::Stored;
use super::{Control, ControlError, SettingsChange};

/// Event types of an organization's own, at most. All of them are in memory.
pub(crate) const MAX_OWN_TYPES: usize = 500;

/// What an organization has set.
#[derive(Debug)]
pub(crate) struct Settings {
    /// Its id, `org_…`.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: String,
    /// When it was made.
    pub(crate) created_at: Timestamp,
    /// Unknown actions and missing metadata are refused.
    pub(crate) strict: bool,
    /// Anybody may read its log.
    pub(crate) log_public: bool,
    /// What it says itself about its secrets.
    pub(crate) rules: Rules,
    /// What replaces secrets in its events.
    pub(crate) redactor: Redactor,
    /// The event types that its requests know.
    pub(crate) known: Arc<Known>,
}

/// A catalog, prepared.
#[derive(Debug)]
pub(crate) struct Known {
    /// The catalog.
    pub(crate) catalog: Catalog,
    /// The same as JSON, written once: it may be long, and many may ask for it.
    pub(crate) json: Bytes,
}

impl Known {
    fn new(catalog: Catalog) -> Result<Self, ControlError> {
        let json = serde_json::to_vec(&catalog).map_err(super::unwritable)?;
        let json = Bytes::from(json);
        Ok(Self { catalog, json })
    }
}

/// Why an organization was not changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ChangeError {
    /// What was sent is not acceptable.
    #[error("{} of what was sent is not acceptable", .0.len())]
    Refused(Vec<Refusal>),
    /// An action is in the built-in catalog.
    #[error(
        "{0:?} is an action of the built-in catalog, which is the same for everybody: choose another action"
    )]
    BuiltIn(String),
    /// An action is one of the organization's own.
    #[error(
        "{0:?} is an event type of the organization already: replace it by PUT /v1/catalog/{0}"
    )]
    Exists(String),
    /// An action is none of the organization's own.
    #[error(
        "{action:?} is no event type of the organization's own: make it by POST /v1/catalog, or correct the action"
    )]
    UnknownAction {
        /// The action.
        action: String,
        /// What was probably meant.
        suggestion: Option<String>,
    },
    /// There are too many event types.
    #[error(
        "an organization has at most {MAX_OWN_TYPES} event types of its own: replace one that is not needed"
    )]
    TooMany,
    /// There is no such organization.
    #[error("there is no such organization: check its id and your key")]
    NoOrganization,
    /// The database failed.
    #[error(transparent)]
    Control(#[from] ControlError),
    /// The change panicked.
    #[error("the change was abandoned; the server's log says why")]
    Abandoned,
}

impl From<sqlx::Error> for ChangeError {
    fn from(error: sqlx::Error) -> Self {
        Self::Control(error.into())
    }
}

/// A change, to be made upon what the database holds.
enum Change {
    Settings(SettingsChange),
    NewType(Json<'static>, Timestamp),
    ReplacedType(String, Json<'static>, Timestamp),
}

/// The organizations.
#[derive(Debug)]
pub(crate) struct Organizations {
    control: Control,
    built_in: BuiltIn,
    by_id: HashMap<String, Slot>,
}

/// The catalog that is the same for everybody, alone and as what others are added to.
#[derive(Debug)]
struct BuiltIn {
    catalog: Arc<Catalog>,
    known: Arc<Known>,
}

#[derive(Debug)]
struct Slot {
    current: RwLock<Arc<Settings>>,
    /// Held from before the commit until memory has followed.
    changing: Mutex<()>,
}

impl Organizations {
    /// Reads them all.
    pub(crate) async fn load(control: &Control, built_in: &Catalog) -> Result<Self, ControlError> {
        let built_in = BuiltIn {
            catalog: Arc::new(built_in.clone()),
            known: Arc::new(Known::new(built_in.clone())?),
        };
        let mut connection = control.pool.acquire().await?;
        let mut by_id = HashMap::new();
        for stored in Stored::all(&mut connection).await? {
            let id = stored.id.clone();
            let slot = Slot {
                current: RwLock::new(Arc::new(settings(stored, &built_in)?)),
                changing: Mutex::new(()),
            };
            by_id.insert(id, slot);
        }
        Ok(Self {
            control: control.clone(),
            built_in,
            by_id,
        })
    }

    /// Their ids.
    pub(crate) fn ids(&self) -> impl Iterator<Item = &str> {
        self.by_id.keys().map(String::as_str)
    }

    /// The settings of one, as they are now.
    pub(crate) fn settings(&self, id: &str) -> Option<Arc<Settings>> {
        let slot = self.by_id.get(id)?;
        let current = slot.current.read();
        Some(Arc::clone(&current.unwrap_or_else(PoisonError::into_inner)))
    }

    /// Whether anybody may read the log of one, as it is now.
    pub(crate) fn is_log_public(&self, id: &str) -> bool {
        self.settings(id)
            .is_some_and(|settings| settings.log_public)
    }

    /// The catalog of one, as it is now; the built-in one if there is no such organization.
    pub(crate) fn catalog(&self, id: &str) -> Arc<Known> {
        match self.settings(id) {
            Some(settings) => Arc::clone(&settings.known),
            None => Arc::clone(&self.built_in.known),
        }
    }

    /// Sets something. It counts for every request from now on.
    pub(crate) async fn set(
        self: &Arc<Self>,
        id: &str,
        change: SettingsChange,
    ) -> Result<Arc<Settings>, ChangeError> {
        self.change(id, Change::Settings(change)).await
    }

    /// Makes an event type of an organization's own.
    pub(crate) async fn add_type(
        self: &Arc<Self>,
        id: &str,
        document: Json<'static>,
        now: Timestamp,
    ) -> Result<Arc<Settings>, ChangeError> {
        self.change(id, Change::NewType(document, now)).await
    }

    /// Replaces an event type of an organization's own.
    pub(crate) async fn replace_type(
        self: &Arc<Self>,
        id: &str,
        action: &str,
        document: Json<'static>,
        now: Timestamp,
    ) -> Result<Arc<Settings>, ChangeError> {
        let change = Change::ReplacedType(action.to_owned(), document, now);
        self.change(id, change).await
    }

    /// Makes a change on a task of its own: once it has been committed memory must follow, whether
    /// or not anybody still waits for the answer.
    async fn change(
        self: &Arc<Self>,
        id: &str,
        change: Change,
    ) -> Result<Arc<Settings>, ChangeError> {
        let (all, id) = (Arc::clone(self), id.to_owned());
        let task = tokio::spawn(async move {
            let slot = all.by_id.get(&id).ok_or(ChangeError::NoOrganization)?;
            let turn = slot.changing.lock().await;
            let settings = Arc::new(all.commit(&id, change).await?);
            let mut current = slot.current.write().unwrap_or_else(PoisonError::into_inner);
            *current = Arc::clone(&settings);
            drop((current, turn));
            Ok(settings)
        });
        task.await.map_err(|_| ChangeError::Abandoned)?
    }

    async fn commit(&self, id: &str, change: Change) -> Result<Settings, ChangeError> {
        let mut transaction = self.control.pool.begin().await?;
        let stored = Stored::locked(&mut transaction, id).await?;
        let mut stored = stored.ok_or(ChangeError::NoOrganization)?;
        match change {
            Change::Settings(change) => {
                stored.name = change.name.unwrap_or(stored.name);
                stored.strict = change.strict.unwrap_or(stored.strict);
                stored.rules = change.rules.unwrap_or(stored.rules);
                stored.log_public = change.log_public.unwrap_or(stored.log_public);
                stored.write_settings(&mut transaction).await?;
            }
            Change::NewType(document, now) => {
                let definition = self.new_type(&stored, &document)?;
                stored
                    .write_definition(&mut transaction, &definition, now)
                    .await?;
            }
            Change::ReplacedType(action, document, now) => {
                let (definition, before) = self.replaced_type(&stored, &action, &document)?;
                // The same again is no change: a retry makes no version.
                if definition.entry() != before {
                    stored
                        .write_definition(&mut transaction, &definition, now)
                        .await?;
                }
            }
        }
        // Whatever may fail comes before the commit.
        let settings = settings(stored, &self.built_in)?;
        transaction.commit().await?;
        Ok(settings)
    }

    fn new_type(&self, stored: &Stored, document: &Json<'_>) -> Result<Definition, ChangeError> {
        if let Some(action) = Definition::action_of(document) {
            self.must_not_be_built_in(action)?;
            if stored.own.iter().any(|own| own.action == action) {
                return Err(ChangeError::Exists(action.to_owned()));
            }
        }
        let others = self
            .built_in
            .catalog
            .with_own(stored.own.clone(), stored.changes);
        let definition = Definition::read(document, None, &others, None);
        let definition = definition.map_err(ChangeError::Refused)?;
        if stored.own.len() >= MAX_OWN_TYPES {
            return Err(ChangeError::TooMany);
        }
        Ok(definition)
    }

    fn replaced_type<'s>(
        &self,
        stored: &'s Stored,
        action: &str,
        document: &Json<'_>,
    ) -> Result<(Definition, &'s Entry), ChangeError> {
        self.must_not_be_built_in(action)?;
        let (before, others): (Vec<_>, Vec<_>) =
            stored.own.iter().partition(|own| own.action == action);
        let Some(before) = before.first().copied() else {
            let catalog = self
                .built_in
                .catalog
                .with_own(stored.own.clone(), stored.changes);
            return Err(ChangeError::UnknownAction {
                action: action.to_owned(),
                suggestion: catalog.closest_action(action).map(str::to_owned),
            });
        };
        let others = others.into_iter().cloned().collect();
        let others = self.built_in.catalog.with_own(others, stored.changes);
        let definition = Definition::read(document, Some(action), &others, Some(before));
        Ok((definition.map_err(ChangeError::Refused)?, before))
    }

    fn must_not_be_built_in(&self, action: &str) -> Result<(), ChangeError> {
        match self.built_in.catalog.get(action) {
            Some(_) => Err(ChangeError::BuiltIn(action.to_owned())),
            None => Ok(()),
        }
    }
}

fn settings(stored: Stored, built_in: &BuiltIn) -> Result<Settings, ControlError> {
    let known = match stored.changes {
        0 => Arc::clone(&built_in.known),
        changes => {
            let catalog = built_in.catalog.with_own(stored.own, changes);
            Arc::new(Known::new(catalog)?)
        }
    };
    Ok(Settings {
        id: stored.id,
        name: stored.name,
        created_at: stored.created_at,
        strict: stored.strict,
        log_public: stored.log_public,
        redactor: Redactor::new(RedactionKey::new(stored.redaction_key), &stored.rules),
        rules: stored.rules,
        known,
    })
}
