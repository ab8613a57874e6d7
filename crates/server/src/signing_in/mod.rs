//! Signing in, and what people do to their own accounts: passwords, second factors, sessions.
//!
//! What must always hold:
//!
//! - a sign-in that fails is answered the same, after the same work, whether or not there is such an account, and
//!   whatever was wrong; only who has the right password is told that a code is missing;
//! - what is right is looked at again once the account is locked: a password, a code or a link that has been changed
//!   or used meanwhile lets nobody in;
//! - every sign-in has a session of its own; the one that the browser had before ends;
//! - a changed password ends the other sessions, a reset all of them;
//! - all of it is recorded: in the log of each organization that the person belongs to, and where there is none, or
//!   no such person, in the log of what concerns the instance.

mod account;
mod factors;
mod resets;
mod standing;

use std::sync::Arc;
use std::time::{Duration, Instant};

use evident_event::time::Timestamp;
use futures_util::future::try_join_all;

use crate::acts::{Act, ActError, Acts, Author, Deed};
use crate::auth::Visit;
use crate::auth::device::{DeviceId, DeviceMarks};
use crate::auth::hasher::{Hasher, HasherError, Lane};
use crate::auth::password::PasswordError;
use crate::auth::refusals::Refusals;
use crate::auth::throttle::{Attempt, Throttle, TooMany};
use crate::auth::token::{Purpose, Token};
use crate::control::{
    Account, Control, ControlError, MAX_EMAIL_BYTES, Session, SignInMethod, logs_about,
};
use crate::edge::{self, NoRandomness};
use crate::secrets::{SecretError, Secrets};

pub(crate) use account::Moment;
pub(crate) use factors::BegunFactor;
use factors::Factor;
pub(crate) use resets::{AdminError, ResetLink, ResetScope};
pub(crate) use standing::Standing;

/// What the secret that device marks are made with is derived for.
const DEVICES: &str = "device marks";

/// Why somebody is not signed in, or something about an account is not changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SignInError {
    /// Something was wrong, or there is no such account.
    #[error(
        "the address, the password or the code is not right: check them, or ask an admin of your organization for \
         a link to choose a new password"
    )]
    Refused,
    /// The password is right, and a code is needed beside it.
    #[error(
        "a second factor is needed: send `code` too, from the authenticator app or a recovery code"
    )]
    CodeNeeded,
    /// Too many tries have failed.
    #[error(transparent)]
    TooMany(#[from] TooMany),
    /// Too many hashes are wanted.
    #[error("too many people are signing in at this moment: try again in a few seconds")]
    Busy,
    /// Somebody who is signed in gave another password than the own one.
    #[error("that is not your password: type it again")]
    WrongPassword,
    /// A code is not right, or was used.
    #[error("that code is not right, or was used before: wait for the next one")]
    WrongCode,
    /// The new password is not acceptable.
    #[error(transparent)]
    NewPassword(PasswordError),
    /// There is a second factor already.
    #[error("a second factor is in use already: end it before you begin another")]
    FactorOn,
    /// No second factor was begun.
    #[error("no second factor was begun: begin one with POST /v1/auth/totp")]
    FactorNotBegun,
    /// There is no second factor.
    #[error("no second factor is in use: begin one with POST /v1/auth/totp")]
    FactorOff,
    /// A link to choose a password does not work.
    #[error("this link has been used, has expired or was replaced by another: ask for a new one")]
    LinkRefused,
    /// The person is gone.
    #[error("there is no such person")]
    NoPerson,
    /// The control plane failed.
    #[error(transparent)]
    Control(#[from] ControlError),
    /// It could not be recorded.
    #[error(transparent)]
    Act(#[from] ActError),
    /// A second factor does not open.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// No secret could be made.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// A password could not be looked at.
    #[error(transparent)]
    Hasher(HasherError),
}

impl From<HasherError> for SignInError {
    fn from(error: HasherError) -> Self {
        match error {
            HasherError::Busy => Self::Busy,
            HasherError::Password(error @ PasswordError::Hash(_)) => {
                Self::Hasher(HasherError::Password(error))
            }
            HasherError::Password(error) => Self::NewPassword(error),
            HasherError::Abandoned => Self::Hasher(error),
        }
    }
}

/// What somebody signs in with.
pub(crate) struct Presented {
    /// The address, as it was typed.
    pub(crate) email: String,
    /// The password.
    pub(crate) password: String,
    /// A code, if one was given.
    pub(crate) code: Option<String>,
    /// The browser's mark, if it has one.
    pub(crate) device: Option<String>,
    /// The digest of the session that the browser has, if it has one.
    pub(crate) replaces: Option<[u8; 32]>,
}

/// A session that has begun, and what the browser is given.
pub(crate) struct Begun {
    /// The session.
    pub(crate) session: Session,
    /// Its secret.
    pub(crate) token: Token,
    /// The browser's mark.
    pub(crate) device: String,
}

/// How long sessions last.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lasting {
    /// How long one may rest.
    pub(crate) idle: Duration,
    /// How long one lasts in any case.
    pub(crate) max: Duration,
}

/// Signs people in.
pub(crate) struct SigningIn {
    acts: Arc<Acts>,
    control: Control,
    secrets: Arc<Secrets>,
    hasher: Hasher,
    throttle: Throttle,
    marks: DeviceMarks,
    refusals: Refusals,
    lasting: Lasting,
}

impl SigningIn {
    /// Signs in the people of a control plane.
    pub(crate) fn new(
        control: &Control,
        acts: &Arc<Acts>,
        secrets: &Arc<Secrets>,
        lasting: Lasting,
    ) -> Self {
        Self {
            acts: Arc::clone(acts),
            control: control.clone(),
            marks: DeviceMarks::new(&secrets.derive(DEVICES)),
            secrets: Arc::clone(secrets),
            hasher: Hasher::new(),
            throttle: Throttle::new(),
            refusals: Refusals::default(),
            lasting,
        }
    }

    /// How long sessions last.
    pub(crate) fn lasting(&self) -> Lasting {
        self.lasting
    }

    /// Signs somebody in with a password, and a code where the account wants one.
    pub(crate) async fn sign_in(
        &self,
        presented: Presented,
        visit: &Visit,
        moment: Moment,
    ) -> Result<Begun, SignInError> {
        let account = {
            let mut connection = self.control.reading().await?;
            Account::by_email(&mut connection, &presented.email).await?
        };
        let id = account.as_ref().map_or("", |account| account.id.as_str());
        let mark = presented.device.as_deref().unwrap_or_default();
        let device = self.marks.recognize(id, mark);
        let attempt = Attempt {
            account: &presented.email,
            address: visit.address,
            device,
        };
        let tried = Tried {
            email: &presented.email,
            account: account.as_ref(),
            visit,
            moment,
        };
        let admitted = match self.throttle.admit(attempt, moment.instant) {
            Ok(admitted) => admitted,
            Err(too_many) => {
                self.refused(&tried, "denied", "too many sign-ins failed before")
                    .await?;
                return Err(too_many.into());
            }
        };
        let is_right = match self.is_password_right(&presented, &tried, device).await {
            Ok(is_right) => is_right,
            Err(error) => {
                // No password was looked at.
                self.throttle.succeeded(admitted);
                return Err(error.into());
            }
        };
        let Some(account) = account.as_ref().filter(|_| is_right) else {
            let why = "the address or the password was not right";
            self.refused(&tried, "failed", why).await?;
            return Err(SignInError::Refused);
        };
        let code = presented.code.as_deref();
        let factor = self.second_factor(&tried, account, code).await?;
        let Some(begun) = self
            .enter(account, &factor, &presented, device, visit, moment)
            .await?
        else {
            let why = "the account was changed, or the code used, at the same moment";
            self.refused(&tried, "failed", why).await?;
            return Err(SignInError::Refused);
        };
        self.throttle.succeeded(admitted);
        Ok(begun)
    }

    /// Whether the password is the account's. Where there is no account it takes as long.
    async fn is_password_right(
        &self,
        presented: &Presented,
        tried: &Tried<'_>,
        device: Option<DeviceId>,
    ) -> Result<bool, HasherError> {
        let lane = match device {
            Some(_) => Lane::Known,
            None => Lane::Strangers,
        };
        let hash = tried
            .account
            .and_then(|account| account.password_hash.clone());
        self.hasher
            .verify(lane, hash, presented.password.clone())
            .await
    }

    /// The second factor of somebody whose password was right, where the account wants one. A refusal is recorded.
    async fn second_factor(
        &self,
        tried: &Tried<'_>,
        account: &Account,
        code: Option<&str>,
    ) -> Result<Factor, SignInError> {
        if !account.totp_confirmed {
            return Ok(Factor::None);
        }
        let Some(code) = code else {
            let why = "the password was right, and a code was missing";
            self.refused(tried, "failed", why).await?;
            return Err(SignInError::CodeNeeded);
        };
        match self.factor(account, code, tried.moment.now).await? {
            Some(factor) => Ok(factor),
            None => {
                self.refused(tried, "failed", "the code was not right")
                    .await?;
                Err(SignInError::Refused)
            }
        }
    }

    /// Begins the session of somebody whose password and code were right, if they still are.
    async fn enter(
        &self,
        account: &Account,
        factor: &Factor,
        presented: &Presented,
        device: Option<DeviceId>,
        visit: &Visit,
        moment: Moment,
    ) -> Result<Option<Begun>, SignInError> {
        let author = Author::user(&account.id, &account.name, &account.email, visit);
        let mut act = self.acts.begin(author).await?;
        let locked = Account::locked(act.connection(), &account.id).await?;
        let is_same = locked.is_some_and(|locked| {
            locked.password_hash == account.password_hash
                && locked.totp_confirmed == account.totp_confirmed
                && locked.totp_secret == account.totp_secret
        });
        if !is_same || !factor.use_up(&mut act, &account.id, moment.now).await? {
            return Ok(None);
        }
        let login = Deed::new("user.login")
            .saying("login_method", factor.login_method())
            .answered(200);
        let login = match factor.as_str() {
            Some(word) => login.saying("second_factor", word),
            None => login,
        };
        let method = SignInMethod::Password;
        let mut begun = self
            .begin_session(
                &mut act,
                account,
                method,
                None,
                visit,
                presented.replaces,
                moment.now,
            )
            .await?;
        if let Some(device) = device {
            begun.device = self.marks.write(&account.id, device);
        }
        let login = login.saying("session_id", begun.session.id.as_str());
        for log in logs_about(act.connection(), Some(&account.id)).await? {
            act.did(&log, login.clone());
        }
        act.commit().await?;
        Ok(Some(begun))
    }

    /// Begins a session of a person within a change that says who signs in. What the browser had before ends.
    #[expect(
        clippy::too_many_arguments,
        reason = "each of them is a part of the session"
    )]
    pub(crate) async fn begin_session(
        &self,
        act: &mut Act,
        account: &Account,
        method: SignInMethod,
        only_organization: Option<&str>,
        visit: &Visit,
        replaces: Option<[u8; 32]>,
        now: Timestamp,
    ) -> Result<Begun, SignInError> {
        let token = Token::generate(Purpose::Session)?;
        let max = i64::try_from(self.lasting.max.as_micros()).unwrap_or(i64::MAX);
        let session = Session {
            id: edge::prefixed_id("ses", now)?,
            user_id: account.id.clone(),
            email: account.email.clone(),
            user_name: account.name.clone(),
            method,
            organization_id: only_organization.map(str::to_owned),
            address: visit.address.to_string(),
            user_agent: visit.user_agent.clone().unwrap_or_default(),
            created_at: now,
            last_seen_at: now,
            expires_at: Timestamp::from_micros(now.as_micros().saturating_add(max)),
            is_instance_owner: account.is_instance_owner,
        };
        if let Some(digest) = replaces {
            act.replace_session(digest).await?;
        }
        Session::make_room(act.connection(), &account.id, now, self.lasting.idle).await?;
        session.write(act.connection(), token.digest()).await?;
        let device = self.marks.write(&account.id, DeviceId::generate()?);
        Ok(Begun {
            session,
            token,
            device,
        })
    }

    /// Records a refused sign-in, or counts it.
    async fn refused(
        &self,
        tried: &Tried<'_>,
        result: &'static str,
        why: &'static str,
    ) -> Result<(), SignInError> {
        let noted = self
            .refusals
            .note(tried.email, tried.visit.address, tried.moment.instant);
        let Some(left_out) = noted else { return Ok(()) };
        let status = if result == "denied" { 429 } else { 401 };
        let mut deed = Deed::new("user.login")
            .but(result, why)
            .saying("login_method", "password")
            .answered(status);
        for (key, count) in [
            ("left_out", left_out.alike),
            ("left_out_elsewhere", left_out.others),
        ] {
            if count > 0 {
                deed = deed.saying(key, count);
            }
        }
        if let Some(account) = tried.account {
            deed = deed.to("user", &account.id, &account.email);
        }
        // Somebody may have typed a password where the address belongs.
        let claimed = Some(tried.email).filter(|email| is_email(email));
        let author = Author::stranger(claimed, tried.visit);
        let logs = {
            let mut connection = self.control.reading().await?;
            logs_about(
                &mut connection,
                tried.account.map(|account| account.id.as_str()),
            )
            .await?
        };
        let records = logs
            .iter()
            .map(|log| self.acts.record(log, &author, deed.clone()));
        try_join_all(records).await?;
        Ok(())
    }
}

/// A try to sign in.
struct Tried<'t> {
    email: &'t str,
    account: Option<&'t Account>,
    visit: &'t Visit,
    moment: Moment,
}

/// Whether a text has the shape of an e-mail address.
pub(crate) fn is_email(text: &str) -> bool {
    let parts = text.split_once('@');
    text.len() <= MAX_EMAIL_BYTES
        && !text.contains(|c: char| c.is_whitespace() || c.is_control())
        && parts.is_some_and(|(local, host)| {
            !local.is_empty() && !host.is_empty() && !host.contains('@')
        })
}
