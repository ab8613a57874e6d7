//! Projects, on a real database.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::control::fixtures::{founding, opened};
use crate::control::members::Place;
use crate::control::{Control, Holdings, Member, ProjectMember};

const NOW: Timestamp = Timestamp::from_micros(1_700_000_000_000_001);
const ARCHIVE: ProjectChange = ProjectChange {
    name: None,
    archived: Some(true),
};

async fn founded() -> Control {
    let control = opened().await;
    control.found(&founding("org_1")).await.unwrap();
    execute(
        &control,
        "INSERT INTO organizations (id, name, created_at, redaction_key) \
         VALUES ('org_2', 'Other', 1, x'00')",
    )
    .await;
    control
}

async fn execute(control: &Control, statement: &'static str) {
    let mut connection = control.reading().await.unwrap();
    query(statement).execute(&mut *connection).await.unwrap();
}

fn project(id: &str) -> Project {
    Project {
        id: id.to_owned(),
        name: format!("Name of {id}"),
        kind: ProjectKind::Agent,
        created_at: NOW,
        archived: false,
    }
}

async fn create(control: &Control, organization_id: &str, id: &str) -> Result<(), ProjectError> {
    let mut change = control.begin().await.unwrap();
    Project::create(&mut change, organization_id, &project(id)).await?;
    change.commit().await.unwrap();
    Ok(())
}

async fn change(
    control: &Control,
    organization_id: &str,
    change: ProjectChange,
) -> Result<Project, ProjectError> {
    let mut transaction = control.begin().await.unwrap();
    let changed = Project::change(&mut transaction, organization_id, "prj", change, NOW).await?;
    transaction.commit().await.unwrap();
    Ok(changed.1)
}

async fn delete(control: &Control, organization_id: &str) -> Result<DeletedProject, ProjectError> {
    let mut change = control.begin().await.unwrap();
    let deleted = Project::delete(&mut change, organization_id, "prj", NOW).await?;
    change.commit().await.unwrap();
    Ok(deleted)
}

async fn listed(control: &Control, organization_id: &str) -> Vec<Project> {
    let mut connection = control.reading().await.unwrap();
    let all = Project::of_organization(&mut connection, organization_id).await;
    all.unwrap()
}

#[tokio::test]
async fn two_organizations_have_the_same_id_and_each_its_own_project() {
    let control = founded().await;
    create(&control, "org_1", "prj").await.unwrap();
    create(&control, "org_2", "prj").await.unwrap();
    change(&control, "org_2", ARCHIVE).await.unwrap();
    assert_eq!(listed(&control, "org_1").await, [project("prj")]);
    delete(&control, "org_2").await.unwrap();
    assert_eq!(listed(&control, "org_1").await, [project("prj")]);
    assert_eq!(listed(&control, "org_2").await, []);
}

#[tokio::test]
async fn an_id_is_used_once_also_by_two_at_once_and_after_deletion() {
    let control = founded().await;
    let (one, other) = tokio::join!(
        create(&control, "org_1", "prj"),
        create(&control, "org_1", "prj"),
    );
    let failed: Vec<_> = [one, other].into_iter().filter_map(Result::err).collect();
    assert!(
        matches!(failed.as_slice(), [ProjectError::Exists(_)]),
        "{failed:?}"
    );
    change(&control, "org_1", ARCHIVE).await.unwrap();
    delete(&control, "org_1").await.unwrap();
    let error = create(&control, "org_1", "prj").await.unwrap_err();
    assert!(matches!(error, ProjectError::Deleted(_)));
}

#[tokio::test]
async fn an_archived_project_is_brought_back_before_it_is_changed() {
    let control = founded().await;
    create(&control, "org_1", "prj").await.unwrap();
    assert!(change(&control, "org_1", ARCHIVE).await.unwrap().archived);
    assert!(change(&control, "org_1", ARCHIVE).await.unwrap().archived);
    let rename = |archived| ProjectChange {
        name: Some("X".to_owned()),
        archived,
    };
    for archived in [None, Some(true)] {
        let error = change(&control, "org_1", rename(archived)).await;
        assert!(matches!(error.unwrap_err(), ProjectError::Archived));
    }
    let back = change(&control, "org_1", rename(Some(false))).await;
    let back = back.unwrap();
    assert_eq!((back.name.as_str(), back.archived), ("X", false));
    assert_eq!(listed(&control, "org_1").await, [back]);
}

#[tokio::test]
async fn with_a_project_go_its_keys_roles_and_invitations_and_nobody_elses() {
    let control = founded().await;
    for organization_id in ["org_1", "org_2"] {
        create(&control, organization_id, "prj").await.unwrap();
    }
    create(&control, "org_1", "kept").await.unwrap();
    for statement in [
        "INSERT INTO members (organization_id, user_id, role, joined_at) VALUES ('org_2', 'usr_1', 'member', 1)",
        "INSERT INTO project_members (organization_id, project_id, user_id, role, joined_at) VALUES \
         ('org_1', 'prj', 'usr_1', 'project_admin', 1), ('org_1', 'kept', 'usr_1', 'project_admin', 1), \
         ('org_2', 'prj', 'usr_1', 'auditor', 1)",
        "INSERT INTO api_keys (id, organization_id, project_id, kind, digest, created_at) VALUES \
         ('k1', 'org_1', 'prj', 'read', x'00', 1), ('k2', 'org_1', 'kept', 'read', x'00', 1), \
         ('k3', 'org_2', 'prj', 'read', x'00', 1)",
        "INSERT INTO invitations (id, organization_id, email, role, project_id, project_role, digest, invited_by, \
         created_at, expires_at) VALUES ('inv_1', 'org_1', 'a@b.c', 'member', 'prj', 'auditor', x'00', 'usr_1', 1, 2)",
    ] {
        execute(&control, statement).await;
    }
    let error = delete(&control, "org_1").await.unwrap_err();
    assert!(matches!(error, ProjectError::NotArchived));
    change(&control, "org_1", ARCHIVE).await.unwrap();
    let deleted = delete(&control, "org_1").await.unwrap();
    assert_eq!(deleted.members, ["usr_1"]);
    assert_eq!(deleted.keys, ["k1"]);
    let keys = control.keys(NOW).await.unwrap().into_iter();
    let keys: Vec<String> = keys
        .filter(|key| key.project_id.is_some())
        .map(|key| key.id)
        .collect();
    assert_eq!(keys, ["k2", "k3"]);
    let mut connection = control.reading().await.unwrap();
    for (organization_id, project) in [("org_1", "kept"), ("org_2", "prj")] {
        let holdings = Holdings::of(&mut connection, organization_id, "usr_1").await;
        let projects = holdings.unwrap().unwrap().projects;
        assert_eq!(projects.into_keys().collect::<Vec<_>>(), [project]);
    }
    let invited: Option<String> = query_scalar("SELECT project_id FROM invitations")
        .fetch_one(&mut *connection)
        .await
        .unwrap();
    assert_eq!(invited, None);
    drop(connection);
    assert!(matches!(
        delete(&control, "org_1").await.unwrap_err(),
        ProjectError::Unknown
    ));
}

#[tokio::test]
async fn nothing_is_made_or_changed_in_an_archived_organization() {
    let control = founded().await;
    create(&control, "org_1", "prj").await.unwrap();
    execute(
        &control,
        "UPDATE organizations SET archived_at = 1 WHERE id = 'org_1'",
    )
    .await;
    let archived = |error| matches!(error, ProjectError::Organization(ChangeError::Archived));
    assert!(archived(create(&control, "org_1", "b").await.unwrap_err()));
    assert!(archived(
        change(&control, "org_1", ARCHIVE).await.unwrap_err()
    ));
    assert!(archived(delete(&control, "org_1").await.unwrap_err()));
    let error = create(&control, "org_never", "b").await.unwrap_err();
    assert!(matches!(
        error,
        ProjectError::Organization(ChangeError::NoOrganization)
    ));
}

#[tokio::test]
async fn there_is_one_project_less_than_too_many() {
    let control = founded().await;
    execute(
        &control,
        "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 9999) \
         INSERT INTO projects (organization_id, id, name, kind, created_at) \
         SELECT 'org_1', 'prj_' || n, 'x', 'tool', n FROM numbers",
    )
    .await;
    create(&control, "org_1", "last").await.unwrap();
    assert_eq!(listed(&control, "org_1").await.len(), MAX_PROJECTS);
    let error = create(&control, "org_1", "beyond").await.unwrap_err();
    assert!(matches!(error, ProjectError::TooMany));
    create(&control, "org_2", "beyond").await.unwrap();
}

#[test]
fn projects_are_found_whatever_order_they_come_in() {
    let ids = ["b", "a", "B", "a.1", "a-1"];
    let projects = Projects::new(ids.map(project).into());
    for id in ids {
        assert_eq!(projects.get(id).unwrap().id, id);
        let levels = projects.levels();
        let at = levels.binary_search_by(|(project, _)| project.as_str().cmp(id));
        assert_eq!(levels[at.unwrap()].1, Level::Agent);
    }
    assert_eq!(projects.get("c"), None);
}

#[test]
fn an_id_is_one_segment_of_a_path_and_nothing_else_is_read() {
    let read = |text: &str| {
        let document = evident_event::json::parse(text.as_bytes(), 8).unwrap();
        NewProject::read(&document).map_err(|refusals| refusals[0].code)
    };
    let with = |id: &str| format!(r#"{{"name":"N","id":"{id}"}}"#);
    let longest = "x".repeat(MAX_PROJECT_ID_BYTES);
    for id in ["a", "Team:7.b_c-d", "..a", longest.as_str()] {
        let new = read(&with(id)).unwrap();
        assert_eq!(new.id.as_deref(), Some(id));
        assert_eq!(new.kind, ProjectKind::Project);
    }
    for (id, code) in [
        ("", "empty_value"),
        (".", "invalid_value"),
        ("..", "invalid_value"),
        ("a/b", "invalid_value"),
        ("a b", "invalid_value"),
        ("é", "invalid_value"),
        ("a%2f", "invalid_value"),
        (&"x".repeat(MAX_PROJECT_ID_BYTES + 1), "too_long"),
    ] {
        assert_eq!(read(&with(id)).unwrap_err(), code, "{id}");
    }
    assert_eq!(read(r#"{"id":"a"}"#).unwrap_err(), "missing_field");
    let error = read(r#"{"name":"N","kind":"organization"}"#).unwrap_err();
    assert_eq!(error, "invalid_value");
    assert_eq!(read(r#"{"name":"N"}"#).unwrap().id, None);
}

#[tokio::test]
async fn a_role_in_a_project_is_of_one_organization_whatever_another_calls_its_own() {
    let control = founded().await;
    execute(
        &control,
        "INSERT INTO members (organization_id, user_id, role, joined_at) VALUES ('org_2', 'usr_1', 'member', 1)",
    )
    .await;
    let mut connection = control.reading().await.unwrap();
    for (organization_id, role) in [
        ("org_1", "auditor"),
        ("org_2", "member"),
        ("org_1", "project_admin"),
    ] {
        if role != "project_admin" {
            create(&control, organization_id, "prj").await.unwrap();
        }
        let set =
            ProjectMember::set(&mut connection, organization_id, "prj", "usr_1", role, NOW).await;
        set.unwrap();
    }
    let found = ProjectMember::find(&mut connection, "org_2", "prj", "usr_1").await;
    assert_eq!(found.unwrap().unwrap().role, "member");
    let page = ProjectMember::page(&mut connection, "org_1", "prj", &Place::start(), 9).await;
    let roles: Vec<String> = page.unwrap().into_iter().map(|one| one.role).collect();
    assert_eq!(roles, ["project_admin"]);
    let removed = ProjectMember::remove(&mut connection, "org_1", "prj", "usr_1").await;
    removed.unwrap();
    // Nor does it matter to one what becomes of the other's project.
    change(&control, "org_1", ARCHIVE).await.unwrap();
    delete(&control, "org_1").await.unwrap();
    let member = Member::find(&mut connection, "org_2", "usr_1").await;
    let projects = member.unwrap().unwrap().projects;
    assert_eq!(
        projects.into_iter().collect::<Vec<_>>(),
        [("prj".to_owned(), "member".to_owned())]
    );
}
