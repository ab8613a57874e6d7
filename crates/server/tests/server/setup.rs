//! The first run: a server that nobody has set up, and the link that it is set up by.

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::fresh::{Fresh, wishes};
use crate::harness::people::FOUNDER;
use crate::harness::{Organization, Server, event, wait_for};

/// Takes what the set-up answered.
fn founded(answer: &Value) -> Organization {
    let text = |pointer| {
        answer
            .pointer(pointer)
            .unwrap()
            .as_str()
            .unwrap()
            .to_owned()
    };
    Organization {
        id: text("/organization_id"),
        ingest: text("/keys/ingest"),
        read: text("/keys/read"),
        admin: text("/keys/admin"),
    }
}

fn needed(server: &Server) -> bool {
    let state = server
        .request("GET", "/v1/setup", None, &[], b"")
        .expect(200);
    state["needed"].as_bool().unwrap()
}

#[test]
fn a_server_that_nobody_has_set_up_answers_probes_and_the_set_up_alone() {
    let fresh = Fresh::new();
    let (server, token) = fresh.serve_waiting();
    assert!(needed(&server));
    let get = |path| server.request("GET", path, None, &[], b"");
    assert_eq!(get("/healthz").status, 200);
    assert_eq!(get("/readyz").expect(503)["ready"], false);
    let elsewhere = [
        "/metrics",
        "/openapi.json",
        "/docs",
        "/v1/events",
        "/v1/organizations",
        "/v1/auth/session",
        "/log/org_1/checkpoint",
    ];
    for path in elsewhere {
        let reply = get(path);
        assert!(!reply.headers["x-request-id"].is_empty(), "{path}");
        assert_eq!(reply.headers["cache-control"], "no-store", "{path}");
        let problem = reply.expect(503);
        assert_eq!(problem["code"], "setup_needed", "{path}");
        assert!(!problem.to_string().contains(&token), "{path}");
    }
    let login = server.try_sign_in(FOUNDER.0, FOUNDER.1).expect(503);
    assert_eq!(login["code"], "setup_needed");
    assert_eq!(
        server.request("DELETE", "/v1/setup", None, &[], b"").status,
        405
    );
    let log = wait_for("the last request in the log", || {
        let log = server.log();
        log.iter().any(|line| line.contains("405")).then_some(log)
    });
    let secret = token.strip_prefix("evident_setup_").unwrap();
    assert!(!log.join("\n").contains(secret), "the token is in the log");
}

#[test]
fn a_script_reads_the_link_in_the_line_of_json() {
    let fresh = Fresh::new();
    for (public_url, start) in [
        (None, None),
        (
            Some("https://audit.example.com"),
            Some("https://audit.example.com"),
        ),
    ] {
        let mut command = fresh.serve_command();
        command.arg("--json");
        if let Some(url) = public_url {
            command.env("EVIDENT_PUBLIC_URL", url);
        }
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        let line: Value = serde_json::from_str(&line).unwrap();
        let start = start.unwrap_or_else(|| line["listening"].as_str().unwrap());
        let link = line["setup"].as_str().unwrap();
        let start = format!("{start}/setup#evident_setup_");
        assert!(link.starts_with(&start), "{link}");
    }
}

#[test]
fn the_link_sets_the_server_up_once_and_it_goes_on_without_a_restart() {
    let fresh = Fresh::new();
    let (mut server, token) = fresh.serve_waiting();
    let (pid, address) = (server.pid(), server.address);
    let reply = server.set_up(&wishes(&token, "Acme AI"));
    assert_eq!(reply.headers["cache-control"], "no-store");
    let answer = reply.expect(201);
    assert_eq!(answer["owner"]["email"], FOUNDER.0);
    let verifier = answer["log"]["verifier_key"].as_str().unwrap();
    assert!(verifier.starts_with("evident.localhost/org_"), "{verifier}");
    server.organization = founded(&answer);

    server.wait_until_ready();
    assert!(server.is_running());
    assert_eq!((server.pid(), server.address), (pid, address));
    assert!(!needed(&server));
    let recorded = server.post("/v1/events?wait=checkpoint", &event("first"));
    assert_eq!(recorded.status, 201);
    let events = server.get("/v1/events").expect(200);
    assert_eq!(events["data"][0]["actor"]["id"], "first");
    let owner = server.founder();
    assert_eq!(owner.session["user"]["name"], "Ada Obi");
    assert_eq!(owner.session["user"]["instance_owner"], true);
    assert_eq!(owner.session["organizations"][0]["name"], "Acme AI");

    let again = server.set_up(&wishes(&token, "Another")).expect(409);
    assert_eq!(again["code"], "already_set_up");
    let log = server.log().join("\n");
    let secret = token.strip_prefix("evident_setup_").unwrap();
    for secret in [secret, FOUNDER.1, &server.organization.admin] {
        assert!(!log.contains(secret), "a secret is in the log");
    }
    assert!(server.terminate().success());

    let mut again = fresh.serve();
    again.organization = founded(&answer);
    again.wait_until_ready();
    assert!(!needed(&again));
    assert_eq!(again.founder().session["user"]["email"], FOUNDER.0);
    assert_eq!(again.get("/v1/log").status, 200);
    let late = again.set_up(&wishes(&token, "Another")).expect(409);
    assert_eq!(late["code"], "already_set_up");
}

#[test]
fn what_is_wrong_with_a_set_up_is_said_and_founds_nothing() {
    let fresh = Fresh::new();
    let (server, token) = fresh.serve_waiting();
    let (start, digits) = token.split_at("evident_setup_".len());
    let other: String = digits.chars().rev().collect();
    let wrong = ["", "x", digits, &format!("{start}{other}"), "\u{0}"];
    for wrong in wrong.into_iter().chain([&*token.replace("setup", "reset")]) {
        let refused = server.set_up(&wishes(wrong, "Acme AI")).expect(403);
        assert_eq!(refused["code"], "link_refused", "{wrong:?}");
    }
    let right = wishes(&token, "Acme AI");
    for (member, value, code) in [
        ("token", json!(7), "wrong_type"),
        ("organization", json!(" "), "empty_value"),
        ("organization", json!("x".repeat(256)), "too_long"),
        ("name", json!(null), "missing_field"),
        ("email", json!("ada"), "invalid_value"),
        ("passwort", json!("x"), "unknown_field"),
    ] {
        let mut document = right.clone();
        document[member] = value;
        let refused = server.set_up(&document).expect(422);
        assert_eq!(refused["errors"][0]["code"], code, "{member}");
        assert_eq!(refused["errors"][0]["pointer"], format!("/{member}"));
        assert!(!refused.to_string().contains(digits), "{member}");
    }
    for guessable in ["short", "acme ai acme ai"] {
        let mut document = right.clone();
        document["password"] = json!(guessable);
        let refused = server.set_up(&document).expect(422);
        assert_eq!(refused["code"], "unacceptable_password");
    }
    let headers = [("content-type", "application/json")];
    let long = vec![b' '; 4 << 20];
    for (path, body, status) in [
        ("/v1/setup?token=x", &b"{}"[..], 400),
        ("/v1/setup", b"{", 400),
        ("/v1/setup", &long, 413),
    ] {
        let reply = server.request("POST", path, None, &headers, body);
        assert_eq!(reply.status, status, "{path}");
    }
    assert!(needed(&server));
    server.set_up(&right).expect(201);
}

#[test]
fn many_at_once_found_one_organization() {
    let fresh = Fresh::new();
    let (server, token) = fresh.serve_waiting();
    let mut statuses: Vec<u16> = thread::scope(|scope| {
        let asking: Vec<_> = (0..6)
            .map(|n| wishes(&token, &format!("Acme {n}")))
            .map(|wishes| scope.spawn(|| server.set_up(&{ wishes }).status))
            .collect();
        asking.into_iter().map(|one| one.join().unwrap()).collect()
    });
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409, 409, 409]);
    let organizations = server.founder().get("/v1/organizations").expect(200);
    assert_eq!(organizations["data"].as_array().unwrap().len(), 1);
}

#[test]
fn nobody_is_turned_away_while_the_server_goes_over() {
    let fresh = Fresh::new();
    let (server, token) = fresh.serve_waiting();
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    let reply = server.try_request("GET", "/v1/setup", None, &[], b"");
                    assert_eq!(reply.unwrap().status, 200);
                }
            });
        }
        let answer = server.set_up(&wishes(&token, "Acme AI"));
        // Who has the answer may sign in at once.
        let signed_in = server.try_sign_in(FOUNDER.0, FOUNDER.1).status;
        is_over.store(true, Ordering::Relaxed);
        assert_eq!((answer.status, signed_in), (201, 200));
    });
}

#[test]
fn a_server_that_was_killed_while_it_waited_waits_again_with_another_link() {
    let fresh = Fresh::new();
    let (server, dead) = fresh.serve_waiting();
    server.kill();
    let (server, token) = fresh.serve_waiting();
    assert_ne!(token, dead);
    let refused = server.set_up(&wishes(&dead, "Acme AI")).expect(403);
    assert_eq!(refused["code"], "link_refused");
    server.set_up(&wishes(&token, "Acme AI")).expect(201);
}

#[test]
fn a_server_that_is_killed_while_it_founds_has_founded_all_or_nothing() {
    for after in [0, 15, 60, 150, 400].map(Duration::from_millis) {
        let fresh = Fresh::new();
        let (server, token) = fresh.serve_waiting();
        let asking = server.client();
        let wanted = wishes(&token, "Acme AI");
        let asked = thread::spawn(move || asking.post("/v1/setup", &wanted));
        // Some moment of the founding; every one must do.
        thread::park_timeout(after);
        server.kill();
        let answered = asked.join().unwrap().is_ok_and(|reply| reply.status == 201);
        let server = fresh.serve();
        let founded = !needed(&server);
        assert!(founded || !answered, "{after:?}: what was answered is gone");
        if !founded {
            let token = server.said(&format!("  {}", server.url("/setup#")));
            server.set_up(&wishes(&token, "Acme AI")).expect(201);
        }
        server.wait_until_ready();
        assert_eq!(server.founder().session["user"]["name"], "Ada Obi");
    }
}

#[test]
fn a_directory_is_set_up_in_one_way_at_a_time() {
    let fresh = Fresh::new();
    let (server, _) = fresh.serve_waiting();
    let refused = fresh.init();
    let words = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success());
    assert!(words.contains("another process is using"), "{words}");
    assert!(server.terminate().success(), "it ends well while it waits");
    assert!(fresh.init().status.success());
    let server = fresh.serve();
    server.wait_until_ready();
    assert!(!needed(&server));
}
