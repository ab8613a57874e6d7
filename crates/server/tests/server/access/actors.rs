//! Who asks: keys, viewer tokens and people of every kind, and what each of them may do.
//!
//! What a kind holds is said here again, so that one that comes to hold more is noticed.

use std::cell::RefCell;

use serde_json::{Value, json};

use super::table::{A_VIEW, Names, Needs, Operation, VIEWS};
use crate::harness::Server;
use crate::harness::people::{Cookies, Signed};

/// Every permission that there is.
const ALL: [&str; 18] = [
    "events.record",
    "events.read",
    "events.export",
    "log.read",
    "metrics.read",
    "settings.read",
    "members.read",
    "organization.manage",
    "catalog.manage",
    "projects.create",
    "projects.manage",
    "members.manage",
    "roles.manage",
    "keys.manage",
    "viewers.issue",
    "views.share",
    "retention.manage",
    "sso.manage",
];
const AUDITOR: [&str; 5] = [
    "events.read",
    "events.export",
    "log.read",
    "settings.read",
    "members.read",
];
/// What projects do not know, so that nothing of a project holds it.
const OF_ORGANIZATIONS_ALONE: [&str; 7] = [
    "log.read",
    "metrics.read",
    "organization.manage",
    "catalog.manage",
    "projects.create",
    "roles.manage",
    "sso.manage",
];

/// What keys and roles of a name hold, in the organization.
pub(super) fn held_by(name: &str) -> Vec<&'static str> {
    match name {
        "ingest" => vec!["events.record"],
        "read" => [&AUDITOR[..], &["metrics.read"]].concat(),
        "viewer" => vec!["events.read"],
        "admin" | "organization_admin" | "project_admin" => ALL.to_vec(),
        "auditor" => AUDITOR.to_vec(),
        "member" => Vec::new(),
        other => panic!("say what {other} holds"),
    }
}

/// Where somebody belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Home {
    /// The organization that all is about.
    Here,
    /// Another organization.
    Elsewhere,
    /// No organization.
    Nowhere,
}

/// What somebody sends along.
pub(super) enum Credentials<'s> {
    Nothing,
    Key(String),
    Person(Person<'s>),
}

/// Somebody who asks.
pub(super) struct Actor<'s> {
    pub(super) what: String,
    pub(super) credentials: Credentials<'s>,
    pub(super) home: Home,
    /// What is held in the whole organization.
    pub(super) everywhere: Vec<&'static str>,
    /// What is held in the project beside that, if there is a role or a limit.
    pub(super) in_project: Option<Vec<&'static str>>,
    pub(super) owns_instance: bool,
}

/// What an answer must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expected {
    Allowed,
    Unauthenticated,
    Forbidden,
    /// By a problem of this code.
    Absent(&'static str),
    /// Either: whether it is looked for or who asks is looked at first says nothing of what there is.
    ForbiddenOrAbsent,
}

impl Actor<'_> {
    /// Somebody who has a key or a viewer token of this kind.
    pub(super) fn with_key(text: String, kind: &str, is_limited: bool, home: Home) -> Self {
        let held = held_by(kind);
        let (everywhere, in_project) = match is_limited {
            true => (Vec::new(), Some(within_a_project(held))),
            false => (held, None),
        };
        Self {
            what: format!("a {kind} key, limited {is_limited}, of {home:?}"),
            credentials: Credentials::Key(text),
            home,
            everywhere,
            in_project,
            owns_instance: false,
        }
    }

    fn is_person(&self) -> bool {
        matches!(self.credentials, Credentials::Person(_))
    }

    fn is_viewer(&self) -> bool {
        matches!(&self.credentials, Credentials::Key(text) if text.starts_with("evident_viewer_"))
    }

    /// Whether all that is held is held in the project.
    pub(super) fn is_limited(&self) -> bool {
        self.everywhere.is_empty() && self.in_project.is_some()
    }

    fn has(&self, permission: &str) -> bool {
        let in_project = self.in_project.iter().flatten();
        self.everywhere
            .iter()
            .chain(in_project)
            .any(|held| *held == permission)
    }

    fn may(&self, needs: Needs) -> bool {
        match needs {
            Needs::Nothing | Needs::Membership => true,
            Needs::Permission(permission) | Needs::OrOwner(permission) => self.has(permission),
            Needs::InOrganization(permission)
            | Needs::InOrganizationOrOwner(permission)
            | Needs::AtHome(permission) => self.everywhere.contains(&permission),
            Needs::OrRoleInProject(permission) => self.in_project.is_some() || self.has(permission),
            Needs::PersonOr(permission) => self.is_person() || self.has(permission),
            Needs::Person => self.is_person(),
            Needs::Owner => self.owns_instance,
        }
    }

    /// What an operation must answer.
    pub(super) fn expects(&self, (method, path, needs, names): Operation) -> Expected {
        match needs {
            Needs::Nothing => return Expected::Allowed,
            // Viewer tokens are no credentials where no key is.
            Needs::Person | Needs::Owner if self.is_viewer() => return Expected::Unauthenticated,
            Needs::OrOwner(_) | Needs::InOrganizationOrOwner(_) if self.owns_instance => {
                return Expected::Allowed;
            }
            Needs::OrOwner(_) | Needs::InOrganizationOrOwner(_) if self.home == Home::Nowhere => {
                return Expected::Absent("not_found");
            }
            Needs::Person | Needs::Owner | Needs::PersonOr(_) => {
                return match self.may(needs) {
                    true => Expected::Allowed,
                    false => Expected::Forbidden,
                };
            }
            _ => {}
        }
        match self.home {
            Home::Nowhere => Expected::Forbidden,
            Home::Elsewhere if matches!(needs, Needs::AtHome(_)) => Expected::Forbidden,
            Home::Elsewhere => self.expects_elsewhere(needs, names),
            // Nobody has views by a viewer token.
            Home::Here if self.is_viewer() && (method, path) == ("get", A_VIEW) => {
                Expected::Absent("not_found")
            }
            Home::Here if self.is_viewer() && (method, path) == ("post", VIEWS) => {
                Expected::Forbidden
            }
            Home::Here if !self.may(needs) => Expected::Forbidden,
            Home::Here if self.is_limited() && names == Names::AnEvent => {
                Expected::Absent("not_found")
            }
            Home::Here => Expected::Allowed,
        }
    }

    fn expects_elsewhere(&self, needs: Needs, names: Names) -> Expected {
        match (self.may(needs), names) {
            (true, Names::Nothing) => Expected::Allowed,
            (true, Names::Something(code)) => Expected::Absent(code),
            (true, Names::AnEvent) => Expected::Absent("not_found"),
            (false, Names::Nothing) => Expected::Forbidden,
            (false, _) => Expected::ForbiddenOrAbsent,
        }
    }
}

/// What is left of it in a project.
pub(super) fn within_a_project(held: Vec<&'static str>) -> Vec<&'static str> {
    let known = |permission: &&str| !OF_ORGANIZATIONS_ALONE.contains(permission);
    held.into_iter().filter(known).collect()
}

/// A person who is signed in, and what only that person knows.
pub(super) struct Person<'s> {
    server: &'s Server,
    email: String,
    pub(super) password: RefCell<String>,
    pub(super) signed: RefCell<Signed<'s>>,
    /// The secret of the second factor, once it is begun.
    pub(super) secret: RefCell<String>,
    /// The recovery codes that were given last.
    pub(super) recovery: RefCell<Vec<String>>,
}

impl<'s> Person<'s> {
    pub(super) fn sign_in(server: &'s Server, email: &str, password: &str) -> Self {
        Self {
            server,
            email: email.to_owned(),
            password: RefCell::new(password.to_owned()),
            signed: RefCell::new(server.sign_in(email, password)),
            secret: RefCell::default(),
            recovery: RefCell::default(),
        }
    }

    /// Another session of the same person.
    pub(super) fn again(&self) -> Signed<'s> {
        let credentials = json!({"email": self.email, "password": *self.password.borrow()});
        self.server.sign_in_with(&Cookies::default(), &credentials)
    }

    /// What an operation on the own account is sent.
    pub(super) fn body(&self, method: &str, path: &str) -> Option<Value> {
        let password = self.password.borrow().clone();
        let recovery = || self.recovery.borrow().first().cloned().unwrap_or_default();
        Some(match (method, path) {
            ("patch", "/v1/auth/profile") => json!({"name": "Somebody"}),
            ("put", "/v1/auth/password") => {
                json!({"current": password, "new": format!("{password} lamp")})
            }
            ("post", "/v1/auth/totp") => json!({ "password": password }),
            ("post", "/v1/auth/totp/confirm") => {
                json!({"code": super::codes::code(&self.secret.borrow())})
            }
            ("post", "/v1/auth/recovery-codes") | ("delete", "/v1/auth/totp") => {
                json!({"password": password, "code": recovery()})
            }
            _ => return None,
        })
    }

    /// Keeps what an answer tells and changes.
    pub(super) fn learn(&self, method: &str, path: &str, answer: &Value) {
        if let Some(secret) = answer["secret"].as_str() {
            *self.secret.borrow_mut() = secret.to_owned();
        }
        if let Some(codes) = answer["recovery_codes"].as_array() {
            let codes = codes.iter().map(|code| code.as_str().unwrap().to_owned());
            *self.recovery.borrow_mut() = codes.collect();
        }
        match (method, path) {
            ("put", "/v1/auth/password") => self.password.borrow_mut().push_str(" lamp"),
            ("post", "/v1/auth/logout") => *self.signed.borrow_mut() = self.again(),
            _ => {}
        }
    }
}
