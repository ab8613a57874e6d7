//! What strangers, neighbouring sites and liars get.

use serde_json::json;

use super::sessions::events_of;
use crate::harness::Directory;
use crate::harness::people::{Cookies, FOUNDER, OWN_PAGE};

#[test]
fn whoever_is_unknown_is_answered_as_who_has_another_password() {
    let directory = Directory::init();
    let nobody = directory.add_person("sso@example.com", "a horse of another colour", "member");
    directory.take_password(&nobody.id);
    let server = directory.serve();
    let answers = [
        server.try_sign_in(FOUNDER.0, "wrong horse battery"),
        server.try_sign_in("nobody@example.com", "wrong horse battery"),
        server.try_sign_in("sso@example.com", "a horse of another colour"),
        server.try_sign_in(FOUNDER.0, ""),
    ];
    let bodies = answers.map(|answer| {
        assert!(!answer.headers.contains_key("set-cookie"));
        answer.problem(401, "sign_in_refused")
    });
    assert!(bodies.iter().all(|body| *body == bodies[0]), "{bodies:?}");
    let events = events_of(&server, "user.login");
    assert_eq!(events.len(), 4);
    for event in &events {
        assert_eq!(event["result"], "failed");
        assert_eq!(event["actor"]["type"], "unknown");
        assert_eq!(event["context"]["ip"], "127.0.0.1");
    }
    assert_eq!(events[0]["targets"][0]["name"], FOUNDER.0);
    assert_eq!(events[2]["actor"]["email"], "nobody@example.com");
    assert!(events[2]["targets"].is_null());
}

#[test]
fn nothing_that_was_typed_wrongly_is_on_the_log_or_in_it() {
    let directory = Directory::init();
    let server = directory.serve();
    let secret = "hunter2-hunter2-hunter2";
    server
        .try_sign_in(FOUNDER.0, secret)
        .problem(401, "sign_in_refused");
    server
        .try_sign_in(secret, "x")
        .problem(422, "invalid_document");
    let signed = server.founder();
    let events = server.get("/v1/events?limit=200").expect(200).to_string();
    let log = server.log().join("\n");
    let session = signed.cookies().get("evident_session").unwrap().to_owned();
    for kept in [secret, FOUNDER.1, &session[session.len() - 64..]] {
        assert!(!events.contains(kept), "{kept} is in an event");
        assert!(!log.contains(kept), "{kept} is in the log");
        let rows = directory
            .rows("SELECT hex(digest) FROM sessions")
            .join("")
            .to_lowercase();
        assert!(!rows.contains(kept));
    }
}

#[test]
fn another_site_neither_signs_in_nor_acts_by_somebodys_cookie() {
    let directory = Directory::init();
    let server = directory.serve();
    let ada = server.founder();
    let cookies = ada.cookies();
    let credentials = json!({"email": FOUNDER.0, "password": FOUNDER.1});
    let renamed = json!({"name": "Mallory's"});
    let organization = server.organization_path();
    for headers in [
        vec![(OWN_PAGE.0, "cross-site")],
        vec![(OWN_PAGE.0, "same-site")],
        vec![(OWN_PAGE.0, "none")],
        vec![(OWN_PAGE.0, ""), ("origin", "https://evil.example")],
        vec![(OWN_PAGE.0, ""), ("origin", "null")],
        vec![(OWN_PAGE.0, "")],
    ] {
        let login = server.try_sign_in_with(&Cookies::default(), &credentials, &headers);
        login.problem(403, "other_site");
        for (method, path, body) in [
            ("PATCH", organization.as_str(), Some(&renamed)),
            ("POST", "/v1/auth/logout", None),
            ("DELETE", "/v1/auth/sessions", None),
        ] {
            let reply = server.browse(method, path, &cookies, &headers, body);
            reply.problem(403, "other_site");
        }
    }
    // Nor is it answered what it cannot read: how long that takes tells as well.
    let reply = server.browse(
        "GET",
        "/v1/events",
        &cookies,
        &[(OWN_PAGE.0, "cross-site")],
        None,
    );
    reply.problem(401, "unauthenticated");
    // An older browser says where it is instead.
    let origin = format!("http://{}", server.address);
    let headers = [(OWN_PAGE.0, ""), ("origin", origin.as_str())];
    let reply = server.browse("POST", "/v1/auth/logout", &cookies, &headers, None);
    assert_eq!(reply.status, 204);
}

#[test]
fn a_cookie_that_a_neighbour_adds_signs_nobody_in() {
    let directory = Directory::init();
    let bob = directory.add_person("bob@example.com", "a horse of another colour", "member");
    let server = directory.serve();
    let (ada, mallory) = (server.founder(), server.sign_in(&bob.email, &bob.password));
    let value = |cookies: &Cookies| cookies.get("evident_session").unwrap().to_owned();
    let (own, tossed) = (value(&ada.cookies()), value(&mallory.cookies()));
    for cookie in [
        format!("evident_session={own}; evident_session={tossed}"),
        format!("evident_session={tossed}; evident_session={own}"),
        format!("__Host-evident_session={own}"),
        format!("Evident_Session={own}"),
        format!("evident_session=\"{own}\""),
    ] {
        let headers = [("cookie", cookie.as_str())];
        let none = Cookies::default();
        let reply = server.browse("GET", "/v1/auth/session", &none, &headers, None);
        reply.problem(401, "unauthenticated");
    }
    for bad in [
        own.replace("_session_", "_reset_"),
        own.to_uppercase(),
        own[..79].to_owned(),
    ] {
        let cookie = format!("evident_session={bad}");
        let headers = [("cookie", cookie.as_str())];
        let none = Cookies::default();
        let reply = server.browse("GET", "/v1/auth/session", &none, &headers, None);
        reply.problem(401, "unauthenticated");
    }
}

#[test]
fn guessing_is_slowed_down_and_the_owner_at_a_known_browser_is_not() {
    let directory = Directory::init();
    let server = directory.serve();
    let known = server.founder().cookies();
    for _ in 0..5 {
        server
            .try_sign_in(FOUNDER.0, "wrong horse battery")
            .problem(401, "sign_in_refused");
    }
    // Also with the right password: nothing is looked at.
    for _ in 0..4 {
        let reply = server.try_sign_in(FOUNDER.0, FOUNDER.1);
        let seconds: u64 = reply.header("retry-after").parse().unwrap();
        assert!((1..=60).contains(&seconds));
        reply.problem(429, "too_many_sign_ins");
    }
    // A client that says it is elsewhere is where it is.
    let credentials = json!({"email": FOUNDER.0, "password": FOUNDER.1});
    for lie in [
        ("x-forwarded-for", "198.51.100.7"),
        ("forwarded", "for=198.51.100.7"),
    ] {
        let reply = server.try_sign_in_with(&Cookies::default(), &credentials, &[lie]);
        reply.problem(429, "too_many_sign_ins");
    }
    // The owner's browser, which has signed in before, waits for nobody.
    assert_eq!(
        server.try_sign_in_with(&known, &credentials, &[]).status,
        200
    );
    // The first few were recorded, the rest is counted.
    let events = events_of(&server, "user.login");
    let count = |result: &str| {
        events
            .iter()
            .filter(|event| event["result"] == result)
            .count()
    };
    assert_eq!(
        (count("failed"), count("denied"), count("success")),
        (5, 1, 2)
    );
    let denied = events
        .iter()
        .find(|event| event["result"] == "denied")
        .unwrap();
    assert!(denied["reason"].as_str().unwrap().contains("too many"));
}

#[test]
fn a_trusted_proxy_says_where_a_client_is_and_that_it_came_by_tls() {
    let directory = Directory::init();
    let server = directory.serve_with(|command| {
        command.env("EVIDENT_TRUSTED_PROXIES", r#"["127.0.0.1"]"#);
    });
    let credentials = json!({"email": FOUNDER.0, "password": FOUNDER.1});
    let headers = [
        ("x-forwarded-for", "192.0.2.1, 198.51.100.7"),
        ("x-forwarded-proto", "https"),
    ];
    let reply = server.try_sign_in_with(&Cookies::default(), &credentials, &headers);
    let set: Vec<&str> = reply
        .headers
        .get_all("set-cookie")
        .iter()
        .map(|v| v.to_str().unwrap())
        .collect();
    assert_eq!(set.len(), 2);
    for cookie in set {
        assert!(
            cookie.starts_with("__Host-evident_") && cookie.ends_with("; Secure"),
            "{cookie}"
        );
    }
    let event = &events_of(&server, "user.login")[0];
    assert_eq!(event["context"]["ip"], "198.51.100.7");
}

#[test]
fn what_is_too_long_or_strange_is_refused_before_it_is_looked_at() {
    let directory = Directory::init();
    let server = directory.serve();
    let long = "x".repeat(1025);
    for (email, password, pointer) in [
        (json!(FOUNDER.0), json!(long), "/password"),
        (
            json!(format!("{}@example.com", "x".repeat(250))),
            json!("x"),
            "/email",
        ),
        (json!("ada\u{0}@example.com"), json!("x"), "/email"),
        (json!("ada@@example.com"), json!("x"), "/email"),
        (json!(null), json!("x"), "/email"),
        (json!(FOUNDER.0), json!(["x"]), "/password"),
    ] {
        let credentials = json!({"email": email, "password": password});
        let reply = server.try_sign_in_with(&Cookies::default(), &credentials, &[]);
        let problem = reply.problem(422, "invalid_document");
        assert_eq!(problem["errors"][0]["pointer"], pointer);
    }
    let misspelt = json!({"email": FOUNDER.0, "pasword": "x"});
    let reply = server.try_sign_in_with(&Cookies::default(), &misspelt, &[]);
    let problem = reply.problem(422, "invalid_document");
    assert_eq!(problem["errors"][0]["suggestion"], "password");
    // A password may be anything that is short enough.
    server
        .try_sign_in(FOUNDER.0, "a\u{0}b")
        .problem(401, "sign_in_refused");
}

#[test]
fn a_key_is_nobody_who_is_signed_in() {
    let directory = Directory::init();
    let server = directory.serve();
    let key = server.organization.admin.clone();
    for (method, path) in [
        ("GET", "/v1/auth/session"),
        ("POST", "/v1/auth/logout"),
        ("GET", "/v1/auth/sessions"),
    ] {
        let reply = server.request(method, path, Some(&key), &[], b"");
        reply.problem(403, "forbidden");
        let reply = server.request(method, path, None, &[], b"");
        reply.problem(401, "unauthenticated");
    }
}
