//! Every change is on the log: all operations that the OpenAPI document says to leave an event are performed, and the
//! log must say who did what, from where, what was before and what is now, and no secret.
//!
//! The scenarios have each of them. An operation without any fails the test, so that none comes without its record.

mod events;
mod organization;
mod people;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::harness::oidc::{Browser, rig};
use crate::harness::people::{Cookies, OWN_PAGE};
use crate::harness::{Directory, KeyOptions, Reply, Server};
use crate::sso::{account, events as events_of, set_up};
use events::view;

/// What the client says it is.
const AGENT: &str = "audited-test/1.0";
/// Stands in whatever a request may hold that nobody else is to see. No event may repeat it.
const CANARY: &str = "canary-5e0c1d9f";
/// The password of everybody who is made here.
const PASSWORD: &str = "plover cactus anvil teapot";

/// What takes more than a server, such as a real provider, and is performed by tests of its own: the test that finds
/// each action.
const ELSEWHERE: &[(&str, &str, &str)] = &[
    (
        "finish_sso",
        "user.login",
        "somebody_new_comes_in_by_the_provider_in_the_role_of_their_group",
    ),
    (
        "finish_sso",
        "organisation.user.added",
        "somebody_new_comes_in_by_the_provider_in_the_role_of_their_group",
    ),
    (
        "finish_sso",
        "organisation.user.role.assigned",
        "somebody_new_comes_in_by_the_provider_in_the_role_of_their_group",
    ),
    (
        "finish_sso",
        "organisation.user.role.changed",
        "a_role_follows_the_groups_at_each_sign_in",
    ),
    (
        "finish_sso",
        "settings.changed",
        "whom_the_provider_means_is_on_the_log",
    ),
    // It takes events of another day.
    (
        "run_retention",
        "retention.deleted",
        "a_run_that_is_asked_for_removes_what_the_rules_say_and_is_on_the_log_once",
    ),
];

/// A server, and somebody who may do everything there.
struct World {
    directory: Directory,
    server: Server,
    key: String,
    made: Cell<usize>,
    /// The session of whoever has a second factor.
    kept: RefCell<(String, Cookies)>,
}

/// Who asks.
enum By {
    /// A program, with a key that may do everything.
    Key,
    /// A person of this address and password, who signs in first.
    Person(String, String),
    /// The person whose session was kept.
    Kept,
    /// Somebody whom only what is sent tells of: the event is by a person all the same.
    Stranger,
}

/// What is asked for, once all is there that it takes.
struct Asked {
    by: By,
    method: &'static str,
    path: String,
    body: Option<Value>,
    status: u16,
}

/// An operation as it is performed.
struct Scenario {
    /// Its id in the document.
    operation: &'static str,
    /// What it must leave on the log, in order.
    leaves: &'static [&'static str],
    /// The fields whose old and new values the log must have, over all of its events.
    changes: &'static [&'static str],
    /// Prepares it.
    ask: fn(&World) -> Asked,
}

fn scenarios() -> impl Iterator<Item = &'static Scenario> {
    let all = [
        events::SCENARIOS,
        organization::SCENARIOS,
        people::SCENARIOS,
    ];
    all.into_iter().flatten()
}

fn asked(method: &'static str, path: &str, body: Option<Value>, status: u16) -> Asked {
    let path = path.to_owned();
    Asked {
        by: By::Key,
        method,
        path,
        body,
        status,
    }
}

impl World {
    fn new() -> Self {
        let directory = Directory::init();
        let options = KeyOptions::default();
        let key = directory.add_key(&directory.organization.id, "admin", options);
        let server = directory.serve();
        Self {
            directory,
            server,
            key,
            made: Cell::new(0),
            kept: RefCell::default(),
        }
    }

    /// A name that nothing has.
    fn free_name(&self) -> String {
        self.made.set(self.made.get() + 1);
        format!("name{}", self.made.get())
    }

    fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Reply {
        let body = body.map(Value::to_string).unwrap_or_default();
        let headers = [("user-agent", AGENT)];
        self.server
            .request(method, path, Some(&self.key), &headers, body.as_bytes())
    }

    /// The id of what is made by this document.
    fn made(&self, path: &str, document: &Value) -> String {
        let made = self.send("POST", path, Some(document)).expect(201);
        made["id"].as_str().unwrap().to_owned()
    }

    fn made_view(&self, name: &str, shared: bool) -> String {
        format!("/v1/views/{}", self.made("/v1/views", &view(name, shared)))
    }

    /// A fresh member with this role, who cannot sign in.
    fn member(&self, role: &str) -> String {
        let id = format!("usr_{}", self.free_name());
        let statement = format!(
            "INSERT INTO users (id, email, password_hash, created_at) \
             VALUES ('{id}', '{id}@example.com', '', 1)"
        );
        self.directory.rows(statement.leak());
        let organization_id = &self.directory.organization.id;
        self.directory.add_member(organization_id, &id, role);
        id
    }

    /// Has a member signed in somewhere.
    fn gives_a_session(&self, user_id: &str) {
        let name = self.free_name();
        let statement = format!(
            "INSERT INTO sessions (id, user_id, digest, method, address, user_agent, created_at, \
             last_seen_at, expires_at) SELECT 'ses_{name}', id, redaction_key, 'password', '::1', '', 1, 1, 1 \
             FROM (SELECT users.id, redaction_key FROM users, organizations \
             WHERE users.id = '{user_id}') AS known LIMIT 1"
        );
        self.directory.rows(statement.leak());
    }

    /// The address of a fresh member who can sign in.
    fn person(&self) -> String {
        let email = format!("{}@example.com", self.free_name());
        self.directory.add_person(&email, PASSWORD, "member").email
    }

    fn keep_session(&self, credentials: &Value) {
        let signed = self.server.sign_in_with(&Cookies::default(), credentials);
        *self.kept.borrow_mut() = (signed.user_id(), signed.cookies());
    }

    /// Signs in whoever shall ask, so that this is on the log before.
    fn prepare(&self, asked: &Asked) {
        if let By::Person(email, password) = &asked.by {
            self.keep_session(&json!({"email": email, "password": password}));
        }
    }

    fn perform(&self, asked: &Asked) -> Reply {
        let cookies = match &asked.by {
            By::Key => return self.send(asked.method, &asked.path, asked.body.as_ref()),
            By::Person(..) | By::Kept => self.kept.borrow().1.clone(),
            By::Stranger => Cookies::default(),
        };
        let headers = [("user-agent", AGENT), OWN_PAGE];
        let (method, path) = (asked.method, &asked.path);
        self.server
            .browse(method, path, &cookies, &headers, asked.body.as_ref())
    }

    /// The type and the id of whom the log must name.
    fn actor(&self, asked: &Asked, answer: &Value) -> (&'static str, String) {
        match &asked.by {
            By::Key => ("api_key", key_id(&self.key)),
            By::Person(..) | By::Kept => ("user", self.kept.borrow().0.clone()),
            By::Stranger => {
                let told = [&answer["user"]["id"], &answer["user_id"]];
                let id = told.into_iter().find_map(Value::as_str);
                // The last person that was made has the link.
                let made = || format!("usr_name{}_example_com", self.made.get());
                ("user", id.map_or_else(made, str::to_owned))
            }
        }
    }

    /// All events, the oldest first.
    fn events(&self) -> Vec<Value> {
        let page = self.server.get("/v1/events?reads=include&limit=500");
        let mut page = page.expect(200);
        assert_eq!(
            page["next_cursor"],
            Value::Null,
            "more events than a page has"
        );
        let mut events = std::mem::take(page["data"].as_array_mut().unwrap());
        events.sort_by_key(|event| event["index"].as_u64());
        events
    }

    /// The operations that leave events by themselves, and which.
    fn operations(&self) -> BTreeMap<String, BTreeSet<String>> {
        let document = self.server.request("GET", "/openapi.json", None, &[], b"");
        let document = document.json();
        let items = document["paths"].as_object().unwrap().values();
        let operations = items.flat_map(|item| item.as_object().unwrap().values());
        let told = operations.filter_map(|operation| {
            let id = operation.get("operationId")?.as_str()?.to_owned();
            let told = &operation["x-audit"];
            assert!(
                told.is_object(),
                "{id} does not say what it leaves on the log"
            );
            // Reads are recorded a moment later, and once a minute.
            let actions = told["actions"]
                .as_array()
                .filter(|_| told["read"].is_null())?;
            let actions = actions
                .iter()
                .map(|action| action.as_str().unwrap().to_owned());
            Some((id, actions.collect()))
        });
        told.collect()
    }
}

/// The id of a key, from its text.
fn key_id(key: &str) -> String {
    format!("key_{}", key.split('_').nth(2).unwrap())
}

/// What an answer tells once: keys, tokens and codes.
fn secrets_of(answer: &Value) -> Vec<String> {
    let named = ["key", "token", "link", "secret"].map(|name| &answer[name]);
    let codes = answer["recovery_codes"].as_array().into_iter().flatten();
    let texts = named.into_iter().chain(codes).filter_map(Value::as_str);
    texts.map(longest_part).collect()
}

/// The part of a secret that is random for certain: what stands before it is no secret, and what is random
/// may have the same marks in it.
fn longest_part(secret: &str) -> String {
    let parts = secret.split(['#', '_']);
    parts.max_by_key(|part| part.len()).unwrap().to_owned()
}

fn assert_told(world: &World, asked: &Asked, answer: &Value, event: &Value) {
    let (actor_type, actor_id) = world.actor(asked, answer);
    assert_eq!(event["actor"]["type"], actor_type, "{event}");
    assert_eq!(event["actor"]["id"], actor_id, "{event}");
    assert_eq!(event["context"]["ip"], "127.0.0.1", "{event}");
    assert_eq!(event["context"]["user_agent"], AGENT, "{event}");
    assert_eq!(event["request"]["method"], asked.method, "{event}");
    let path = asked.path.split('?').next().unwrap();
    assert_eq!(event["request"]["path"], path, "{event}");
    let result = if asked.status < 400 {
        "success"
    } else {
        "denied"
    };
    assert_eq!(event["result"], result, "{event}");
    assert_eq!(event["metadata"]["system"], "evident", "{event}");
    let text = event.to_string();
    let secret = longest_part(&world.key);
    for secret in [CANARY, PASSWORD, &secret] {
        assert!(!text.contains(secret), "{text}");
    }
    for secret in secrets_of(answer) {
        assert!(
            secret.len() > 5 && !text.contains(&secret),
            "{secret}: {text}"
        );
    }
    for change in event["changes"].as_array().into_iter().flatten() {
        assert_ne!(change["old"], change["new"], "{event}");
        assert!(
            change.get("old").is_some() && change.get("new").is_some(),
            "{event}"
        );
    }
}

#[test]
fn every_operation_that_changes_something_is_performed_here_or_with_a_provider() {
    let world = World::new();
    let mut performed: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let here = scenarios().flat_map(|scenario| {
        let leaves = scenario.leaves.iter();
        leaves.map(|action| (scenario.operation, *action))
    });
    let elsewhere = ELSEWHERE
        .iter()
        .map(|(operation, action, _)| (*operation, *action));
    for (operation, action) in here.chain(elsewhere) {
        let known = performed.entry(operation.to_owned());
        known.or_default().insert(action.to_owned());
    }
    assert_eq!(
        performed,
        world.operations(),
        "left: what the scenarios perform; right: what the document says"
    );
}

#[test]
fn what_takes_a_provider_is_performed_by_the_tests_that_are_named() {
    let tests = concat!(
        include_str!("sso.rs"),
        include_str!("audited.rs"),
        include_str!("retention_runs.rs")
    );
    for (operation, action, name) in ELSEWHERE {
        let (_, after) = tests
            .split_once(&format!("fn {name}()"))
            .unwrap_or_else(|| panic!("{operation}: no test {name}"));
        let body = after.split("#[test]").next().unwrap();
        assert!(
            body.contains(&format!("\"{action}\"")),
            "{operation}: {name} looks for no {action}"
        );
    }
}

/// Which subject of the provider's somebody is from now on.
#[test]
fn whom_the_provider_means_is_on_the_log() {
    let directory = Directory::init();
    let server = directory.serve_with_sso();
    set_up(&server, &json!({}));
    account("audrey", &["auditors"]);
    assert_eq!(Browser::default().sign_in(&server, "audrey").status, 303);
    let linked = &events_of(&server, "settings.changed")[0];
    let change = &linked["changes"][0];
    assert_eq!(change["field"], "sso_subject", "{linked}");
    assert_eq!(change["old"], Value::Null, "{linked}");
    assert_eq!(linked["targets"][0]["type"], "user", "{linked}");
    // By what the organization has set up, and not by the person.
    assert_eq!(linked["actor"]["id"], "evident", "{linked}");
    assert_eq!(linked["result"], "success", "{linked}");
    assert!(!linked.to_string().contains(&rig().client_secret));
}

#[test]
fn every_change_is_on_the_log_with_who_where_and_what() {
    let world = World::new();
    for scenario in scenarios() {
        let operation = scenario.operation;
        let asked = (scenario.ask)(&world);
        world.prepare(&asked);
        let before = world.events().len();
        let reply = world.perform(&asked);
        assert_eq!(reply.status, asked.status, "{operation}: {}", reply.text());
        let answer = serde_json::from_slice(&reply.body).unwrap_or_default();
        // The answer waits for the log: the events are there by now.
        let events = world.events().split_off(before);
        let actions: Vec<&str> = events.iter().filter_map(|e| e["action"].as_str()).collect();
        assert_eq!(actions, scenario.leaves, "{operation}");
        for event in &events {
            assert_told(&world, &asked, &answer, event);
        }
        let changes = events.iter().flat_map(|event| event["changes"].as_array());
        let fields: Vec<&str> = changes
            .flatten()
            .map(|change| change["field"].as_str().unwrap())
            .collect();
        assert_eq!(fields, scenario.changes, "{operation}");
    }
}

#[test]
fn what_changes_nothing_leaves_nothing() {
    let world = World::new();
    let path = world.made_view("Same", true);
    let organization = world.server.organization_path();
    let before = world.events().len();
    world
        .send("PATCH", &path, Some(&view("Same", true)))
        .expect(200);
    world.send("PATCH", &path, Some(&json!({}))).expect(200);
    world
        .send("PATCH", &organization, Some(&json!({})))
        .expect(200);
    let refused = world.send("POST", "/v1/views", Some(&json!({"nmae": "x"})));
    refused.problem(422, "invalid_document");
    let gone = world.send("DELETE", "/v1/views/view_0", None);
    gone.problem(404, "not_found");
    assert_eq!(world.events().len(), before);
}
