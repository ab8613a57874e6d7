//! `/v1/sso`: what administrators set, what is never shown, and who may set it.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::sso::{events, set_up};
use crate::harness::oidc::{Browser, rig};
use crate::harness::{Directory, Reply, Server};

fn document() -> Value {
    json!({
        "issuer": rig().issuer, "client_id": "evident", "client_secret": rig().client_secret,
        "domains": ["acme.example"],
    })
}

fn put(server: &Server, changes: &Value) -> Reply {
    let mut document = document();
    for (name, value) in changes.as_object().unwrap() {
        document[name] = value.clone();
    }
    server.change("PUT", "/v1/sso", &document)
}

fn admin_get(server: &Server) -> Reply {
    let key = server.organization.admin.clone();
    server.request("GET", "/v1/sso", Some(&key), &[], b"")
}

#[test]
fn what_is_set_is_shown_but_for_the_secret_and_recorded_once() {
    let directory = Directory::init();
    let server = directory.serve_with_sso();
    let none = admin_get(&server).problem(404, "sso_not_set_up");
    assert_eq!(none["redirect_url"], rig().redirect_url);
    let mut set = set_up(&server, &json!({"domains": ["ACME.example"]}));
    assert_eq!(admin_get(&server).expect(200), set);
    let roles = set["group_roles"].clone();
    set.as_object_mut().unwrap().remove("updated_at");
    let expected = json!({
        "issuer": rig().issuer, "client_id": "evident", "has_client_secret": true,
        "domains": ["acme.example"], "groups_claim": "groups", "scopes": ["email", "profile", "groups"],
        "group_roles": roles, "require_group": false, "enabled": true,
        "redirect_url": rig().redirect_url,
    });
    assert_eq!(set, expected);
    let recorded = events(&server, "settings.changed");
    assert_eq!(recorded.len(), 1);
    assert_eq!(recorded[0]["actor"]["type"], "api_key");
    assert_eq!(recorded[0]["targets"][0]["type"], "sso");
    assert_eq!(recorded[0]["context"]["ip"], "127.0.0.1");
    let changes = recorded[0]["changes"].as_array().unwrap();
    assert!(changes.contains(&json!({"field": "enabled", "old": null, "new": true})));
    assert!(!recorded[0].to_string().contains(&rig().client_secret));

    // The same again without its secret is no change, and keeps it.
    let mut same = document();
    same.as_object_mut().unwrap().remove("client_secret");
    same["scopes"] = json!(["email", "profile", "groups"]);
    same["group_roles"] = roles;
    server.change("PUT", "/v1/sso", &same).expect(200);
    assert_eq!(events(&server, "settings.changed").len(), 1);
    same["require_group"] = json!(true);
    let set = server.change("PUT", "/v1/sso", &same).expect(200);
    assert_eq!(set["has_client_secret"], true);
    let changed = &events(&server, "settings.changed")[0];
    assert_eq!(
        changed["changes"],
        json!([{"field": "require_group", "old": false, "new": true}])
    );

    let key = server.organization.admin.clone();
    for _ in 0..2 {
        let deleted = server.request("DELETE", "/v1/sso", Some(&key), &[], b"");
        assert_eq!(deleted.status, 204);
    }
    admin_get(&server).problem(404, "sso_not_set_up");
    assert_eq!(events(&server, "settings.changed").len(), 3);
}

#[test]
fn a_secret_does_not_go_to_another_provider_than_it_was_given_for() {
    let directory = Directory::init();
    let server = directory.serve_with_sso();
    let mut first = document();
    first.as_object_mut().unwrap().remove("client_secret");
    let missing = |reply: Reply| {
        let problem = reply.problem(422, "invalid_document");
        assert_eq!(problem["errors"][0]["pointer"], "/client_secret");
    };
    missing(server.change("PUT", "/v1/sso", &first));
    set_up(&server, &json!({}));
    for (member, value) in [
        ("issuer", format!("{}/rs256", rig().forger)),
        ("client_id", "another".to_owned()),
    ] {
        let mut other = first.clone();
        other[member] = json!(value);
        missing(server.change("PUT", "/v1/sso", &other));
    }
}

#[test]
fn the_provider_is_asked_first_unless_that_is_declined() {
    let directory = Directory::init();
    let server = directory.serve_with_sso();
    for case in ["other-issuer", "no-document", "failing"] {
        let issuer = json!({"issuer": format!("{}/{case}", rig().forger)});
        let problem = put(&server, &issuer).problem(422, "provider_check_failed");
        assert!(problem["detail"].as_str().unwrap().contains("check=false"));
    }
    admin_get(&server).problem(404, "sso_not_set_up");
    let mut document = document();
    document["issuer"] = json!(format!("{}/other-issuer", rig().forger));
    server
        .change("PUT", "/v1/sso?check=false", &document)
        .expect(200);
    server
        .change("PUT", "/v1/sso?check=no", &document)
        .problem(400, "bad_parameter");
}

#[test]
fn what_cannot_be_is_refused_with_its_place() {
    let directory = Directory::init();
    let server = directory.serve_with_sso();
    for (changes, pointer) in [
        (json!({"issuer": "http://login.acme.example"}), "/issuer"),
        (json!({"issuer": "https://169.254.169.254"}), "/issuer"),
        (json!({"domains": ["acme"]}), "/domains/0"),
        (
            json!({"group_roles": [{"group": "g", "role": "auditr"}]}),
            "/group_roles/0/role",
        ),
        (
            json!({"group_roles": [{"group": "g", "role": "project_admin"}]}),
            "/group_roles/0/role",
        ),
        (json!({"domain": []}), "/domain"),
    ] {
        let problem = put(&server, &changes).problem(422, "invalid_document");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{changes}");
    }
    admin_get(&server).problem(404, "sso_not_set_up");
}

#[test]
fn the_servers_own_machine_is_asked_only_where_its_operator_allows_it() {
    let directory = Directory::init();
    let server = directory.serve_with(|command| {
        command.env("EVIDENT_PUBLIC_URL", "http://127.0.0.1:9");
    });
    let problem = put(&server, &json!({})).problem(422, "invalid_document");
    assert_eq!(problem["errors"][0]["pointer"], "/issuer");
    server.terminate();
    let server = directory.serve();
    put(&server, &json!({})).problem(409, "no_public_url");
    let none = admin_get(&server).problem(404, "sso_not_set_up");
    assert_eq!(none.get("redirect_url"), None, "it is not known");
}

fn mappings(range: std::ops::Range<u32>, role: &str) -> Vec<Value> {
    let group = |n: u32| format!("{n:03}-{}", "kite".repeat(90));
    range
        .map(|n| json!({"group": group(n), "role": role}))
        .collect()
}

#[test]
fn a_change_of_many_mappings_tells_those_that_came_and_went() {
    let directory = Directory::init();
    let server = directory.serve_with_sso();
    let many = mappings(0..480, "auditor");
    put(&server, &json!({ "group_roles": many })).expect(200);
    let told = |server: &Server| events(server, "settings.changed")[0].clone();
    let first = json!({"field": "group_roles", "old": null, "new": many});
    let changes = told(&server)["changes"].clone();
    assert!(changes.as_array().unwrap().contains(&first));

    let mut other = many.clone();
    let gone = other.remove(7);
    let come = mappings(500..501, "member");
    other.extend(come.clone());
    put(&server, &json!({ "group_roles": other })).expect(200);
    let event = told(&server);
    let change = json!({"field": "group_roles", "old": [gone], "new": come});
    assert_eq!(event["changes"], json!([change]));
    assert_eq!(event["metadata"].get("group_roles_order"), None);

    other.rotate_right(1);
    put(&server, &json!({ "group_roles": other })).expect(200);
    let event = told(&server);
    assert_eq!(event.get("changes"), None, "{event}");
    assert_eq!(event["metadata"]["group_roles_order"], "changed");

    // All of them at once is more than an event holds; in two steps it is not.
    let all_others = mappings(0..480, "member");
    let problem =
        put(&server, &json!({ "group_roles": all_others })).problem(422, "change_too_long");
    assert!(
        problem["detail"]
            .as_str()
            .unwrap()
            .contains("smaller steps")
    );
    assert!(!problem.to_string().contains("kite"));
    assert_eq!(admin_get(&server).expect(200)["group_roles"], json!(other));
    put(&server, &json!({"group_roles": []})).expect(200);
    put(&server, &json!({ "group_roles": all_others })).expect(200);
    assert!(!server.log().join("\n").contains("kite"));

    // However many there are, a provider can be taken away.
    let key = server.organization.admin.clone();
    let deleted = server.request("DELETE", "/v1/sso", Some(&key), &[], b"");
    assert_eq!(deleted.status, 204);
    assert_eq!(told(&server)["metadata"]["group_roles_removed"], 480);
}

/// Somebody who may set up single sign-on and little else.
fn with_a_role(directory: &Directory) -> String {
    let token = format!("evident_session_{}", "5e".repeat(32));
    let digest: String = Sha256::digest(&token)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let organization = &directory.organization.id;
    for statement in [
        "INSERT INTO users (id, email, password_hash, created_at) VALUES ('usr_s', 's@x.example', 'x', 1)".to_owned(),
        format!(
            "INSERT INTO roles (id, organization_id, name, description, level, permissions, created_at) \
             VALUES ('rol_s', '{organization}', 'Sign-on', '', 'organization', '[\"sso.manage\"]', 1)"
        ),
        format!(
            "INSERT INTO members (organization_id, user_id, role, joined_at) \
             VALUES ('{organization}', 'usr_s', 'rol_s', 1)"
        ),
        format!(
            "INSERT INTO sessions (id, user_id, digest, method, address, user_agent, created_at, last_seen_at, \
             expires_at) VALUES ('ses_s', 'usr_s', x'{digest}', 'password', '', '', 1, {now}, {now})",
            now = i64::MAX
        ),
    ] {
        directory.rows(Box::leak(format!("{statement} RETURNING 'made'").into_boxed_str()));
    }
    token
}

#[test]
fn nobody_lets_others_be_more_than_they_are_themselves() {
    let directory = Directory::init();
    let token = with_a_role(&directory);
    let server = directory.serve_with_sso();
    let cookie = format!("evident_session={token}");
    let by_them = |document: &Value| {
        let headers = [
            ("cookie", cookie.as_str()),
            ("content-type", "application/json"),
            ("sec-fetch-site", "same-origin"),
        ];
        let body = document.to_string();
        server.request("PUT", "/v1/sso", None, &headers, body.as_bytes())
    };
    by_them(&document()).problem(403, "forbidden");
    let mut kept = document();
    server.change("PUT", "/v1/sso", &kept).expect(200);
    kept.as_object_mut().unwrap().remove("client_secret");
    for (member, value) in [
        ("domains", json!(["acme.example", "example.com"])),
        ("groups_claim", json!("sub")),
        (
            "group_roles",
            json!([{"group": "g", "role": "organization_admin"}]),
        ),
        ("client_secret", json!("theirs")),
    ] {
        let mut more = kept.clone();
        more[member] = value;
        by_them(&more).problem(403, "forbidden");
    }
    // What lets nobody be more is theirs to change.
    kept["enabled"] = json!(false);
    assert_eq!(by_them(&kept).expect(200)["enabled"], false);
    // Whom it takes a role from is nothing less.
    kept["group_roles"] = json!([{"group": "g", "role": "member"}]);
    by_them(&kept).problem(403, "forbidden");
}

#[test]
fn the_organizations_of_a_domain_are_found_by_an_address_of_it() {
    let directory = Directory::init();
    let server = directory.serve_with_sso();
    set_up(&server, &json!({}));
    let find = |email: &str| {
        let path = format!("/v1/auth/oidc/providers?email={email}");
        Browser::default().get(&server, &path).expect(200)["data"].clone()
    };
    let found =
        json!([{"organization_id": server.organization.id, "organization_name": "Acme AI"}]);
    for email in ["a@acme.example", "nobody%2Bx@ACME.Example"] {
        assert_eq!(find(email), found, "{email}");
    }
    for email in [
        "",
        "a",
        "a@sub.acme.example",
        "a@example.com",
        "a@acme.example%00",
    ] {
        assert_eq!(find(email), json!([]), "{email}");
    }
    set_up(&server, &json!({"enabled": false}));
    assert_eq!(find("a@acme.example"), json!([]));
}
