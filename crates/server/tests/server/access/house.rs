//! The place where it all happens: two organizations on a server, with keys and people of every kind.

use serde_json::json;

use super::actors::{Actor, Credentials, Home, Person, held_by, within_a_project};
use super::{OWN_ACTION, SECRET};
use crate::harness::{Directory, KeyOptions, Organization, Reply, Server, event, event_type};

/// The project of the first organization that keys are limited to.
pub(super) const PROJECT: &str = "prj_1";
/// The project of the other one.
pub(super) const THEIRS: &str = "prj_2";
/// Everybody's.
pub(super) const PASSWORD: &str = "plover cactus anvil teapot";
/// A plain member of the first organization, and of its project, who does nothing.
pub(super) const MEMBER: &str = "usr_quiet";
/// One of the other organization.
pub(super) const THEIR_MEMBER: &str = "usr_quiet_too";
/// Somebody who signs in, is invited and forgets the password.
pub(super) const PUBLIC: &str = "public@example.com";

pub(super) struct House {
    pub(super) directory: Directory,
    pub(super) server: Server,
    pub(super) other: Organization,
    pub(super) event_id: String,
    /// Keys that do not work, each with the reason.
    pub(super) dead: Vec<(&'static str, String)>,
    keys: Vec<(String, &'static str, bool, Home)>,
    /// Makes what the others are to change.
    pub(super) keeper: String,
    /// The id of the organization's role.
    pub(super) role_id: String,
    /// The id of its issuer of viewer tokens.
    pub(super) issuer_id: String,
}

fn dead_keys(directory: &Directory) -> Vec<(&'static str, String)> {
    let mut dead = Vec::new();
    let id = &directory.organization.id;
    for kind in ["ingest", "read", "admin"] {
        let expired = KeyOptions {
            expires_at: Some(1),
            ..KeyOptions::default()
        };
        let revoked = KeyOptions {
            revoked_at: Some(i64::MAX),
            ..KeyOptions::default()
        };
        dead.push(("expired", directory.add_key(id, kind, expired)));
        dead.push(("revoked", directory.add_key(id, kind, revoked)));
    }
    let admin = &directory.organization.admin;
    let last = admin.chars().last().unwrap();
    let flipped = if last == '0' { '1' } else { '0' };
    let wrong = format!("{}{flipped}", &admin[..admin.len() - 1]);
    dead.push(("wrong secret", wrong));
    let renamed = directory.organization.read.replace("_read_", "_root_");
    dead.push(("renamed kind", renamed));
    for garbage in ["", "x", "evident_admin_x_y", "null", "' OR 1=1 --", "{}"] {
        dead.push(("garbage", garbage.to_owned()));
    }
    dead.push(("garbage", "evident_viewer_x.y".to_owned()));
    dead
}

/// Makes somebody with neither password nor organization.
pub(super) fn add_user(directory: &Directory, id: &str) {
    let statement = format!(
        "INSERT INTO users (id, email, password_hash, created_at) \
         VALUES ('{id}', '{id}@example.com', '', 1)"
    );
    directory.rows(statement.leak());
}

/// Gives a member of the first organization a role in its project.
fn add_project_member(directory: &Directory, user_id: &str, role: &str) {
    let organization_id = &directory.organization.id;
    let statement = format!(
        "INSERT INTO project_members (organization_id, project_id, user_id, role, joined_at) \
         VALUES ('{organization_id}', '{PROJECT}', '{user_id}', '{role}', 1)"
    );
    directory.rows(statement.leak());
}

fn add_people(directory: &Directory) {
    let home = &directory.organization.id;
    for (id, organization_id) in [(MEMBER, home.as_str()), (THEIR_MEMBER, "org_other")] {
        add_user(directory, id);
        directory.add_member(organization_id, id, "member");
    }
    add_project_member(directory, MEMBER, "member");
    directory.add_person(PUBLIC, PASSWORD, "member");
    for role in ["organization_admin", "auditor", "member"] {
        directory.add_person(&format!("{role}@example.com"), PASSWORD, role);
    }
    let person = directory.add_person("project_admin@example.com", PASSWORD, "member");
    add_project_member(directory, &person.id, "project_admin");
    for (name, role) in [("elsewhere", "organization_admin"), ("owner", "member")] {
        let email = format!("{name}@example.com");
        let person = directory.add_person(&email, PASSWORD, role);
        directory.remove_member(&person.id);
        directory.add_member("org_other", &person.id, role);
    }
    let person = directory.add_person("nowhere@example.com", PASSWORD, "organization_admin");
    directory.remove_member(&person.id);
    let owner = "INSERT INTO instance_owners (user_id, created_at) \
                 VALUES ('usr_owner_example_com', 1)";
    directory.rows(owner);
}

impl House {
    pub(super) fn build() -> Self {
        let directory = Directory::init();
        let home = directory.organization.id.clone();
        let other = directory.add_organization("org_other");
        directory.add_project(&home, PROJECT);
        directory.add_project(&other.id, THEIRS);
        // Not by a change, which those who read in the project would see.
        let named = format!("UPDATE projects SET name = '{SECRET}' WHERE id = '{PROJECT}'");
        directory.rows(named.leak());
        let dead = dead_keys(&directory);
        let mut keys = Vec::new();
        for (id, project_id, home) in [
            (home.as_str(), PROJECT, Home::Here),
            ("org_other", THEIRS, Home::Elsewhere),
        ] {
            for kind in ["ingest", "read", "admin"] {
                for project_id in [None, Some(project_id)] {
                    let options = KeyOptions {
                        project_id,
                        ..KeyOptions::default()
                    };
                    let text = directory.add_key(id, kind, options);
                    keys.push((text, kind, project_id.is_some(), home));
                }
            }
        }
        add_people(&directory);
        let keeper = directory.add_key(&home, "admin", KeyOptions::default());
        let server = directory.serve();
        let mut house = Self {
            directory,
            server,
            other,
            event_id: String::new(),
            dead,
            keys,
            keeper,
            role_id: String::new(),
            issuer_id: String::new(),
        };
        house.furnish();
        house
    }

    /// Makes what is only for the first organization, each with the secret in it.
    fn furnish(&mut self) {
        let server = &self.server;
        let mut secret = event(SECRET);
        secret["description"] = json!(SECRET);
        let answer = server.post("/v1/events?wait=checkpoint", &secret);
        let answer = answer.expect(201);
        let mut own_type = event_type(OWN_ACTION);
        own_type["description"] = json!(SECRET);
        server.change("POST", "/v1/catalog", &own_type).expect(201);
        let name = json!({ "name": SECRET });
        let organization = server.organization_path();
        server.change("PATCH", &organization, &name).expect(200);
        let role = json!({"name": SECRET, "level": "organization", "permissions": []});
        let role = server.change("POST", "/v1/roles", &role).expect(201);
        // Its name is told to the readers of the projects that it issues tokens for; that of the second is not.
        let [issuer, _] = ["Portal", SECRET].map(|name| {
            let issuer = json!({"name": name, "origins": []});
            let made = server.change("POST", "/v1/viewer-issuers", &issuer);
            made.expect(201)
        });
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        self.event_id = text(&answer["receipts"][0]["id"]);
        self.role_id = text(&role["id"]);
        self.issuer_id = text(&issuer["id"]);
    }

    /// What the keeper of an organization is answered.
    pub(super) fn keep(&self, home: Home, method: &str, path: &str, body: &str) -> Reply {
        let key = match home {
            Home::Elsewhere => &self.other.admin,
            Home::Here | Home::Nowhere => &self.keeper,
        };
        self.server
            .request(method, path, Some(key), &[], body.as_bytes())
    }

    /// Keys of every kind of an organization, with and without a limit to a project.
    pub(super) fn keys(&self, of: Home) -> Vec<Actor<'_>> {
        let keys = self.keys.iter().filter(|(.., home)| *home == of);
        keys.map(|(text, kind, is_limited, home)| {
            Actor::with_key(text.clone(), kind, *is_limited, *home)
        })
        .collect()
    }

    /// Viewer tokens of the first organization.
    pub(super) fn viewers(&self) -> Vec<Actor<'_>> {
        [None, Some(PROJECT)]
            .into_iter()
            .map(|project_id| {
                let mut asked = json!({"issuer_id": self.issuer_id, "expires_in_seconds": 3600});
                if let Some(id) = project_id {
                    asked["project_id"] = json!(id);
                }
                let made = self.server.change("POST", "/v1/viewer-tokens", &asked);
                let token = made.expect(201)["token"].as_str().unwrap().to_owned();
                Actor::with_key(token, "viewer", project_id.is_some(), Home::Here)
            })
            .collect()
    }

    /// People of every kind, signed in.
    pub(super) fn people(&self) -> Vec<Actor<'_>> {
        let names = [
            ("organization_admin", Home::Here),
            ("project_admin", Home::Here),
            ("auditor", Home::Here),
            ("member", Home::Here),
            ("elsewhere", Home::Elsewhere),
            ("owner", Home::Elsewhere),
            ("nowhere", Home::Nowhere),
        ];
        let people = names.into_iter().map(|(name, home)| {
            let email = format!("{name}@example.com");
            let is_of_project = name == "project_admin";
            let everywhere = match name {
                "project_admin" | "owner" | "nowhere" => Vec::new(),
                "elsewhere" => held_by("organization_admin"),
                role => held_by(role),
            };
            Actor {
                what: format!("the person {name}"),
                credentials: Credentials::Person(Person::sign_in(&self.server, &email, PASSWORD)),
                home,
                everywhere,
                in_project: is_of_project.then(|| within_a_project(held_by(name))),
                owns_instance: name == "owner",
            }
        });
        people.collect()
    }
}
