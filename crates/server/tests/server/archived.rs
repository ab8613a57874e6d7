//! What is done in an organization that is archived: what only takes away, and nothing else.

use serde_json::{Value, json};

use crate::harness::event;
use crate::harness::people::FOUNDER;
use crate::people::{PASSWORD, PROJECT, Scene, assert_by_admin, scene};

fn archive(scene: &Scene) {
    let path = scene.server.organization_path();
    let archived = json!({"archived": true});
    scene.admin("PATCH", &path, &archived).expect(200);
}

/// Asks as an admin for what is stopped.
#[track_caller]
fn assert_stopped(scene: &Scene, method: &str, path: &str, document: &Value) {
    let refused = scene.admin(method, path, document);
    refused.problem(403, "organization_archived");
}

#[track_caller]
fn assert_gone(scene: &Scene, path: &str) {
    let reply = scene.admin("DELETE", path, &Value::Null);
    assert_eq!(reply.status, 204, "{path}: {}", reply.text());
}

#[test]
fn a_key_is_revoked_in_an_archived_organization_and_none_is_made_or_changed() {
    let scene = scene();
    let new = json!({"name": "Leaked", "kind": "read"});
    let leaked = scene.admin("POST", "/v1/api-keys", &new).expect(201);
    let text = |name: &str| leaked[name].as_str().unwrap().to_owned();
    let of_project = json!({"name": "There", "kind": "read", "project_id": PROJECT});
    let there = scene.admin("POST", "/v1/api-keys", &of_project).expect(201);
    archive(&scene);
    let path = format!("/v1/api-keys/{}", text("id"));
    assert_stopped(&scene, "POST", "/v1/api-keys", &new);
    assert_stopped(&scene, "PATCH", &path, &json!({"name": "x"}));
    assert_stopped(&scene, "POST", &format!("{path}/rotate"), &json!({}));
    let events = |key: &str| scene.ask(key, "GET", "/v1/events", &Value::Null).status;
    assert_eq!(events(&text("key")), 200, "it goes on reading");
    // Who is to revoke it finds it.
    assert_eq!(scene.get(&path)["name"], "Leaked");
    let listed = scene.get("/v1/api-keys?limit=500").to_string();
    assert!(listed.contains(&text("id")), "{listed}");
    assert_gone(&scene, &path);
    assert_eq!(events(&text("key")), 401);
    let told = scene.recorded("app_api_key.deleted");
    assert_by_admin(&told, &scene, "api_key", &text("id"));

    // Who manages the keys of a project revokes these.
    let path = format!("/v1/api-keys/{}", there["id"].as_str().unwrap());
    let reader = &scene.project_reader;
    scene
        .ask(reader, "DELETE", &path, &Value::Null)
        .problem(403, "forbidden");
    let revoked = scene.ask(&scene.project_admin, "DELETE", &path, &Value::Null);
    assert_eq!(revoked.status, 204);
    let late = event("late");
    scene
        .ask(&scene.admin, "POST", "/v1/events", &late)
        .problem(403, "organization_archived");
}

#[test]
fn an_issuer_is_revoked_in_an_archived_organization_and_none_is_made_or_changed() {
    let scene = scene();
    let new = json!({"name": "Portal"});
    let issuer = scene.admin("POST", "/v1/viewer-issuers", &new).expect(201);
    let asked = json!({"issuer_id": issuer["id"]});
    let made = scene.admin("POST", "/v1/viewer-tokens", &asked).expect(201);
    let token = made["token"].as_str().unwrap();
    archive(&scene);
    let path = format!("/v1/viewer-issuers/{}", issuer["id"].as_str().unwrap());
    assert_stopped(&scene, "POST", "/v1/viewer-issuers", &new);
    assert_stopped(&scene, "PATCH", &path, &json!({"name": "x"}));
    assert_stopped(&scene, "POST", "/v1/viewer-tokens", &asked);
    assert_eq!(scene.get("/v1/viewer-issuers")["data"][0], issuer);
    let events = || scene.ask(token, "GET", "/v1/events", &Value::Null).status;
    assert_eq!(events(), 200);
    assert_gone(&scene, &path);
    assert_eq!(events(), 401);
}

#[test]
fn an_invitation_is_revoked_in_an_archived_organization_and_none_is_made_or_renewed() {
    let scene = scene();
    let invited = json!({"email": "grace@example.com", "role": "organization_admin"});
    let made = scene.admin("POST", "/v1/invitations", &invited);
    let id = made.expect(201)["id"].as_str().unwrap().to_owned();
    archive(&scene);
    let path = format!("/v1/invitations/{id}");
    let other = json!({"email": "joan@example.com"});
    assert_stopped(&scene, "POST", "/v1/invitations", &other);
    assert_stopped(&scene, "POST", &format!("{path}/renew"), &Value::Null);
    assert_gone(&scene, &path);
    assert_eq!(scene.get("/v1/invitations")["data"], json!([]));
    let told = scene.recorded("settings.changed");
    assert_by_admin(&told, &scene, "invitation", &id);
}

#[test]
fn sessions_of_a_member_are_ended_in_an_archived_organization() {
    let scene = scene();
    let grace = scene.member("grace", "auditor");
    let signed = scene.server.sign_in("grace@example.com", PASSWORD);
    archive(&scene);
    let path = format!("/v1/members/{grace}");
    assert_stopped(
        &scene,
        "POST",
        &format!("{path}/password-reset"),
        &json!({}),
    );
    let ended = scene.admin("DELETE", &format!("{path}/sessions"), &Value::Null);
    assert_eq!(ended.expect(200)["ended"], 1);
    signed
        .get("/v1/auth/session")
        .problem(401, "unauthenticated");
}

#[test]
fn a_member_is_removed_or_leaves_in_an_archived_organization_but_for_the_last_admin() {
    let scene = scene();
    let grace = scene.member("grace", "auditor");
    let joan = scene.project_member("joan", "project_admin");
    let kay = scene.member("kay", "member");
    archive(&scene);
    let path = |id: &str| format!("/v1/members/{id}");
    let role = json!({"role": "auditor"});
    assert_stopped(&scene, "PATCH", &path(&kay), &role);
    let bulk = json!({"user_ids": [kay], "role": "auditor"});
    assert_stopped(&scene, "POST", "/v1/members/bulk", &bulk);
    let there = format!("/v1/projects/{PROJECT}/members/{joan}");
    let refused = scene.admin("DELETE", &there, &Value::Null);
    assert_eq!(refused.status, 403, "{}", refused.text());
    // By a key, by a person, and by oneself; nobody who may not.
    assert_gone(&scene, &path(&grace));
    let signed = scene.server.sign_in("joan@example.com", PASSWORD);
    let refused = signed.request("DELETE", &path(&kay), None);
    assert_eq!(refused.status, 403, "{}", refused.text());
    let founder = scene.server.sign_in(FOUNDER.0, FOUNDER.1);
    assert_eq!(founder.request("DELETE", &path(&kay), None).status, 204);
    assert_eq!(signed.request("DELETE", &path(&joan), None).status, 204);
    let last = scene.admin("DELETE", &path(&scene.founder), &Value::Null);
    last.problem(409, "last_admin");
    assert_eq!(scene.record("organisation.user.removed").len(), 3);
    let members = scene.get("/v1/members")["data"].clone();
    assert_eq!(members.as_array().unwrap().len(), 1);
}
