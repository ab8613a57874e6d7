//! What the tests of roles, members and invitations share: an organization with a project, ways to ask, people who
//! join, and the record of what was done.

use std::process::Command;

use serde_json::{Value, json};

use crate::harness::{Directory, KeyOptions, Reply, Server};

/// A password that nobody guesses.
pub(crate) const PASSWORD: &str = "plover cactus anvil teapot";
/// The project of the organization.
pub(crate) const PROJECT: &str = "prj_1";

/// An organization with two projects, on a server.
pub(crate) struct Scene {
    pub(crate) directory: Directory,
    pub(crate) server: Server,
    /// A key that may do everything.
    pub(crate) admin: String,
    /// A key that may do everything in the project [`PROJECT`].
    pub(crate) project_admin: String,
    /// A key that reads in it.
    pub(crate) project_reader: String,
    /// The founder, who is an Organization Admin.
    pub(crate) founder: String,
}

pub(crate) fn scene() -> Scene {
    scene_with(|_| ())
}

/// The same, with something done to the directory first.
pub(crate) fn scene_with(prepare: impl FnOnce(&Directory)) -> Scene {
    scene_of(prepare, |_| ())
}

/// The same as [`scene`], with changes to the server's command first.
pub(crate) fn scene_served(change: impl FnOnce(&mut Command)) -> Scene {
    scene_of(|_| (), change)
}

fn scene_of(prepare: impl FnOnce(&Directory), change: impl FnOnce(&mut Command)) -> Scene {
    let directory = Directory::init();
    directory.rows(
        "INSERT INTO projects (id, organization_id, name, kind, created_at) \
         SELECT 'prj_1', id, 'Atlas', 'project', 1 FROM organizations",
    );
    directory.rows(
        "INSERT INTO projects (id, organization_id, name, kind, created_at) \
         SELECT 'prj_2', id, 'Borealis', 'project', 1 FROM organizations",
    );
    let limited = KeyOptions {
        project_id: Some(PROJECT),
        ..KeyOptions::default()
    };
    let id = directory.organization.id.clone();
    let project_admin = directory.add_key(&id, "admin", limited);
    let project_reader = directory.add_key(&id, "read", limited);
    prepare(&directory);
    let server = directory.serve_with(change);
    let founder = directory.founded["owner"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    Scene {
        admin: directory.organization.admin.clone(),
        directory,
        server,
        project_admin,
        project_reader,
        founder,
    }
}

impl Scene {
    /// A request with a key, and with a document unless it is null.
    pub(crate) fn ask(&self, key: &str, method: &str, path: &str, document: &Value) -> Reply {
        self.ask_as(Some(key), method, path, document)
    }

    /// The same without credentials.
    pub(crate) fn ask_openly(&self, method: &str, path: &str, document: &Value) -> Reply {
        self.ask_as(None, method, path, document)
    }

    fn ask_as(&self, key: Option<&str>, method: &str, path: &str, document: &Value) -> Reply {
        let body = match document {
            Value::Null => String::new(),
            document => document.to_string(),
        };
        let headers = [
            ("content-type", "application/json"),
            ("user-agent", "people/1"),
        ];
        self.server
            .request(method, path, key, &headers, body.as_bytes())
    }

    /// The same as an admin.
    pub(crate) fn admin(&self, method: &str, path: &str, document: &Value) -> Reply {
        self.ask(&self.admin, method, path, document)
    }

    pub(crate) fn get(&self, path: &str) -> Value {
        self.admin("GET", path, &Value::Null).expect(200)
    }

    /// Invites somebody, and gives the token of the link.
    pub(crate) fn invite(&self, invitation: &Value) -> String {
        let made = self
            .admin("POST", "/v1/invitations", invitation)
            .expect(201);
        token_of(&made)
    }

    pub(crate) fn accept(&self, token: &str, name: &str) -> Reply {
        let sent = json!({"token": token, "name": name, "password": PASSWORD});
        self.ask_openly("POST", "/v1/invitations/accept", &sent)
    }

    /// Somebody who has joined with this role, by id.
    pub(crate) fn member(&self, name: &str, role: &str) -> String {
        let email = format!("{name}@example.com");
        let token = self.invite(&json!({"email": email, "role": role}));
        let accepted = self.accept(&token, name).expect(200);
        accepted["user_id"].as_str().unwrap().to_owned()
    }

    /// The same in the project as well.
    pub(crate) fn project_member(&self, name: &str, role: &str) -> String {
        let id = self.member(name, "member");
        let path = format!("/v1/projects/{PROJECT}/members/{id}");
        self.admin("PUT", &path, &json!({ "role": role }))
            .expect(200);
        id
    }

    /// A role of the organization's own, by id.
    pub(crate) fn role(&self, name: &str, level: &str, permissions: &[&str]) -> String {
        let role = json!({"name": name, "level": level, "permissions": permissions});
        let made = self.admin("POST", "/v1/roles", &role).expect(201);
        made["id"].as_str().unwrap().to_owned()
    }

    /// The events of an action, the first one first.
    pub(crate) fn record(&self, action: &str) -> Vec<Value> {
        let path = format!("/v1/events?limit=500&order=asc&action={action}");
        let page = self.server.get(&path).expect(200);
        page["data"].as_array().unwrap().clone()
    }

    /// The only event of an action.
    #[track_caller]
    pub(crate) fn recorded(&self, action: &str) -> Value {
        let mut events = self.record(action);
        assert_eq!(events.len(), 1, "{action}: {events:#?}");
        events.remove(0)
    }
}

/// What stands behind the `#` of a link.
pub(crate) fn token_of(made: &Value) -> String {
    let link = made["link"].as_str().unwrap();
    let (page, token) = link.split_once('#').unwrap();
    assert!(page.ends_with("/invitation"), "{link}");
    token.to_owned()
}

/// Checks that an event was done by an admin key from here, to this target.
#[track_caller]
pub(crate) fn assert_by_admin(event: &Value, scene: &Scene, kind: &str, id: &str) {
    assert_eq!(event["actor"]["type"], "api_key", "{event}");
    let key = scene.admin.split('_').nth(2).unwrap();
    assert_eq!(event["actor"]["id"], format!("key_{key}"));
    assert_eq!(event["context"]["ip"], "127.0.0.1");
    assert_eq!(event["context"]["user_agent"], "people/1");
    assert_eq!(event["result"], "success");
    assert_eq!(event["targets"][0]["type"], kind, "{event}");
    assert_eq!(event["targets"][0]["id"], id, "{event}");
}
