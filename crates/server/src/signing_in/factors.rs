//! Second factors: codes of an authenticator app, and recovery codes for when it is gone.

use evident_event::time::Timestamp;

use super::account::{about, attempt, note};
use super::{Moment, SignInError, SigningIn};
use crate::acts::Act;
use crate::auth::SignedIn;
use crate::auth::recovery::RecoveryCode;
use crate::auth::totp::TotpSecret;
use crate::control::{Account, ControlError};

/// What second factors are sealed for.
const SEALED_FOR: &str = "second factors";
/// Who the codes are for, as authenticator apps show it.
const ISSUER: &str = "Evident";
/// Parts the person's id from the secret in what is sealed.
const SEPARATOR: u8 = 0;

/// What was given beside the password.
pub(super) enum Factor {
    /// Nothing, as nothing is needed.
    None,
    /// The code of a step.
    Totp(i64),
    /// The recovery code of this digest.
    Recovery(Vec<u8>),
}

impl Factor {
    pub(super) const fn as_str(&self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Totp(_) => Some("totp"),
            Self::Recovery(_) => Some("recovery_code"),
        }
    }

    pub(super) const fn login_method(&self) -> &'static str {
        match self {
            Self::None => "password",
            Self::Totp(_) => "password+totp",
            Self::Recovery(_) => "password+recovery_code",
        }
    }

    /// Uses it up. Says whether it was still there to be used.
    pub(super) async fn use_up(
        &self,
        act: &mut Act,
        user_id: &str,
        now: Timestamp,
    ) -> Result<bool, ControlError> {
        match self {
            Self::None => Ok(true),
            Self::Totp(step) => Account::use_totp_step(act.connection(), user_id, *step).await,
            Self::Recovery(digest) => {
                Account::use_recovery_code(act.connection(), user_id, digest, now).await
            }
        }
    }
}

/// A second factor that has begun, as its owner is shown it once.
pub(crate) struct BegunFactor {
    /// The secret, to be typed.
    pub(crate) secret: String,
    /// The same, to be scanned.
    pub(crate) uri: String,
}

impl SigningIn {
    /// The factor that a code is, if it is right.
    pub(super) async fn factor(
        &self,
        account: &Account,
        code: &str,
        now: Timestamp,
    ) -> Result<Option<Factor>, SignInError> {
        if let Some(secret) = self.opened(account)?
            && let Some(step) = secret.verify(code, now, Some(account.totp_last_step))
        {
            return Ok(Some(Factor::Totp(step)));
        }
        let Some(code) = RecoveryCode::parse(code) else {
            return Ok(None);
        };
        let mut connection = self.control.reading().await?;
        let mut digests = Account::recovery_digests(&mut connection, &account.id).await?;
        let found = code.find(&digests);
        Ok(found.map(|at| Factor::Recovery(digests.swap_remove(at))))
    }

    fn sealed(&self, user_id: &str, secret: &TotpSecret) -> Result<Vec<u8>, SignInError> {
        let plain = [user_id.as_bytes(), &[SEPARATOR], secret.as_bytes()].concat();
        Ok(self.secrets.seal(SEALED_FOR, &plain)?)
    }

    /// The account's secret. One that was moved here from another account's row is none.
    fn opened(&self, account: &Account) -> Result<Option<TotpSecret>, SignInError> {
        let Some(sealed) = &account.totp_secret else {
            return Ok(None);
        };
        let plain = self.secrets.open(SEALED_FOR, sealed)?;
        let secret = plain.strip_prefix(account.id.as_bytes());
        let secret = secret.and_then(|rest| rest.strip_prefix(&[SEPARATOR]));
        Ok(secret.and_then(TotpSecret::from_bytes))
    }

    /// Begins a second factor: it is not asked for before its first code has been given.
    pub(crate) async fn begin_factor(
        &self,
        who: &SignedIn,
        password: String,
        moment: Moment,
    ) -> Result<BegunFactor, SignInError> {
        let before = self.confirmed(who, password, moment).await?;
        let secret = TotpSecret::generate()?;
        let sealed = self.sealed(&before.id, &secret)?;
        let (mut act, _) = self.changing(who).await?;
        if !Account::begin_totp(act.connection(), &before.id, sealed).await? {
            return Err(SignInError::FactorOn);
        }
        act.commit().await?;
        Ok(BegunFactor {
            uri: secret.uri(ISSUER, &before.email),
            secret: secret.to_base32(),
        })
    }

    /// Takes the second factor into use, and gives its owner recovery codes.
    pub(crate) async fn confirm_factor(
        &self,
        who: &SignedIn,
        code: &str,
        moment: Moment,
    ) -> Result<Vec<String>, SignInError> {
        let person = who.person();
        let admitted = self.throttle.admit(attempt(who), moment.instant)?;
        let (mut act, account) = self.changing(who).await?;
        if account.totp_confirmed {
            return Err(SignInError::FactorOn);
        }
        let secret = self.opened(&account)?.ok_or(SignInError::FactorNotBegun)?;
        let Some(step) = secret.verify(code, moment.now, None) else {
            drop(act);
            self.refuse_change(who, "the code was not right").await?;
            return Err(SignInError::WrongCode);
        };
        if !Account::confirm_totp(act.connection(), &person.id, step, moment.now).await? {
            return Err(SignInError::FactorOn);
        }
        let codes = new_codes(&mut act, &person.id).await?;
        let deed = about(person).changing("second_factor", false, true);
        note(&mut act, person, &deed).await?;
        act.commit().await?;
        self.throttle.succeeded(admitted);
        Ok(codes)
    }

    /// Ends the second factor of somebody who gives the password and a code.
    pub(crate) async fn end_factor(
        &self,
        who: &SignedIn,
        password: String,
        code: &str,
        moment: Moment,
    ) -> Result<(), SignInError> {
        let person = who.person();
        let mut act = self.with_code(who, password, code, moment).await?;
        Account::end_totp(act.connection(), &person.id).await?;
        let deed = about(person).changing("second_factor", true, false);
        note(&mut act, person, &deed).await?;
        act.commit().await?;
        Ok(())
    }

    /// Gives new recovery codes to somebody who gives the password and a code.
    pub(crate) async fn renew_recovery_codes(
        &self,
        who: &SignedIn,
        password: String,
        code: &str,
        moment: Moment,
    ) -> Result<Vec<String>, SignInError> {
        let person = who.person();
        let mut act = self.with_code(who, password, code, moment).await?;
        let codes = new_codes(&mut act, &person.id).await?;
        let deed = about(person).saying("setting", "recovery_codes");
        note(&mut act, person, &deed).await?;
        act.commit().await?;
        Ok(codes)
    }

    /// Begins a change of the account of somebody who gives the password and a code, which is used up.
    async fn with_code(
        &self,
        who: &SignedIn,
        password: String,
        code: &str,
        moment: Moment,
    ) -> Result<Act, SignInError> {
        let before = self.confirmed(who, password, moment).await?;
        if !before.totp_confirmed {
            return Err(SignInError::FactorOff);
        }
        let admitted = self.throttle.admit(attempt(who), moment.instant)?;
        if let Some(factor) = self.factor(&before, code, moment.now).await? {
            let (mut act, account) = self.changing(who).await?;
            let is_same = account.password_hash == before.password_hash
                && account.totp_secret == before.totp_secret;
            if is_same && factor.use_up(&mut act, &before.id, moment.now).await? {
                self.throttle.succeeded(admitted);
                return Ok(act);
            }
        }
        self.refuse_change(who, "the code was not right").await?;
        Err(SignInError::WrongCode)
    }
}

async fn new_codes(act: &mut Act, user_id: &str) -> Result<Vec<String>, SignInError> {
    let codes = RecoveryCode::generate()?;
    let digests = codes.each_ref().map(RecoveryCode::digest);
    Account::replace_recovery_codes(act.connection(), user_id, &digests).await?;
    Ok(codes.iter().map(RecoveryCode::write).collect())
}
