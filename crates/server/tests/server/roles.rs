//! Permissions and roles: what there is, making, changing and deleting, and the default role.

use serde_json::{Value, json};

use crate::people::{PROJECT, assert_by_admin, scene, scene_with};

#[test]
fn the_permissions_and_the_built_in_roles_are_told() {
    let scene = scene();
    let permissions = scene.get("/v1/permissions")["data"].clone();
    let permissions = permissions.as_array().unwrap();
    assert_eq!(permissions.len(), 18);
    assert_eq!(permissions[0]["name"], "events.record");
    for permission in permissions {
        assert!(permission["description"].as_str().unwrap().len() > 5);
        let of_projects = permission["levels"] == json!(["organization", "project"]);
        let of_all = permission["levels"] == json!(["organization"]);
        assert!(of_projects != of_all);
    }
    let roles = scene.get("/v1/roles")["data"].clone();
    let ids: Vec<&Value> = roles.as_array().unwrap().iter().map(|r| &r["id"]).collect();
    let built_in = ["organization_admin", "project_admin", "auditor", "member"];
    assert_eq!(ids, built_in);
    assert_eq!(roles[0]["permissions"].as_array().unwrap().len(), 18);
    assert_eq!(roles[3]["permissions"], json!([]));
    assert_eq!(scene.get("/v1/roles/auditor"), roles[2]);
    assert_eq!(scene.get("/v1/roles/default"), roles[3]);
}

#[test]
fn a_role_is_made_changed_and_deleted_each_on_the_record() {
    let scene = scene();
    let new = json!({"name": "Reviewer", "level": "organization", "permissions": ["events.read", "members.read"]});
    let reply = scene.admin("POST", "/v1/roles", &new);
    let location = reply.header("location").to_owned();
    let made = reply.expect(201);
    let id = made["id"].as_str().unwrap();
    assert_eq!(location, format!("/v1/roles/{id}"));
    assert!(id.starts_with("rol_") && id.len() == 36);
    assert_eq!(made["description"], "");
    assert_eq!(made["levels"], json!(["organization"]));
    assert_eq!(made["built_in"], false);
    assert_eq!(scene.get(&location), made);
    let event = scene.recorded("role.created");
    assert_by_admin(&event, &scene, "role", id);
    assert_eq!(event["metadata"]["role_id"], id);
    assert_eq!(event["metadata"]["role_name"], "Reviewer");
    assert_eq!(event["metadata"]["role_type"], "custom");

    let change = json!({"name": "Reader", "permissions": ["events.read"]});
    let changed = scene.admin("PATCH", &location, &change).expect(200);
    assert_eq!(changed["permissions"], json!(["events.read"]));
    assert_eq!(scene.get(&location), changed);
    // The same again changes nothing.
    scene.admin("PATCH", &location, &change).expect(200);
    let event = scene.recorded("role.updated");
    assert_by_admin(&event, &scene, "role", id);
    assert_eq!(event["metadata"]["role_id"], id);
    assert_eq!(
        event["changes"],
        json!([
            {"field": "name", "old": "Reviewer", "new": "Reader"},
            {"field": "permissions", "old": ["events.read", "members.read"], "new": ["events.read"]},
        ])
    );

    let gone = scene.admin("DELETE", &location, &Value::Null);
    assert_eq!(gone.status, 204);
    scene
        .admin("GET", &location, &Value::Null)
        .problem(404, "not_found");
    let event = scene.recorded("role.deleted");
    assert_by_admin(&event, &scene, "role", id);
    assert_eq!(event["metadata"]["role_name"], "Reader");
}

#[test]
fn each_mistake_in_a_role_has_its_pointer() {
    let scene = scene();
    for (document, pointer, code, suggestion) in [
        (
            json!({"level": "project", "permissions": []}),
            "/name",
            "missing_field",
            None,
        ),
        (
            json!({"name": "X", "level": "project", "permissions": ["events.red"]}),
            "/permissions/0",
            "invalid_value",
            Some("events.read"),
        ),
        (
            json!({"name": "X", "level": "project", "permissions": ["events.read", "log.read"]}),
            "/permissions/1",
            "not_of_projects",
            None,
        ),
        (
            json!({"name": "X", "level": "tool", "permissions": []}),
            "/level",
            "invalid_value",
            None,
        ),
        (
            json!({"name": "a\u{0}b", "level": "project", "permissions": []}),
            "/name",
            "invalid_value",
            None,
        ),
        (
            json!({"nmae": "X", "name": "X", "level": "project", "permissions": []}),
            "/nmae",
            "unknown_field",
            Some("name"),
        ),
    ] {
        let reply = scene.admin("POST", "/v1/roles", &document);
        let problem = reply.problem(422, "invalid_document");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
        assert_eq!(problem["errors"][0]["code"], code, "{problem}");
        assert_eq!(problem["errors"][0]["suggestion"].as_str(), suggestion);
    }
    let id = scene.role("Own", "project", &["events.read"]);
    let path = format!("/v1/roles/{id}");
    let beyond = json!({"permissions": ["log.read"]});
    scene
        .admin("PATCH", &path, &beyond)
        .problem(422, "invalid_document");
    let level = json!({"level": "organization"});
    scene
        .admin("PATCH", &path, &level)
        .problem(422, "invalid_document");
    for name in ["own", "AUDITOR"] {
        let taken = json!({"name": name, "level": "project", "permissions": []});
        scene
            .admin("POST", "/v1/roles", &taken)
            .problem(409, "role_exists");
    }
    let renamed = json!({"name": "OWN"});
    scene.admin("PATCH", &path, &renamed).expect(200);
}

#[test]
fn built_in_roles_stay_as_they_are() {
    let scene = scene();
    for role in ["organization_admin", "project_admin", "auditor", "member"] {
        let path = format!("/v1/roles/{role}");
        let change = json!({"permissions": []});
        scene
            .admin("PATCH", &path, &change)
            .problem(409, "built_in_role");
        scene
            .admin("DELETE", &path, &Value::Null)
            .problem(409, "built_in_role");
    }
    assert!(scene.record("role.*").is_empty());
}

#[test]
fn a_role_that_is_held_goes_only_with_another_one_in_its_place() {
    let scene = scene();
    let old = scene.role("Old", "organization", &["events.read"]);
    let in_project = scene.role("Old there", "project", &["events.read"]);
    let ada = scene.member("grace", &old);
    let alan = scene.project_member("alan", &in_project);
    scene.invite(&json!({"email": "kay@example.com", "role": old}));
    scene
        .admin("PUT", "/v1/roles/default", &json!({ "role": old }))
        .expect(200);
    let path = format!("/v1/roles/{old}");
    let problem = scene
        .admin("DELETE", &path, &Value::Null)
        .problem(409, "role_in_use");
    let detail = problem["detail"].as_str().unwrap();
    assert!(
        detail.contains("1 members") && detail.contains("1 invitations"),
        "{detail}"
    );

    for (replacement, code) in [
        ("project_admin", "role_of_other_level"),
        (old.as_str(), "role_of_other_level"),
        ("audtior", "unknown_role"),
    ] {
        let with = format!("{path}?replace_with={replacement}");
        scene
            .admin("DELETE", &with, &Value::Null)
            .problem(422, code);
    }
    let with = format!("{path}?replace_with=auditor");
    assert_eq!(scene.admin("DELETE", &with, &Value::Null).status, 204);
    assert_eq!(scene.get(&format!("/v1/members/{ada}"))["role"], "auditor");
    assert_eq!(scene.get("/v1/invitations")["data"][0]["role"], "auditor");
    assert_eq!(scene.get("/v1/roles/default")["id"], "auditor");
    let event = scene.recorded("organisation.user.role.changed");
    assert_by_admin(&event, &scene, "user", &ada);
    assert_eq!(event["metadata"]["role_name"], "Auditor");
    assert_eq!(scene.record("workspace.default_role.configured").len(), 2);

    let path = format!("/v1/roles/{in_project}?replace_with=project_admin");
    assert_eq!(scene.admin("DELETE", &path, &Value::Null).status, 204);
    let member = scene.get(&format!("/v1/members/{alan}"));
    assert_eq!(member["projects"], json!({PROJECT: "project_admin"}));
    let event = scene.recorded("project_role.removed");
    assert_by_admin(&event, &scene, "user", &alan);
    assert_eq!(event["project_id"], PROJECT);
    assert_eq!(scene.record("project_role.assigned").len(), 2);
}

#[test]
fn the_default_role_is_what_new_members_begin_with() {
    let scene = scene();
    for (role, code) in [
        ("auditer", "unknown_role"),
        ("project_admin", "role_of_other_level"),
    ] {
        let given = json!({ "role": role });
        scene
            .admin("PUT", "/v1/roles/default", &given)
            .problem(422, code);
    }
    let given = json!({"role": "auditor"});
    let answer = scene.admin("PUT", "/v1/roles/default", &given).expect(200);
    assert_eq!(answer["id"], "auditor");
    scene.admin("PUT", "/v1/roles/default", &given).expect(200);
    let event = scene.recorded("workspace.default_role.configured");
    assert_by_admin(&event, &scene, "role", "auditor");
    assert_eq!(
        event["metadata"]["status_message"],
        "Default role for new users changed from ‘Member’ to ‘Auditor’."
    );
    assert_eq!(
        event["changes"],
        json!([{"field": "default_role", "old": "Member", "new": "Auditor"}])
    );
    let token = scene.invite(&json!({"email": "grace@example.com"}));
    let accepted = scene.accept(&token, "Grace").expect(200);
    let path = format!("/v1/members/{}", accepted["user_id"].as_str().unwrap());
    assert_eq!(scene.get(&path)["role"], "auditor");
}

#[test]
fn a_name_that_is_nearly_a_role_is_answered_with_the_one_that_was_meant() {
    let scene = scene();
    for (sent, meant) in [
        ("audtor", "auditor"),
        ("Organization Admin", "organization_admin"),
    ] {
        let given = json!({ "role": sent });
        let reply = scene.admin("PUT", "/v1/roles/default", &given);
        assert_eq!(reply.problem(422, "unknown_role")["suggestion"], meant);
    }
}

#[test]
fn who_manages_a_project_or_reads_changes_no_role() {
    let scene = scene();
    let new = json!({"name": "X", "level": "project", "permissions": []});
    let id = scene.role("Own", "project", &[]);
    let path = format!("/v1/roles/{id}");
    let read = scene.server.organization.read.clone();
    for key in [&scene.project_admin, &scene.project_reader, &read] {
        scene
            .ask(key, "POST", "/v1/roles", &new)
            .problem(403, "forbidden");
        scene
            .ask(key, "PATCH", &path, &json!({}))
            .problem(403, "forbidden");
        scene
            .ask(key, "DELETE", &path, &Value::Null)
            .problem(403, "forbidden");
        let given = json!({"role": "auditor"});
        scene
            .ask(key, "PUT", "/v1/roles/default", &given)
            .problem(403, "forbidden");
        scene.ask(key, "GET", "/v1/roles", &Value::Null).expect(200);
    }
    assert_eq!(scene.record("role.*").len(), 1);
}

#[test]
fn another_organizations_role_is_not_there() {
    let mut other = None;
    let scene = scene_with(|directory| other = Some(directory.add_organization("org_other")));
    let other = other.unwrap();
    let id = scene.role("Secret plans", "organization", &["events.read"]);
    let path = format!("/v1/roles/{id}");
    let key = other.admin.as_str();
    scene
        .ask(key, "GET", &path, &Value::Null)
        .problem(404, "not_found");
    scene
        .ask(key, "PATCH", &path, &json!({}))
        .problem(404, "not_found");
    scene
        .ask(key, "DELETE", &path, &Value::Null)
        .problem(404, "not_found");
    let given = json!({ "role": id });
    scene
        .ask(key, "PUT", "/v1/roles/default", &given)
        .problem(422, "unknown_role");
    let invitation = json!({"email": "a@b", "role": id});
    scene
        .ask(key, "POST", "/v1/invitations", &invitation)
        .problem(422, "unknown_role");
    let list = scene.ask(key, "GET", "/v1/roles", &Value::Null).expect(200);
    assert!(!list.to_string().contains("Secret plans"));
}

#[test]
fn a_role_that_goes_says_what_it_allowed_and_what_the_invited_are_given_instead() {
    let scene = scene();
    let new = json!({"name": "Old", "description": "Reads", "level": "organization", "permissions": ["events.read"]});
    let made = scene.admin("POST", "/v1/roles", &new).expect(201);
    let old = made["id"].as_str().unwrap();
    let there = scene.role("Old there", "project", &["events.read"]);
    let invite = |invitation: &Value| {
        let made = scene.admin("POST", "/v1/invitations", invitation);
        made.expect(201)["id"].as_str().unwrap().to_owned()
    };
    let kay = invite(&json!({"email": "kay@example.com", "role": old}));
    let joan = invite(
        &json!({"email": "joan@example.com", "role": "member", "project_id": PROJECT,
                              "project_role": there}),
    );
    invite(&json!({"email": "ida@example.com", "role": "auditor"}));

    let path = format!("/v1/roles/{old}?replace_with=organization_admin");
    assert_eq!(scene.admin("DELETE", &path, &Value::Null).status, 204);
    let told = scene.recorded("settings.changed");
    assert_by_admin(&told, &scene, "invitation", &kay);
    assert_eq!(told["targets"][0]["name"], "kay@example.com");
    assert_eq!(told["targets"][1]["id"], "organization_admin");
    let changed = json!([{"field": "role", "old": "Old", "new": "Organization Admin"}]);
    assert_eq!(told["changes"], changed);
    assert_eq!(told.get("project_id"), None);
    let deleted = scene.recorded("role.deleted");
    assert_eq!(deleted["metadata"]["replaced_with"], "organization_admin");
    assert_eq!(
        deleted["changes"],
        json!([
            {"field": "name", "old": "Old", "new": null},
            {"field": "description", "old": "Reads", "new": ""},
            {"field": "permissions", "old": ["events.read"], "new": null},
        ])
    );

    let path = format!("/v1/roles/{there}?replace_with=project_admin");
    assert_eq!(scene.admin("DELETE", &path, &Value::Null).status, 204);
    let told = scene.record("settings.changed");
    assert_eq!(told.len(), 2, "{told:#?}");
    assert_by_admin(&told[1], &scene, "invitation", &joan);
    let changed = json!([{"field": "project_role", "old": "Old there", "new": "Project Admin"}]);
    assert_eq!(told[1]["changes"], changed);
    assert_eq!(told[1]["project_id"], PROJECT);
}

#[test]
fn a_role_that_a_group_of_single_sign_on_gives_goes_only_with_another_one_in_its_place() {
    let scene = scene();
    let old = scene.role("Old", "organization", &["events.read"]);
    let sso = json!({
        "issuer": "https://login.acme.example", "client_id": "evident", "client_secret": "s",
        "domains": ["acme.example"], "enabled": false,
        "group_roles": [{"group": "kites", "role": old}, {"group": "staff", "role": "member"}],
    });
    scene.admin("PUT", "/v1/sso?check=false", &sso).expect(200);
    let path = format!("/v1/roles/{old}");
    let problem = scene.admin("DELETE", &path, &Value::Null);
    let problem = problem.problem(409, "role_in_use");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("1 groups of single sign-on"), "{detail}");
    let with = format!("{path}?replace_with=auditor");
    assert_eq!(scene.admin("DELETE", &with, &Value::Null).status, 204);
    let given =
        json!([{"group": "kites", "role": "auditor"}, {"group": "staff", "role": "member"}]);
    assert_eq!(scene.get("/v1/sso")["group_roles"], given);
    let told = scene.record("settings.changed").pop().unwrap();
    let id = scene.server.organization.id.clone();
    assert_by_admin(&told, &scene, "sso", &id);
    let change = &told["changes"][0];
    assert_eq!(change["field"], "group_roles", "{told}");
    assert_eq!(change["old"], sso["group_roles"]);
    assert_eq!(change["new"], given);
}
