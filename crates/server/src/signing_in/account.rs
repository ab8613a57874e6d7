//! What people who are signed in do to their own accounts and sessions.

use std::time::Instant;

use evident_event::time::Timestamp;

use super::{SignInError, SigningIn};
use crate::acts::{Act, Author, Deed};
use crate::auth::device::DeviceId;
use crate::auth::hasher::Lane;
use crate::auth::throttle::Attempt;
use crate::auth::{Person, SignedIn};
use crate::control::{Account, PasswordReset, Session, logs_about};

/// When something happens, by both clocks: the one that is recorded, and the one that never jumps.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    /// The wall clock's time.
    pub(crate) now: Timestamp,
    /// The steady clock's.
    pub(crate) instant: Instant,
}

impl SigningIn {
    /// The account of somebody who has just given its password again. A session that was left open must not be enough
    /// to take the account over.
    pub(super) async fn confirmed(
        &self,
        who: &SignedIn,
        password: String,
        moment: Moment,
    ) -> Result<Account, SignInError> {
        let person = who.person();
        let account = {
            let mut connection = self.control.reading().await?;
            Account::find(&mut connection, &person.id).await?
        };
        let account = account.ok_or(SignInError::NoPerson)?;
        let admitted = self.throttle.admit(attempt(who), moment.instant)?;
        let hash = account.password_hash.clone();
        let verified = self.hasher.verify(Lane::Known, hash, password).await;
        match verified {
            Ok(true) => {
                self.throttle.succeeded(admitted);
                Ok(account)
            }
            Ok(false) => {
                self.refuse_change(who, "the password was not right")
                    .await?;
                Err(SignInError::WrongPassword)
            }
            Err(error) => {
                self.throttle.succeeded(admitted);
                Err(error.into())
            }
        }
    }

    /// Records that something about an account was not changed. How often is bounded by the throttle.
    pub(super) async fn refuse_change(
        &self,
        who: &SignedIn,
        why: &'static str,
    ) -> Result<(), SignInError> {
        let person = who.person();
        let author = Author::person(person, who.visit());
        let deed = about(person).but("denied", why).answered(403);
        let logs = {
            let mut connection = self.control.reading().await?;
            logs_about(&mut connection, Some(&person.id)).await?
        };
        for log in logs {
            self.acts.record(&log, &author, deed.clone()).await?;
        }
        Ok(())
    }

    /// Begins a change of a person's account, which nobody else changes meanwhile.
    pub(super) async fn changing(&self, who: &SignedIn) -> Result<(Act, Account), SignInError> {
        let person = who.person();
        let mut act = self.acts.begin(Author::person(person, who.visit())).await?;
        let account = Account::locked(act.connection(), &person.id).await?;
        Ok((act, account.ok_or(SignInError::NoPerson)?))
    }

    /// Ends the session of somebody who signs out.
    pub(crate) async fn sign_out(&self, who: &SignedIn) -> Result<(), SignInError> {
        let person = who.person();
        let (mut act, _) = self.changing(who).await?;
        Session::end(act.connection(), &person.id, &person.session_id).await?;
        let deed = Deed::new("user.logout").answered(204);
        note(&mut act, person, &deed).await?;
        act.commit().await?;
        Ok(())
    }

    /// Ends another session of a person, or all the others. Says how many there were.
    pub(crate) async fn end_sessions(
        &self,
        who: &SignedIn,
        which: Option<&str>,
    ) -> Result<u64, SignInError> {
        let person = who.person();
        let (mut act, _) = self.changing(who).await?;
        let ended = match which {
            Some(id) => u64::from(Session::end(act.connection(), &person.id, id).await?),
            None => {
                let kept = Some(person.session_id.as_str());
                Session::end_all_but(act.connection(), &person.id, kept).await?
            }
        };
        if ended > 0 {
            let deed = Deed::new("user.logout").saying("sessions", ended);
            let deed = match which {
                Some(id) => deed.to("session", id, ""),
                None => deed.to("user", &person.id, &person.email),
            };
            note(&mut act, person, &deed).await?;
            act.commit().await?;
        }
        Ok(ended)
    }

    /// Names a person.
    pub(crate) async fn rename(&self, who: &SignedIn, name: &str) -> Result<(), SignInError> {
        let person = who.person();
        let (mut act, account) = self.changing(who).await?;
        if account.name == name {
            return Ok(());
        }
        Account::set_name(act.connection(), &person.id, name).await?;
        let deed = about(person).changing("name", account.name, name);
        note(&mut act, person, &deed).await?;
        act.commit().await?;
        Ok(())
    }

    /// Gives a person another password, and ends the other sessions.
    pub(crate) async fn change_password(
        &self,
        who: &SignedIn,
        current: String,
        new: String,
        moment: Moment,
    ) -> Result<(), SignInError> {
        let person = who.person();
        let before = self.confirmed(who, current, moment).await?;
        let about_person = vec![before.email.clone(), before.name.clone()];
        let hash = self.hasher.hash(Lane::Known, new, about_person).await?;
        let (mut act, account) = self.changing(who).await?;
        if account.password_hash != before.password_hash {
            return Err(SignInError::WrongPassword);
        }
        Account::set_password_hash(act.connection(), &person.id, &hash).await?;
        PasswordReset::end_all(act.connection(), &person.id).await?;
        let kept = Some(person.session_id.as_str());
        let ended = Session::end_all_but(act.connection(), &person.id, kept).await?;
        let deed = about(person)
            .saying("setting", "password")
            .saying("sessions_ended", ended);
        note(&mut act, person, &deed).await?;
        act.commit().await?;
        Ok(())
    }
}

/// What a session tries is counted by itself: no flood from elsewhere keeps its owner from changing the password.
pub(super) fn attempt(who: &SignedIn) -> Attempt<'_> {
    Attempt {
        account: &who.person().email,
        address: who.visit().address,
        device: Some(DeviceId::of_session(who.person().session_digest)),
    }
}

/// A change of a person's own account.
pub(super) fn about(person: &Person) -> Deed {
    Deed::new("settings.changed").to("user", &person.id, &person.email)
}

/// Notes a deed for every log that tells of a person.
pub(super) async fn note(act: &mut Act, person: &Person, deed: &Deed) -> Result<(), SignInError> {
    for log in logs_about(act.connection(), Some(&person.id)).await? {
        act.did(&log, deed.clone());
    }
    Ok(())
}
