//! The decision: what a caller holds, and how far a permission reaches.
//!
//! [`Held::reach`] is the one function that decides. What must always hold:
//!
//! - a permission that projects do not know is held in the whole organization or not at all;
//! - what is archived is read by those who may, and changed and added to by nobody; in an organization that is archived
//!   something is taken away by those who may, where the request says that it does nothing else ([`Held::for_taking`]);
//! - a limit to an actor or a target never widens anything: it comes on top of the reach;
//! - nobody gives others what they do not hold themselves, there where they give it ([`Held::may_give`]).

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::control::{Holdings, KeyKind, Level, Permission, Permissions, Role};

/// What a caller holds in an organization.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Held {
    everywhere: Permissions,
    projects: BTreeMap<Arc<str>, Permissions>,
    /// The only actor, and the only target, of whose events anything is seen.
    actor: Option<Arc<str>>,
    target: Option<Arc<str>>,
    /// The organization is archived.
    frozen: bool,
    /// What is asked for takes away only, which archiving does not stop.
    takes: bool,
    /// What would be held in projects that are archived.
    lost: Permissions,
}

/// What keeps somebody from what their keys or roles would allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Archived {
    /// The organization.
    Organization,
    /// Each project where it is held.
    Project,
}

/// How far a permission reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Nowhere.
    Nothing,
    /// To these projects, of which there is at least one, and nothing beside them.
    Projects(Vec<Arc<str>>),
    /// To all of the organization.
    Organization,
}

impl Reach {
    /// Whether it reaches a project.
    pub(crate) fn includes(&self, project_id: &str) -> bool {
        match self {
            Self::Nothing => false,
            Self::Projects(ids) => ids.iter().any(|id| **id == *project_id),
            Self::Organization => true,
        }
    }
}

impl Held {
    /// What a key of this kind holds, in the organization or in one project of it.
    pub(crate) fn by_key(kind: KeyKind, project_id: Option<&str>) -> Self {
        let permissions = permissions_of(kind);
        match project_id {
            None => Self {
                everywhere: permissions,
                ..Self::default()
            },
            Some(id) => Self {
                projects: BTreeMap::from([(Arc::from(id), permissions.within_a_project())]),
                ..Self::default()
            },
        }
    }

    /// What a person holds by roles.
    pub(crate) fn by_roles(holdings: Holdings) -> Self {
        let projects = holdings.projects.into_iter();
        Self {
            everywhere: holdings.everywhere,
            projects: projects.map(|(id, held)| (Arc::from(id), held)).collect(),
            ..Self::default()
        }
    }

    /// What a viewer token gives: reading, within what it is limited to.
    pub(crate) fn by_viewer_token(
        project_id: Option<&str>,
        actor: Option<&str>,
        target: Option<&str>,
    ) -> Self {
        let reading = [Permission::ReadEvents].into_iter().collect();
        let (everywhere, projects) = match project_id {
            None => (reading, BTreeMap::new()),
            Some(id) => (
                Permissions::NONE,
                BTreeMap::from([(Arc::from(id), reading)]),
            ),
        };
        Self {
            everywhere,
            projects,
            actor: actor.map(Arc::from),
            target: target.map(Arc::from),
            ..Self::default()
        }
    }

    /// The same in an organization that is archived, if it is.
    pub(crate) fn frozen_if(self, frozen: bool) -> Self {
        Self { frozen, ..self }
    }

    /// The same for a request that takes away only, if it does: as much as if the organization were not archived.
    pub(crate) fn for_taking(self, takes: bool) -> Self {
        Self { takes, ..self }
    }

    /// Whether what is asked for takes away only.
    pub(crate) fn takes(&self) -> bool {
        self.takes
    }

    /// Whether archiving stops what is asked for, unless it reads or brings back.
    fn is_stopped(&self) -> bool {
        self.frozen && !self.takes
    }

    /// The same without what is held in projects that take nothing new: reading stays, and bringing them back.
    pub(crate) fn without_archived(mut self, is_archived: impl Fn(&str) -> bool) -> Self {
        let archived = self.projects.iter_mut().filter(|(id, _)| is_archived(id));
        for (_, held) in archived {
            self.lost = self.lost.union(*held);
            *held = held
                .iter()
                .filter(|permission| is_reading(*permission) || thaws_projects(*permission))
                .collect();
        }
        self
    }

    /// What is archived, where that is why a permission reaches nothing.
    pub(super) fn archived(&self, permission: Permission) -> Option<Archived> {
        if self.reach(permission) != Reach::Nothing {
            return None;
        }
        let thawed = self.clone().frozen_if(false);
        match thawed.reach(permission) {
            Reach::Nothing if thawed.lost.has(permission) => Some(Archived::Project),
            Reach::Nothing => None,
            Reach::Projects(_) | Reach::Organization => Some(Archived::Organization),
        }
    }

    /// Whether the organization is archived: nothing is changed in it, not even what is the caller's own.
    pub(crate) fn is_frozen(&self) -> bool {
        self.frozen
    }

    /// How far a permission reaches: the decision that every handler's right goes back to.
    pub(crate) fn reach(&self, permission: Permission) -> Reach {
        if self.is_stopped() && !is_reading(permission) && !thaws(permission) {
            return Reach::Nothing;
        }
        if self.everywhere.has(permission) {
            return Reach::Organization;
        }
        if !permission.is_of_projects() {
            return Reach::Nothing;
        }
        let holding = self
            .projects
            .iter()
            .filter(|(_, held)| held.has(permission));
        let ids: Vec<_> = holding.map(|(id, _)| Arc::clone(id)).collect();
        match ids.is_empty() {
            true => Reach::Nothing,
            false => Reach::Projects(ids),
        }
    }

    /// Whether all that is held is held in projects.
    pub(crate) fn is_within_projects(&self) -> bool {
        self.everywhere == Permissions::NONE && !self.projects.is_empty()
    }

    /// Whether these permissions may be given to others, in a project or everywhere.
    pub(crate) fn may_give(&self, permissions: Permissions, project_id: Option<&str>) -> bool {
        if self.is_stopped() {
            return false;
        }
        let in_project = project_id
            .and_then(|id| self.projects.get(id).copied())
            .unwrap_or(Permissions::NONE);
        self.everywhere.union(in_project).cover(permissions)
    }

    /// Whether a role may be given to others, in a project or everywhere.
    pub(crate) fn may_give_role(&self, role: &Role, project_id: Option<&str>) -> bool {
        let permissions = match project_id {
            Some(_) => role.permissions.within_a_project(),
            None => role.permissions,
        };
        let level = match project_id {
            Some(_) => Level::Project,
            None => Level::Organization,
        };
        role.is_for(level) && self.may_give(permissions, project_id)
    }

    /// Whether a key of this kind may be given to others.
    pub(crate) fn may_give_key(&self, kind: KeyKind, project_id: Option<&str>) -> bool {
        let permissions = match project_id {
            Some(_) => permissions_of(kind).within_a_project(),
            None => permissions_of(kind),
        };
        self.may_give(permissions, project_id)
    }

    /// The only actor whose events are seen, if there is such a limit.
    pub(crate) fn actor(&self) -> Option<&str> {
        self.actor.as_deref()
    }

    /// The only target of whose events anything is seen, if there is such a limit.
    pub(crate) fn target(&self) -> Option<&str> {
        self.target.as_deref()
    }

    /// Whether everything that the others hold is held here too.
    pub(crate) fn covers(&self, others: &Self) -> bool {
        let mut projects = others.projects.iter();
        self.everywhere.cover(others.everywhere)
            && projects.all(|(id, held)| {
                let here = self.projects.get(id).copied().unwrap_or(Permissions::NONE);
                self.everywhere.union(here).cover(*held)
            })
    }

    /// What is held everywhere, and in each project beside that.
    pub(crate) fn permissions(
        &self,
    ) -> (Permissions, impl Iterator<Item = (&Arc<str>, Permissions)>) {
        let projects = self.projects.iter().map(|(id, held)| (id, *held));
        (self.everywhere, projects)
    }
}

/// What keys of a kind hold.
fn permissions_of(kind: KeyKind) -> Permissions {
    use Permission as P;
    match kind {
        KeyKind::Ingest => [P::RecordEvents].into_iter().collect(),
        KeyKind::Read => [
            P::ReadEvents,
            P::ExportEvents,
            P::ReadLog,
            P::ReadMetrics,
            P::ReadSettings,
            P::ReadMembers,
        ]
        .into_iter()
        .collect(),
        KeyKind::Admin => Permissions::all(),
    }
}

/// Whether it changes and adds nothing.
const fn is_reading(permission: Permission) -> bool {
    matches!(
        permission,
        Permission::ReadEvents
            | Permission::ExportEvents
            | Permission::ReadLog
            | Permission::ReadMetrics
            | Permission::ReadSettings
            | Permission::ReadMembers
    )
}

/// Whether it is needed to bring back what is archived.
const fn thaws(permission: Permission) -> bool {
    matches!(permission, Permission::ManageOrganization)
}

/// Whether it is needed to bring back a project that is archived.
const fn thaws_projects(permission: Permission) -> bool {
    matches!(permission, Permission::ManageProjects)
}

#[cfg(test)]
mod tests;
