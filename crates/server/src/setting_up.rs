//! Setting a directory up by a link: what the server does where there is no organization yet.
//!
//! Whoever starts the server is told a link; who opens it names the organization and its owner. What must always
//! hold:
//!
//! - the link's token is in memory alone, as a digest: the next start makes another, and this one is dead then;
//! - who has not the token learns nothing but that the directory waits, and costs no more than a digest. It has 256
//!   random bits, so tries are not counted: a bound on them would only let strangers use it up;
//! - a directory is founded once, however many ask at the same time, and a founding that has begun comes to its end
//!   also when whoever asked has gone.

use std::sync::Arc;

use evident_store::Store;
use tokio::sync::{Mutex, SetOnce};

use crate::auth::hasher::{Hasher, HasherError, Lane};
use crate::auth::password::PasswordError;
use crate::auth::token::{Purpose, Token};
use crate::control::{Control, ControlError};
use crate::edge::NoRandomness;
use crate::founding::{self, DEFAULT_INSTANCE, Founded, FoundingError, Plan};

/// Why a directory was not set up.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SetUpError {
    /// The token is not the one of the link.
    #[error(
        "the link does not work: open the one that the server printed when it was started last"
    )]
    WrongToken,
    /// Somebody has been there.
    #[error("this server has been set up already: sign in")]
    AlreadySetUp,
    /// The password cannot be taken.
    #[error(transparent)]
    Password(PasswordError),
    /// Too many ask at once.
    #[error("too many are setting this server up at this moment: try again in a few seconds")]
    Busy,
    /// Founding failed.
    #[error(transparent)]
    Founding(#[from] FoundingError),
    /// The work did not come to an end.
    #[error("setting up was abandoned; the server's log says why")]
    Abandoned,
}

impl From<HasherError> for SetUpError {
    fn from(error: HasherError) -> Self {
        match error {
            HasherError::Busy => Self::Busy,
            HasherError::Password(error) => Self::Password(error),
            HasherError::Abandoned => Self::Abandoned,
        }
    }
}

/// What somebody wants the directory to begin with.
pub(crate) struct Wishes {
    /// The organization's name.
    pub(crate) organization: String,
    /// The owner's name.
    pub(crate) name: String,
    /// The owner's e-mail address.
    pub(crate) email: String,
    /// The owner's password.
    pub(crate) password: String,
}

/// A directory that waits to be set up.
pub(crate) struct SettingUp {
    token: [u8; 32],
    store: Arc<Store>,
    control: Control,
    hasher: Hasher,
    /// Held by the one that founds.
    turn: Mutex<()>,
    founded: SetOnce<()>,
}

impl SettingUp {
    /// Begins to wait. The token is for whoever started the server, and nobody else.
    pub(crate) fn begin(
        store: &Arc<Store>,
        control: &Control,
    ) -> Result<(Arc<Self>, Token), NoRandomness> {
        let token = Token::generate(Purpose::SetUp)?;
        let waiting = Self {
            token: token.digest(),
            store: Arc::clone(store),
            control: control.clone(),
            hasher: Hasher::new(),
            turn: Mutex::new(()),
            founded: SetOnce::new(),
        };
        Ok((Arc::new(waiting), token))
    }

    /// Whether the directory has an organization by now.
    pub(crate) fn is_founded(&self) -> bool {
        self.founded.initialized()
    }

    /// Comes back when the directory has an organization.
    pub(crate) async fn founded(&self) {
        self.founded.wait().await;
    }

    /// Sets the directory up, if the token is the link's.
    pub(crate) async fn set_up(
        self: &Arc<Self>,
        token: &str,
        wishes: Wishes,
    ) -> Result<Founded, SetUpError> {
        let token = Token::parse(token, Purpose::SetUp);
        if !token.is_some_and(|token| token.matches(&self.token)) {
            return Err(SetUpError::WrongToken);
        }
        let this = Arc::clone(self);
        // In a task of its own: whoever asked may go, and what was founded must be served.
        let founding = tokio::spawn(async move { this.found(wishes).await });
        founding.await.map_err(|_| SetUpError::Abandoned)?
    }

    async fn found(&self, wishes: Wishes) -> Result<Founded, SetUpError> {
        let _turn = self.turn.lock().await;
        if self.is_founded() {
            return Err(SetUpError::AlreadySetUp);
        }
        let Wishes {
            organization,
            name,
            email,
            password,
        } = wishes;
        let about = vec![email.clone(), name.clone(), organization.clone()];
        let password_hash = self.hasher.hash(Lane::Known, password, about).await?;
        let plan = Plan {
            organization,
            owner_name: name,
            email,
            password_hash,
            instance: DEFAULT_INSTANCE.to_owned(),
        };
        let done = self.found_as(plan).await;
        let is_there = match &done {
            Ok(_) => true,
            // By a try before this one, whose answer was that it failed.
            Err(FoundingError::Control(ControlError::AlreadyFounded)) => true,
            Err(_) => false,
        };
        if is_there {
            // Fails if it is set already, and then it says the same.
            let _ = self.founded.set(());
        }
        match done {
            Err(_) if is_there => Err(SetUpError::AlreadySetUp),
            done => Ok(done?),
        }
    }

    async fn found_as(&self, plan: Plan) -> Result<Founded, FoundingError> {
        let (founding, founded) = founding::prepare(&self.store, &self.control, plan).await?;
        self.control.found(&founding).await?;
        Ok(founded)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::path::Path;

    use evident_store::Options;

    use super::*;
    use crate::control::Place;

    async fn waiting(directory: &Path) -> (Arc<SettingUp>, Token) {
        let store = Arc::new(Store::open(directory, Options::default()).unwrap());
        let control = Control::open(Place::within(directory)).await.unwrap();
        SettingUp::begin(&store, &control).unwrap()
    }

    fn wishes(organization: &str) -> Wishes {
        Wishes {
            organization: organization.to_owned(),
            name: "Ada Obi".to_owned(),
            email: "ada@example.com".to_owned(),
            password: "correct horse battery".to_owned(),
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn only_the_link_sets_up_and_only_once() {
        let directory = tempfile::tempdir().unwrap();
        let (waiting, token) = waiting(directory.path()).await;
        let other = Token::generate(Purpose::SetUp).unwrap().write();
        let reset = token.write().replace("setup", "reset");
        for wrong in ["", "evident_setup_", &*other, &*reset] {
            let refused = waiting.set_up(wrong, wishes("Acme")).await;
            assert!(matches!(refused, Err(SetUpError::WrongToken)), "{wrong}");
        }
        assert!(!waiting.control.is_founded().await.unwrap());
        let token = token.write();
        let founded = waiting.set_up(&token, wishes("Acme")).await.unwrap();
        assert_eq!(founded.owner.email, "ada@example.com");
        let again = waiting.set_up(&token, wishes("Other")).await;
        assert!(matches!(again, Err(SetUpError::AlreadySetUp)));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn whoever_goes_away_is_founded_for_nevertheless() {
        let directory = tempfile::tempdir().unwrap();
        let (waiting, token) = waiting(directory.path()).await;
        let token = token.write();
        // Polled once, which begins it, and dropped.
        let begun = tokio::time::timeout(
            std::time::Duration::ZERO,
            waiting.set_up(&token, wishes("Acme")),
        );
        assert!(begun.await.is_err());
        waiting.founded().await;
        assert!(waiting.control.is_founded().await.unwrap());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_guessable_password_leaves_the_link_as_it_was() {
        let directory = tempfile::tempdir().unwrap();
        let (waiting, token) = waiting(directory.path()).await;
        let guessable = Wishes {
            password: "ada@example.com".to_owned(),
            ..wishes("Acme")
        };
        let refused = waiting.set_up(&token.write(), guessable).await;
        assert!(matches!(refused, Err(SetUpError::Password(_))));
        assert!(!waiting.is_founded());
        waiting
            .set_up(&token.write(), wishes("Acme"))
            .await
            .unwrap();
    }
}
