//! The control plane on real files: what is kept, what is refused, and damage.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{Seek, SeekFrom, Write};

use super::*;

fn founding(organization_id: &str) -> Founding {
    Founding {
        now: Timestamp::from_micros(1_700_000_000_000_000),
        instance: "audit.example.com".to_owned(),
        organization_id: organization_id.to_owned(),
        organization_name: "Acme AI".to_owned(),
        redaction_key: [9; 32],
        owner_id: "usr_1".to_owned(),
        owner_email: "ada@example.com".to_owned(),
        password_hash: "$argon2id$…".to_owned(),
        keys: vec![NewKey {
            id: "key_1".to_owned(),
            kind: KeyKind::Read,
            digest: [7; 32],
        }],
    }
}

#[tokio::test]
async fn what_was_founded_is_there_after_opening_again() {
    let directory = tempfile::tempdir().unwrap();
    assert!(!Control::exists(directory.path()));
    let control = Control::open(directory.path()).await.unwrap();
    assert!(!control.is_founded().await.unwrap());
    control.found(&founding("org_1")).await.unwrap();
    control.close().await;

    assert!(Control::exists(directory.path()));
    let control = Control::open(directory.path()).await.unwrap();
    assert!(control.is_founded().await.unwrap());
    let organizations = Organizations::load(&control).await.unwrap();
    assert_eq!(organizations.ids().collect::<Vec<_>>(), ["org_1"]);
    assert!(!organizations.settings("org_1").unwrap().strict);
    let keys = control.keys().await.unwrap();
    assert_eq!(keys.len(), 1);
    assert_eq!(keys[0].kind, KeyKind::Read);
    assert_eq!(keys[0].organization_id, "org_1");
    assert_eq!(keys[0].digest, [7; 32]);
    assert_eq!(keys[0].expires_at, None);
}

#[tokio::test]
async fn a_second_founding_is_refused_and_changes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let control = Control::open(directory.path()).await.unwrap();
    control.found(&founding("org_1")).await.unwrap();
    let error = control.found(&founding("org_2")).await.unwrap_err();
    assert!(matches!(error, ControlError::AlreadyFounded));
    let organizations = Organizations::load(&control).await.unwrap();
    assert_eq!(organizations.ids().collect::<Vec<_>>(), ["org_1"]);
}

#[tokio::test]
async fn a_commit_is_durable_and_references_hold() {
    let directory = tempfile::tempdir().unwrap();
    let control = Control::open(directory.path()).await.unwrap();
    let pragma = |name: &'static str| {
        let pool = control.pool.clone();
        async move { query(name).fetch_one(&pool).await.unwrap() }
    };
    let synchronous: i64 = pragma("PRAGMA synchronous").await.get(0);
    assert_eq!(synchronous, 2, "FULL");
    let journal: String = pragma("PRAGMA journal_mode").await.get(0);
    assert_eq!(journal, "wal");
    let orphan = query("INSERT INTO instance_owners (user_id, created_at) VALUES ($1, $2)")
        .bind("usr_nobody")
        .bind(1_i64)
        .execute(&control.pool)
        .await;
    assert!(orphan.is_err());
}

#[tokio::test]
async fn a_damaged_database_is_refused_with_what_to_do() {
    let directory = tempfile::tempdir().unwrap();
    let control = Control::open(directory.path()).await.unwrap();
    control.found(&founding("org_1")).await.unwrap();
    control.close().await;
    let path = directory.path().join(FILE_NAME);
    let length = std::fs::metadata(&path).unwrap().len();
    let mut file = std::fs::File::options().write(true).open(&path).unwrap();
    file.seek(SeekFrom::Start(4096)).unwrap();
    let garbage = vec![0xa5; usize::try_from(length).unwrap() - 4096];
    file.write_all(&garbage).unwrap();
    drop(file);
    let error = Control::open(directory.path()).await.unwrap_err();
    assert!(matches!(error, ControlError::Damaged { .. }), "{error}");
    assert!(error.to_string().contains("backup"), "{error}");
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_as_damaged() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(
        directory.path().join(FILE_NAME),
        "not a database, just text\n".repeat(200),
    )
    .unwrap();
    let error = Control::open(directory.path()).await.unwrap_err();
    assert!(matches!(error, ControlError::Damaged { .. }), "{error}");
}
