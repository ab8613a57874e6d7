//! The scope: what a caller may see.
//!
//! It is an organization and limits within it. An index answers by [`Scope::limit`], a condition that
//! every query holds; single events are let through by [`Scope::allows`].
//!
//! It must hold that:
//!
//! - the two say the same of every event of the organization;
//! - a limit only ever narrows: what one hides, no other shows again;
//! - no projects are not all projects: who is in none sees nothing;
//! - different scopes never have the same fingerprint, so that no cursor leads from one into another.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use super::field::{self, Field};
use super::{Condition, QueryError};
use crate::json::Json;

/// Most projects of a scope that is limited to some.
pub const MAX_SCOPE_PROJECTS: usize = 10_000;

static PROJECT_ID: LazyLock<Field> = LazyLock::new(|| Field::of_member("project_id"));
static ACTOR_ID: LazyLock<Field> = LazyLock::new(|| Field::of_id("actor", "actor"));
static TARGET_ID: LazyLock<Field> = LazyLock::new(|| Field::of_id("target", "targets"));

/// An organization, and what the caller may see in it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Scope {
    organization_id: String,
    /// Sorted and distinct. `None` is no limit, which an empty list is not.
    project_ids: Option<Vec<String>>,
    /// An event must have each of them as its actor, so that of two nothing is left.
    actor_ids: BTreeSet<String>,
    /// An event must have each of them among its targets.
    target_ids: BTreeSet<String>,
}

/// A scope would have more than [`MAX_SCOPE_PROJECTS`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{projects} projects are more than the {MAX_SCOPE_PROJECTS} that a caller may be limited to: \
     give a role in the whole organization, or in fewer projects"
)]
pub struct TooManyProjects {
    /// How many there are.
    pub projects: usize,
}

impl Scope {
    /// All of an organization.
    pub fn organization(organization_id: impl Into<String>) -> Self {
        Self {
            organization_id: organization_id.into(),
            project_ids: None,
            actor_ids: BTreeSet::new(),
            target_ids: BTreeSet::new(),
        }
    }

    /// One project of an organization, and nothing beside it.
    pub fn project(organization_id: impl Into<String>, project_id: impl Into<String>) -> Self {
        Self {
            project_ids: Some(vec![project_id.into()]),
            ..Self::organization(organization_id)
        }
    }

    /// Nothing of an organization.
    pub fn nothing(organization_id: impl Into<String>) -> Self {
        Self {
            project_ids: Some(Vec::new()),
            ..Self::organization(organization_id)
        }
    }

    /// These projects of an organization, and nothing beside them; nothing at all if there are none.
    pub fn projects(
        organization_id: impl Into<String>,
        project_ids: impl IntoIterator<Item = impl Into<String>>,
    ) -> Result<Self, TooManyProjects> {
        let mut ids: Vec<String> = project_ids.into_iter().map(Into::into).collect();
        ids.sort_unstable();
        ids.dedup();
        if ids.len() > MAX_SCOPE_PROJECTS {
            return Err(TooManyProjects {
                projects: ids.len(),
            });
        }
        Ok(Self {
            project_ids: Some(ids),
            ..Self::organization(organization_id)
        })
    }

    /// Of this, only what the actor with this id did.
    #[must_use]
    pub fn only_actor(mut self, id: impl Into<String>) -> Self {
        self.actor_ids.insert(id.into());
        self
    }

    /// Of this, only what has a target with this id.
    #[must_use]
    pub fn only_target(mut self, id: impl Into<String>) -> Self {
        self.target_ids.insert(id.into());
        self
    }

    /// The organization.
    pub fn organization_id(&self) -> &str {
        &self.organization_id
    }

    /// The only projects that may be seen, sorted and distinct. `None` if there is no such limit;
    /// there may be others all the same.
    pub fn project_ids(&self) -> Option<&[String]> {
        self.project_ids.as_deref()
    }

    /// The project that all that may be seen belongs to, if it is exactly one.
    pub fn only_project(&self) -> Option<&str> {
        match self.project_ids()? {
            [only] => Some(only),
            _ => None,
        }
    }

    /// The limits within the organization, as a condition.
    pub(super) fn limit(&self) -> Condition {
        let one = |field: &Field, id: &String| Condition::one_of(field.clone(), [id.clone()]);
        let projects = self.project_ids.iter();
        let projects =
            projects.map(|ids| Condition::one_of(PROJECT_ID.clone(), ids.iter().cloned()));
        let actors = self.actor_ids.iter().map(|id| one(&ACTOR_ID, id));
        let targets = self.target_ids.iter().map(|id| one(&TARGET_ID, id));
        Condition::all(projects.chain(actors).chain(targets))
    }

    /// Whether an event may be seen.
    pub fn allows(&self, event: &Json<'_>) -> bool {
        let organization_id = event.get("organization_id").and_then(Json::as_str);
        let has = |field: &Field, id: &String| field::values(field, event).iter().any(|v| v == id);
        organization_id == Some(&*self.organization_id)
            && self.project_ids.as_ref().is_none_or(|ids| {
                let values = field::values(&PROJECT_ID, event);
                values.iter().any(|value| is_among(ids, value))
            })
            && self.actor_ids.iter().all(|id| has(&ACTOR_ID, id))
            && self.target_ids.iter().all(|id| has(&TARGET_ID, id))
    }

    /// The condition that a question about one project is. A project that may not be seen is refused
    /// in the same words whether it exists or not, and whichever others may be.
    pub(super) fn asked_for(&self, project_id: &str) -> Result<Condition, QueryError> {
        let is_allowed = |ids: &Vec<String>| is_among(ids, project_id);
        if !self.project_ids.as_ref().is_none_or(is_allowed) {
            let message = "these credentials may not read the project: leave the parameter out for \
                           all that they may read";
            return Err(QueryError::new(
                "project_not_allowed",
                "project_id",
                message,
            ));
        }
        Ok(Condition::one_of(
            PROJECT_ID.clone(),
            [project_id.to_owned()],
        ))
    }

    /// What tells this scope from every other: parts of a name and texts, always all of them.
    pub(super) fn parts(&self) -> [(&'static str, Vec<&str>); 4] {
        let (projects, ids) = match self.project_ids() {
            None => ("all projects", Vec::new()),
            Some(ids) => ("projects", ids.iter().map(String::as_str).collect()),
        };
        [
            ("organization", vec![self.organization_id()]),
            (projects, ids),
            ("actors", texts(&self.actor_ids)),
            ("targets", texts(&self.target_ids)),
        ]
    }
}

fn texts(ids: &BTreeSet<String>) -> Vec<&str> {
    ids.iter().map(String::as_str).collect()
}

/// Whether an id is among sorted ones.
fn is_among(ids: &[String], id: &str) -> bool {
    ids.binary_search_by(|known| known.as_str().cmp(id)).is_ok()
}
