//! The control plane on real files: what is kept, what is refused, and damage.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{Seek, SeekFrom, Write};

use evident_event::time::Timestamp;
use sqlx::{AnyPool, Row, query, query_scalar};

use super::fixtures::founding;
use super::*;

const NOW: Timestamp = Timestamp::from_micros(1);

async fn load(control: &Control) -> std::sync::Arc<Organizations> {
    let catalog = evident_event::catalog::Catalog::embedded().unwrap();
    std::sync::Arc::new(Organizations::load(control, catalog).await.unwrap())
}

#[tokio::test]
async fn what_was_founded_is_there_after_opening_again() {
    let directory = tempfile::tempdir().unwrap();
    assert!(!Place::within(directory.path()).exists());
    let control = Control::open(Place::within(directory.path()))
        .await
        .unwrap();
    assert!(!control.is_founded().await.unwrap());
    control.found(&founding("org_1")).await.unwrap();
    control.close().await;

    assert!(Place::within(directory.path()).exists());
    let control = Control::open(Place::within(directory.path()))
        .await
        .unwrap();
    assert!(control.is_founded().await.unwrap());
    let organizations = load(&control).await;
    assert_eq!(organizations.ids(), ["org_1"]);
    assert!(!organizations.settings("org_1").unwrap().strict);
    let keys = control.keys(NOW).await.unwrap();
    assert_eq!(keys.len(), 1);
    assert_eq!(keys[0].kind, KeyKind::Read);
    assert_eq!(keys[0].organization_id, "org_1");
    assert_eq!(keys[0].digest, [7; 32]);
    assert_eq!(keys[0].expires_at, None);
}

#[tokio::test]
async fn a_demo_is_marked_with_its_founding_and_remembers_how_far_it_came() {
    let directory = tempfile::tempdir().unwrap();
    let control = Control::open(Place::within(directory.path()))
        .await
        .unwrap();
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
    let control = Control::open(Place::within(directory.path()))
        .await
        .unwrap();
    assert_eq!(control.demo().await.unwrap(), Some(mark));

    let real = tempfile::tempdir().unwrap();
    let control = Control::open(Place::within(real.path())).await.unwrap();
    control.found(&founding("org_1")).await.unwrap();
    assert_eq!(control.demo().await.unwrap(), None);
    // What is not a demo's stays real, whoever notes what.
    control.demo_recorded_until(until).await.unwrap();
    assert_eq!(control.demo().await.unwrap(), None);
}

#[tokio::test]
async fn a_second_founding_is_refused_and_changes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let control = Control::open(Place::within(directory.path()))
        .await
        .unwrap();
    control.found(&founding("org_1")).await.unwrap();
    let error = control.found(&founding("org_2")).await.unwrap_err();
    assert!(matches!(error, ControlError::AlreadyFounded));
    let organizations = load(&control).await;
    assert_eq!(organizations.ids(), ["org_1"]);
}

#[tokio::test]
async fn a_commit_is_durable_and_references_hold() {
    let directory = tempfile::tempdir().unwrap();
    let control = Control::open(Place::within(directory.path()))
        .await
        .unwrap();
    let pragma = |name: &'static str| {
        let pool = control.pool().clone();
        async move { query(name).fetch_one(&pool).await.unwrap() }
    };
    let synchronous: i64 = pragma("PRAGMA synchronous").await.get(0);
    assert_eq!(synchronous, 2, "FULL");
    let overwritten: i64 = pragma("PRAGMA secure_delete").await.get(0);
    assert_eq!(overwritten, 1);
    let journal: String = pragma("PRAGMA journal_mode").await.get(0);
    assert_eq!(journal, "wal");
    let orphan = query("INSERT INTO instance_owners (user_id, created_at) VALUES ($1, $2)")
        .bind("usr_nobody")
        .bind(1_i64)
        .execute(control.pool())
        .await;
    assert!(orphan.is_err());
}

#[tokio::test]
async fn a_damaged_database_is_refused_with_what_to_do() {
    let directory = tempfile::tempdir().unwrap();
    let control = Control::open(Place::within(directory.path()))
        .await
        .unwrap();
    control.found(&founding("org_1")).await.unwrap();
    control.close().await;
    let path = directory.path().join(database::FILE_NAME);
    let length = std::fs::metadata(&path).unwrap().len();
    let mut file = std::fs::File::options().write(true).open(&path).unwrap();
    file.seek(SeekFrom::Start(4096)).unwrap();
    let garbage = vec![0xa5; usize::try_from(length).unwrap() - 4096];
    file.write_all(&garbage).unwrap();
    drop(file);
    let error = Control::open(Place::within(directory.path()))
        .await
        .unwrap_err();
    assert!(matches!(error, ControlError::Damaged { .. }), "{error}");
    assert!(error.to_string().contains("backup"), "{error}");
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_as_damaged() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(
        directory.path().join(database::FILE_NAME),
        "not a database, just text\n".repeat(200),
    )
    .unwrap();
    let error = Control::open(Place::within(directory.path()))
        .await
        .unwrap_err();
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
    let directory = tempfile::tempdir().unwrap();
    let control = Control::open(Place::within(directory.path()))
        .await
        .unwrap();
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
            .execute(control.pool())
            .await
            .unwrap();
    }
    let all = load(&control).await;
    let refused = changed(
        &control,
        &all,
        "org_1",
        OrganizationChange::NewType(kite("kite.flown")),
    )
    .await;
    assert!(matches!(refused, Err(ChangeError::TooMany)));
    // To replace one is no more of them.
    let replaced = OrganizationChange::ReplacedType("kite.k1".to_owned(), kite("kite.k1"));
    changed(&control, &all, "org_1", replaced).await.unwrap();
    let settings = all.settings("org_1").unwrap();
    let known = organizations::MAX_OWN_TYPES;
    assert_eq!(settings.known.catalog.own().len(), known);
    let version = settings.known.catalog.version().to_owned();
    assert!(version.ends_with(&format!("+{}", known + 1)), "{version}");
}

/// A change is made upon what the database holds, and memory follows it, not the other way round.
#[tokio::test]
async fn a_change_that_the_database_refuses_changes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let control = Control::open(Place::within(directory.path()))
        .await
        .unwrap();
    control.found(&founding("org_1")).await.unwrap();
    let all = load(&control).await;
    query(
        "CREATE TRIGGER refuse BEFORE UPDATE OF name ON organizations \
         BEGIN SELECT RAISE(ABORT, 'no'); END",
    )
    .execute(control.pool())
    .await
    .unwrap();
    let change = || {
        OrganizationChange::Settings(SettingsChange {
            strict: Some(true),
            ..SettingsChange::default()
        })
    };
    let refused = changed(&control, &all, "org_1", change()).await;
    assert!(matches!(refused, Err(ChangeError::Control(_))));
    assert!(!all.settings("org_1").unwrap().strict);
    query("DROP TRIGGER refuse")
        .execute(control.pool())
        .await
        .unwrap();
    query("UPDATE organizations SET name = 'Behind our back' WHERE id = 'org_1'")
        .execute(control.pool())
        .await
        .unwrap();
    changed(&control, &all, "org_1", change()).await.unwrap();
    let settings = all.settings("org_1").unwrap();
    assert_eq!(settings.name, "Behind our back");
    assert!(settings.strict);
    let flown = OrganizationChange::NewType(kite("kite.flown"));
    let nobody = changed(&control, &all, "org_2", flown).await;
    assert!(matches!(nobody, Err(ChangeError::NoOrganization)));
}

/// A change of its own, committed, which memory has followed.
async fn changed(
    control: &Control,
    all: &Organizations,
    id: &str,
    change: OrganizationChange,
) -> Result<(), ChangeError> {
    let mut transaction = control.begin().await?;
    all.change(&mut transaction, id, change, NOW).await?;
    transaction.commit().await?;
    Ok(all.reload(id).await?)
}

#[tokio::test]
async fn an_older_directory_keeps_what_it_has_and_gets_what_is_new() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(database::FILE_NAME);
    sqlx::any::install_default_drivers();
    let url = format!("sqlite://{}?mode=rwc", path.display());
    let pool = AnyPool::connect(&url).await.unwrap();
    database::migrated_to(&pool, 2).await.unwrap();
    for statement in [
        "INSERT INTO instance VALUES ('audit.example.com', 1)",
        "INSERT INTO organizations (id, name, created_at, redaction_key) \
         VALUES ('org_1', 'Acme AI', 1, x'0909090909090909090909090909090909090909090909090909090909090909')",
        "INSERT INTO users VALUES ('usr_1', 'Ada@Example.com', '$argon2id$', 1)",
        "INSERT INTO instance_owners VALUES ('usr_1', 1)",
        "INSERT INTO api_keys (id, organization_id, kind, digest, created_at) \
         VALUES ('key_1', 'org_1', 'read', x'07', 1)",
    ] {
        query(statement).execute(&pool).await.unwrap();
    }
    pool.close().await;

    let control = Control::open(Place::within(directory.path()))
        .await
        .unwrap();
    let organizations = load(&control).await;
    assert!(!organizations.is_log_public("org_1"));
    assert!(!organizations.settings("org_1").unwrap().archived);
    assert_eq!(control.demo().await.unwrap(), None);
    assert_eq!(control.keys(NOW).await.unwrap().len(), 1);
    let mut connection = control.reading().await.unwrap();
    let holdings = Holdings::of(&mut connection, "org_1", "usr_1")
        .await
        .unwrap();
    assert_eq!(
        holdings.unwrap().everywhere,
        Permissions::all(),
        "the owner is an admin"
    );
    let email: String = query_scalar("SELECT email FROM users")
        .fetch_one(&mut *connection)
        .await
        .unwrap();
    assert_eq!(email, "ada@example.com");
    let home = locked_instance(&mut connection).await.unwrap();
    assert_eq!(home, "org_1");
}
