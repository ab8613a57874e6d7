//! What a directory is given when it is set up: a log, an organization, its owner and keys.
//!
//! It must hold that the log comes before the control plane's one transaction: a directory either has an
//! organization whose log and keys work, or none; then it may be set up again.

use std::sync::Arc;

use evident_ledger::note::SigningKey;
use evident_store::Store;
use evident_store::logs::LogError;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::{KeyText, Secret};
use crate::control::lifecycle::{self, LifecycleError};
use crate::control::{Control, ControlError, Founding, KeyKind, NewKey};
use crate::edge::{self, NoRandomness};

/// The instance's name, unless one is given.
pub(crate) const DEFAULT_INSTANCE: &str = "evident.localhost";

/// Why a directory could not be set up.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FoundingError {
    /// The control plane refused.
    #[error(transparent)]
    Control(#[from] ControlError),
    /// There may be no such organization.
    #[error(transparent)]
    Lifecycle(#[from] LifecycleError),
    /// No keys could be made.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// The log's name cannot be signed for.
    #[error("the log's key cannot be made: {0}")]
    Key(#[from] evident_ledger::note::KeyError),
    /// The store could not make the log.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The log is not there although it was made.
    #[error("the log was made but cannot be read: run init again on another directory")]
    NoLog,
    /// The store's thread panicked.
    #[error("making the log was abandoned; run it again")]
    Abandoned,
}

/// What a directory is to begin with.
pub(crate) struct Plan {
    /// The organization's name.
    pub(crate) organization: String,
    /// The owner's name; may be empty.
    pub(crate) owner_name: String,
    /// The owner's e-mail address.
    pub(crate) email: String,
    /// The argon2id hash of the owner's password.
    pub(crate) password_hash: String,
    /// The instance's name.
    pub(crate) instance: String,
}

/// What whoever set it up has to know, as `evident init --json` prints it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct Founded {
    /// The organization's id, `org_…`.
    pub(crate) organization_id: String,
    /// Its owner, who owns the instance too.
    pub(crate) owner: Owner,
    /// Its first keys.
    pub(crate) keys: Keys,
    /// Its log.
    pub(crate) log: Log,
}

/// The first person.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(as = FoundedOwner)]
pub(crate) struct Owner {
    /// The person's id, `usr_…`.
    pub(crate) id: String,
    /// The address.
    pub(crate) email: String,
}

/// The organization's first keys, whole. Nothing else has them.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(as = FoundedKeys)]
pub(crate) struct Keys {
    /// Records events.
    pub(crate) ingest: String,
    /// Reads.
    pub(crate) read: String,
    /// May do all that keys may.
    pub(crate) admin: String,
}

/// What the organization's log is verified by.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(as = FoundedLog)]
pub(crate) struct Log {
    /// The log's name.
    pub(crate) origin: String,
    /// The key that its checkpoints are verified with.
    pub(crate) verifier_key: String,
}

/// Makes the log and the keys. Nothing counts before [`Control::found`] has recorded the founding.
pub(crate) async fn prepare(
    store: &Arc<Store>,
    control: &Control,
    plan: Plan,
) -> Result<(Founding, Founded), FoundingError> {
    if control.is_founded().await? {
        return Err(ControlError::AlreadyFounded.into());
    }
    let now = edge::now();
    // One address is one text: who signs in may write it otherwise.
    let email = plan.email.to_lowercase();
    let organization_id = edge::prefixed_id("org", now)?;
    let owner_id = edge::prefixed_id("usr", now)?;
    let log = create_log(store, &plan.instance, &organization_id).await?;
    let new_key = || -> Result<KeyText, NoRandomness> {
        Ok(KeyText {
            id: edge::prefixed_id("key", now)?,
            secret: Secret::generate()?,
        })
    };
    let kinds = [KeyKind::Ingest, KeyKind::Read, KeyKind::Admin];
    let keys = [new_key()?, new_key()?, new_key()?];
    let records = kinds.iter().zip(&keys).map(|(kind, key)| NewKey {
        id: key.id.clone(),
        kind: *kind,
        digest: key.secret.digest(),
    });
    let founding = Founding {
        now,
        instance: plan.instance,
        organization_id: organization_id.clone(),
        organization_name: plan.organization,
        redaction_key: edge::random()?,
        owner_id: owner_id.clone(),
        owner_name: plan.owner_name,
        owner_email: email.clone(),
        password_hash: plan.password_hash,
        keys: records.collect(),
        projects: Vec::new(),
        demo: None,
    };
    let [ingest, read, admin] = &keys;
    let founded = Founded {
        organization_id,
        owner: Owner {
            id: owner_id,
            email,
        },
        keys: Keys {
            ingest: ingest.write(KeyKind::Ingest),
            read: read.write(KeyKind::Read),
            admin: admin.write(KeyKind::Admin),
        },
        log,
    };
    Ok((founding, founded))
}

/// Makes the logs of organizations that come later.
#[derive(Clone)]
pub(crate) struct Founder {
    store: Arc<Store>,
    control: Control,
}

impl Founder {
    /// Makes logs in this store, named after the instance of this control plane.
    pub(crate) fn new(store: &Arc<Store>, control: &Control) -> Self {
        Self {
            store: Arc::clone(store),
            control: control.clone(),
        }
    }

    /// Makes the log of an organization that is to be, if there may be one more. It counts for nothing until the
    /// organization is there.
    pub(crate) async fn log_for(&self, organization_id: &str) -> Result<(), FoundingError> {
        let mut connection = self.control.reading().await?;
        lifecycle::must_have_room(&mut connection).await?;
        let instance = lifecycle::instance_name(&mut connection).await?;
        drop(connection);
        create_log(&self.store, &instance, organization_id).await?;
        Ok(())
    }
}

async fn create_log(
    store: &Arc<Store>,
    instance: &str,
    organization_id: &str,
) -> Result<Log, FoundingError> {
    let origin = format!("{instance}/{organization_id}");
    let key = SigningKey::from_seed(&origin, edge::random()?)?;
    let (creating, id) = (Arc::clone(store), organization_id.to_owned());
    let created = tokio::task::spawn_blocking(move || creating.create_log(&id, key));
    created.await.map_err(|_| FoundingError::Abandoned)??;
    let log = (
        store.origin(organization_id),
        store.verifier_key(organization_id),
    );
    let (Some(origin), Some(verifier_key)) = log else {
        return Err(FoundingError::NoLog);
    };
    Ok(Log {
        origin,
        verifier_key,
    })
}
