//! Invitations: making, renewing, revoking and accepting them, each once and by nobody else.

use std::thread;

use serde_json::{Value, json};

use crate::harness::smtp::MailServer;
use crate::people::{
    PASSWORD, PROJECT, Scene, assert_by_admin, scene, scene_served, scene_with, token_of,
};

const INVITATIONS: &str = "/v1/invitations";

fn grace(role: &str) -> Value {
    json!({"email": "Grace@Example.com", "role": role})
}

fn look_up(scene: &Scene, token: &str) -> crate::harness::Reply {
    let sent = json!({ "token": token });
    scene.ask_openly("POST", "/v1/invitations/lookup", &sent)
}

#[test]
fn an_invitation_is_made_seen_accepted_and_gone() {
    let scene = scene();
    let reply = scene.admin("POST", INVITATIONS, &grace("auditor"));
    let location = reply.header("location").to_owned();
    let made = reply.expect(201);
    let id = made["id"].as_str().unwrap().to_owned();
    assert_eq!(location, format!("{INVITATIONS}/{id}"));
    assert_eq!(made["email"], "grace@example.com");
    assert_eq!(made["sent"], false);
    let link = made["link"].as_str().unwrap();
    let page = format!("http://{}/invitation#", scene.server.address);
    assert!(link.starts_with(&page), "{link}");
    let token = token_of(&made);
    let event = scene.recorded("organisation.user.invited");
    assert_by_admin(&event, &scene, "user", "grace@example.com");
    assert_eq!(event["metadata"]["role_id"], "auditor");
    assert_eq!(event["metadata"]["role_name"], "Auditor");
    let list = scene.get(INVITATIONS);
    assert_eq!(list["data"][0]["id"], id.as_str());
    assert_eq!(list["data"][0]["expired"], false);

    let seen = look_up(&scene, &token).expect(200);
    let mut names = seen.as_object().unwrap().clone();
    names.remove("expires_at");
    let expected = json!({
        "organization": "Acme AI", "email": "grace@example.com", "has_account": false, "role_name": "Auditor",
        "project_name": null, "project_role_name": null, "invited_by": null,
    });
    assert_eq!(Value::from(names), expected, "a key invites");
    let accepted = scene.accept(&token, "Grace Hopper").expect(200);
    let user_id = accepted["user_id"].as_str().unwrap();
    assert_eq!(
        accepted["organization_id"],
        scene.server.organization.id.as_str()
    );
    let member = scene.get(&format!("/v1/members/{user_id}"));
    assert_eq!(member["role"], "auditor");
    assert_eq!(member["name"], "Grace Hopper");
    assert_eq!(scene.get(INVITATIONS)["data"], json!([]));
    for action in ["organisation.user.added", "organisation.user.role.assigned"] {
        let event = scene.recorded(action);
        assert_eq!(event["actor"]["type"], "user", "by the person");
        assert_eq!(event["actor"]["id"], user_id);
        assert_eq!(event["targets"][0]["id"], user_id);
        assert_eq!(event["context"]["ip"], "127.0.0.1");
    }
    // Once, and no more.
    look_up(&scene, &token).problem(404, "invitation_not_valid");
    scene
        .accept(&token, "Again")
        .problem(404, "invitation_not_valid");
}

#[test]
fn no_secret_of_an_invitation_is_kept_told_or_logged() {
    let scene = scene();
    let token = scene.invite(&grace("member"));
    let secret = token.rsplit('_').next().unwrap().to_owned();
    let weak = json!({"token": token, "name": "Grace", "password": "password1234"});
    let refused = scene.ask_openly("POST", "/v1/invitations/accept", &weak);
    assert!(!refused.text().contains(&secret) && !refused.text().contains("password1234"));
    refused.problem(422, "password_refused");
    scene.accept(&token, "Grace").expect(200);
    let events = scene
        .server
        .get("/v1/events?limit=500")
        .expect(200)
        .to_string();
    let log = scene.server.log().join("\n");
    assert!(events.contains("organisation.user.added"));
    assert!(
        log.contains("/v1/invitations/accept"),
        "requests are logged"
    );
    for text in [events, log, scene.get(INVITATIONS).to_string()] {
        assert!(!text.contains(&secret));
        assert!(!text.contains(PASSWORD) && !text.contains("password1234"));
    }
    let hex = "SELECT lower(hex(digest)) FROM invitations";
    let Scene {
        directory, server, ..
    } = scene;
    drop(server);
    assert!(directory.rows(hex).is_empty(), "accepted");
    let hashes =
        directory.rows("SELECT password_hash FROM users WHERE email = 'grace@example.com'");
    assert!(hashes[0].starts_with("$argon2id$"));
}

#[test]
fn what_is_no_valid_invitation_is_answered_the_same() {
    let scene = scene();
    let made = scene
        .admin("POST", INVITATIONS, &grace("member"))
        .expect(201);
    let token = token_of(&made);
    let path = format!("{INVITATIONS}/{}", made["id"].as_str().unwrap());
    let renewed = scene
        .admin("POST", &format!("{path}/renew"), &Value::Null)
        .expect(200);
    let second = token_of(&renewed);
    assert_ne!(second, token);
    look_up(&scene, &second).expect(200);
    assert_eq!(scene.record("organisation.user.invited").len(), 2);
    assert_eq!(scene.admin("DELETE", &path, &Value::Null).status, 204);
    let event = scene.recorded("settings.changed");
    assert_by_admin(&event, &scene, "invitation", made["id"].as_str().unwrap());
    let unknown = format!("evident_invitation_{}", "0a".repeat(32));
    let session = unknown.replace("invitation", "session");
    let mut answers = Vec::new();
    for token in [
        &token,
        &second,
        &unknown,
        &session,
        "",
        "x",
        &"y".repeat(10_000),
    ] {
        for reply in [look_up(&scene, token), scene.accept(token, "Grace")] {
            answers.push(reply.problem(404, "invitation_not_valid"));
        }
    }
    assert!(answers.windows(2).all(|two| two[0] == two[1]));
    for path in [path.clone(), format!("{INVITATIONS}/inv_nowhere")] {
        scene
            .admin("DELETE", &path, &Value::Null)
            .problem(404, "not_found");
        let renew = format!("{path}/renew");
        scene
            .admin("POST", &renew, &Value::Null)
            .problem(404, "not_found");
    }
    assert!(scene.record("organisation.user.added").is_empty());
}

#[test]
fn an_expired_invitation_is_not_valid_until_it_is_renewed() {
    let scene = scene();
    let token = scene.invite(&grace("member"));
    let Scene {
        directory,
        server,
        admin,
        ..
    } = scene;
    drop(server);
    directory.rows("UPDATE invitations SET created_at = 1, expires_at = 3600000001 RETURNING id");
    let server = directory.serve();
    let body = json!({ "token": token }).to_string();
    let look_up =
        |body: &str| server.request("POST", "/v1/invitations/lookup", None, &[], body.as_bytes());
    look_up(&body).problem(404, "invitation_not_valid");
    let list = server
        .request("GET", INVITATIONS, Some(&admin), &[], b"")
        .expect(200);
    assert_eq!(list["data"][0]["expired"], true);
    let path = format!(
        "{INVITATIONS}/{}/renew",
        list["data"][0]["id"].as_str().unwrap()
    );
    let renewed = server
        .request("POST", &path, Some(&admin), &[], b"")
        .expect(200);
    let token = token_of(&renewed);
    look_up(&json!({ "token": token }).to_string()).expect(200);
    assert_eq!(renewed["expired"], false);
}

#[test]
fn a_strangers_many_tries_have_to_wait_and_a_right_token_is_no_try() {
    const TRIES: usize = 200;
    let scene = scene();
    let token = scene.invite(&grace("member"));
    for _ in 0..TRIES {
        look_up(&scene, &token).expect(200);
    }
    let refused = (0..TRIES).find_map(|n| {
        let reply = look_up(&scene, &format!("evident_invitation_{n:064x}"));
        (reply.status != 404).then_some(reply)
    });
    let refused = refused.unwrap();
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!(wait > 0);
    refused.problem(429, "too_many_attempts");
}

#[test]
fn of_two_who_accept_at_once_one_is_let_in() {
    let scene = scene();
    for round in 0..3 {
        let email = format!("grace{round}@example.com");
        let token = scene.invite(&json!({"email": email, "role": "member"}));
        let outcomes: Vec<u16> = thread::scope(|scope| {
            let threads = [(); 4].map(|()| scope.spawn(|| scene.accept(&token, "Grace").status));
            threads.map(|thread| thread.join().unwrap()).into()
        });
        let let_in = outcomes.iter().filter(|status| **status == 200).count();
        assert_eq!(let_in, 1, "{outcomes:?}");
        assert!(
            outcomes
                .iter()
                .all(|status| [200, 401, 404].contains(status)),
            "{outcomes:?}"
        );
    }
    assert_eq!(
        scene.get("/v1/members")["data"].as_array().unwrap().len(),
        4
    );
    assert_eq!(scene.record("organisation.user.added").len(), 3);
}

#[test]
fn what_is_sent_is_read_strictly() {
    let scene = scene();
    for (document, pointer, code) in [
        (json!({}), "/email", "missing_field"),
        (json!({"email": "ada"}), "/email", "invalid_value"),
        (json!({"email": "a@b@c"}), "/email", "invalid_value"),
        (json!({"email": "a b@c"}), "/email", "invalid_value"),
        (json!({"email": "a\u{0}@c"}), "/email", "invalid_value"),
        (
            json!({"email": format!("a@{}", "b".repeat(253))}),
            "/email",
            "invalid_value",
        ),
        (
            json!({"email": "a@b", "project_id": "prj_1"}),
            "/project_role",
            "missing_field",
        ),
        (
            json!({"email": "a@b", "project_role": "auditor"}),
            "/project_id",
            "missing_field",
        ),
        (
            json!({"email": "a@b", "expires_in_hours": 721}),
            "/expires_in_hours",
            "out_of_range",
        ),
        (
            json!({"email": "a@b", "expires_in_hours": 0}),
            "/expires_in_hours",
            "out_of_range",
        ),
        (
            json!({"email": "a@b", "expires_in_hours": "1"}),
            "/expires_in_hours",
            "wrong_type",
        ),
        (
            json!({"email": "a@b", "rôle": "x"}),
            "/rôle",
            "unknown_field",
        ),
    ] {
        let reply = scene.admin("POST", INVITATIONS, &document);
        let problem = reply.problem(422, "invalid_document");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
        assert_eq!(problem["errors"][0]["code"], code, "{problem}");
    }
    scene.invite(&grace("member"));
    let again = scene.admin("POST", INVITATIONS, &grace("auditor"));
    again.problem(409, "already_invited");
    let founder = json!({"email": "ADA@example.com"});
    scene
        .admin("POST", INVITATIONS, &founder)
        .problem(409, "already_member");
    let project = json!({"email": "x@y", "project_id": "prj_nowhere", "project_role": "auditor"});
    scene
        .admin("POST", INVITATIONS, &project)
        .problem(404, "not_found");
}

#[test]
fn a_newcomer_has_a_name_and_a_password_that_is_not_guessed() {
    let scene = scene();
    let token = scene.invite(&grace("member"));
    let accept = |sent: Value| scene.ask_openly("POST", "/v1/invitations/accept", &sent);
    accept(json!({ "token": token })).problem(422, "newcomer_expected");
    accept(json!({"token": token, "name": "Grace"})).problem(422, "invalid_document");
    let nameless = json!({"token": token, "password": PASSWORD});
    accept(nameless).problem(422, "invalid_document");
    for password in ["", "short", "graceexample1", "Acme AI Acme AI"] {
        let sent = json!({"token": token, "name": "Grace", "password": password});
        accept(sent).problem(422, "password_refused");
    }
    let nul = json!({"token": token, "name": "a\u{0}b", "password": PASSWORD});
    accept(nul).problem(422, "invalid_document");
    scene.accept(&token, "Grace").expect(200);
}

#[test]
fn who_manages_a_project_invites_to_it_alone_and_gives_nothing_beyond_it() {
    let scene = scene();
    let key = &scene.project_admin;
    let powerful = scene.role("Powerful", "organization", &["events.read"]);
    let invite = |document: &Value| scene.ask(key, "POST", INVITATIONS, document);
    let to = |role: &str, project: &str, there: &str| json!({"email": "x@example.com", "role": role, "project_id": project, "project_role": there});
    invite(&grace("member")).problem(403, "forbidden");
    for role in ["organization_admin", "auditor", powerful.as_str()] {
        let problem = invite(&to(role, PROJECT, "auditor")).problem(403, "beyond_own_permissions");
        assert!(
            problem["detail"].as_str().unwrap().contains("events.read"),
            "{problem}"
        );
    }
    invite(&to("member", "prj_2", "auditor")).problem(404, "not_found");
    invite(&to("member", PROJECT, "organization_admin")).problem(422, "role_of_other_level");
    let made = invite(&to("member", PROJECT, "project_admin")).expect(201);
    let event = scene.recorded("organisation.user.invited");
    assert_eq!(event["project_id"], PROJECT);

    // What others invite to is not there for whoever manages another scope.
    let others = scene
        .admin("POST", INVITATIONS, &grace("auditor"))
        .expect(201);
    let path = |made: &Value| format!("{INVITATIONS}/{}", made["id"].as_str().unwrap());
    let list = scene.ask(key, "GET", INVITATIONS, &Value::Null).expect(200);
    assert_eq!(list["data"].as_array().unwrap().len(), 1);
    assert_eq!(list["data"][0]["id"], made["id"]);
    scene
        .ask(key, "DELETE", &path(&others), &Value::Null)
        .problem(404, "not_found");
    let renew = format!("{}/renew", path(&others));
    scene
        .ask(key, "POST", &renew, &Value::Null)
        .problem(404, "not_found");
    // Nor may they touch one to their own project that gives more than they may.
    let more = json!({"email": "y@example.com", "role": "auditor", "project_id": PROJECT,
                      "project_role": "auditor"});
    let more = scene.admin("POST", INVITATIONS, &more).expect(201);
    let reply = scene.ask(key, "DELETE", &path(&more), &Value::Null);
    reply.problem(403, "beyond_own_permissions");
    let renew = format!("{}/renew", path(&more));
    let reply = scene.ask(key, "POST", &renew, &Value::Null);
    reply.problem(403, "beyond_own_permissions");

    let seen = look_up(&scene, &token_of(&made)).expect(200);
    assert_eq!(seen["role_name"], "Member");
    assert_eq!(seen["project_role_name"], "Project Admin");
    let project = scene.get(&format!("/v1/projects/{PROJECT}"));
    assert_eq!(seen["project_name"], project["name"]);
    let accepted = scene.accept(&token_of(&made), "X").expect(200);
    let member = scene.get(&format!(
        "/v1/members/{}",
        accepted["user_id"].as_str().unwrap()
    ));
    assert_eq!(member["role"], "member");
    assert_eq!(member["projects"], json!({PROJECT: "project_admin"}));
    let added = scene.recorded("project_member.added");
    assert_eq!(added["project_id"], PROJECT);
    assert_eq!(added["actor"]["id"], accepted["user_id"]);
    scene.recorded("project_role.assigned");
}

#[test]
fn whoever_only_reads_invites_nobody() {
    let scene = scene();
    let made = scene
        .admin("POST", INVITATIONS, &grace("member"))
        .expect(201);
    let path = format!("{INVITATIONS}/{}", made["id"].as_str().unwrap());
    let read = scene.server.organization.read.clone();
    scene
        .ask(&read, "POST", INVITATIONS, &grace("member"))
        .problem(403, "forbidden");
    scene
        .ask(&read, "DELETE", &path, &Value::Null)
        .problem(403, "forbidden");
    let renew = format!("{path}/renew");
    scene
        .ask(&read, "POST", &renew, &Value::Null)
        .problem(403, "forbidden");
    let list = scene
        .ask(&read, "GET", INVITATIONS, &Value::Null)
        .expect(200);
    assert!(!list.to_string().contains("link") && !list.to_string().contains("evident_"));
    let ingest = scene.server.organization.ingest.clone();
    scene
        .ask(&ingest, "GET", INVITATIONS, &Value::Null)
        .problem(403, "forbidden");
}

#[test]
fn a_person_of_another_organization_joins_only_as_that_person() {
    let mut other = None;
    let scene = scene_with(|directory| other = Some(directory.add_organization("org_other")));
    let other = other.unwrap();
    let invited = json!({"email": "ada@example.com", "role": "organization_admin"});
    let made = scene
        .ask(&other.admin, "POST", INVITATIONS, &invited)
        .expect(201);
    let token = token_of(&made);
    let seen = look_up(&scene, &token).expect(200);
    assert_eq!(seen["has_account"], true);
    assert_eq!(seen["organization"], "Organization org_other");
    // Whoever merely has the link sets no password and joins nothing.
    scene
        .accept(&token, "Mallory")
        .problem(401, "sign_in_needed");
    let sent = json!({ "token": token });
    let reply = scene.ask(&other.admin, "POST", "/v1/invitations/accept", &sent);
    reply.problem(403, "forbidden");
    let members = scene
        .ask(&other.admin, "GET", "/v1/members", &Value::Null)
        .expect(200);
    assert_eq!(members["data"], json!([]));
    let hash = scene
        .directory
        .rows("SELECT name FROM users WHERE email = 'ada@example.com'");
    assert_eq!(hash, [""], "the account is as it was");
}

#[test]
fn where_mail_is_set_up_the_invited_get_the_link_and_nobody_else_does() {
    let mail = MailServer::start(&[]);
    let scene = scene_served(|command| {
        command
            .env(
                "EVIDENT_SMTP_URL",
                format!("smtp://127.0.0.1:{}", mail.port),
            )
            .env("EVIDENT_MAIL_FROM", "audit@acme.example")
            .env("EVIDENT_PUBLIC_URL", "https://audit.acme.example");
    });
    let reply = scene.admin("POST", INVITATIONS, &grace("auditor"));
    let made = reply.expect(201);
    assert_eq!(made["sent"], true);
    assert_eq!(made.get("link"), None, "{made}");
    let letter = mail.mail();
    assert_eq!(letter.from, "audit@acme.example");
    assert_eq!(letter.to, ["grace@example.com"]);
    // Lines that are too long for mail are broken by a sign that is none of the text.
    let text = letter.body.replace("=\n", "").replace("=3D", "=");
    let link = text
        .split_whitespace()
        .find(|word| word.starts_with("https://audit.acme.example/invitation#"))
        .unwrap();
    let token = link.split_once('#').unwrap().1;
    let seen = look_up(&scene, token).expect(200);
    assert_eq!(seen["email"], "grace@example.com");
    let event = scene.recorded("organisation.user.invited");
    assert!(!event.to_string().contains(token));
}

#[test]
fn mail_that_cannot_be_sent_leaves_the_link_with_whoever_invites() {
    let gone = MailServer::start(&[]).port;
    let scene = scene_served(|command| {
        command
            .env("EVIDENT_SMTP_URL", format!("smtp://127.0.0.1:{gone}"))
            .env("EVIDENT_MAIL_FROM", "audit@acme.example")
            .env("EVIDENT_PUBLIC_URL", "https://audit.acme.example");
    });
    let reply = scene.admin("POST", INVITATIONS, &grace("auditor"));
    let made = reply.expect(201);
    assert_eq!(made["sent"], false);
    assert!(
        made["link"]
            .as_str()
            .unwrap()
            .starts_with("https://audit.acme.example/")
    );
}

#[test]
fn an_invitation_gives_no_more_than_whoever_made_it_could_give_when_it_is_accepted() {
    let scene = scene();
    let made = scene.admin(
        "POST",
        "/v1/api-keys",
        &json!({"name": "Leaked", "kind": "admin"}),
    );
    let made = made.expect(201);
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    let invited = scene.ask(
        &text("key"),
        "POST",
        INVITATIONS,
        &grace("organization_admin"),
    );
    let token = token_of(&invited.expect(201));
    assert_eq!(look_up(&scene, &token).status, 200);
    let path = format!("/v1/api-keys/{}", text("id"));
    assert_eq!(scene.admin("DELETE", &path, &Value::Null).status, 204);
    let refused = scene.accept(&token, "Grace Hopper");
    refused.problem(404, "invitation_not_valid");
}

/// Who manages members of one project has no say in another.
#[test]
fn an_invitation_is_given_by_the_right_to_invite_there_and_not_elsewhere() {
    let scene = scene();
    let inviter = scene.project_member("mel", "project_admin");
    let elsewhere = format!("/v1/projects/prj_2/members/{inviter}");
    let role = json!({"role": "project_admin"});
    scene.admin("PUT", &elsewhere, &role).expect(200);
    let token = {
        let mel = scene.server.sign_in("mel@example.com", PASSWORD);
        let invited = json!({"email": "grace@example.com", "role": "member", "project_id": PROJECT,
                             "project_role": "member"});
        let made = mel.request("POST", INVITATIONS, Some(&invited));
        token_of(&made.expect(201))
    };
    let there = format!("/v1/projects/{PROJECT}/members/{inviter}");
    assert_eq!(scene.admin("DELETE", &there, &Value::Null).status, 204);
    let refused = scene.accept(&token, "Grace");
    refused.problem(404, "invitation_not_valid");
    scene.admin("PUT", &there, &role).expect(200);
    scene.accept(&token, "Grace").expect(200);
}

#[test]
fn nobody_is_let_into_a_project_that_is_archived_until_it_is_back() {
    let scene = scene();
    let project = format!("/v1/projects/{PROJECT}");
    let to_project = |email: &str| {
        json!({"email": email, "role": "member", "project_id": PROJECT,
               "project_role": "auditor"})
    };
    let by_project = scene.ask(
        &scene.project_admin,
        "POST",
        INVITATIONS,
        &to_project("grace@example.com"),
    );
    let tokens = [
        token_of(&by_project.expect(201)),
        scene.invite(&to_project("joan@example.com")),
    ];
    let archived = |archived: bool| {
        let change = json!({ "archived": archived });
        scene.admin("PATCH", &project, &change).expect(200);
    };
    archived(true);
    for token in &tokens {
        let refused = scene.accept(token, "Grace");
        refused.problem(404, "invitation_not_valid");
    }
    assert!(scene.record("project_member.added").is_empty());
    archived(false);
    for token in &tokens {
        scene.accept(token, "Grace").expect(200);
    }
    assert_eq!(scene.record("project_member.added").len(), 2);
}
