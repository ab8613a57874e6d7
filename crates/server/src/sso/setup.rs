//! An organization's provider is set up, changed and taken away.
//!
//! What must always hold:
//!
//! - whoever says which provider vouches for whom, and as what, could come in as anybody, so only those do who hold all
//!   that there is to hold in the organization;
//! - a secret goes to the provider that it was given for, and to no other;
//! - sessions and subjects of a provider that vouches no more are gone with it;
//! - nobody is asked over the network while the organization is locked.

use evident_event::record::Refusal;
use evident_event::time::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};
use sqlx::AnyConnection;

use super::change::{one_refusal, refusal_of};
use super::{PROVIDERS, SecretChange, SingleSignOn, SsoChange, policy};
use crate::acts::{Act, ActError, Author, Deed};
use crate::auth::oidc::{OidcError, Provider, ProviderSettings};
use crate::auth::{Authorized, ManageSso};
use crate::control::{
    ControlError, Level, Permissions, Role, Sso, SsoGroupRole, SsoPerson, locked_organization,
};
use crate::secrets::SecretError;

/// Stands for the redirect URL where that is not known yet. It leads nowhere.
const NOWHERE: &str = "https://localhost.invalid/v1/auth/oidc/callback";
/// The field that mappings of groups are told as.
const MAPPINGS: &str = "group_roles";
/// Mappings that are told one by one where a provider is taken away, in bytes: with the rest they fit into an event.
const MAX_TOLD_MAPPINGS_BYTES: usize = 64 * 1024;

/// Why a provider was not set up.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SetUpError {
    /// What was sent is not acceptable.
    #[error("what was sent is not acceptable")]
    Refused(Vec<Refusal>),
    /// It is not known where people reach this server.
    #[error(
        "public_url is not configured, so no provider could send anybody back: let whoever runs the server set it"
    )]
    NoPublicUrl,
    /// The provider does not answer as it should.
    #[error("{0} (?check=false skips this check)")]
    Check(#[from] OidcError),
    /// The caller does not hold as much as the provider would give.
    #[error(
        "a provider vouches for every member, admins too: this needs all permissions in the organization, so ask an \
         admin of it"
    )]
    VouchesForMore,
    /// The organization is gone.
    #[error("there is no such organization: check its id and your credentials")]
    NoOrganization,
    /// The change could not be made.
    #[error(transparent)]
    Act(#[from] ActError),
    /// The control database failed.
    #[error(transparent)]
    Control(#[from] ControlError),
    /// The secret could not be sealed.
    #[error(transparent)]
    Secrets(#[from] SecretError),
}

/// How a provider is set up.
pub(crate) struct SetUp<'s> {
    /// Who does it.
    pub(crate) admin: &'s Authorized<ManageSso>,
    /// What is to be.
    pub(crate) change: SsoChange,
    /// Whether the provider is asked first.
    pub(crate) check: bool,
    /// When.
    pub(crate) now: Timestamp,
}

impl SingleSignOn {
    /// Sets an organization's provider.
    pub(crate) async fn set(&self, asked: SetUp<'_>) -> Result<Sso, SetUpError> {
        let (admin, change) = (asked.admin, &asked.change);
        self.check(change, asked.check, asked.now).await?;
        let organization_id = admin.caller().organization_id();
        let author = Author::of(admin.caller(), admin.visit());
        let mut act = self.means.acts.begin(author).await?;
        let connection = act.connection();
        if !locked_organization(connection, organization_id).await? {
            return Err(SetUpError::NoOrganization);
        }
        let before = Sso::find(connection, organization_id).await?;
        let after = Sso {
            organization_id: organization_id.to_string(),
            issuer: change.issuer.clone(),
            client_id: change.client_id.clone(),
            client_secret: self.secret(change, before.as_ref())?,
            policy: change.policy.clone(),
            enabled: change.enabled,
            updated_at: asked.now,
        };
        policy(&after).map_err(|error| {
            SetUpError::Refused(vec![one_refusal(
                "/domains",
                "invalid_value",
                error.to_string(),
            )])
        })?;
        must_hold_enough(admin, before.as_ref(), &after)?;
        must_know_roles(connection, before.as_ref(), &after).await?;
        let deed = told(before.as_ref(), &after, change);
        let Some(deed) = deed else {
            return Ok(before.unwrap_or(after));
        };
        after.write(connection).await?;
        follow(connection, before.as_ref(), &after, change).await?;
        act.did(organization_id, deed);
        act.commit().await?;
        Ok(after)
    }

    /// Takes an organization's provider away, if there is one.
    pub(crate) async fn unset(&self, admin: &Authorized<ManageSso>) -> Result<(), SetUpError> {
        let organization_id = admin.caller().organization_id();
        let author = Author::of(admin.caller(), admin.visit());
        let mut act: Act = self.means.acts.begin(author).await?;
        let connection = act.connection();
        if !locked_organization(connection, organization_id).await? {
            return Err(SetUpError::NoOrganization);
        }
        let Some(before) = Sso::find(connection, organization_id).await? else {
            return Ok(());
        };
        Sso::delete(connection, organization_id).await?;
        Sso::end_sessions(connection, organization_id).await?;
        SsoPerson::unlink_all(connection, organization_id).await?;
        let mut deed = Deed::new("settings.changed").to("sso", organization_id, &before.issuer);
        for (field, old) in fields(&before) {
            deed = deed.changing(field, old, Value::Null);
        }
        let mapped = &before.policy.group_roles;
        deed = match json!(mapped).to_string().len() <= MAX_TOLD_MAPPINGS_BYTES {
            true => deed.changing(MAPPINGS, listed(mapped), Value::Null),
            // Each is on the log from when it was added, and nobody is to be kept from taking a provider away.
            false => deed.saying("group_roles_removed", mapped.len()),
        };
        act.did(organization_id, deed);
        act.commit().await?;
        Ok(())
    }

    /// Looks at what can be looked at without the database: how it is written, and whether the provider answers.
    async fn check(&self, change: &SsoChange, ask: bool, now: Timestamp) -> Result<(), SetUpError> {
        let redirect_url = match self.redirect_url() {
            Some(url) => url,
            None if ask => return Err(SetUpError::NoPublicUrl),
            None => NOWHERE.to_owned(),
        };
        let secret = match &change.secret {
            SecretChange::New(secret) => Some(secret.clone()),
            SecretChange::Kept | SecretChange::None => None,
        };
        let settings = ProviderSettings {
            issuer: change.issuer.clone(),
            client_id: change.client_id.clone(),
            client_secret: secret,
            redirect_url,
            groups_claim: change.policy.groups_claim.clone(),
            scopes: change.policy.scopes.clone(),
        };
        let provider = Provider::new(settings, self.means.reach)
            .map_err(|error| SetUpError::Refused(vec![refusal_of(&error)]))?;
        if ask {
            self.oidc.begin(&provider, now).await?;
        }
        Ok(())
    }

    /// The secret as it is kept.
    fn secret(
        &self,
        change: &SsoChange,
        before: Option<&Sso>,
    ) -> Result<Option<Vec<u8>>, SetUpError> {
        match &change.secret {
            SecretChange::None => Ok(None),
            SecretChange::New(secret) => {
                Ok(Some(self.means.secrets.seal(PROVIDERS, secret.as_bytes())?))
            }
            SecretChange::Kept => match before {
                Some(before)
                    if before.issuer == change.issuer && before.client_id == change.client_id =>
                {
                    Ok(before.client_secret.clone())
                }
                _ => {
                    let message = "expected the secret of this client, found none: give it, or null for a client \
                                   without one; a secret is kept only while issuer and client_id stay";
                    let refusal = one_refusal("/client_secret", "missing_field", message);
                    Err(SetUpError::Refused(vec![refusal]))
                }
            },
        }
    }
}

/// Refuses who would let somebody be more than they are themselves.
fn must_hold_enough(
    admin: &Authorized<ManageSso>,
    before: Option<&Sso>,
    after: &Sso,
) -> Result<(), SetUpError> {
    // Whoever says who comes in, and as what, gives and takes every role: also those that admins hold.
    let vouched = |sso: &Sso| {
        let policy = &sso.policy;
        let who = (sso.issuer.clone(), sso.client_id.clone());
        let whom = (
            policy.domains.clone(),
            policy.groups_claim.clone(),
            policy.require_group,
        );
        let as_what = policy.group_roles.clone();
        (
            who,
            whom,
            as_what,
            policy.scopes.clone(),
            sso.client_secret.clone(),
        )
    };
    let vouches_anew = before.is_none_or(|before| {
        vouched(before) != vouched(after) || (after.enabled && !before.enabled)
    });
    match vouches_anew && !admin.caller().held().may_give(Permissions::all(), None) {
        true => Err(SetUpError::VouchesForMore),
        false => Ok(()),
    }
}

/// Refuses mappings to roles that are not there. Who may change mappings may give every role.
async fn must_know_roles(
    connection: &mut AnyConnection,
    before: Option<&Sso>,
    after: &Sso,
) -> Result<(), SetUpError> {
    let listed = &after.policy.group_roles;
    if before.is_some_and(|before| before.policy.group_roles == *listed) {
        return Ok(());
    }
    for (position, listed) in listed.iter().enumerate() {
        let role = Role::find(connection, &after.organization_id, &listed.role).await?;
        if !role.is_some_and(|role| role.is_for(Level::Organization)) {
            let pointer = format!("/group_roles/{position}/role");
            let message =
                "there is no such role for the organization as a whole: give the id of one";
            let refusal = one_refusal(&pointer, "unknown_role", message);
            return Err(SetUpError::Refused(vec![refusal]));
        }
    }
    Ok(())
}

/// What comes with a change: who was vouched for by what is no more is vouched for no more.
async fn follow(
    connection: &mut AnyConnection,
    before: Option<&Sso>,
    after: &Sso,
    change: &SsoChange,
) -> Result<(), ControlError> {
    let Some(before) = before else { return Ok(()) };
    let id = &after.organization_id;
    let is_other = before.issuer != after.issuer || before.client_id != after.client_id;
    if is_other {
        SsoPerson::unlink_all(connection, id).await?;
    }
    if is_other || change.secret != SecretChange::Kept || !after.enabled {
        Sso::end_sessions(connection, id).await?;
    }
    Ok(())
}

/// What is told of a provider: all of it but the secret and the mappings.
fn fields(sso: &Sso) -> [(&'static str, Value); 7] {
    let policy = &sso.policy;
    [
        ("issuer", json!(sso.issuer)),
        ("client_id", json!(sso.client_id)),
        ("domains", json!(policy.domains)),
        ("groups_claim", json!(policy.groups_claim)),
        ("scopes", json!(policy.scopes)),
        ("require_group", json!(policy.require_group)),
        ("enabled", json!(sso.enabled)),
    ]
}

/// Mappings as they are told; none as nothing.
fn listed<M: Serialize>(mappings: &[M]) -> Value {
    match mappings.is_empty() {
        true => Value::Null,
        false => json!(mappings),
    }
}

/// The same deed with what was done to mappings: those that were taken away and those that were added. Both lists as a
/// whole would be longer than an event may be.
fn telling_mappings(deed: Deed, old: &[SsoGroupRole], new: &[SsoGroupRole]) -> Deed {
    let lacks = |list: &[SsoGroupRole], one: &SsoGroupRole| !list.contains(one);
    let removed: Vec<_> = old.iter().filter(|one| lacks(new, one)).collect();
    let added: Vec<_> = new.iter().filter(|one| lacks(old, one)).collect();
    let kept = old.iter().filter(|one| !lacks(new, one));
    // As whoever reads the two lists would have it: what was added stands behind what stayed.
    let goes_without_saying = kept.chain(added.iter().copied()).eq(new);
    let deed = deed.changing(MAPPINGS, listed(&removed), listed(&added));
    match goes_without_saying {
        true => deed,
        false => deed.saying("group_roles_order", "changed"),
    }
}

/// The event of a change; none if nothing changes.
fn told(before: Option<&Sso>, after: &Sso, change: &SsoChange) -> Option<Deed> {
    let mut deed = Deed::new("settings.changed").to("sso", &after.organization_id, &after.issuer);
    let old = before.map(fields);
    for (at, (field, new)) in fields(after).into_iter().enumerate() {
        let old = old.as_ref().and_then(|old| old.get(at));
        let old = old.map_or(Value::Null, |(_, old)| old.clone());
        deed = deed.changing(field, old, new);
    }
    let old_mappings = before.map_or(&[][..], |before| &before.policy.group_roles);
    let new_mappings = &after.policy.group_roles;
    deed = telling_mappings(deed, old_mappings, new_mappings);
    let had_secret = before.is_some_and(|before| before.client_secret.is_some());
    let replaced = match change.secret {
        SecretChange::New(_) => true,
        SecretChange::None => had_secret,
        SecretChange::Kept => false,
    };
    if replaced {
        deed = deed.saying("credentials", "replaced");
    }
    let is_told = replaced || old_mappings != new_mappings || !deed.changes_nothing();
    is_told.then_some(deed)
}
