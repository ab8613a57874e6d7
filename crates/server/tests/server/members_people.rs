//! What people who are signed in may do to each other and to themselves: no way leads up.

use serde_json::{Value, json};

use crate::people::{PASSWORD, PROJECT, scene, scene_with, token_of};

#[test]
fn nobody_gives_or_takes_what_allows_more_than_they_may() {
    let scene = scene();
    let staff = scene.role(
        "Staff",
        "organization",
        &["members.read", "members.manage", "roles.manage"],
    );
    let readers = scene.role("Readers", "organization", &["events.read"]);
    let own = scene.member("hugo", &staff);
    let other = scene.member("grace", "member");
    let hugo = scene.server.sign_in("hugo@example.com", PASSWORD);
    let change =
        |path: &str, role: &str| hugo.request("PATCH", path, Some(&json!({ "role": role })));
    for user in [&own, &other] {
        for role in ["organization_admin", "auditor", readers.as_str()] {
            let path = format!("/v1/members/{user}");
            change(&path, role).problem(403, "beyond_own_permissions");
        }
    }
    let founder = format!("/v1/members/{}", scene.founder);
    change(&founder, "member").problem(403, "beyond_own_permissions");
    let removed = hugo.request("DELETE", &founder, None);
    removed.problem(403, "beyond_own_permissions");
    let more = json!({"name": "More", "level": "organization", "permissions": ["events.read"]});
    let made = hugo.request("POST", "/v1/roles", Some(&more));
    made.problem(403, "beyond_own_permissions");
    for id in [&staff, &readers] {
        let wider = json!({"permissions": ["members.manage", "events.read"]});
        let path = format!("/v1/roles/{id}");
        let reply = hugo.request("PATCH", &path, Some(&wider));
        reply.problem(403, "beyond_own_permissions");
    }
    let invited = json!({"email": "second@example.com", "role": "organization_admin"});
    let reply = hugo.request("POST", "/v1/invitations", Some(&invited));
    reply.problem(403, "beyond_own_permissions");
    change(&format!("/v1/members/{other}"), &staff).expect(200);
}

#[test]
fn a_change_of_a_role_counts_from_the_next_request_on() {
    let scene = scene();
    let role = scene.role("Reader", "organization", &["events.read"]);
    scene.member("grace", &role);
    let grace = scene.server.sign_in("grace@example.com", PASSWORD);
    grace.get("/v1/events").expect(200);
    let path = format!("/v1/roles/{role}");
    scene
        .admin("PATCH", &path, &json!({"permissions": []}))
        .expect(200);
    grace.get("/v1/events").problem(403, "forbidden");
    scene
        .admin("PATCH", &path, &json!({"permissions": ["events.read"]}))
        .expect(200);
    grace.get("/v1/events").expect(200);
}

#[test]
fn auditors_and_plain_members_change_nothing_but_may_leave() {
    let scene = scene();
    let auditor = scene.project_member("grace", "auditor");
    let path = format!("/v1/members/{auditor}");
    scene
        .admin("PATCH", &path, &json!({"role": "auditor"}))
        .expect(200);
    let grace = scene.server.sign_in("grace@example.com", PASSWORD);
    let given = json!({"role": "member"});
    grace
        .request("PATCH", &path, Some(&given))
        .problem(403, "forbidden");
    grace
        .request("PATCH", "/v1/roles/auditor", Some(&json!({})))
        .problem(403, "forbidden");
    let founder = format!("/v1/members/{}", scene.founder);
    grace
        .request("DELETE", &founder, None)
        .problem(403, "forbidden");
    let project = format!("/v1/projects/{PROJECT}/members/{auditor}");
    assert_eq!(grace.request("DELETE", &project, None).status, 204);
    assert_eq!(grace.request("DELETE", &path, None).status, 204);
    let event = scene.recorded("organisation.user.removed");
    assert_eq!(event["actor"]["id"], auditor.as_str());
    // In no organization any more: signed out.
    assert_eq!(grace.get("/v1/members").status, 401);
}

#[test]
fn the_last_admin_cannot_leave_either() {
    let scene = scene();
    let founder = scene.server.founder();
    let path = format!("/v1/members/{}", scene.founder);
    founder
        .request("DELETE", &path, None)
        .problem(409, "last_admin");
}

#[test]
fn a_person_of_another_organization_accepts_as_that_person_and_nobody_else() {
    let mut other = None;
    let scene = scene_with(|directory| other = Some(directory.add_organization("org_other")));
    let other = other.unwrap();
    scene.member("mallory", "member");
    let invited = json!({"email": "ada@example.com", "role": "auditor"});
    let made = scene.ask(&other.admin, "POST", "/v1/invitations", &invited);
    let sent = json!({"token": token_of(&made.expect(201))});
    let mallory = scene.server.sign_in("mallory@example.com", PASSWORD);
    let refused = mallory.request("POST", "/v1/invitations/accept", Some(&sent));
    refused.problem(403, "other_person");
    let founder = scene.server.founder();
    let accepted = founder.request("POST", "/v1/invitations/accept", Some(&sent));
    assert_eq!(accepted.expect(200)["organization_id"], "org_other");
    let again = founder.request("POST", "/v1/invitations/accept", Some(&sent));
    again.problem(404, "invitation_not_valid");
    let list = scene
        .ask(&other.admin, "GET", "/v1/members", &Value::Null)
        .expect(200);
    assert_eq!(list["data"][0]["role"], "auditor");
}

#[test]
fn the_invitations_of_who_is_removed_are_revoked() {
    let scene = scene();
    let id = scene.member("kay", "organization_admin");
    let kay = scene.server.sign_in("kay@example.com", PASSWORD);
    let invited = json!({"email": "second@example.com", "role": "organization_admin"});
    let made = kay
        .request("POST", "/v1/invitations", Some(&invited))
        .expect(201);
    let removed = scene.admin("DELETE", &format!("/v1/members/{id}"), &Value::Null);
    assert_eq!(removed.status, 204);
    scene
        .accept(&token_of(&made), "Second")
        .problem(404, "invitation_not_valid");
    let event = scene.recorded("organisation.user.removed");
    let open = json!({"field": "open_invitations", "old": 1, "new": 0});
    assert!(
        event["changes"].as_array().unwrap().contains(&open),
        "{event}"
    );
}
