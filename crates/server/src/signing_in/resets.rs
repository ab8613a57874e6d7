//! Passwords that were forgotten: a link that an admin makes, and the new password that is chosen by it.
//!
//! A link gives its holder the account, so it is made for those only whom the admin has all power over anyway: members
//! of no other organization who hold no more than the admin. The owners of the instance make one for everybody. A
//! second factor stays in use, unless the link was made to end it: for somebody who has lost the app and the recovery
//! codes. Which of the two a link does is part of its token, so that nobody makes the one of the other.

use std::time::Duration;

use evident_event::time::Timestamp;
use sqlx::AnyConnection;

use super::{Moment, SignInError, SigningIn};
use crate::acts::{Act, ActError, Author, Deed};
use crate::auth::hasher::Lane;
use crate::auth::token::{Purpose, Token};
use crate::auth::{Authorized, Caller, EvenArchived, Held, ManageMembers, Reach, Right, Visit};
use crate::control::{
    Account, ControlError, Holdings, PasswordReset, Permission, Session, Taken,
    locked_organization, logs_about,
};
use crate::edge::{self, NoRandomness};

/// How long a link works.
pub(crate) const RESET_LASTS: Duration = Duration::from_hours(24);

/// What a link resets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ResetScope {
    /// The password.
    Password,
    /// The password, and the second factor with its recovery codes: there are none any more.
    SecondFactorToo,
}

impl ResetScope {
    const fn purpose(self) -> Purpose {
        match self {
            Self::Password => Purpose::Reset,
            Self::SecondFactorToo => Purpose::FullReset,
        }
    }

    /// The token that a text is, and what it resets.
    fn of_token(text: &str) -> Option<(Self, Token)> {
        let mut scopes = [Self::Password, Self::SecondFactorToo].into_iter();
        scopes.find_map(|scope| Some((scope, Token::parse(text, scope.purpose())?)))
    }
}

/// A link that was made.
pub(crate) struct ResetLink {
    /// What goes behind its `#`.
    pub(crate) token: Token,
    /// When it ends.
    pub(crate) expires_at: Timestamp,
}

/// Why an admin may not do something to somebody's account.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AdminError {
    /// It is no member of the organization.
    #[error("there is no such member in this organization: check the id")]
    NoMember,
    /// The account is not the admin's to manage.
    #[error(
        "this person belongs to other organizations too, owns the instance, or holds more than you do: only an \
         owner of the instance may do this"
    )]
    BeyondYou,
    /// It failed.
    #[error(transparent)]
    Failed(#[from] SignInError),
}

impl From<ControlError> for AdminError {
    fn from(error: ControlError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<ActError> for AdminError {
    fn from(error: ActError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<NoRandomness> for AdminError {
    fn from(error: NoRandomness) -> Self {
        Self::Failed(error.into())
    }
}

impl SigningIn {
    /// Makes a link by which a member chooses a new password.
    pub(crate) async fn make_reset(
        &self,
        admin: &Authorized<ManageMembers>,
        user_id: &str,
        scope: ResetScope,
        now: Timestamp,
    ) -> Result<ResetLink, AdminError> {
        let token = Token::generate(scope.purpose())?;
        let lasts = i64::try_from(RESET_LASTS.as_micros()).unwrap_or(i64::MAX);
        let expires_at = Timestamp::from_micros(now.as_micros().saturating_add(lasts));
        let (mut act, account) = self.managing(admin, user_id).await?;
        let reset = PasswordReset {
            id: edge::prefixed_id("rst", now)?,
            user_id: account.id.clone(),
            made_by: made_by(admin.caller()),
            organization_id: admin.caller().organization_id().to_string(),
            created_at: now,
            expires_at,
        };
        reset.write(act.connection(), token.digest()).await?;
        let deed = Deed::new("settings.changed")
            .to("user", &account.id, &account.email)
            .saying("setting", "password_reset_link")
            .saying("ends_second_factor", scope == ResetScope::SecondFactorToo)
            .saying("expires_at", expires_at.to_string())
            .answered(201);
        for log in logs_about(act.connection(), Some(&account.id)).await? {
            act.did(&log, deed.clone());
        }
        act.commit().await?;
        Ok(ResetLink { token, expires_at })
    }

    /// Ends the sessions of a member. Says how many there were.
    pub(crate) async fn end_sessions_of(
        &self,
        admin: &Authorized<EvenArchived<ManageMembers>>,
        user_id: &str,
    ) -> Result<u64, AdminError> {
        let (mut act, account) = self.managing(admin, user_id).await?;
        let ended = Session::end_all_but(act.connection(), &account.id, None).await?;
        let deed = Deed::new("user.logout")
            .to("user", &account.id, &account.email)
            .saying("sessions", ended);
        if ended > 0 {
            for log in logs_about(act.connection(), Some(&account.id)).await? {
                act.did(&log, deed.clone());
            }
        }
        act.commit().await?;
        Ok(ended)
    }

    /// Begins a change of a member's account by somebody who has all power over it.
    async fn managing<R: Right>(
        &self,
        admin: &Authorized<R>,
        user_id: &str,
    ) -> Result<(Act, Account), AdminError> {
        let caller = admin.caller();
        let organization_id = &**caller.organization_id();
        let mut act = self.acts.begin(Author::of(caller, admin.visit())).await?;
        let account = Account::locked(act.connection(), user_id).await?;
        let holdings = Holdings::of(act.connection(), organization_id, user_id).await?;
        let (Some(account), Some(holdings)) = (account, holdings) else {
            return Err(AdminError::NoMember);
        };
        let everywhere = Holdings::organizations_of(act.connection(), user_id).await?;
        let is_own = everywhere.iter().all(|id| id == organization_id);
        let is_managed =
            is_own && holds_no_more(caller.held(), &holdings) && !account.is_instance_owner;
        // By a session that was left open nobody takes the account over that it is of, and by one that a provider
        // vouches for nobody makes another that reaches further.
        let person = caller.person();
        let is_oneself = person.is_some_and(|person| person.id == user_id);
        let is_limited = person.is_some_and(|person| person.only_organization.is_some());
        if !is_oneself && !is_limited && (is_managed || is_unlimited_owner(caller)) {
            Ok((act, account))
        } else {
            Err(AdminError::BeyondYou)
        }
    }

    /// Takes the new password that somebody with a link has chosen, and ends all sessions; and the second factor, if the
    /// link was made for that.
    pub(crate) async fn reset(
        &self,
        token: &str,
        new: String,
        visit: &Visit,
        moment: Moment,
    ) -> Result<(), SignInError> {
        let (scope, token) = ResetScope::of_token(token).ok_or(SignInError::LinkRefused)?;
        let owner = {
            let mut connection = self.control.reading().await?;
            match PasswordReset::owner(&mut connection, token.digest(), moment.now).await? {
                Some(id) => Account::find(&mut connection, &id).await?,
                None => None,
            }
        };
        let owner = owner.ok_or(SignInError::LinkRefused)?;
        let about_person = vec![owner.email.clone(), owner.name.clone()];
        let hash = self.hasher.hash(Lane::Known, new, about_person).await?;
        let author = Author::user(&owner.id, &owner.name, &owner.email, visit);
        let mut act = self.acts.begin(author).await?;
        let owner = Account::locked(act.connection(), &owner.id).await?;
        let owner = owner.ok_or(SignInError::LinkRefused)?;
        let taken = PasswordReset::take(act.connection(), token.digest(), moment.now).await?;
        let taken = taken.filter(|taken| taken.user_id == owner.id);
        let taken = taken.ok_or(SignInError::LinkRefused)?;
        if !is_still_given(act.connection(), &taken, moment.now).await? {
            return Err(SignInError::LinkRefused);
        }
        Account::set_password_hash(act.connection(), &owner.id, &hash).await?;
        let ended = Session::end_all_but(act.connection(), &owner.id, None).await?;
        let mut deeds = vec![
            by_link(&owner, &taken)
                .saying("setting", "password")
                .saying("sessions_ended", ended),
        ];
        if scope == ResetScope::SecondFactorToo {
            Account::end_totp(act.connection(), &owner.id).await?;
        }
        if scope == ResetScope::SecondFactorToo && owner.totp_confirmed {
            deeds.push(by_link(&owner, &taken).changing("second_factor", true, false));
        }
        for log in logs_about(act.connection(), Some(&owner.id)).await? {
            for deed in &deeds {
                act.did(&log, deed.clone());
            }
        }
        act.commit().await?;
        Ok(())
    }
}

/// What somebody does to the own account by a link.
fn by_link(owner: &Account, taken: &Taken) -> Deed {
    Deed::new("settings.changed")
        .to("user", &owner.id, &owner.email)
        .saying("by", "reset_link")
        .saying("link_made_by", taken.made_by.as_str())
}

/// Whether all that somebody holds may be given by whoever holds this.
fn holds_no_more(held: &Held, holdings: &Holdings) -> bool {
    let mut in_projects = holdings.projects.iter();
    held.may_give(holdings.everywhere, None)
        && in_projects.all(|(id, permissions)| held.may_give(*permissions, Some(id)))
}

/// Whether whoever made a link could still make it, for the person as the person is now.
async fn is_still_given(
    connection: &mut AnyConnection,
    taken: &Taken,
    now: Timestamp,
) -> Result<bool, ControlError> {
    let maker = Account::find(connection, &taken.made_by).await?;
    if maker.is_some_and(|maker| maker.is_instance_owner) {
        return Ok(true);
    }
    let person = Account::find(connection, &taken.user_id).await?;
    let organization_id = &taken.organization_id;
    let held = Held::of_maker(connection, organization_id, &taken.made_by, now).await?;
    let holdings = Holdings::of(connection, organization_id, &taken.user_id).await?;
    let everywhere = Holdings::organizations_of(connection, &taken.user_id).await?;
    let manages = held.reach(Permission::ManageMembers) == Reach::Organization;
    Ok(manages
        && person.is_some_and(|person| !person.is_instance_owner)
        && everywhere.iter().all(|id| id == organization_id)
        && holdings.is_some_and(|holdings| holds_no_more(&held, &holdings)))
}

/// Whether it is an owner of the instance, with a session that no organization's provider vouches for.
fn is_unlimited_owner(caller: &Caller) -> bool {
    let person = caller.person();
    person.is_some_and(|person| person.is_instance_owner && person.only_organization.is_none())
}

fn made_by(caller: &Caller) -> String {
    match caller.person() {
        Some(person) => person.id.clone(),
        None => caller.credential_id().to_string(),
    }
}
