//! The control plane on real files: what is kept, what is refused, and damage.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{Seek, SeekFrom, Write};

use super::*;

async fn load(control: &Control) -> std::sync::Arc<Organizations> {
    let catalog = evident_event::catalog::Catalog::embedded().unwrap();
    std::sync::Arc::new(Organizations::load(control, catalog).await.unwrap())
}

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
        demo: None,
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
    let organizations = load(&control).await;
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
async fn a_demo_is_marked_with_its_founding_and_remembers_how_far_it_came() {
    let directory = tempfile::tempdir().unwrap();
    let control = Control::open(directory.path()).await.unwrap();
    let mut mark = DemoMark {
        seed: u32::MAX,
        year_ends_at: Timestamp::from_micros(1_700_000_000_000_001),
        year_events: 300_000,
        recorded_until: Timestamp::from_micros(7),
    };
    let demo = Founding {
        demo: Some(mark),
        ..founding("org_1")
    };
    control.found(&demo).await.unwrap();
    assert_eq!(control.demo().await.unwrap(), Some(mark));
    mark.recorded_until = Timestamp::from_micros(1_700_000_000_000_009);
    let until = mark.recorded_until;
    control.demo_recorded_until(until).await.unwrap();
    control.close().await;
    let control = Control::open(directory.path()).await.unwrap();
    assert_eq!(control.demo().await.unwrap(), Some(mark));

    let real = tempfile::tempdir().unwrap();
    let control = Control::open(real.path()).await.unwrap();
    control.found(&founding("org_1")).await.unwrap();
    assert_eq!(control.demo().await.unwrap(), None);
    // What is not a demo's stays real, whoever notes what.
    control.demo_recorded_until(until).await.unwrap();
    assert_eq!(control.demo().await.unwrap(), None);
}

#[tokio::test]
async fn a_second_founding_is_refused_and_changes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let control = Control::open(directory.path()).await.unwrap();
    control.found(&founding("org_1")).await.unwrap();
    let error = control.found(&founding("org_2")).await.unwrap_err();
    assert!(matches!(error, ControlError::AlreadyFounded));
    let organizations = load(&control).await;
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

fn kite(action: &str) -> evident_event::json::Json<'static> {
    let text = format!(
        r#"{{"action":"{action}","name":"{action} of a kite","category":"Kites","event_type":
        "User Actions","badge":"Kite","level":"project","description":"A kite.","template":"{{actor}}"}}"#
    );
    let json = evident_event::json::parse(text.as_bytes(), 8).unwrap();
    json.into_owned()
}

#[tokio::test]
async fn an_organization_has_so_many_event_types_of_its_own_and_no_more() {
    let now = Timestamp::from_micros(1);
    let directory = tempfile::tempdir().unwrap();
    let control = Control::open(directory.path()).await.unwrap();
    control.found(&founding("org_1")).await.unwrap();
    for at in 1..=organizations::MAX_OWN_TYPES {
        let action = format!("kite.k{at}");
        let definition = serde_json::json!({
            "action": action, "name": action, "aliases": [], "category": "Kites",
            "event_type": "User Actions", "badge": "Kite", "level": "project",
            "description": "A kite.", "template": "{actor}", "metadata": [],
        });
        query("INSERT INTO catalog_versions VALUES ($1, $2, $3, $4, 1)")
            .bind("org_1")
            .bind(i64::try_from(at).unwrap())
            .bind(action)
            .bind(definition.to_string())
            .execute(&control.pool)
            .await
            .unwrap();
    }
    let all = load(&control).await;
    let refused = all.add_type("org_1", kite("kite.flown"), now).await;
    assert!(matches!(refused, Err(ChangeError::TooMany)));
    // To replace one is no more of them.
    let settings = all
        .replace_type("org_1", "kite.k1", kite("kite.k1"), now)
        .await
        .unwrap();
    let known = organizations::MAX_OWN_TYPES;
    assert_eq!(settings.known.catalog.own().len(), known);
    let version = settings.known.catalog.version().to_owned();
    assert!(version.ends_with(&format!("+{}", known + 1)), "{version}");
}

/// A change is made upon what the database holds, and memory follows it, not the other way round.
#[tokio::test]
async fn a_change_that_the_database_refuses_changes_nothing() {
    let now = Timestamp::from_micros(1);
    let directory = tempfile::tempdir().unwrap();
    let control = Control::open(directory.path()).await.unwrap();
    control.found(&founding("org_1")).await.unwrap();
    let all = load(&control).await;
    query(
        "CREATE TRIGGER refuse BEFORE UPDATE OF name ON organizations \
         BEGIN SELECT RAISE(ABORT, 'no'); END",
    )
    .execute(&control.pool)
    .await
    .unwrap();
    let change = || SettingsChange {
        strict: Some(true),
        ..SettingsChange::default()
    };
    let refused = all.set("org_1", change()).await;
    assert!(matches!(refused, Err(ChangeError::Control(_))));
    assert!(!all.settings("org_1").unwrap().strict);
    query("DROP TRIGGER refuse")
        .execute(&control.pool)
        .await
        .unwrap();
    query("UPDATE organizations SET name = 'Behind our back' WHERE id = 'org_1'")
        .execute(&control.pool)
        .await
        .unwrap();
    let settings = all.set("org_1", change()).await.unwrap();
    assert_eq!(settings.name, "Behind our back");
    assert!(all.settings("org_1").unwrap().strict);
    let nobody = all.add_type("org_2", kite("kite.flown"), now).await;
    assert!(matches!(nobody, Err(ChangeError::NoOrganization)));
}

#[tokio::test]
async fn a_change_comes_to_its_end_though_nobody_waits_for_it() {
    let now = Timestamp::from_micros(1);
    let directory = tempfile::tempdir().unwrap();
    let control = Control::open(directory.path()).await.unwrap();
    control.found(&founding("org_1")).await.unwrap();
    let all = load(&control).await;
    let begun = all.add_type("org_1", kite("kite.flown"), now);
    // The first look at it starts it; then whoever asked goes away.
    assert!(futures_util::FutureExt::now_or_never(begun).is_none());
    let later = all
        .add_type("org_1", kite("kite.landed"), now)
        .await
        .unwrap();
    assert_eq!(later.known.catalog.own().len(), 2);
    let now = all.settings("org_1").unwrap();
    assert!(now.known.catalog.get("kite.flown").is_some());
}

#[tokio::test]
async fn the_log_of_a_directory_from_before_logs_could_be_public_is_private() {
    let directory = tempfile::tempdir().unwrap();
    let control = Control::open(directory.path()).await.unwrap();
    control.found(&founding("org_1")).await.unwrap();
    for statement in [
        "DROP TABLE demo",
        "ALTER TABLE organizations DROP COLUMN log_public",
        "DELETE FROM _sqlx_migrations WHERE version >= 3",
    ] {
        query(statement).execute(&control.pool).await.unwrap();
    }
    control.close().await;

    let control = Control::open(directory.path()).await.unwrap();
    assert!(!load(&control).await.is_log_public("org_1"));
    assert_eq!(control.demo().await.unwrap(), None);
    assert_eq!(control.keys().await.unwrap().len(), 1);
}
