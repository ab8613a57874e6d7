//! Asking for each operation: with a body that it takes, and of what is there to be changed or taken away.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::actors::{Actor, Credentials, Home};
use super::house::{House, MEMBER, PASSWORD, PROJECT, PUBLIC, THEIR_MEMBER, THEIRS, add_user};
use super::table::{
    A_DOWNLOAD, A_KEY, A_MEMBER, A_PROJECT, A_PROJECT_MEMBER, A_RENEWAL, A_RETENTION, A_ROLE,
    A_ROTATION, A_VIEW, AN_EXPORT, AN_INVITATION, AN_ISSUER, AN_ORGANIZATION, AN_OWNER,
    RETENTION_RUN, TAIL, VIEWS,
};
use super::{OWN_ACTION, SECRET};
use crate::harness::people::{Cookies, OWN_PAGE};
use crate::harness::{Reply, Wire, event, event_type, wait_for};

/// Asks, and makes what it takes beforehand.
pub(super) struct Asker<'h> {
    house: &'h House,
    made: Cell<usize>,
    /// What was made to be taken away and is still there, by the operation that takes it away.
    fresh: RefCell<BTreeMap<String, String>>,
}

/// A view of everything.
pub(super) fn view(name: &str, shared: bool) -> Value {
    json!({"name": name, "shared": shared, "definition": {"columns": ["action"]}})
}

/// What shows whose something is.
fn text_of(home: Home) -> &'static str {
    match home {
        Home::Elsewhere => "theirs",
        Home::Here | Home::Nowhere => SECRET,
    }
}

/// What stands behind the `#` of a link.
fn token_of(made: &Value) -> String {
    let link = made["link"].as_str().unwrap();
    link.split_once('#').unwrap().1.to_owned()
}

fn id_of(made: Reply) -> String {
    made.expect(201)["id"].as_str().unwrap().to_owned()
}

impl<'h> Asker<'h> {
    pub(super) fn new(house: &'h House) -> Self {
        Self {
            house,
            made: Cell::new(0),
            fresh: RefCell::default(),
        }
    }

    /// What an operation is answered.
    pub(super) fn ask(&self, method: &str, path: &str, actor: &Actor<'_>) -> Reply {
        let filled = self.filled(method, path, actor);
        let body = self.body(method, path, actor.home);
        let upper = method.to_uppercase();
        let reply = match &actor.credentials {
            _ if path == TAIL => self.ask_for_tail(actor),
            Credentials::Nothing => self.send(&upper, &filled, None, body.as_ref()),
            Credentials::Key(text) => self.send(&upper, &filled, Some(text), body.as_ref()),
            Credentials::Person(person) => {
                let body = person.body(method, path).or(body);
                let signed = person.signed.borrow();
                let reply = signed.request(&upper, &filled, body.as_ref());
                drop(signed);
                if reply.status < 300 {
                    let answer = serde_json::from_slice(&reply.body).unwrap_or_default();
                    person.learn(method, path, &answer);
                }
                reply
            }
        };
        if reply.status < 300 {
            let mut fresh = self.fresh.borrow_mut();
            fresh.remove(&format!("{method} {path}"));
            fresh.remove(&format!("{method} {path} person"));
            drop(fresh);
            self.tidy(method, path);
        }
        reply
    }

    /// What an operation is answered with these cookies, which are of no use.
    pub(super) fn ask_with_cookies(&self, method: &str, path: &str, cookies: &Cookies) -> Reply {
        let nobody = super::stranger(Credentials::Nothing);
        let filled = self.filled(method, path, &nobody);
        let body = self.body(method, path, Home::Here);
        let method = method.to_uppercase();
        let server = &self.house.server;
        server.browse(&method, &filled, cookies, &[], body.as_ref())
    }

    fn send(&self, method: &str, path: &str, key: Option<&str>, body: Option<&Value>) -> Reply {
        let body = body.map(Value::to_string).unwrap_or_default();
        let server = &self.house.server;
        // As by a page of the server's own, which those operations want that take no key.
        let headers = [("content-type", "application/json"), OWN_PAGE];
        server.request(method, path, key, &headers, body.as_bytes())
    }

    /// Whoever makes an organization belongs to it as well, and would have to say which one is meant ever after.
    fn tidy(&self, method: &str, path: &str) {
        if (method, path) == ("post", "/v1/organizations") {
            let made = "DELETE FROM members WHERE user_id = 'usr_owner_example_com' \
                        AND organization_id <> 'org_other'";
            self.house.directory.rows(made);
        }
    }

    fn next(&self) -> usize {
        self.made.set(self.made.get() + 1);
        self.made.get()
    }

    /// What the keeper is answered.
    fn keep(&self, method: &str, path: &str, body: &Value) -> Reply {
        self.house.keep(Home::Here, method, path, &body.to_string())
    }

    /// What an operation names in its path: something that there is to be changed or taken away.
    fn named(&self, method: &str, path: &str, actor: &Actor<'_>) -> String {
        let key = format!("{method} {path}");
        if let Some(id) = self.fresh.borrow().get(&key) {
            return id.clone();
        }
        let house = self.house;
        let made = match (method, path) {
            (_, "/v1/events/{id}" | "/v1/events/{id}/proof") => return house.event_id.clone(),
            ("delete", AN_ORGANIZATION) => self.archived_organization(),
            (_, AN_ORGANIZATION) => return house.server.organization.id.clone(),
            ("delete", A_PROJECT) => self.archived_project(),
            ("delete", A_ROLE) => {
                let name = format!("Gone {}", self.next());
                let role = json!({"name": name, "level": "project", "permissions": []});
                id_of(self.keep("POST", "/v1/roles", &role))
            }
            (_, A_ROLE) => return house.role_id.clone(),
            (_, AN_INVITATION | A_RENEWAL) => {
                let invitation = self.invitation(Home::Here);
                id_of(self.keep("POST", "/v1/invitations", &invitation))
            }
            (_, A_KEY | A_ROTATION) => {
                let name = json!({"name": SECRET, "kind": "ingest", "project_id": PROJECT});
                id_of(self.keep("POST", "/v1/api-keys", &name))
            }
            ("delete", AN_ISSUER) => {
                let issuer = json!({"name": "x", "origins": []});
                id_of(self.keep("POST", "/v1/viewer-issuers", &issuer))
            }
            (_, AN_ISSUER) => return house.issuer_id.clone(),
            (_, AN_EXPORT | A_DOWNLOAD) => self.export(),
            (_, A_VIEW) => id_of(self.keep("POST", VIEWS, &view(SECRET, true))),
            (_, "/v1/auth/sessions/{id}") => {
                return match &actor.credentials {
                    Credentials::Person(person) => person.again().session_id(),
                    _ => "ses_1".to_owned(),
                };
            }
            _ if path.starts_with(A_PROJECT) => return PROJECT.to_owned(),
            _ => return String::new(),
        };
        self.fresh.borrow_mut().insert(key, made.clone());
        made
    }

    /// An export of the project whose file is there.
    fn export(&self) -> String {
        let export = json!({"name": SECRET, "format": "ndjson", "project_id": PROJECT});
        let id = id_of(self.keep("POST", "/v1/exports", &export));
        let path = format!("/v1/exports/{id}");
        wait_for("an export", || {
            let export = self.house.keep(Home::Here, "GET", &path, "").expect(200);
            (export["status"] == "complete").then_some(())
        });
        id
    }

    fn archived_organization(&self) -> String {
        let house = self.house;
        let founder = house.server.founder();
        let name = json!({"name": "Gone"});
        let made = founder.request("POST", "/v1/organizations", Some(&name));
        let id = id_of(made);
        let archived = json!({"archived": true});
        let path = format!("/v1/organizations/{id}");
        founder.request("PATCH", &path, Some(&archived)).expect(200);
        id
    }

    fn archived_project(&self) -> String {
        let id = id_of(self.keep("POST", "/v1/projects", &json!({"name": "Gone"})));
        let archived = json!({"archived": true});
        let path = format!("/v1/projects/{id}");
        self.keep("PATCH", &path, &archived).expect(200);
        id
    }

    /// The person whom an operation names.
    fn person(&self, method: &str, path: &str) -> String {
        let key = format!("{method} {path} person");
        if let Some(id) = self.fresh.borrow().get(&key) {
            return id.clone();
        }
        let directory = &self.house.directory;
        let id = format!("usr_fresh_{}", self.next());
        match (method, path) {
            ("delete", A_MEMBER) => {
                add_user(directory, &id);
                directory.add_member(&directory.organization.id, &id, "member");
            }
            ("delete", A_PROJECT_MEMBER) => {
                add_user(directory, &id);
                directory.add_member(&directory.organization.id, &id, "member");
                let member = format!("/v1/projects/{PROJECT}/members/{id}");
                let role = json!({"role": "member"});
                self.keep("PUT", &member, &role).expect(200);
            }
            ("delete", AN_OWNER) => {
                add_user(directory, &id);
                let statement =
                    format!("INSERT INTO instance_owners (user_id, created_at) VALUES ('{id}', 1)");
                directory.rows(statement.leak());
            }
            _ => return MEMBER.to_owned(),
        }
        self.fresh.borrow_mut().insert(key, id.clone());
        id
    }

    /// The path with all that it names.
    fn filled(&self, method: &str, path: &str, actor: &Actor<'_>) -> String {
        let mut filled = path.to_owned();
        if path.contains("{id}") {
            filled = filled.replace("{id}", &self.named(method, path, actor));
        }
        if path.contains("{user_id}") {
            filled = filled.replace("{user_id}", &self.person(method, path));
        }
        if (method, path) == ("get", "/v1/sso") {
            for home in [Home::Here, Home::Elsewhere] {
                let sso = provider(home).to_string();
                let set = self.house.keep(home, "PUT", "/v1/sso?check=false", &sso);
                set.expect(200);
            }
        }
        if (method, path) == ("put", "/v1/sso") {
            filled.push_str("?check=false");
        }
        if path == RETENTION_RUN {
            self.let_nothing_run();
        }
        filled
            .replace("{action}", OWN_ACTION)
            .replace("{project_id}", PROJECT)
            .replace("{organization_id}", &self.house.server.organization.id)
            .replace("{level}", "0")
            .replace("{tile}", "000.p/1")
            .replace("/consistency", "/consistency?from=0")
            .replace("/oidc/providers", "/oidc/providers?email=a@b.example")
            .replace("/oidc/start", "/oidc/start?organization_id=org_none")
            // What it needs, and what shows most.
            .replace("/facets", "/facets?fields=description")
            .replace("/completions", "/completions?field=description")
            .replace("/histogram", "/histogram?split_by=description")
            .replace(".csv", ".csv?columns=description")
    }

    /// Sets what lets retention run, and waits until no run is under way: there is one at a time.
    fn let_nothing_run(&self) {
        for home in [Home::Here, Home::Elsewhere] {
            let rule = json!({"keep": "days", "days": 36_500}).to_string();
            let set = self.house.keep(home, "PUT", "/v1/retention", &rule);
            set.expect(200);
            wait_for("the end of a run", || {
                let seen = self.house.keep(home, "GET", "/v1/retention", "");
                (seen.expect(200)["last_run"]["status"] != "running").then_some(())
            });
        }
    }

    fn invitation(&self, home: Home) -> Value {
        let project_id = match home {
            Home::Elsewhere => THEIRS,
            Home::Here | Home::Nowhere => PROJECT,
        };
        let email = format!("{}-{}@example.com", text_of(home), self.next());
        json!({"email": email, "role": "member", "project_id": project_id, "project_role": "member"})
    }

    /// What is sent. Every name that must be free is another one.
    fn body(&self, method: &str, path: &str, home: Home) -> Option<Value> {
        let (project_id, member) = match home {
            Home::Elsewhere => (THEIRS, THEIR_MEMBER),
            Home::Here | Home::Nowhere => (PROJECT, MEMBER),
        };
        let named = |name: &str| format!("{name} {}", self.next());
        Some(match (method, path) {
            ("post", "/v1/events") => {
                let mut event = event("x");
                event["project_id"] = json!(project_id);
                event
            }
            ("post", VIEWS) => view("x", false),
            ("post", "/v1/exports") => json!({"name": "x", "format": "ndjson"}),
            ("post", "/v1/catalog") => event_type(&format!("made.kite{}", self.next())),
            ("put", "/v1/catalog/{action}") => event_type(OWN_ACTION),
            ("post", "/v1/organizations" | "/v1/projects") => json!({"name": named("Made")}),
            ("patch", AN_ORGANIZATION | A_PROJECT) => json!({ "name": SECRET }),
            ("post", "/v1/instance/owners") => {
                let id = format!("usr_fresh_{}", self.next());
                add_user(&self.house.directory, &id);
                json!({ "user_id": id })
            }
            ("put", A_PROJECT_MEMBER | "/v1/roles/default") | ("patch", A_MEMBER) => {
                json!({"role": "member"})
            }
            ("post", "/v1/members/bulk") => json!({"user_ids": [member], "role": "member"}),
            ("post", "/v1/roles") => {
                json!({"name": named("Made"), "level": "project", "permissions": []})
            }
            ("post", "/v1/invitations") => self.invitation(home),
            ("post", "/v1/invitations/lookup") => json!({"token": self.invited()}),
            ("post", "/v1/invitations/accept") => {
                json!({"token": self.invited(), "name": "New", "password": PASSWORD})
            }
            ("post", "/v1/api-keys") => {
                json!({"name": "Made", "kind": "ingest", "project_id": project_id})
            }
            ("post", "/v1/viewer-issuers") => json!({"name": "Made", "origins": []}),
            ("post", "/v1/viewer-tokens") => {
                json!({"issuer_id": self.house.issuer_id, "project_id": project_id})
            }
            ("put", "/v1/retention" | A_RETENTION) => json!({"keep": "days", "days": 36_500}),
            ("put", "/v1/sso") => provider(home),
            ("post", "/v1/auth/login") => json!({"email": PUBLIC, "password": PASSWORD}),
            ("post", "/v1/auth/reset") => self.reset(),
            ("patch", _) | ("post", A_ROTATION | "/v1/retention/preview") => json!({}),
            _ => return None,
        })
    }

    /// The token of a fresh invitation.
    fn invited(&self) -> String {
        let invitation = self.invitation(Home::Here);
        let made = self.keep("POST", "/v1/invitations", &invitation);
        token_of(&made.expect(201))
    }

    /// What a fresh link for a forgotten password takes.
    fn reset(&self) -> Value {
        let path = "/v1/members/usr_public_example_com/password-reset";
        let made = self.keep("POST", path, &Value::Null).expect(201);
        json!({"token": token_of(&made), "new_password": PASSWORD})
    }

    /// What a tail says before it waits, as if that were all.
    fn ask_for_tail(&self, actor: &Actor<'_>) -> Reply {
        let server = &self.house.server;
        let key = match &actor.credentials {
            Credentials::Nothing => "none",
            Credentials::Key(text) => text,
            Credentials::Person(person) => {
                return self.ask_for_tail_by(&person.signed.borrow().cookies());
            }
        };
        match server.tail("", key, None) {
            Err(refused) => *refused,
            Ok(mut tail) => {
                let mut lines = tail.next_lines().unwrap();
                lines.extend(tail.next_lines().unwrap());
                Reply {
                    status: 200,
                    headers: tail.headers.clone(),
                    body: lines.join("\n").into_bytes(),
                }
            }
        }
    }

    /// The same with cookies: how it begins, and all of it where it is refused.
    fn ask_for_tail_by(&self, cookies: &Cookies) -> Reply {
        let server = &self.house.server;
        let mut wire = Wire::connect(server.address);
        let request = format!(
            "GET {TAIL} HTTP/1.1\r\nhost: {}\r\ncookie: {}\r\n{}: {}\r\n\r\n",
            server.address,
            cookies.header(),
            OWN_PAGE.0,
            OWN_PAGE.1
        );
        assert!(wire.send(request.as_bytes()));
        let head = wire.read_head();
        if !head.starts_with("HTTP/1.1 200 ") {
            return server.browse("GET", TAIL, cookies, &[], None);
        }
        Reply {
            status: 200,
            headers: ureq::http::HeaderMap::default(),
            body: Vec::new(),
        }
    }
}

/// A provider that nobody is sent to.
fn provider(home: Home) -> Value {
    json!({
        "issuer": "https://login.acme.example", "client_id": text_of(home), "client_secret": "shh",
        "domains": ["acme.example"],
    })
}
