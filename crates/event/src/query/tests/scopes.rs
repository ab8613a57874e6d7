//! Who may see what.

use super::*;

const OTHERS: [&str; 3] = [
    r#"{"organization_id": "org_2", "project_id": "prj_1", "action": "role.created"}"#,
    r#"{"organization_id": "ORG_1", "project_id": "prj_1", "action": "role.created"}"#,
    r#"{"project_id": "prj_1", "action": "role.created"}"#,
];

fn in_scope(scope: Scope, parameters: &[(&str, &str)]) -> Result<Query, QueryError> {
    Query::parse(scope, parameters.iter().copied(), now(), &aliases).map(|(query, _)| query)
}

#[test]
fn without_parameters_all_of_the_organization_is_seen() {
    assert!(finds(&[]));
    let free = json(r#"{"organization_id": "org_1", "action": "role.created"}"#);
    assert!(matches(&query(&[]), &free, 0));
    assert!(matches(
        &Query::everything(Scope::organization("org_1")),
        &free,
        0
    ));
}

#[test]
fn nothing_crosses_organizations() {
    for text in OTHERS {
        for parameters in [
            vec![],
            vec![("action", "*")],
            vec![("filter", "result:is_not:x")],
        ] {
            assert!(!matches(&query(&parameters), &json(text), 0), "{text}");
        }
        assert!(
            !Scope::project("org_1", "prj_1").allows(&json(text)),
            "{text}"
        );
    }
}

#[test]
fn a_scope_limited_to_a_project_never_matches_others() {
    let query = in_scope(
        Scope::project("org_1", "prj_1"),
        &[("filter", "id:is_not:x")],
    )
    .unwrap();
    assert!(matches(&query, &json(EVENT), 42));
    for text in [
        r#"{"organization_id": "org_1", "project_id": "prj_2"}"#,
        r#"{"organization_id": "org_1", "project_id": null}"#,
        r#"{"organization_id": "org_1"}"#,
        r#"{"organization_id": "org_2", "project_id": "prj_1"}"#,
    ] {
        assert!(!matches(&query, &json(text), 0), "{text}");
    }
}

#[test]
fn a_scope_limited_to_a_project_refuses_to_ask_for_another() {
    let scope = || Scope::project("org_1", "prj_1");
    assert!(in_scope(scope(), &[("project_id", "prj_1")]).is_ok());
    let error = in_scope(scope(), &[("project_id", "prj_2")]).unwrap_err();
    assert_eq!(error.code, "project_not_allowed");
}

#[test]
fn whoever_may_see_several_projects_may_ask_for_each_of_them_and_no_other() {
    let ask = |ids: &[&str], asked| {
        let scope = Scope::projects("org_1", ids.iter().copied()).unwrap();
        in_scope(scope, &[("project_id", asked)])
    };
    let ids = ["prj_3", "prj_1"];
    for id in ids {
        assert!(ask(&ids, id).is_ok(), "{id}");
    }
    for (ids, asked) in [
        (&ids[..], "prj_2"),
        (&ids[..], "PRJ_1"),
        (&ids[..], "prj_"),
        (&[][..], "prj_1"),
    ] {
        let error = ask(ids, asked).unwrap_err();
        assert_eq!(error.code, "project_not_allowed", "{asked}");
    }
}

#[test]
fn a_refused_project_says_nothing_of_any_project() {
    let refused = |scope: Scope, asked| {
        let error = in_scope(scope, &[("project_id", asked)]).unwrap_err();
        error.to_string()
    };
    let some = || Scope::projects("org_1", ["prj_1", "prj_3"]).unwrap();
    let told = refused(some(), "prj_2");
    assert_eq!(
        told,
        "project_id: these credentials may not read the project: leave the parameter out for all \
         that they may read"
    );
    assert_eq!(refused(some(), "unheard_of"), told);
    assert_eq!(refused(Scope::project("org_1", "prj_1"), "prj_2"), told);
    assert_eq!(refused(some().only_actor("usr_1"), "prj_2"), told);
}

#[test]
fn several_projects_are_seen_and_nothing_beside_them() {
    let scope = Scope::projects("org_1", ["prj_2", "prj_1", "prj_2"]).unwrap();
    assert_eq!(scope.project_ids().unwrap(), ["prj_1", "prj_2"]);
    assert_eq!(scope.only_project(), None);
    let query = Query::everything(scope);
    for (seen, text) in [
        (
            true,
            r#"{"organization_id": "org_1", "project_id": "prj_1"}"#,
        ),
        (
            true,
            r#"{"organization_id": "org_1", "project_id": "prj_2"}"#,
        ),
        (
            false,
            r#"{"organization_id": "org_1", "project_id": "prj_3"}"#,
        ),
        (false, r#"{"organization_id": "org_1"}"#),
        (
            false,
            r#"{"organization_id": "org_2", "project_id": "prj_1"}"#,
        ),
    ] {
        assert_eq!(matches(&query, &json(text), 0), seen, "{text}");
    }
}

#[test]
fn who_is_in_no_project_sees_nothing() {
    let nobody = Scope::projects("org_1", [""; 0]).unwrap();
    assert_eq!(nobody.project_ids(), Some(&[][..]));
    for text in [
        EVENT,
        r#"{"organization_id": "org_1"}"#,
        r#"{"organization_id": "org_1", "project_id": ""}"#,
    ] {
        assert!(!nobody.allows(&json(text)), "{text}");
        let query = Query::everything(nobody.clone());
        assert!(!matches(&query, &json(text), 0), "{text}");
    }
}

#[test]
fn exactly_one_project_is_told_from_none_and_all() {
    let only = Scope::projects("org_1", ["prj_1", "prj_1"]).unwrap();
    assert_eq!(only, Scope::project("org_1", "prj_1"));
    assert_eq!(only.only_project(), Some("prj_1"));
    assert_eq!(Scope::organization("org_1").only_project(), None);
    let nobody = Scope::projects("org_1", [""; 0]).unwrap();
    assert_eq!(nobody.only_project(), None);
}

#[test]
fn the_number_of_projects_is_bounded() {
    let scope = |count: usize| {
        let ids = (0..count).map(|number| format!("prj_{number}"));
        // What comes twice counts once.
        Scope::projects("org_1", ids.chain(["prj_0".to_owned()]))
    };
    assert!(scope(MAX_SCOPE_PROJECTS).is_ok());
    let error = scope(MAX_SCOPE_PROJECTS + 1).unwrap_err();
    assert_eq!(error.projects, MAX_SCOPE_PROJECTS + 1);
}

#[test]
fn project_id_and_level_narrow_the_scope() {
    assert!(finds(&[("project_id", "prj_1")]));
    assert!(!finds(&[("project_id", "prj_2")]));
    assert!(finds(&[("level", "project")]));
    assert!(!finds(&[("level", "organization")]));
    assert!(finds(&[("level", "organization"), ("level", "project")]));
    assert!(!finds(&[("project_id", "prj_1"), ("level", "agent")]));
}
