//! What is held, against the sentences that it must keep to.

#![allow(clippy::unwrap_used)]

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

use super::*;

fn permissions() -> impl Strategy<Value = Permissions> {
    let all: Vec<Permission> = Permission::all().collect();
    vec(any::<bool>(), all.len()).prop_map(move |held| {
        let chosen = all.iter().zip(held).filter(|(_, held)| *held);
        chosen.map(|(permission, _)| *permission).collect()
    })
}

fn project() -> impl Strategy<Value = String> {
    prop_oneof!["prj_a", "prj_b", "prj_c"]
}

fn held() -> impl Strategy<Value = Held> {
    let projects = btree_map(project(), permissions(), 0..3);
    (permissions(), projects, any::<bool>()).prop_map(|(everywhere, projects, frozen)| {
        let projects = projects.into_iter();
        Held::by_roles(Holdings {
            everywhere,
            projects: projects
                .map(|(id, held)| (id, held.within_a_project()))
                .collect(),
        })
        .frozen_if(frozen)
    })
}

proptest! {
    /// Whoever gives cannot do less with what he gives than those he gives it to.
    #[test]
    fn nobody_gives_what_he_does_not_hold(
        held in held(),
        given in permissions(),
        project in proptest::option::of(project()),
    ) {
        if held.may_give(given, project.as_deref()) {
            for permission in given.iter() {
                match (held.reach(permission), &project) {
                    (Reach::Organization, _) => {}
                    (Reach::Projects(ids), Some(id)) => prop_assert!(ids.iter().any(|held| **held == **id)),
                    (reach, _) => prop_assert!(false, "{permission:?} reaches {reach:?}"),
                }
            }
        }
    }

    /// A role in a project opens nothing but the project, and nothing that projects do not know.
    #[test]
    fn what_is_held_in_projects_stays_in_them(held in held(), among in permissions()) {
        for permission in among.iter() {
            match held.reach(permission) {
                Reach::Organization => prop_assert!(held.everywhere.has(permission)),
                Reach::Projects(ids) => {
                    prop_assert!(permission.is_of_projects());
                    prop_assert!(!ids.is_empty());
                    for id in ids {
                        prop_assert!(held.projects[&id].has(permission));
                    }
                }
                Reach::Nothing => {}
            }
        }
    }

    /// What is archived is changed by nobody, but brought back by those who may.
    #[test]
    fn nothing_changes_what_is_archived(held in held()) {
        let frozen = held.clone().frozen_if(true);
        let thawed = held.frozen_if(false);
        for permission in Permission::all() {
            let expected = match is_reading(permission) || thaws(permission) {
                true => thawed.reach(permission),
                false => Reach::Nothing,
            };
            prop_assert_eq!(frozen.reach(permission), expected);
        }
        prop_assert!(!frozen.may_give(Permissions::NONE, None));
    }

    /// What only takes away is done there by those who could do it otherwise, and by nobody else.
    #[test]
    fn taking_away_goes_on_in_what_is_archived(held in held(), taken in permissions(), project in project()) {
        let thawed = held.clone().frozen_if(false);
        let taking = held.frozen_if(true).for_taking(true);
        for permission in Permission::all() {
            prop_assert_eq!(taking.reach(permission), thawed.reach(permission));
        }
        for project in [None, Some(project.as_str())] {
            prop_assert_eq!(taking.may_give(taken, project), thawed.may_give(taken, project));
        }
        prop_assert!(taking.is_frozen());
    }
}

#[test]
fn built_in_roles_are_what_they_are_called() {
    let [admin, project_admin, auditor, member] = Role::built_in();
    assert_eq!(admin.permissions, Permissions::all());
    assert!(member.permissions.iter().next().is_none());
    assert!(
        auditor.permissions.iter().all(is_reading),
        "it changes nothing"
    );
    assert!(auditor.permissions.has(Permission::ReadEvents));
    assert!(auditor.permissions.has(Permission::ExportEvents));
    assert!(
        project_admin
            .permissions
            .iter()
            .all(Permission::is_of_projects)
    );
    let held = |role: &Role| {
        Held::by_roles(Holdings {
            everywhere: Permissions::NONE,
            projects: [("prj_a".to_owned(), role.permissions.within_a_project())].into(),
        })
    };
    let of_project = held(&project_admin);
    let only = Reach::Projects(vec![Arc::from("prj_a")]);
    assert_eq!(of_project.reach(Permission::ReadEvents), only);
    assert_eq!(of_project.reach(Permission::ReadLog), Reach::Nothing);
    assert_eq!(held(&member).reach(Permission::ReadEvents), Reach::Nothing);
    assert!(of_project.may_give_role(&auditor, Some("prj_a")));
    assert!(!of_project.may_give_role(&auditor, Some("prj_b")));
    assert!(!of_project.may_give_role(&auditor, None));
    assert!(
        !of_project.may_give_role(&admin, Some("prj_a")),
        "it is of organizations"
    );
}

#[test]
fn keys_hold_what_their_kind_says_and_no_more_than_their_project() {
    use Permission as P;
    for (kind, has, has_not) in [
        (KeyKind::Ingest, P::RecordEvents, P::ReadEvents),
        (KeyKind::Read, P::ReadEvents, P::RecordEvents),
        (KeyKind::Read, P::ReadLog, P::ManageKeys),
    ] {
        assert_eq!(Held::by_key(kind, None).reach(has), Reach::Organization);
        assert_eq!(Held::by_key(kind, None).reach(has_not), Reach::Nothing);
    }
    let limited = Held::by_key(KeyKind::Admin, Some("prj_a"));
    assert!(limited.reach(P::ManageKeys).includes("prj_a"));
    assert!(!limited.reach(P::ManageKeys).includes("prj_b"));
    assert_eq!(limited.reach(P::ManageRoles), Reach::Nothing);
    assert!(limited.may_give_key(KeyKind::Admin, Some("prj_a")));
    assert!(!limited.may_give_key(KeyKind::Ingest, None));
    let archived = limited.without_archived(|id| id == "prj_a");
    assert_eq!(archived.reach(P::RecordEvents), Reach::Nothing);
    assert!(archived.reach(P::ReadEvents).includes("prj_a"));
}

#[test]
fn a_viewer_token_reads_events_and_nothing_else() {
    for project in [None, Some("prj_a")] {
        let held = Held::by_viewer_token(project, Some("usr_1"), None);
        for permission in Permission::all() {
            let reads = permission == Permission::ReadEvents;
            assert_eq!(
                held.reach(permission) != Reach::Nothing,
                reads,
                "{permission:?}"
            );
        }
        assert_eq!(held.actor(), Some("usr_1"));
    }
}

fn role(everywhere: &[Permission], projects: &[(&str, &[Permission])]) -> Held {
    Held::by_roles(Holdings {
        everywhere: everywhere.iter().copied().collect(),
        projects: projects
            .iter()
            .map(|(id, held)| ((*id).to_owned(), held.iter().copied().collect()))
            .collect(),
    })
}

#[test]
fn an_archived_project_is_read_and_brought_back_and_nothing_else() {
    let all: Vec<_> = Permissions::all().within_a_project().iter().collect();
    let held = role(&[], &[("prj_1", &all), ("prj_2", &[])]);
    let held = held.without_archived(|id| id == "prj_1");
    for permission in all {
        let expected = is_reading(permission) || permission == Permission::ManageProjects;
        let reach = held.reach(permission);
        assert_eq!(reach.includes("prj_1"), expected, "{permission:?}");
        let why = (!expected).then_some(Archived::Project);
        assert_eq!(held.archived(permission), why, "{permission:?}");
    }
    assert_eq!(held.archived(Permission::ManageSso), None);
}

#[test]
fn what_is_held_elsewhere_is_not_lost_with_an_archived_project() {
    let recording = [Permission::RecordEvents];
    let held = role(&[], &[("prj_1", &recording), ("prj_2", &recording)]);
    let held = held.without_archived(|id| id == "prj_1");
    let only = Reach::Projects(vec![Arc::from("prj_2")]);
    assert_eq!(held.reach(Permission::RecordEvents), only);
    assert_eq!(held.archived(Permission::RecordEvents), None);
    let everywhere = Held::by_key(KeyKind::Ingest, None).without_archived(|_| true);
    assert_eq!(
        everywhere.reach(Permission::RecordEvents),
        Reach::Organization
    );
}

#[test]
fn an_archived_organization_says_so_to_those_who_could_otherwise() {
    let held = Held::by_key(KeyKind::Admin, None).frozen_if(true);
    for permission in Permission::all() {
        let stays = is_reading(permission) || permission == Permission::ManageOrganization;
        let why = (!stays).then_some(Archived::Organization);
        assert_eq!(held.archived(permission), why, "{permission:?}");
    }
    let reader = Held::by_key(KeyKind::Read, None).frozen_if(true);
    assert_eq!(reader.archived(Permission::RecordEvents), None);
    assert!(!held.may_give_key(KeyKind::Read, None));
}
