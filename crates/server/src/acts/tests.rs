//! From a change to its record, on a real store and a real control plane.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use evident_event::catalog::Catalog;
use evident_ledger::note::SigningKey;
use evident_store::Options;
use sqlx::query;
use tokio::sync::watch;

use super::*;
use crate::auth::{KeyText, Read, Secret, Visit};
use crate::control::fixtures::founding;
use crate::control::{KeyKind, Place, locked_organization};
use crate::secrets::Secrets;

const ORGANIZATION: &str = "org_1";

struct Scene {
    directory: tempfile::TempDir,
    store: Arc<Store>,
    control: Control,
}

impl Scene {
    async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = Arc::new(Store::open(directory.path(), Options::default()).unwrap());
        let key = SigningKey::from_seed("evident.localhost/org_1", [7; 32]).unwrap();
        store.create_log(ORGANIZATION, key).unwrap();
        let control = Control::open(Place::within(directory.path()))
            .await
            .unwrap();
        control.found(&founding(ORGANIZATION)).await.unwrap();
        Self {
            directory,
            store,
            control,
        }
    }

    async fn acts(&self) -> Arc<Acts> {
        let catalog = Catalog::embedded().unwrap();
        let organizations = Organizations::load(&self.control, catalog).await.unwrap();
        let organizations = Arc::new(organizations);
        let secrets = Arc::new(Secrets::of(self.directory.path()).unwrap());
        let keyring = Keyring::load(&self.control, secrets).await.unwrap();
        let keyring = Arc::new(keyring);
        Acts::new(&self.control, &self.store, &organizations, &keyring)
            .await
            .unwrap()
    }

    /// Renames the organization, as far as the commit; then nobody waits for the rest.
    async fn renamed(&self, acts: &Arc<Acts>, name: &str) -> Act {
        let mut act = acts.begin(Author::evident()).await.unwrap();
        query("UPDATE organizations SET name = $1")
            .bind(name.to_owned())
            .execute(act.connection())
            .await
            .unwrap();
        let deed = Deed::new("organisation.updated").changing("name", "before", name);
        act.did(ORGANIZATION, deed);
        act
    }

    async fn logged(&self) -> u64 {
        let index = self.store.index();
        index.applied_through(ORGANIZATION).await.unwrap()
    }
}

#[tokio::test]
async fn what_a_crash_left_in_the_outbox_is_recorded_at_the_next_start() {
    let scene = Scene::new().await;
    let acts = scene.acts().await;
    // Nobody drains: the process ends before it comes to that.
    let begun = scene.renamed(&acts, "Later").await.commit();
    let unfinished = tokio::time::timeout(std::time::Duration::from_millis(300), begun).await;
    assert!(unfinished.is_err(), "it waits for its record");
    assert_eq!(scene.control.staged(10).await.unwrap().len(), 1);
    assert_eq!(scene.logged().await, 0);

    scene.acts().await;
    assert_eq!(scene.control.staged(10).await.unwrap(), []);
    assert_eq!(scene.logged().await, 1);
    scene.acts().await;
    assert_eq!(scene.logged().await, 1, "and once");
}

#[tokio::test]
async fn what_was_recorded_before_its_row_was_gone_is_not_recorded_again() {
    let scene = Scene::new().await;
    let acts = scene.acts().await;
    let begun = scene.renamed(&acts, "Later").await.commit();
    let _ = tokio::time::timeout(std::time::Duration::from_millis(300), begun).await;
    let staged = scene.control.staged(10).await.unwrap();
    acts.append(ORGANIZATION, staged.clone()).await.unwrap();
    assert_eq!(scene.logged().await, 1);

    scene.acts().await;
    assert_eq!(scene.control.staged(10).await.unwrap(), []);
    assert_eq!(scene.logged().await, 1);
}

#[tokio::test]
async fn what_is_not_committed_leaves_nothing() {
    let scene = Scene::new().await;
    let acts = scene.acts().await;
    drop(scene.renamed(&acts, "Never").await);
    assert_eq!(scene.control.staged(10).await.unwrap(), []);
    let organizations = Organizations::load(&scene.control, Catalog::embedded().unwrap());
    let organizations = organizations.await.unwrap();
    assert_ne!(organizations.settings(ORGANIZATION).unwrap().name, "Never");
}

#[tokio::test]
async fn nothing_is_changed_while_records_cannot_be_made() {
    let scene = Scene::new().await;
    let acts = scene.acts().await;
    let (stop, stopping) = watch::channel(false);
    let draining = tokio::spawn({
        let acts = Arc::clone(&acts);
        async move { acts.run(stopping).await }
    });
    scene
        .renamed(&acts, "Recorded")
        .await
        .commit()
        .await
        .unwrap();
    assert_eq!(scene.logged().await, 1);

    let closing = Arc::clone(&scene.store);
    tokio::task::spawn_blocking(move || closing.close())
        .await
        .unwrap();
    let made = scene.renamed(&acts, "Unrecorded").await.commit().await;
    assert!(matches!(made, Err(ActError::Unrecorded)), "{made:?}");
    let refused = acts.begin(Author::evident()).await;
    assert!(matches!(refused, Err(ActError::Stalled)));
    stop.send_replace(true);
    draining.await.unwrap();
    drop((acts, refused));
    assert_eq!(
        scene.control.staged(10).await.unwrap().len(),
        1,
        "it is kept"
    );

    let Scene {
        directory,
        control,
        store,
    } = scene;
    drop(store);
    let store = Arc::new(Store::open(directory.path(), Options::default()).unwrap());
    let scene = Scene {
        directory,
        store,
        control,
    };
    let acts = scene.acts().await;
    assert_eq!(scene.logged().await, 2);
    assert!(acts.begin(Author::evident()).await.is_ok());
}

#[tokio::test]
async fn secrets_are_replaced_before_anything_is_written() {
    let scene = Scene::new().await;
    let acts = scene.acts().await;
    let mut act = acts.begin(Author::evident()).await.unwrap();
    let body = serde_json::json!({"name": "x", "client_secret": "hush-hush"});
    act.did(ORGANIZATION, Deed::new("settings.changed").asked_by(body));
    let begun = act.commit();
    let _ = tokio::time::timeout(std::time::Duration::from_millis(300), begun).await;
    let staged = scene.control.staged(10).await.unwrap();
    let text = String::from_utf8(staged[0].canonical.clone()).unwrap();
    assert!(!text.contains("hush-hush"), "{text}");
    assert!(text.contains(r#""client_secret":"#), "{text}");
}

#[tokio::test]
async fn memory_follows_a_change_of_the_organization_and_not_who_signs_in() {
    let scene = Scene::new().await;
    let acts = scene.acts().await;
    let (stop, stopping) = watch::channel(false);
    let draining = tokio::spawn({
        let acts = Arc::clone(&acts);
        async move { acts.run(stopping).await }
    });
    let text = KeyText {
        id: "key_new".to_owned(),
        secret: Secret::generate().unwrap(),
    };
    let mut connection = scene.control.reading().await.unwrap();
    query(
        "INSERT INTO api_keys (id, organization_id, kind, digest, created_at) \
         VALUES ('key_new', $1, 'read', $2, 1)",
    )
    .bind(ORGANIZATION)
    .bind(text.secret.digest().to_vec())
    .execute(&mut *connection)
    .await
    .unwrap();
    let text = text.write(KeyKind::Read);
    let is_known = || {
        let known = acts
            .keyring
            .authorize::<Read>(&text, Visit::within(), edge::now());
        known.is_ok()
    };
    for action in ["user.login", "user.logout"] {
        let mut act = acts.begin(Author::evident()).await.unwrap();
        locked_organization(act.connection(), ORGANIZATION)
            .await
            .unwrap();
        act.did(ORGANIZATION, Deed::new(action));
        act.commit().await.unwrap();
        assert!(!is_known(), "{action}: nothing is read again");
    }
    let mut act = acts.begin(Author::evident()).await.unwrap();
    locked_organization(act.connection(), ORGANIZATION)
        .await
        .unwrap();
    act.did(ORGANIZATION, Deed::new("user.login"));
    act.did(ORGANIZATION, Deed::new("settings.changed"));
    act.commit().await.unwrap();
    assert!(is_known());
    stop.send_replace(true);
    draining.await.unwrap();
}

#[tokio::test]
async fn a_change_that_is_too_long_to_be_recorded_is_refused_without_its_text() {
    let scene = Scene::new().await;
    let acts = scene.acts().await;
    let mut act = acts.begin(Author::evident()).await.unwrap();
    let long = "kite ".repeat(60_000);
    let deed = Deed::new("settings.changed").changing("domains", long, "");
    act.did(ORGANIZATION, deed);
    let error = act.commit().await.unwrap_err();
    assert!(matches!(error, ActError::TooLong), "{error}");
    let act = acts.begin(Author::evident()).await.unwrap();
    assert_eq!(scene.control.staged(10).await.unwrap(), []);
    drop(act);
    // What else is wrong with a record is ours to mend, and says nothing of what it holds.
    let error = acts
        .record(
            ORGANIZATION,
            &Author::evident(),
            Deed::new("Kite Flown").saying("kite", "red"),
        )
        .await
        .unwrap_err();
    assert!(matches!(error, ActError::Refused { .. }));
    assert!(!error.to_string().contains("red"), "{error}");
}
