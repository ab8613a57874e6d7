//! Single sign-on with a real provider: who comes in, as whom, in which role, and what that opens.

use serde_json::{Value, json};

use crate::harness::oidc::{Browser, rig};
use crate::harness::{Directory, Server};

/// Sets up the provider for people of `acme.example`, with these changes.
#[track_caller]
pub(crate) fn set_up(server: &Server, changes: &Value) -> Value {
    let mut document = json!({
        "issuer": rig().issuer,
        "client_id": "evident",
        "client_secret": rig().client_secret,
        "domains": ["acme.example"],
        "scopes": ["email", "profile", "groups"],
        "group_roles": [
            {"group": "admins", "role": "organization_admin"},
            {"group": "auditors", "role": "auditor"},
        ],
    });
    for (name, value) in changes.as_object().unwrap() {
        document[name] = value.clone();
    }
    server.change("PUT", "/v1/sso", &document).expect(200)
}

/// Somebody of the provider's.
pub(crate) fn account(name: &str, groups: &[&str]) {
    let claims = json!({
        "email": format!("{name}@acme.example"), "email_verified": true, "name": format!("The {name}"),
        "groups": groups,
    });
    rig().account(name, &claims);
}

/// The newest events of an action.
pub(crate) fn events(server: &Server, action: &str) -> Vec<Value> {
    let path = format!("/v1/events?action={action}&limit=50");
    server.get(&path).expect(200)["data"]
        .as_array()
        .unwrap()
        .clone()
}

/// Whether the browser's session reads the organization's settings, which takes the role of an auditor at least.
fn reads_settings(browser: &mut Browser, server: &Server) -> u16 {
    browser.get(server, &server.organization_path()).status
}

#[test]
fn somebody_new_comes_in_by_the_provider_in_the_role_of_their_group() {
    let directory = Directory::init();
    let server = directory.serve_with_sso();
    set_up(&server, &json!({}));
    account("nora", &["kites", "auditors"]);
    let mut browser = Browser::default();
    let url = browser.start(&server, "/events?q=a");
    assert!(url.starts_with(&rig().issuer), "{url}");
    let query = browser.at_provider(&url, "nora");
    let reply = browser.back(&server, &query);
    assert_eq!(reply.status, 303, "{}", reply.text());
    assert_eq!(reply.header("location"), "/events?q=a");
    let set: Vec<_> = reply.headers.get_all("set-cookie").iter().collect();
    let set = set.iter().map(|value| value.to_str().unwrap());
    let session = set
        .clone()
        .find(|text| text.starts_with("evident_session="));
    let session = session.unwrap();
    assert!(session.contains("HttpOnly") && session.contains("SameSite=Lax"));
    assert!(set.clone().any(|text| text.starts_with("evident_sso=;")));
    assert_eq!(reads_settings(&mut browser, &server), 200);

    let added = &events(&server, "organisation.user.added")[0];
    assert_eq!(added["actor"]["id"], "evident");
    assert_eq!(added["targets"][0]["name"], "The nora");
    let user = added["targets"][0]["id"].as_str().unwrap();
    let assigned = &events(&server, "organisation.user.role.assigned")[0];
    assert_eq!(assigned["metadata"]["role_name"], "Auditor");
    assert_eq!(assigned["targets"][0]["id"], user);
    let login = &events(&server, "user.login")[0];
    assert_eq!(login["result"], "success");
    assert_eq!(login["actor"]["id"], user);
    assert_eq!(login["actor"]["email"], "nora@acme.example");
    assert_eq!(login["metadata"]["login_method"], "sso");
    assert_eq!(
        login["metadata"]["identity_provider"],
        rig().issuer.as_str()
    );
    assert_eq!(login["context"]["ip"], "127.0.0.1");
    let kept = directory.rows("SELECT organization_id FROM sessions WHERE method = 'sso'");
    assert_eq!(kept, std::slice::from_ref(&server.organization.id));
}

#[test]
fn a_role_follows_the_groups_at_each_sign_in() {
    let directory = Directory::init();
    let server = directory.serve_with_sso();
    set_up(&server, &json!({}));
    let role = || directory.rows("SELECT role FROM members WHERE role <> 'organization_admin'");
    account("rudi", &["auditors"]);
    assert_eq!(Browser::default().sign_in(&server, "rudi").status, 303);
    assert_eq!(role(), ["auditor"]);
    account("rudi", &[]);
    let mut browser = Browser::default();
    assert_eq!(browser.sign_in(&server, "rudi").status, 303);
    assert_eq!(role(), ["member"], "in no group any more");
    assert_eq!(reads_settings(&mut browser, &server), 403);
    let changed = &events(&server, "organisation.user.role.changed")[0];
    assert_eq!(changed["actor"]["id"], "evident");
    assert_eq!(
        changed["changes"],
        json!([{"field": "role", "old": "auditor", "new": "member"}])
    );
    // An address that has changed there is the same person still.
    rig().account(
        "rudi",
        &json!({"email": "rudolf@acme.example", "email_verified": true, "groups": ["auditors"]}),
    );
    assert_eq!(Browser::default().sign_in(&server, "rudi").status, 303);
    assert_eq!(role(), ["auditor"]);
    assert_eq!(events(&server, "organisation.user.added").len(), 1);
}

#[test]
fn where_no_group_gives_a_role_roles_are_not_the_providers() {
    let directory = Directory::init();
    let server = directory.serve_with_sso();
    set_up(&server, &json!({"group_roles": []}));
    account("zoe", &["auditors"]);
    assert_eq!(Browser::default().sign_in(&server, "zoe").status, 303);
    let role = "SELECT role FROM members WHERE role <> 'organization_admin'";
    assert_eq!(directory.rows(role), ["member"], "the default role");
    directory.rows("UPDATE members SET role = 'auditor' WHERE role = 'member' RETURNING role");
    assert_eq!(Browser::default().sign_in(&server, "zoe").status, 303);
    assert_eq!(directory.rows(role), ["auditor"]);
}

#[test]
fn whoever_is_in_no_group_stays_out_where_one_is_required() {
    let directory = Directory::init();
    let server = directory.serve_with_sso();
    set_up(&server, &json!({"require_group": true}));
    account("gina", &["kites"]);
    let refused = Browser::default().sign_in(&server, "gina");
    refused.problem(403, "sso_refused");
    assert!(events(&server, "organisation.user.added").is_empty());
}

/// The founder, known by password so far, comes by the provider: as the same person, who stays admin.
#[test]
fn a_member_is_known_by_a_verified_address_and_the_last_admin_stays_one() {
    let directory = Directory::init();
    let server = directory.serve_with_sso();
    set_up(&server, &json!({"domains": ["example.com"]}));
    let claims =
        json!({"email": "Ada@Example.com", "email_verified": true, "groups": ["auditors"]});
    rig().account("ada", &claims);
    let mut browser = Browser::default();
    assert_eq!(browser.sign_in(&server, "ada").status, 303);
    assert_eq!(
        directory.rows("SELECT email FROM users"),
        ["ada@example.com"]
    );
    assert_eq!(
        directory.rows("SELECT role FROM members"),
        ["organization_admin"]
    );
    let kept = &events(&server, "organisation.user.role.changed")[0];
    assert_eq!(kept["result"], "denied");
    assert!(kept["reason"].as_str().unwrap().contains("last admin"));
    // An owner of the instance, too, but not by this session.
    assert_eq!(reads_settings(&mut browser, &server), 200);
}

#[test]
fn the_session_opens_no_other_organization_of_the_same_person() {
    let directory = Directory::init();
    let other = directory.add_organization("org_other");
    directory.rows(
        "INSERT INTO members (organization_id, user_id, role, joined_at) \
         SELECT 'org_other', id, 'organization_admin', 1 FROM users RETURNING user_id",
    );
    let server = directory.serve_with_sso();
    set_up(&server, &json!({"domains": ["example.com"]}));
    let claims = json!({"email": "ada@example.com", "email_verified": true, "groups": ["admins"]});
    rig().account("ada2", &claims);
    let mut browser = Browser::default();
    assert_eq!(browser.sign_in(&server, "ada2").status, 303);
    let path = format!("/v1/sso?organization_id={}", other.id);
    browser
        .get(&server, &path)
        .problem(403, "other_organization");
    assert_eq!(browser.get(&server, "/v1/sso").status, 200);
}

#[test]
fn a_session_that_the_browser_had_before_is_ended() {
    let directory = Directory::init();
    let server = directory.serve_with_sso();
    set_up(&server, &json!({}));
    account("fay", &["auditors"]);
    let mut browser = Browser::default();
    assert_eq!(browser.sign_in(&server, "fay").status, 303);
    let before = browser.cookies["evident_session"].clone();
    assert_eq!(browser.sign_in(&server, "fay").status, 303);
    assert_ne!(browser.cookies["evident_session"], before);
    let cookie = format!("evident_session={before}");
    let headers = [("cookie", cookie.as_str())];
    let path = server.organization_path();
    server
        .request("GET", &path, None, &headers, b"")
        .problem(401, "unauthenticated");
    assert_eq!(directory.rows("SELECT id FROM sessions").len(), 1);
    let ends = server.get("/v1/events?action=user.logout").expect(200);
    assert_eq!(ends["total"], 1, "and the log says so");
    assert_eq!(ends["data"][0]["targets"][0]["type"], "user");
}

#[test]
fn an_archived_organization_lets_in_its_members_and_nobody_new() {
    let directory = Directory::init();
    let server = directory.serve_with_sso();
    set_up(&server, &json!({}));
    account("otto", &["auditors"]);
    account("olga", &["auditors"]);
    assert_eq!(Browser::default().sign_in(&server, "otto").status, 303);
    server.terminate();
    directory.rows("UPDATE organizations SET archived_at = 1 RETURNING id");
    let server = directory.serve_with_sso();
    account("otto", &["admins"]);
    let mut browser = Browser::default();
    assert_eq!(browser.sign_in(&server, "otto").status, 303);
    assert_eq!(reads_settings(&mut browser, &server), 200);
    assert_eq!(
        directory.rows("SELECT role FROM members WHERE role = 'auditor'"),
        ["auditor"],
        "nothing is changed"
    );
    let refused = Browser::default().sign_in(&server, "olga");
    refused.problem(403, "sso_refused");
    assert_eq!(directory.rows("SELECT id FROM users").len(), 2);
}

/// Roles do not go while a group gives them; in older directories some did.
#[test]
fn a_group_whose_role_is_not_there_lets_nobody_in() {
    let directory = Directory::init();
    let server = directory.serve_with_sso();
    let role = json!({"name": "Kites", "level": "organization", "permissions": []});
    let role = server.change("POST", "/v1/roles", &role).expect(201)["id"].clone();
    let auditor = json!({"role": "auditor"});
    server
        .change("PUT", "/v1/roles/default", &auditor)
        .expect(200);
    let groups = json!([
        {"group": "kites", "role": role},
        {"group": "admins", "role": "organization_admin"},
    ]);
    set_up(&server, &json!({ "group_roles": groups }));
    account("kim", &["kites"]);
    assert_eq!(Browser::default().sign_in(&server, "kim").status, 303);
    let held = || directory.rows("SELECT role FROM members ORDER BY joined_at");
    let before = held();
    directory.rows("DELETE FROM roles RETURNING id");
    account("kit", &["kites"]);
    // What comes after it in the list counts as little as the default role does.
    account("kai", &["kites", "admins"]);
    for name in ["kim", "kit", "kai"] {
        let refused = Browser::default().sign_in(&server, name);
        refused.problem(403, "sso_refused");
        let login = &events(&server, "user.login")[0];
        assert_eq!(login["result"], "failed");
        let reason = login["reason"].as_str().unwrap();
        assert!(reason.contains("not there any more"), "{reason}");
    }
    assert_eq!(held(), before);
    account("ken", &[]);
    assert_eq!(Browser::default().sign_in(&server, "ken").status, 303);
}
