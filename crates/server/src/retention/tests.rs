//! What was removed is told once, on a real store and a real control plane.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use evident_event::catalog::Catalog;
use evident_ledger::note::SigningKey;
use evident_store::Options;
use evident_store::expiry::Removed;
use tokio::sync::watch;

use super::*;
use crate::auth::Keyring;
use crate::control::fixtures::founding;
use crate::control::{Organizations, Place, RetentionReported};
use crate::secrets::Secrets;

const ORGANIZATION: &str = "org_1";

struct Scene {
    _directory: tempfile::TempDir,
    store: Arc<Store>,
    acts: Arc<Acts>,
    retention: Arc<Retention>,
}

impl Scene {
    async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = Arc::new(Store::open(directory.path(), Options::default()).unwrap());
        let key = SigningKey::from_seed("evident.localhost/org_1", [7; 32]).unwrap();
        store.create_log(ORGANIZATION, key).unwrap();
        let place = Place::within(directory.path());
        let control = Control::open(place).await.unwrap();
        control.found(&founding(ORGANIZATION)).await.unwrap();
        let catalog = Catalog::embedded().unwrap();
        let organizations = Organizations::load(&control, catalog).await.unwrap();
        let organizations = Arc::new(organizations);
        let secrets = Arc::new(Secrets::of(directory.path()).unwrap());
        let keyring = Keyring::load(&control, secrets).await.unwrap();
        let keyring = Arc::new(keyring);
        let acts = Acts::new(&control, &store, &organizations, &keyring);
        let acts = acts.await.unwrap();
        let metrics = Arc::new(Metrics::new());
        let retention = Retention::new(&control, &acts, &store, &metrics, None);
        Self {
            _directory: directory,
            store,
            acts,
            retention,
        }
    }

    async fn logged(&self) -> u64 {
        let index = self.store.index();
        index.applied_through(ORGANIZATION).await.unwrap()
    }

    async fn told(&self) -> RetentionReported {
        let mut connection = self.retention.control.reading().await.unwrap();
        let told = RetentionReported::of(&mut connection, ORGANIZATION);
        told.await.unwrap()
    }
}

fn removed(organization_id: &str, events: u64) -> Removed {
    Removed {
        organization_id: organization_id.to_owned(),
        events,
        bytes: events * 100,
        minimum_index: 0,
        end_index: events,
    }
}

#[tokio::test]
async fn what_several_tell_of_at_once_is_on_the_log_once() {
    let scene = Scene::new().await;
    let (stop, stopping) = watch::channel(false);
    let acts = Arc::clone(&scene.acts);
    let draining = tokio::spawn(async move { acts.run(stopping).await });
    for (events, logged) in [(5, 1), (5, 1), (7, 2)] {
        let removed = removed(ORGANIZATION, events);
        let going = Going::default();
        let telling = || scene.retention.report_one(&removed, &going);
        let (one, two, three) = tokio::join!(telling(), telling(), telling());
        for result in [one, two, three] {
            result.unwrap();
        }
        assert_eq!(scene.logged().await, logged, "after {events}");
        let told = scene.told().await;
        assert_eq!(
            (told.events, told.bytes, told.end_index),
            (events, events * 100, events)
        );
    }
    stop.send_replace(true);
    draining.await.unwrap();
}

#[tokio::test]
async fn what_is_of_no_organization_is_an_error_and_leaves_nothing() {
    let scene = Scene::new().await;
    let gone = removed("org_gone", 3);
    let result = scene.retention.report_one(&gone, &Going::default()).await;
    assert!(result.is_err());
    assert_eq!(scene.logged().await, 0);
}
