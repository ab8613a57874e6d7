//! What was done to Evident itself, on its way to becoming an event.

use evident_event::id::EventId;
use serde_json::{Map, Value, json};

use crate::auth::{Caller, Person, Visit, Who};

/// What tells Evident's own acts from those of the platform, whose events have the same actions: the member of
/// their metadata that says so.
const SYSTEM: (&str, &str) = ("system", "evident");

/// What is done to sessions, and to nothing else.
const OF_SESSIONS: [&str; 2] = ["user.login", "user.logout"];

/// Whoever did it, and from where.
#[derive(Debug, Clone)]
pub(crate) struct Author {
    actor: Value,
    context: Value,
    method: String,
    path: String,
    credentials: Option<Credentials>,
}

/// What somebody acts by. It is looked at again once nobody else changes anything: a request may have been under way
/// for as long as its body took, and what it was let in by may have been taken away meanwhile.
#[derive(Debug, Clone)]
pub(super) enum Credentials {
    /// In an organization.
    Caller(Box<Caller>),
    /// As a person, whatever the organization.
    Person(Box<Person>),
}

impl Author {
    /// A caller who was let in.
    pub(crate) fn of(caller: &Caller, visit: &Visit) -> Self {
        let author = match caller.who() {
            Who::Key { id, name, .. } => {
                let mut actor = json!({"type": "api_key", "id": &**id});
                name_it(&mut actor, "name", name);
                Self::with(actor, None, visit)
            }
            Who::Person(person) => Self::person(person, visit),
            Who::Viewer { id, .. } => {
                Self::with(json!({"type": "viewer_token", "id": &**id}), None, visit)
            }
        };
        Self {
            credentials: Some(Credentials::Caller(Box::new(caller.clone()))),
            ..author
        }
    }

    /// What the author acts by, if it is to be looked at again.
    pub(super) fn credentials(&self) -> Option<&Credentials> {
        self.credentials.as_ref()
    }

    /// A person who is signed in.
    pub(crate) fn person(person: &Person, visit: &Visit) -> Self {
        let actor = user(&person.id, &person.name, &person.email);
        Self {
            credentials: Some(Credentials::Person(Box::new(person.clone()))),
            ..Self::with(actor, Some(&person.session_id), visit)
        }
    }

    /// A person who is known by now, without a session yet.
    pub(crate) fn user(id: &str, name: &str, email: &str, visit: &Visit) -> Self {
        Self::with(user(id, name, email), None, visit)
    }

    /// Somebody who is not known, who claims this address.
    pub(crate) fn stranger(email: Option<&str>, visit: &Visit) -> Self {
        let mut actor = json!({"type": "unknown", "id": "unknown"});
        name_it(&mut actor, "email", email.unwrap_or_default());
        Self::with(actor, None, visit)
    }

    /// A key that is known by its id alone: it was refused.
    pub(crate) fn key(id: &str, visit: &Visit) -> Self {
        Self::with(json!({"type": "api_key", "id": id}), None, visit)
    }

    /// Evident, by itself.
    pub(crate) fn evident() -> Self {
        Self {
            actor: json!({"type": "system", "id": "evident", "name": "Evident"}),
            context: json!({}),
            method: String::new(),
            path: String::new(),
            credentials: None,
        }
    }

    fn with(actor: Value, session_id: Option<&str>, visit: &Visit) -> Self {
        let mut context = json!({});
        if !visit.address.is_unspecified() {
            name_it(&mut context, "ip", &visit.address.to_string());
        }
        name_it(
            &mut context,
            "user_agent",
            visit.user_agent.as_deref().unwrap_or_default(),
        );
        name_it(&mut context, "session_id", session_id.unwrap_or_default());
        Self {
            actor,
            context,
            method: visit.method.as_str().to_owned(),
            path: visit.path.clone(),
            credentials: None,
        }
    }
}

fn user(id: &str, name: &str, email: &str) -> Value {
    let mut actor = json!({"type": "user", "id": id});
    name_it(&mut actor, "name", name);
    name_it(&mut actor, "email", email);
    actor
}

/// Adds a member, unless it would be empty.
fn name_it(object: &mut Value, name: &str, text: &str) {
    if !text.is_empty()
        && let Some(object) = object.as_object_mut()
    {
        object.insert(name.to_owned(), Value::from(text));
    }
}

/// What was done.
#[derive(Debug, Clone)]
pub(crate) struct Deed {
    action: &'static str,
    result: &'static str,
    reason: Option<String>,
    project_id: Option<String>,
    targets: Vec<Value>,
    changes: Vec<Value>,
    metadata: Map<String, Value>,
    body: Option<Value>,
    status: Option<u16>,
}

impl Deed {
    /// Something that succeeded.
    pub(crate) fn new(action: &'static str) -> Self {
        Self {
            action,
            result: "success",
            reason: None,
            project_id: None,
            targets: Vec::new(),
            changes: Vec::new(),
            metadata: Map::new(),
            body: None,
            status: None,
        }
    }

    /// The same, with another result, and why.
    pub(crate) fn but(mut self, result: &'static str, reason: impl Into<String>) -> Self {
        self.result = result;
        self.reason = Some(reason.into());
        self
    }

    /// The same, in a project.
    pub(crate) fn in_project(mut self, project_id: Option<&str>) -> Self {
        self.project_id = project_id.map(str::to_owned);
        self
    }

    /// The same, done to something.
    pub(crate) fn to(mut self, kind: &str, id: &str, name: &str) -> Self {
        let mut target = json!({"type": kind, "id": id});
        name_it(&mut target, "name", name);
        self.targets.push(target);
        self
    }

    /// The same, with what a field was before and is now, unless it stayed as it was.
    pub(crate) fn changing(
        mut self,
        field: &str,
        old: impl Into<Value>,
        new: impl Into<Value>,
    ) -> Self {
        let (old, new) = (old.into(), new.into());
        if old != new {
            self.changes
                .push(json!({"field": field, "old": old, "new": new}));
        }
        self
    }

    /// The same, with something more to say.
    pub(crate) fn saying(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.metadata.insert(key.to_owned(), value.into());
        self
    }

    /// The same, with the body of the request. Secrets in it are replaced at the door as in all events; a body that
    /// is all secrets has no place here.
    pub(crate) fn asked_by(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    /// The same, with the status of the answer.
    pub(crate) fn answered(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// The action.
    pub(super) fn action(&self) -> &'static str {
        self.action
    }

    /// Whether it tells of a session alone, which memory has nothing of.
    pub(super) fn is_of_a_session(&self) -> bool {
        OF_SESSIONS.contains(&self.action)
    }

    /// Whether it changed nothing that it was to change.
    pub(crate) fn changes_nothing(&self) -> bool {
        self.changes.is_empty()
    }

    /// The event's text, as a client would send it.
    pub(super) fn text(self, id: &EventId, author: &Author) -> String {
        let mut metadata = self.metadata;
        metadata.insert(SYSTEM.0.to_owned(), Value::from(SYSTEM.1));
        let mut event = json!({
            "id": id.to_string(),
            "action": self.action,
            "actor": author.actor,
            "result": self.result,
            "context": author.context,
            "metadata": metadata,
        });
        name_it(
            &mut event,
            "reason",
            self.reason.as_deref().unwrap_or_default(),
        );
        name_it(
            &mut event,
            "project_id",
            self.project_id.as_deref().unwrap_or_default(),
        );
        let mut request = json!({});
        name_it(&mut request, "method", &author.method);
        name_it(&mut request, "path", &author.path);
        let lists = [("targets", self.targets), ("changes", self.changes)];
        if let Some(event) = event.as_object_mut() {
            for (name, list) in lists {
                if !list.is_empty() {
                    event.insert(name.to_owned(), Value::from(list));
                }
            }
            if let Some(request) = request.as_object_mut() {
                if let Some(status) = self.status {
                    request.insert("status".to_owned(), Value::from(status));
                }
                if let Some(body) = self.body {
                    request.insert("body".to_owned(), body);
                }
            }
            if request
                .as_object()
                .is_some_and(|request| !request.is_empty())
            {
                event.insert("request".to_owned(), request);
            }
        }
        event.to_string()
    }
}
