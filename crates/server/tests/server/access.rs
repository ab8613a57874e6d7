//! Who may do what: every operation of the OpenAPI document against every kind of credentials.
//!
//! [`table::OPERATIONS`] names each operation and who may use it. An operation that the document has and the table
//! has not fails the test, so that none comes without an answer to the question.

mod actors;
mod asking;
pub(crate) mod codes;
mod house;
mod table;

use serde_json::{Value, json};

use crate::harness::{Directory, KeyOptions, Reply, event, event_type};
use actors::{Actor, Credentials, Expected, Home};
use asking::Asker;
use house::{House, PASSWORD};
use table::{Needs, OPERATIONS, VIEWS, WITH_A_PROVIDER};

/// The events that tests record, without those that tell of changes.
const RECORDED: &str = "/v1/events?filter=metadata.system:is_not:evident";

/// An event type of the first organization's own.
const OWN_ACTION: &str = "kite.flown";

/// What nobody but the first organization may ever see.
const SECRET: &str = "only-for-acme";

fn is_success(reply: &Reply) -> bool {
    (200..300).contains(&reply.status)
}

fn assert_unauthenticated(reply: Reply, what: &str) {
    assert_eq!(reply.status, 401, "{what}");
    assert_eq!(reply.header("www-authenticate"), "Bearer", "{what}");
    assert!(!reply.text().contains(SECRET));
    reply.problem(401, "unauthenticated");
}

/// Somebody who belongs nowhere and has nothing but this.
fn stranger(credentials: Credentials<'_>) -> Actor<'_> {
    Actor {
        what: "a stranger".to_owned(),
        credentials,
        home: Home::Nowhere,
        everywhere: Vec::new(),
        in_project: None,
        owns_instance: false,
    }
}

/// Asks for all operations as somebody, and checks each answer.
fn assert_gets_what_is_due(asker: &Asker<'_>, actors: &[Actor<'_>]) {
    let mut wrong = Vec::new();
    for operation in OPERATIONS {
        let (method, path, needs, _) = *operation;
        // Open to all: those who try are told apart in another test.
        if needs == Needs::Nothing {
            continue;
        }
        for actor in actors {
            let reply = asker.ask(method, path, actor);
            let expected = actor.expects(*operation);
            let is_due = match expected {
                Expected::Allowed => is_success(&reply),
                Expected::Unauthenticated => reply.status == 401,
                Expected::Forbidden => reply.status == 403,
                Expected::Absent(code) => reply.status == 404 && reply.json()["code"] == code,
                Expected::ForbiddenOrAbsent => matches!(reply.status, 403 | 404),
            };
            let is_ours = actor.home == Home::Here || actor.owns_instance;
            let may_show = expected == Expected::Allowed && is_ours;
            let of_events = actor.is_limited() && path.starts_with("/v1/events");
            let text = String::from_utf8_lossy(&reply.body);
            let shows = text.contains(SECRET) && (!may_show || of_events);
            if !is_due || shows {
                let what = &actor.what;
                wrong.push(format!(
                    "{method} {path} by {what}: expected {expected:?}, shows {shows}: {} {text}",
                    reply.status
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_operation_against_no_credentials_and_those_that_do_not_work() {
    let house = House::build();
    let asker = Asker::new(&house);
    let nobody = stranger(Credentials::Nothing);
    let dead = house.dead.iter();
    let dead: Vec<_> = dead
        .map(|(why, key)| (why, stranger(Credentials::Key(key.clone()))))
        .collect();
    for (method, path, needs, _) in OPERATIONS {
        let what = format!("{method} {path}");
        if *needs == Needs::Nothing {
            continue;
        }
        assert_unauthenticated(asker.ask(method, path, &nobody), &what);
        for (why, actor) in &dead {
            let reply = asker.ask(method, path, actor);
            assert_unauthenticated(reply, &format!("{what} with a key that is {why}"));
        }
    }
}

#[test]
fn every_operation_against_sessions_that_do_not_work() {
    let house = House::build();
    let asker = Asker::new(&house);
    let server = &house.server;
    let boss = || server.sign_in("organization_admin@example.com", PASSWORD);
    let mut garbage = boss().cookies();
    garbage.set("evident_session", "garbage");
    let (out, expired) = (boss(), boss());
    let dead = [
        ("garbage", garbage),
        ("signed out", out.cookies()),
        ("expired", expired.cookies()),
    ];
    assert_eq!(out.request("POST", "/v1/auth/logout", None).status, 204);
    house
        .directory
        .change_session(&expired.session_id(), "expires_at", "1");
    for (method, path, needs, _) in OPERATIONS {
        if *needs == Needs::Nothing {
            continue;
        }
        for (why, cookies) in &dead {
            let reply = asker.ask_with_cookies(method, path, cookies);
            let what = format!("{method} {path} with a session that is {why}");
            assert_unauthenticated(reply, &what);
        }
    }
}

#[test]
fn open_operations_ask_nobody_for_credentials() {
    let house = House::build();
    let asker = Asker::new(&house);
    let key = house.server.organization.ingest.clone();
    let actors = [
        Credentials::Nothing,
        Credentials::Key(key),
        Credentials::Key("garbage".to_owned()),
    ]
    .map(stranger);
    for (method, path, needs, _) in OPERATIONS {
        if *needs != Needs::Nothing {
            continue;
        }
        let replies = actors
            .each_ref()
            .map(|actor| asker.ask(method, path, actor));
        let statuses = replies.each_ref().map(|reply| reply.status);
        assert_eq!(statuses, [statuses[0]; 3], "{method} {path}");
        let needs_more = WITH_A_PROVIDER.contains(path);
        // Whoever asks, the scene has been set up.
        let is_over = (*method, *path, statuses[0]) == ("post", "/v1/setup", 409);
        let is_open = is_success(&replies[0]) || is_over || needs_more && statuses[0] != 401;
        assert!(is_open, "{method} {path}: {}", replies[0].text());
    }
}

#[test]
fn every_operation_against_every_key_of_the_organization() {
    let house = House::build();
    assert_gets_what_is_due(&Asker::new(&house), &house.keys(Home::Here));
}

#[test]
fn every_operation_against_every_key_of_another_organization() {
    let house = House::build();
    assert_gets_what_is_due(&Asker::new(&house), &house.keys(Home::Elsewhere));
}

#[test]
fn every_operation_against_viewer_tokens() {
    let house = House::build();
    assert_gets_what_is_due(&Asker::new(&house), &house.viewers());
}

#[test]
fn every_operation_against_people_in_every_role() {
    let house = House::build();
    assert_gets_what_is_due(&Asker::new(&house), &house.people());
}

/// Whoever asks in the name of an organization that they do not belong to is told nothing of it, not even as an
/// owner of the instance.
#[test]
fn nobody_acts_in_an_organization_of_others_by_naming_it() {
    let house = House::build();
    let id = &house.server.organization.id;
    for name in ["elsewhere", "owner", "nowhere"] {
        let email = format!("{name}@example.com");
        let person = house.server.sign_in(&email, PASSWORD);
        for path in [
            "/v1/events",
            "/v1/events/facets",
            "/v1/events/export.csv",
            "/v1/catalog",
            "/v1/members",
            "/v1/roles",
            "/v1/permissions",
            "/v1/invitations",
            "/v1/api-keys",
            "/v1/viewer-issuers",
            "/v1/projects",
            "/v1/views",
            "/v1/sso",
            "/v1/retention",
            "/v1/log",
        ] {
            let reply = person.get(&format!("{path}?organization_id={id}"));
            assert!(!reply.text().contains(SECRET), "{name} {path}");
            reply.problem(403, "other_organization");
        }
    }
}

/// Two answers to one question: the one that is looked at might not be the one that is meant.
#[test]
fn an_organization_that_is_named_twice_is_none() {
    let house = House::build();
    let server = &house.server;
    let id = &server.organization.id;
    let person = server.sign_in("organization_admin@example.com", PASSWORD);
    let read = server.organization.read.clone();
    for (one, other) in [(id, id), (id, &house.other.id), (&house.other.id, id)] {
        let twice = format!("?organization_id={one}&organization_id={other}");
        for path in ["/v1/events", "/v1/projects", "/v1/organizations"] {
            let path = format!("{path}{twice}");
            person.get(&path).problem(400, "repeated_parameter");
            let by_key = server.request("GET", &path, Some(&read), &[], b"");
            by_key.problem(400, "repeated_parameter");
        }
        let start = format!("/v1/auth/oidc/start{twice}");
        let unasked = server.request("GET", &start, None, &[], b"");
        unasked.problem(400, "repeated_parameter");
    }
}

#[test]
fn nobody_ends_the_session_of_somebody_else() {
    let house = House::build();
    let boss = house
        .server
        .sign_in("organization_admin@example.com", PASSWORD);
    let path = format!("/v1/auth/sessions/{}", boss.session_id());
    for name in ["member", "owner", "nowhere"] {
        let person = house
            .server
            .sign_in(&format!("{name}@example.com"), PASSWORD);
        person
            .request("DELETE", &path, None)
            .problem(404, "not_found");
    }
    assert_eq!(boss.get("/v1/auth/session").status, 200);
}

/// Ids of projects are the organizations' own: two may have the same.
#[test]
fn events_of_a_project_are_not_those_of_a_project_that_is_called_the_same_elsewhere() {
    let house = House::build();
    let mut theirs = event(SECRET);
    theirs["project_id"] = json!(house::THEIRS);
    house.server.post("/v1/events", &theirs).expect(201);
    for actor in house.keys(Home::Elsewhere) {
        let Credentials::Key(key) = &actor.credentials else {
            continue;
        };
        let path = format!("/v1/events?project_id={}", house::THEIRS);
        let reply = house.server.request("GET", &path, Some(key), &[], b"");
        assert!(!reply.text().contains(SECRET), "{}", actor.what);
    }
}

#[test]
fn members_of_a_project_are_not_those_of_a_project_that_is_called_the_same_elsewhere() {
    let house = House::build();
    let same = json!({"id": house::PROJECT, "name": "The same"}).to_string();
    let made = house.keep(Home::Elsewhere, "POST", "/v1/projects", &same);
    made.expect(201);
    let members = format!("/v1/projects/{}/members", house::PROJECT);
    let list = house.keep(Home::Elsewhere, "GET", &members, "");
    assert_eq!(list.expect(200)["data"], json!([]));
    // One and the same person in both: what is done here is done here alone.
    let organization_id = &house.other.id;
    house
        .directory
        .add_member(organization_id, house::MEMBER, "member");
    let path = format!("{members}/{}", house::MEMBER);
    let role = json!({"role": "auditor"}).to_string();
    let set = house.keep(Home::Elsewhere, "PUT", &path, &role);
    assert_eq!(set.expect(200)["role"], "auditor");
    let removed = house.keep(Home::Elsewhere, "DELETE", &path, "");
    assert_eq!(removed.status, 204);
    let list = house.keep(Home::Here, "GET", &members, "").expect(200);
    let kept = list["data"].as_array().unwrap().iter();
    let kept = kept.filter(|member| member["user_id"] == house::MEMBER);
    let roles: Vec<&Value> = kept.map(|member| &member["role"]).collect();
    assert_eq!(roles, ["member"]);
}

/// What is changed is the organization's, and a project is only a part of it.
#[test]
fn a_key_of_a_project_changes_nothing_of_the_organization() {
    let directory = Directory::init();
    let limited = KeyOptions {
        project_id: Some("prj_1"),
        ..KeyOptions::default()
    };
    let key = directory.add_key(&directory.organization.id, "admin", limited);
    let server = directory.serve();
    let organization = server.organization_path();
    let own = event_type(OWN_ACTION).to_string();
    for (method, path, body) in [
        ("POST", "/v1/catalog", own.as_str()),
        ("PUT", "/v1/catalog/kite.flown", &own),
        ("PATCH", &organization, r#"{"strict":true}"#),
    ] {
        let reply = server.request(method, path, Some(&key), &[], body.as_bytes());
        let problem = reply.problem(403, "forbidden");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains("limited to projects"), "{detail}");
    }
    assert_eq!(server.get(&organization).expect(200)["strict"], false);
    let own_type = server.get("/v1/catalog/kite.flown");
    own_type.problem(404, "unknown_action");
}

#[test]
fn the_table_has_every_operation_and_the_document_says_which_credentials_each_takes() {
    let directory = Directory::init();
    let server = directory.serve();
    let document = server
        .request("GET", "/openapi.json", None, &[], b"")
        .json();
    let mut seen = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if !["get", "put", "post", "patch", "delete", "head", "options"]
                .contains(&method.as_str())
            {
                continue;
            }
            let row = OPERATIONS
                .iter()
                .find(|(m, p, ..)| m == method && p == path);
            let (_, _, needs, _) = row.unwrap_or_else(|| panic!("{method} {path}: say who may"));
            let security = &operation["security"];
            let by = |scheme: &str| {
                let mut ways = security.as_array().into_iter().flatten();
                ways.any(|way| way.get(scheme).is_some())
            };
            let viewers_too = match needs {
                Needs::Membership => true,
                Needs::Permission(permission) => {
                    *permission == "events.read"
                        && (method.as_str(), path.as_str()) != ("post", VIEWS)
                }
                _ => false,
            };
            let expected = match needs {
                Needs::Nothing => [false; 3],
                Needs::Person | Needs::Owner => [false, true, false],
                _ => [true, true, viewers_too],
            };
            let found = ["api_key", "session", "viewer_token"].map(by);
            assert_eq!(found, expected, "{method} {path}");
            seen += 1;
        }
    }
    assert_eq!(
        seen,
        OPERATIONS.len(),
        "the table has operations that are gone"
    );
}

#[test]
fn another_organizations_page_is_empty_and_its_count_is_its_own() {
    let house = House::build();
    let server = &house.server;
    assert_eq!(server.get(RECORDED).expect(200)["total"], 1);
    let theirs = |path: &str| {
        let key = Some(house.other.admin.as_str());
        server.request("GET", path, key, &[], b"").expect(200)
    };
    let page = theirs("/v1/events");
    assert_eq!(page["total"], 0);
    assert_eq!(page["as_of"], 0);
    let id = &server.organization.id;
    let page = theirs(&format!("/v1/events?filter=organization_id:is:{id}"));
    assert_eq!(page["total"], 0);
}

#[test]
fn an_event_cannot_be_recorded_into_another_organization() {
    let house = House::build();
    let mut foreign = event("mallory");
    foreign["organization_id"] = json!(house.server.organization.id);
    let body = foreign.to_string();
    let key = Some(house.other.ingest.as_str());
    let reply = house
        .server
        .request("POST", "/v1/events", key, &[], body.as_bytes());
    let problem = reply.problem(422, "invalid_events");
    assert_eq!(problem["errors"][0]["code"], "organization_mismatch");
    assert_eq!(house.server.get(RECORDED).expect(200)["total"], 1);
}

#[test]
fn other_schemes_are_no_credentials() {
    let house = House::build();
    let read = house.server.organization.read.clone();
    for value in [
        format!("Basic {read}"),
        read.clone(),
        format!("Token {read}"),
    ] {
        let headers = [("authorization", value.as_str())];
        let reply = house
            .server
            .request("GET", "/v1/events", None, &headers, b"");
        assert_unauthenticated(reply, &value);
    }
    for path in [
        format!("/v1/events?access_token={read}"),
        format!("/v1/events?key={read}"),
    ] {
        let reply = house.server.request("GET", &path, None, &[], b"");
        assert_unauthenticated(reply, &path);
    }
}

#[test]
fn keys_and_events_never_appear_in_the_log() {
    let house = House::build();
    let path = format!("/v1/events?filter=actor.id:is:{SECRET}");
    house.server.get(&path).expect(200);
    let dead = house.dead[0].1.clone();
    house
        .server
        .request("GET", "/v1/events", Some(&dead), &[], b"");
    let key = house.server.organization.ingest.clone();
    house
        .server
        .request("POST", "/v1/events", Some(&key), &[], SECRET.as_bytes());
    let log = house.server.log().join("\n");
    assert!(log.contains("/v1/events"), "requests are logged");
    let secrets = [&house.server.organization.read, &key, &house.dead[0].1];
    for secret in secrets.map(|key| key.rsplit('_').next().unwrap()) {
        assert!(!log.contains(secret));
    }
    assert!(!log.contains(SECRET), "{log}");
}
