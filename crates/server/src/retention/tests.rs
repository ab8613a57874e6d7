//! What was removed is told once, on a real store and a real control plane.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use evident_event::catalog::Catalog;
use evident_ledger::note::SigningKey;
use evident_store::Options;
use evident_store::durable::{Operation, Tap, Verdict};
use evident_store::expiry::{Expiry, Removed};
use tokio::sync::watch;

use super::*;
use crate::acts::{Author, Deed};
use crate::auth::Keyring;
use crate::control::fixtures::founding;
use crate::control::{
    Organizations, Place, RetentionCause, RetentionNumbers, RetentionOutcome, RetentionPolicy,
    RetentionReported, RetentionRun,
};
use crate::edge;
use crate::secrets::Secrets;

const ORGANIZATION: &str = "org_1";

struct Scene {
    _directory: tempfile::TempDir,
    store: Arc<Store>,
    acts: Arc<Acts>,
    retention: Arc<Retention>,
}

/// A disk that is full once a segment has been removed.
#[derive(Default)]
struct FullAfterOne {
    has_removed: AtomicBool,
}

impl Tap for FullAfterOne {
    fn before(&self, operation: &Operation<'_>) -> Verdict {
        match operation {
            Operation::Remove(path) if path.starts_with("segments") => {
                self.has_removed.store(true, Ordering::SeqCst);
                Verdict::Proceed
            }
            Operation::CreateFile(path)
                if path.starts_with("segments") && self.has_removed.load(Ordering::SeqCst) =>
            {
                Verdict::Fail(std::io::ErrorKind::StorageFull.into())
            }
            _ => Verdict::Proceed,
        }
    }

    fn after(&self, _: &Operation<'_>) {}
}

impl Scene {
    async fn new() -> Self {
        Self::with(Options::default()).await
    }

    async fn with(options: Options) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = Arc::new(Store::open(directory.path(), options).unwrap());
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
        let retention = Retention::new(&control, &acts, &store, &metrics, None, &Arc::default());
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

/// What a run removed before it failed is told with its place and time.
#[tokio::test]
async fn a_run_that_fails_tells_where_and_when_what_went_was() {
    const SEGMENT_ROWS: u32 = 4;
    let scene = Scene::with(Options {
        segment_rows: SEGMENT_ROWS,
        tail_rows: SEGMENT_ROWS,
        // Each stays as it is.
        compaction_fanout: 1 << 10,
        tap: Some(Arc::new(FullAfterOne::default())),
        ..Options::default()
    })
    .await;
    let (stop, stopping) = watch::channel(false);
    let acts = Arc::clone(&scene.acts);
    let draining = tokio::spawn(async move { acts.run(stopping).await });
    for _ in 0..3 * SEGMENT_ROWS {
        let deed = Deed::new("retention.deleted").to("organization", ORGANIZATION, "");
        let author = Author::evident();
        let recorded = scene.acts.record(ORGANIZATION, &author, deed);
        recorded.await.unwrap();
    }
    let run = RetentionRun {
        organization_id: ORGANIZATION.to_owned(),
        cause: RetentionCause::Daily,
        requested_by: None,
        policy: RetentionPolicy::default(),
        started_at: edge::now(),
        finished_at: None,
        outcome: None,
        numbers: RetentionNumbers::default(),
    };
    let control = &scene.retention.control;
    control.retention_begins(&[run]).await.unwrap();
    let expiry = Expiry {
        organization_id: ORGANIZATION.to_owned(),
        default: Some(edge::now()),
        projects: BTreeMap::new(),
        as_of: Timestamp::MAX,
    };
    let standing = scene.store.standing();
    let failed = scene.retention.expire(vec![expiry], standing).await;
    assert!(
        matches!(failed, Err(RetentionError::Store(ExpireError::Full))),
        "{failed:?}"
    );
    let mut connection = control.reading().await.unwrap();
    let last = RetentionRun::last(&mut connection, ORGANIZATION);
    let last = last.await.unwrap().unwrap();
    drop(connection);
    assert_eq!(last.outcome, Some(RetentionOutcome::Failed));
    let numbers = last.numbers;
    assert_eq!(numbers.events, u64::from(SEGMENT_ROWS));
    assert_eq!(
        (numbers.first_index, numbers.last_index),
        (Some(0), Some(3))
    );
    assert!(numbers.received.is_some());
    stop.send_replace(true);
    draining.await.unwrap();
}
