//! The organizations, in memory beside the database: every request that records or asks needs their
//! settings and their catalog, and none of these may wait for SQLite.
//!
//! What must always hold:
//!
//! - what is in memory is what the database held when it was last read: a change is made within a transaction of
//!   the caller's, committed, and then memory follows ([`Organizations::reload`]);
//! - changes of one organization happen one after the other, each upon what the one before left in
//!   the database;
//! - a request works with the settings that it began with, whole.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use bytes::Bytes;
use evident_event::catalog::{Catalog, Definition, Entry};
use evident_event::json::Json;
use evident_event::record::Refusal;
use evident_event::redact::{RedactionKey, Redactor, Rules};
use evident_event::time::Timestamp;
use sqlx::{AnyConnection, query_scalar};

use super::projects::Projects;
use super::stored::Stored;
use super::{Control, ControlError, SettingsChange, locked_organization};

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
    /// Nothing is recorded or changed in it.
    pub(crate) archived: bool,
    /// The role that new members begin with.
    pub(crate) default_role: String,
    /// Its projects.
    pub(crate) projects: Projects,
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
    /// The organization is archived.
    #[error(
        "the organization is archived, so nothing is changed in it: bring it back first, by PATCH \
         /v1/organizations/{{id}} with {{\"archived\": false}}"
    )]
    Archived,
    /// There is no such organization.
    #[error("there is no such organization: check its id and your key")]
    NoOrganization,
    /// The database failed.
    #[error(transparent)]
    Control(#[from] ControlError),
}

impl From<sqlx::Error> for ChangeError {
    fn from(error: sqlx::Error) -> Self {
        Self::Control(error.into())
    }
}

/// A change, to be made upon what the database holds.
pub(crate) enum OrganizationChange {
    /// Something is set.
    Settings(SettingsChange),
    /// An event type of the organization's own is made.
    NewType(Json<'static>),
    /// One is replaced.
    ReplacedType(String, Json<'static>),
}

impl OrganizationChange {
    /// Whether it can be made in an organization that is archived: if that brings it back, or it changes nothing.
    fn is_allowed_when_archived(&self) -> bool {
        match self {
            Self::Settings(change) => {
                let changes_nothing = change.is_of_the_instance() && change.name.is_none();
                change.archived == Some(false) || changes_nothing
            }
            Self::NewType(_) | Self::ReplacedType(..) => false,
        }
    }
}

/// Locks an organization for a change of something in it, unless it is not there or archived.
pub(crate) async fn must_take_changes(
    connection: &mut AnyConnection,
    id: &str,
) -> Result<(), ChangeError> {
    if !locked_organization(connection, id).await? {
        return Err(ChangeError::NoOrganization);
    }
    let archived_at: Option<i64> =
        query_scalar("SELECT archived_at FROM organizations WHERE id = $1")
            .bind(id.to_owned())
            .fetch_one(connection)
            .await?;
    match archived_at {
        None => Ok(()),
        Some(_) => Err(ChangeError::Archived),
    }
}

/// What an organization had set, and has set now.
#[derive(Debug)]
pub(crate) struct Changed {
    /// Before the change.
    pub(crate) before: Settings,
    /// After it.
    pub(crate) after: Settings,
}

/// The organizations.
#[derive(Debug)]
pub(crate) struct Organizations {
    control: Control,
    built_in: BuiltIn,
    /// The one that the instance was founded with, which stays the same. Of an instance to come there is none.
    home: Option<String>,
    by_id: RwLock<HashMap<String, Arc<Settings>>>,
}

/// The catalog that is the same for everybody, alone and as what others are added to.
#[derive(Debug)]
struct BuiltIn {
    catalog: Arc<Catalog>,
    known: Arc<Known>,
}

impl Organizations {
    /// Reads them all.
    pub(crate) async fn load(control: &Control, built_in: &Catalog) -> Result<Self, ControlError> {
        let built_in = BuiltIn {
            catalog: Arc::new(built_in.clone()),
            known: Arc::new(Known::new(built_in.clone())?),
        };
        let mut connection = control.reading().await?;
        let home = query_scalar("SELECT home_organization FROM instance");
        let home = home.fetch_optional(&mut *connection).await?;
        let mut by_id = HashMap::new();
        for stored in Stored::all(&mut connection).await? {
            let id = stored.id.clone();
            by_id.insert(id, Arc::new(settings(stored, &built_in)?));
        }
        Ok(Self {
            control: control.clone(),
            built_in,
            home,
            by_id: RwLock::new(by_id),
        })
    }

    /// Reads one again, after a change: it may be new, other than before, or deleted.
    pub(crate) async fn reload(&self, id: &str) -> Result<(), ControlError> {
        let mut connection = self.control.reading().await?;
        let stored = Stored::find(&mut connection, id).await?;
        let settings = stored
            .map(|stored| settings(stored, &self.built_in))
            .transpose()?;
        let mut by_id = self.by_id.write().unwrap_or_else(PoisonError::into_inner);
        match settings {
            Some(settings) => by_id.insert(id.to_owned(), Arc::new(settings)),
            None => by_id.remove(id),
        };
        Ok(())
    }

    /// Whether it is the one that the instance was founded with, which stands for the instance where one must.
    pub(crate) fn is_home(&self, id: &str) -> bool {
        self.home.as_deref() == Some(id)
    }

    /// Their ids.
    pub(crate) fn ids(&self) -> Vec<String> {
        let by_id = self.by_id.read().unwrap_or_else(PoisonError::into_inner);
        by_id.keys().cloned().collect()
    }

    /// The settings of one, as they are now.
    pub(crate) fn settings(&self, id: &str) -> Option<Arc<Settings>> {
        let by_id = self.by_id.read().unwrap_or_else(PoisonError::into_inner);
        by_id.get(id).map(Arc::clone)
    }

    /// The settings of one as a transaction has them, whether or not it is archived.
    pub(crate) async fn settings_within(
        &self,
        connection: &mut AnyConnection,
        id: &str,
    ) -> Result<Option<Settings>, ControlError> {
        let stored = Stored::find_even_deleted(connection, id).await?;
        stored
            .map(|stored| settings(stored, &self.built_in))
            .transpose()
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

    /// Changes an organization within a transaction. Memory follows by [`Self::reload`], once it is committed.
    pub(crate) async fn change(
        &self,
        connection: &mut AnyConnection,
        id: &str,
        change: OrganizationChange,
        now: Timestamp,
    ) -> Result<Changed, ChangeError> {
        let stored = Stored::locked(connection, id).await?;
        let mut stored = stored.ok_or(ChangeError::NoOrganization)?;
        let before = settings(stored.clone(), &self.built_in)?;
        if stored.archived && !change.is_allowed_when_archived() {
            return Err(ChangeError::Archived);
        }
        match change {
            OrganizationChange::Settings(change) => {
                stored.name = change.name.unwrap_or(stored.name);
                stored.strict = change.strict.unwrap_or(stored.strict);
                stored.rules = change.rules.unwrap_or(stored.rules);
                stored.log_public = change.log_public.unwrap_or(stored.log_public);
                stored.archived = change.archived.unwrap_or(stored.archived);
                stored.write_settings(connection, now).await?;
            }
            OrganizationChange::NewType(document) => {
                let definition = self.new_type(&stored, &document)?;
                stored
                    .write_definition(connection, &definition, now)
                    .await?;
            }
            OrganizationChange::ReplacedType(action, document) => {
                let (definition, replaced) = self.replaced_type(&stored, &action, &document)?;
                // The same again is no change: a retry makes no version.
                if definition.entry() != replaced {
                    stored
                        .write_definition(connection, &definition, now)
                        .await?;
                }
            }
        }
        let after = settings(stored, &self.built_in)?;
        Ok(Changed { before, after })
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
        archived: stored.archived,
        default_role: stored.default_role,
        projects: stored.projects,
        redactor: Redactor::new(RedactionKey::new(stored.redaction_key), &stored.rules),
        rules: stored.rules,
        known,
    })
}
