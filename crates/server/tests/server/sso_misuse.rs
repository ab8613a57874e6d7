//! Single sign-on when somebody means harm: other browsers, old and stolen states, addresses that are not proven or
//! belong to somebody else, and ways back that lead elsewhere.

use serde_json::json;

use super::sso::{account, events, set_up};
use crate::harness::oidc::{Browser, PUBLIC_URL, rig};
use crate::harness::{Directory, Server, wait_for};

const PAGE: [(&str, &str); 1] = [("accept", "text/html,application/xhtml+xml")];

fn ready() -> (Directory, Server) {
    let directory = Directory::init();
    let server = directory.serve_with_sso();
    set_up(&server, &json!({}));
    (directory, server)
}

/// Nobody has a session.
#[track_caller]
fn assert_nobody_came_in(directory: &Directory) {
    assert_eq!(directory.rows("SELECT id FROM sessions"), [""; 0]);
}

#[test]
fn only_the_browser_that_went_comes_back_and_only_once() {
    let (directory, server) = ready();
    account("eve", &["auditors"]);
    let mut eve = Browser::default();
    let url = eve.start(&server, "/");
    let query = eve.at_provider(&url, "eve");
    // A victim's browser, with nothing, and with a cookie of a sign-in of its own.
    let mut victim = Browser::default();
    victim
        .back(&server, &query)
        .problem(400, "sso_unknown_attempt");
    // It was used up by that, also for whom it was meant.
    eve.back(&server, &query)
        .problem(400, "sso_unknown_attempt");
    let url = eve.start(&server, "/");
    let query = eve.at_provider(&url, "eve");
    victim.start(&server, "/");
    victim
        .back(&server, &query)
        .problem(400, "sso_unknown_attempt");
    assert_nobody_came_in(&directory);

    let url = eve.start(&server, "/");
    let query = eve.at_provider(&url, "eve");
    let cookies = eve.cookies.clone();
    assert_eq!(eve.back(&server, &query).status, 303);
    eve.cookies = cookies;
    eve.back(&server, &query)
        .problem(400, "sso_unknown_attempt");
    for query in ["", "state=", "code=x", "state=x&code=y", "state=a&state=b"] {
        eve.back(&server, query).problem(400, "sso_unknown_attempt");
    }
    assert_eq!(directory.rows("SELECT id FROM sessions").len(), 1);
}

#[test]
fn sign_ins_are_counted_by_where_they_begin() {
    let directory = Directory::init();
    let server = directory.serve_with(|command| {
        command.env("EVIDENT_PUBLIC_URL", PUBLIC_URL);
        command.env("EVIDENT_SSO_ALLOW_LOOPBACK", "true");
        command.env("EVIDENT_TRUSTED_PROXIES", r#"["127.0.0.1"]"#);
    });
    set_up(&server, &json!({}));
    let path = format!(
        "/v1/auth/oidc/start?organization_id={}",
        server.organization.id
    );
    for address in ["203.0.113.7", "2001:db8:1:2:3:4:5:6", "::ffff:203.0.113.8"] {
        let by_proxy = [("x-forwarded-for", address)];
        let reply = Browser::default().get_as(&server, &path, &by_proxy);
        assert_eq!(reply.status, 302, "{}", reply.text());
    }
    let mut networks = directory.rows("SELECT network FROM sso_attempts");
    networks.sort();
    assert_eq!(
        networks,
        ["2001:db8:1:2::/64", "203.0.113.7", "203.0.113.8"]
    );
}

#[test]
fn a_sign_in_that_took_too_long_is_over() {
    let (directory, server) = ready();
    account("lena", &["auditors"]);
    let mut browser = Browser::default();
    let url = browser.start(&server, "/");
    let query = browser.at_provider(&url, "lena");
    directory.rows("UPDATE sso_attempts SET expires_at = 1 RETURNING return_to");
    browser
        .back(&server, &query)
        .problem(400, "sso_unknown_attempt");
    assert_nobody_came_in(&directory);
}

#[test]
fn what_the_provider_refuses_and_what_another_one_says_is_recorded_and_opens_nothing() {
    let (directory, server) = ready();
    account("iris", &["auditors"]);
    let mut browser = Browser::default();
    let url = browser.start(&server, "/");
    let state = url.split("state=").nth(1).unwrap();
    let state = state.split('&').next().unwrap();
    let query = format!("state={state}&error=access_denied&error_description=%3Cb%3E");
    let problem = browser.back(&server, &query).problem(403, "sso_cancelled");
    assert!(!problem.to_string().contains("<b>"));
    let url = browser.start(&server, "/");
    let query = browser.at_provider(&url, "iris");
    assert!(query.contains("iss="), "{query}");
    let parts = query.split('&').filter(|part| !part.starts_with("iss="));
    let query = parts.collect::<Vec<_>>().join("&") + "&iss=http%3A%2F%2F127.0.0.1%3A1";
    browser
        .back(&server, &query)
        .problem(502, "sso_provider_failed");
    assert_nobody_came_in(&directory);
    let logins = events(&server, "user.login");
    let reasons: Vec<_> = logins
        .iter()
        .map(|login| {
            (
                login["result"].as_str().unwrap(),
                login["reason"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(reasons.len(), 2, "{reasons:?}");
    assert!(reasons.iter().all(|(result, _)| *result == "failed"));
    assert!(reasons[0].1.contains("another issuer"), "{reasons:?}");
    assert!(reasons[1].1.contains("access_denied"), "{reasons:?}");
}

#[test]
fn an_address_that_is_not_proven_or_of_another_domain_lets_nobody_in() {
    let (directory, server) = ready();
    let unverified =
        json!({"email": "ada@acme.example", "email_verified": false, "groups": ["admins"]});
    let foreign =
        json!({"email": "x@sub.acme.example", "email_verified": true, "groups": ["admins"]});
    let mut told = Vec::new();
    for (name, claims, reason) in [
        ("una", unverified, "email_verified"),
        ("fern", foreign, "sub.acme.example"),
        ("nemo", json!({"groups": ["admins"]}), "no e-mail address"),
    ] {
        rig().account(name, &claims);
        let refused = Browser::default().sign_in(&server, name);
        told.push(refused.problem(403, "sso_refused")["detail"].clone());
        let login = &events(&server, "user.login")[0];
        assert_eq!(login["result"], "failed");
        assert!(
            login["reason"].as_str().unwrap().contains(reason),
            "{login}"
        );
    }
    told.dedup();
    assert_eq!(told.len(), 1, "whoever is refused is told the same");
    assert_nobody_came_in(&directory);
    assert_eq!(directory.rows("SELECT id FROM users").len(), 1);
}

/// The provider of one organization vouches for the address of somebody who belongs to another one.
#[test]
fn a_person_of_another_organization_is_not_taken_over() {
    let directory = Directory::init();
    directory.add_organization("org_other");
    directory.rows(
        "INSERT INTO users (id, email, password_hash, created_at) \
         VALUES ('usr_victim', 'victim@acme.example', 'x', 1) RETURNING id",
    );
    directory.rows(
        "INSERT INTO members (organization_id, user_id, role, joined_at) \
         VALUES ('org_other', 'usr_victim', 'organization_admin', 1) RETURNING user_id",
    );
    let server = directory.serve_with_sso();
    set_up(&server, &json!({}));
    let claims =
        json!({"email": "Victim@ACME.example", "email_verified": true, "groups": ["admins"]});
    rig().account("taker", &claims);
    let refused = Browser::default().sign_in(&server, "taker");
    refused.problem(403, "sso_refused");
    assert_nobody_came_in(&directory);
    assert_eq!(directory.rows("SELECT subject FROM sso_subjects"), [""; 0]);
    assert_eq!(
        directory.rows("SELECT organization_id FROM members WHERE user_id = 'usr_victim'"),
        ["org_other"]
    );
    let login = &events(&server, "user.login")[0];
    assert!(login["reason"].as_str().unwrap().contains("invite them"));
}

#[test]
fn an_address_that_was_given_to_somebody_new_is_not_the_old_member() {
    let (directory, server) = ready();
    account("old", &["admins"]);
    assert_eq!(Browser::default().sign_in(&server, "old").status, 303);
    let claims = json!({"email": "old@acme.example", "email_verified": true, "groups": ["admins"]});
    rig().account("new", &claims);
    let refused = Browser::default().sign_in(&server, "new");
    refused.problem(403, "sso_refused");
    assert_eq!(directory.rows("SELECT id FROM sessions").len(), 1);
}

#[test]
fn who_was_removed_stays_out_until_invited_again() {
    let (directory, server) = ready();
    account("rex", &["auditors"]);
    assert_eq!(Browser::default().sign_in(&server, "rex").status, 303);
    directory.rows("DELETE FROM members WHERE role = 'auditor' RETURNING user_id");
    assert_eq!(directory.rows("SELECT subject FROM sso_subjects"), [""; 0]);
    let refused = Browser::default().sign_in(&server, "rex");
    refused.problem(403, "sso_refused");
}

#[test]
fn nobody_is_sent_elsewhere_afterwards() {
    let (directory, server) = ready();
    for return_to in [
        "//evil.example",
        "/%5Cevil.example",
        "%2F%2Fevil.example",
        "/%252Fevil.example",
        "/%09/evil.example",
        "https://evil.example",
        "javascript:alert(1)",
        "/%0D%0ASet-Cookie:a=b",
        "",
    ] {
        let path = format!(
            "/v1/auth/oidc/start?organization_id={}&return_to={return_to}",
            server.organization.id
        );
        let reply = Browser::default().get(&server, &path);
        assert!(!reply.headers.contains_key("set-cookie"), "{return_to}");
        reply.problem(400, "bad_return_to");
    }
    assert_eq!(
        directory.rows("SELECT return_to FROM sso_attempts"),
        [""; 0]
    );
}

#[test]
fn a_link_of_another_site_begins_no_sign_in() {
    let (directory, server) = ready();
    let mut browser = Browser::default();
    let path = format!(
        "/v1/auth/oidc/start?organization_id={}",
        server.organization.id
    );
    for site in ["cross-site", "same-site", "", "Same-Origin", "none, none"] {
        let led = [("sec-fetch-site", site), ("sec-fetch-mode", "navigate")];
        let reply = browser.get_as(&server, &path, &led);
        assert_eq!(reply.status, 303, "{site}");
        assert_eq!(reply.header("location"), "/login?error=sso_begins_here");
        assert!(!reply.headers.contains_key("set-cookie"), "{site}");
    }
    let twice = [("sec-fetch-site", "none"), ("sec-fetch-site", "cross-site")];
    assert_eq!(browser.get_as(&server, &path, &twice).status, 303);
    let begun = || directory.rows("SELECT return_to FROM sso_attempts").len();
    assert_eq!(begun(), 0);
    // The console's own button, a bookmark, and what says nothing: an older browser, or plain HTTP to another machine.
    for headers in [
        &[("sec-fetch-site", "same-origin")][..],
        &[("sec-fetch-site", "none")],
        &[],
    ] {
        let reply = browser.get_as(&server, &path, headers);
        assert_eq!(reply.status, 302, "{headers:?}");
        assert!(reply.header("location").starts_with(&rig().issuer));
    }
    assert_eq!(begun(), 3);
}

#[test]
fn what_was_switched_off_meanwhile_lets_nobody_in() {
    let (directory, server) = ready();
    account("mona", &["auditors"]);
    let mut inside = Browser::default();
    assert_eq!(inside.sign_in(&server, "mona").status, 303);
    let mut browser = Browser::default();
    let url = browser.start(&server, "/");
    let query = browser.at_provider(&url, "mona");
    set_up(&server, &json!({"enabled": false}));
    browser.back(&server, &query).problem(404, "sso_not_set_up");
    assert_nobody_came_in(&directory);
    let path = server.organization_path();
    inside.get(&server, &path).problem(401, "unauthenticated");
    let mut refused = Vec::new();
    for id in [server.organization.id.as_str(), "org_none", ""] {
        let path = format!("/v1/auth/oidc/start?organization_id={id}");
        let problem = browser.get(&server, &path).problem(404, "sso_not_set_up");
        refused.push(problem["detail"].clone());
    }
    refused.dedup();
    assert_eq!(refused.len(), 1, "the same for all");
}

#[test]
fn a_browser_is_sent_to_the_sign_in_page_with_a_code_alone() {
    let (_directory, server) = ready();
    let mut browser = Browser::default();
    for (path, code) in [
        (
            "/v1/auth/oidc/start?organization_id=org_x",
            "sso_not_set_up",
        ),
        ("/v1/auth/oidc/start?return_to=//x", "bad_return_to"),
        ("/v1/auth/oidc/start?nonsense=1", "sso_failed"),
        (
            "/v1/auth/oidc/callback?state=x&code=y",
            "sso_unknown_attempt",
        ),
    ] {
        let reply = browser.get_as(&server, path, &PAGE);
        assert_eq!(reply.status, 303, "{path}");
        assert_eq!(reply.header("location"), format!("/login?error={code}"));
    }
}

#[test]
fn no_secret_of_a_sign_in_is_in_the_logs_or_the_database() {
    let (directory, server) = ready();
    account("sina", &["auditors"]);
    let mut browser = Browser::default();
    let url = browser.start(&server, "/");
    let query = browser.at_provider(&url, "sina");
    let value = |name: &str| {
        let found = query.split('&').find_map(|part| part.strip_prefix(name));
        found.unwrap().to_owned()
    };
    let mut secrets = vec![value("state="), value("code=")];
    let cookie = browser.cookies["evident_sso"].clone();
    secrets.push(cookie.rsplit('_').next().unwrap().to_owned());
    secrets.push(rig().client_secret.clone());
    assert_eq!(browser.back(&server, &query).status, 303);
    let session = browser.cookies["evident_session"].clone();
    secrets.push(session.rsplit('_').next().unwrap().to_owned());
    let log = wait_for("the request's line in the log", || {
        let log = server.log().join("\n");
        log.contains("/v1/auth/oidc/callback").then_some(log)
    });
    let told = server.get("/v1/events?limit=50").expect(200).to_string();
    assert!(told.contains("user.login"));
    server.terminate();
    let database = directory.everything_in_the_database();
    for secret in secrets {
        assert!(!log.contains(&secret) && !told.contains(&secret));
        let bytes = secret.as_bytes();
        assert!(!database.windows(bytes.len()).any(|window| window == bytes));
    }
}
