//! Making and deleting organizations, on a real database.

#![allow(clippy::unwrap_used)]

use evident_event::catalog::Catalog;
use sqlx::query;

use super::*;
use crate::control::fixtures::{founding, opened};
use crate::control::{Control, Holdings, OrganizationChange, Organizations, SettingsChange};

const NOW: Timestamp = Timestamp::from_micros(1_700_000_000_000_001);

async fn founded() -> Control {
    let control = opened().await;
    control.found(&founding("org_home")).await.unwrap();
    control
}

fn new(id: &str) -> NewOrganization {
    NewOrganization {
        id: id.to_owned(),
        name: format!("Name of {id}"),
        redaction_key: [3; 32],
        admin_id: "usr_1".to_owned(),
        now: NOW,
    }
}

async fn made(control: &Control, id: &str) {
    let mut change = control.begin().await.unwrap();
    assert_eq!(create(&mut change, &new(id)).await.unwrap(), "org_home");
    change.commit().await.unwrap();
}

async fn archived(control: &Control, id: &str) {
    let catalog = Catalog::embedded().unwrap();
    let organizations = Organizations::load(control, catalog).await.unwrap();
    let archive = SettingsChange {
        archived: Some(true),
        ..SettingsChange::default()
    };
    let mut change = control.begin().await.unwrap();
    let archive = OrganizationChange::Settings(archive);
    let changed = organizations.change(&mut change, id, archive, NOW).await;
    assert!(changed.unwrap().after.archived);
    change.commit().await.unwrap();
}

async fn deleted(control: &Control, id: &str) -> Result<Deleted, LifecycleError> {
    let mut change = control.begin().await.unwrap();
    let deleted = delete(&mut change, id, NOW).await?;
    change.commit().await.unwrap();
    Ok(deleted)
}

async fn listed(control: &Control) -> Vec<String> {
    let mut connection = control.reading().await.unwrap();
    let all = Listed::all(&mut connection).await.unwrap();
    let own = Listed::of_person(&mut connection, "usr_1").await.unwrap();
    assert_eq!(all, own, "usr_1 has made them all");
    all.into_iter().map(|listed| listed.id).collect()
}

#[tokio::test]
async fn whoever_makes_an_organization_is_its_admin_and_others_see_nothing_of_it() {
    let control = founded().await;
    made(&control, "org_new").await;
    assert_eq!(listed(&control).await, ["org_home", "org_new"]);
    let mut connection = control.reading().await.unwrap();
    let holdings = Holdings::of(&mut connection, "org_new", "usr_1").await;
    let holdings = holdings.unwrap().unwrap();
    assert_eq!(holdings.everywhere, crate::control::Permissions::all());
    let others = Listed::of_person(&mut connection, "usr_2").await.unwrap();
    assert_eq!(others, []);
}

#[tokio::test]
async fn only_what_is_archived_is_deleted_and_only_once_and_never_the_home() {
    let control = founded().await;
    made(&control, "org_new").await;
    let error = deleted(&control, "org_new").await.unwrap_err();
    assert!(matches!(error, LifecycleError::NotArchived));
    archived(&control, "org_new").await;
    archived(&control, "org_home").await;
    let error = deleted(&control, "org_home").await.unwrap_err();
    assert!(matches!(error, LifecycleError::Home));
    let gone = deleted(&control, "org_new").await.unwrap();
    assert_eq!(gone.name, "Name of org_new");
    assert_eq!(gone.home, "org_home");
    for id in ["org_new", "org_never"] {
        let error = deleted(&control, id).await.unwrap_err();
        assert!(matches!(error, LifecycleError::Unknown), "{id}");
    }
    assert_eq!(listed(&control).await, ["org_home"]);
}

#[tokio::test]
async fn what_is_deleted_gives_nothing_and_is_not_read_at_the_next_start() {
    let control = founded().await;
    made(&control, "org_new").await;
    for statement in [
        "INSERT INTO api_keys (id, organization_id, kind, digest, created_at) \
         VALUES ('key_2', 'org_new', 'admin', x'00', 1)",
        "INSERT INTO sessions (id, user_id, digest, method, organization_id, address, user_agent, created_at, \
         last_seen_at, expires_at) VALUES ('ses_1', 'usr_1', x'01', 'sso', 'org_new', '', '', 1, 1, 1)",
        "INSERT INTO sessions (id, user_id, digest, method, organization_id, address, user_agent, created_at, \
         last_seen_at, expires_at) VALUES ('ses_2', 'usr_1', x'02', 'password', NULL, '', '', 1, 1, 1)",
    ] {
        let mut connection = control.reading().await.unwrap();
        query(statement).execute(&mut *connection).await.unwrap();
    }
    assert_eq!(control.keys(NOW).await.unwrap().len(), 2);
    archived(&control, "org_new").await;
    deleted(&control, "org_new").await.unwrap();
    let keys = control.keys(NOW).await.unwrap();
    assert!(keys.iter().all(|key| key.organization_id == "org_home"));
    let mut connection = control.reading().await.unwrap();
    let sessions: Vec<String> = query_scalar("SELECT id FROM sessions")
        .fetch_all(&mut *connection)
        .await
        .unwrap();
    assert_eq!(sessions, ["ses_2"], "the one that reaches nothing else");
    let holdings = Holdings::of(&mut connection, "org_new", "usr_1").await;
    assert_eq!(holdings.unwrap(), None);
    let catalog = Catalog::embedded().unwrap();
    let organizations = Organizations::load(&control, catalog).await.unwrap();
    assert_eq!(organizations.ids(), ["org_home"]);
}

#[tokio::test]
async fn two_that_delete_at_once_delete_once() {
    let control = founded().await;
    made(&control, "org_new").await;
    archived(&control, "org_new").await;
    let (one, other) = tokio::join!(deleted(&control, "org_new"), deleted(&control, "org_new"));
    let failed: Vec<_> = [one, other].into_iter().filter_map(Result::err).collect();
    assert!(
        matches!(failed.as_slice(), [LifecycleError::Unknown]),
        "{failed:?}"
    );
}

#[tokio::test]
async fn there_is_one_organization_less_than_too_many() {
    let control = founded().await;
    let mut change = control.begin().await.unwrap();
    for at in 1..MAX_ORGANIZATIONS {
        create(&mut change, &new(&format!("org_{at}")))
            .await
            .unwrap();
    }
    let error = create(&mut change, &new("org_last")).await.unwrap_err();
    assert!(matches!(error, LifecycleError::TooMany));
}

#[test]
fn a_name_is_all_that_is_read() {
    let read = |text: &str| {
        let document = evident_event::json::parse(text.as_bytes(), 8).unwrap();
        read_new_name(&document).map_err(|refusals| refusals[0].code)
    };
    assert_eq!(read(r#"{"name":"Acme"}"#).unwrap(), "Acme");
    for (text, code) in [
        ("{}", "missing_field"),
        (r#"{"name":null}"#, "missing_field"),
        (r#"{"name":"a\u0000b"}"#, "invalid_value"),
        (r#"{"name":"Acme","id":"org_1"}"#, "unknown_field"),
        (r#"["Acme"]"#, "wrong_type"),
    ] {
        assert_eq!(read(text).unwrap_err(), code, "{text}");
    }
}
