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
    assert_eq!(
        error.to_string(),
        "project_id: only project \"prj_1\" may be read with these credentials"
    );
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
