//! How far somebody reached who has something made that is there for longer than a request.
//!
//! What must always hold:
//!
//! - a scope comes of it only by a reach that covers all of it, at that moment: who has lost a right or a project
//!   since gets nothing of what was made before;
//! - it never grows: what somebody reaches more by now is not in it.

use evident_event::query::Scope;

use super::{AuthError, Authorized, ExportEvents, Reach};

/// A part of an organization that something was made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeptScope {
    /// `None`: all of it.
    projects: Option<Vec<String>>,
}

impl KeptScope {
    /// Of what a caller may take out, that which a question is limited to.
    pub(crate) fn of(
        caller: &Authorized<ExportEvents>,
        asked_project: Option<&str>,
    ) -> Result<Self, AuthError> {
        let held = caller.caller().held();
        if held.actor().is_some() || held.target().is_some() {
            // No credentials with such a limit may take anything out.
            return Err(AuthError::Forbidden(
                crate::control::Permission::ExportEvents,
            ));
        }
        let projects = match (asked_project, caller.reach()) {
            (Some(id), _) => Some(vec![id.to_owned()]),
            (None, Reach::Organization) => None,
            (None, Reach::Projects(ids)) => Some(ids.iter().map(|id| id.to_string()).collect()),
            (None, Reach::Nothing) => Some(Vec::new()),
        };
        Ok(Self { projects })
    }

    /// As it was kept.
    pub(crate) fn kept(projects: Option<Vec<String>>) -> Self {
        Self { projects }
    }

    /// As it is to be kept: the projects, or `None` for all of the organization.
    pub(crate) fn projects(&self) -> Option<&[String]> {
        self.projects.as_deref()
    }

    /// Whether a reach covers all of it.
    pub(crate) fn is_within(&self, reach: &Reach) -> bool {
        match &self.projects {
            None => *reach == Reach::Organization,
            Some(ids) => *reach != Reach::Nothing && ids.iter().all(|id| reach.includes(id)),
        }
    }

    /// What may be seen of it by whoever reaches all of it.
    pub(crate) fn scope(&self, organization_id: &str, reach: &Reach) -> Option<Scope> {
        if !self.is_within(reach) {
            return None;
        }
        Some(match &self.projects {
            None => Scope::organization(organization_id),
            Some(ids) => Scope::projects(organization_id, ids.iter().map(String::as_str))
                .unwrap_or_else(|_| Scope::nothing(organization_id)),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn projects(ids: &[&str]) -> Reach {
        Reach::Projects(ids.iter().map(|id| Arc::from(*id)).collect())
    }

    fn kept(ids: &[&str]) -> KeptScope {
        KeptScope::kept(Some(ids.iter().map(|id| (*id).to_owned()).collect()))
    }

    #[test]
    fn only_who_reaches_all_of_it_gets_its_scope() {
        let whole = KeptScope::kept(None);
        assert!(whole.is_within(&Reach::Organization));
        assert!(!whole.is_within(&projects(&["a"])));
        assert!(!whole.is_within(&Reach::Nothing));
        let two = kept(&["a", "b"]);
        assert!(two.is_within(&Reach::Organization));
        assert!(two.is_within(&projects(&["b", "c", "a"])));
        assert!(!two.is_within(&projects(&["a"])));
        assert!(two.scope("org", &projects(&["a"])).is_none());
        // Who reaches more by now gets no more by it.
        let scope = two.scope("org", &Reach::Organization);
        let ids = scope.as_ref().and_then(Scope::project_ids);
        assert_eq!(ids, Some(&["a".to_owned(), "b".to_owned()][..]));
        assert!(!kept(&[]).is_within(&Reach::Nothing));
    }
}
