//! What is set: how long an organization and its projects keep their events.
//!
//! What must hold:
//!
//! - a change of a rule and its record are one: both are there or neither is;
//! - the store knows of a change before it is answered ([`Store::rules_changed`](evident_store::Store::rules_changed)),
//!   also when nobody waits for the answer any more: a run that is under way goes on by the rules as they are.

use std::collections::BTreeMap;
use std::sync::Arc;

use evident_event::time::Timestamp;
use evident_store::expiry::Removed;

use super::{MAX_PROJECT_RULES, Retention, RetentionError, doubt, rules};
use crate::acts::{Act, ActError, Author, Deed};
use crate::auth::{Authorized, ManageRetention};
use crate::control::{
    ChangeError, Keep, RetainedProject, RetentionRule, RetentionRules, RetentionRun,
    must_take_changes,
};
use crate::edge;

/// All there is to say of an organization.
pub(crate) struct Standing {
    /// The rules that were set.
    pub(crate) rules: RetentionRules,
    /// The projects that have one of their own, by their ids.
    pub(crate) projects: BTreeMap<String, RetainedProject>,
    /// What is in force where no project says otherwise.
    pub(crate) in_force: Keep,
    /// The last run.
    pub(crate) last_run: Option<RetentionRun>,
    /// All that was ever removed, if anything was.
    pub(crate) removed: Option<Removed>,
    /// When it runs next; `None`: nothing is in force, so it does not.
    pub(crate) next_run_at: Option<Timestamp>,
    /// Until when nothing goes by itself, because the clock is doubted.
    pub(crate) waits_until: Option<Timestamp>,
}

/// How long the events of a project are kept.
pub(crate) struct RetainedIn {
    /// The project.
    pub(crate) project: RetainedProject,
    /// Its own rule, if it has one.
    pub(crate) own: Option<RetentionRule>,
    /// What is in force.
    pub(crate) in_force: Keep,
}

impl Retention {
    /// All there is to say of an organization.
    pub(crate) async fn standing(&self, organization_id: &str) -> Result<Standing, RetentionError> {
        let mut connection = self.control.reading().await?;
        let rules = RetentionRules::of(&mut connection, organization_id).await?;
        let projects = RetainedProject::with_rules(&mut connection, organization_id).await?;
        let last_run = RetentionRun::last(&mut connection, organization_id).await?;
        drop(connection);
        let done_on = self.control.retention_done_on().await?;
        let doubt = self.control.retention_clock().await?.doubt;
        let waits_until = doubt.map(doubt::until);
        let mut removed = self.store.removed().into_iter();
        let removed = removed.find(|removed| removed.organization_id == organization_id);
        let in_force = rules::in_force(&rules, self.default);
        let runs = rules::expiry(organization_id, &rules, self.default, edge::now()).is_some();
        Ok(Standing {
            rules,
            projects,
            in_force,
            last_run,
            removed: removed.filter(|removed| removed.events > 0),
            next_run_at: runs.then(|| {
                self.next_run(done_on)
                    .max(waits_until.unwrap_or(Timestamp::MIN))
            }),
            waits_until,
        })
    }

    /// How long the events of a project are kept. One that is deleted is there as long as it has a rule of its own.
    pub(crate) async fn project(
        &self,
        organization_id: &str,
        project_id: &str,
    ) -> Result<RetainedIn, RetentionError> {
        let mut connection = self.control.reading().await?;
        let rules = RetentionRules::of(&mut connection, organization_id).await?;
        let project = RetainedProject::find(&mut connection, organization_id, project_id).await?;
        drop(connection);
        let project = there(project, &rules)?;
        Ok(RetainedIn {
            in_force: rules::in_force_in(&rules, self.default, project_id),
            own: rules.projects.get(project_id).copied(),
            project,
        })
    }

    /// Sets how long the organization keeps its events; `None`: as long as the instance's default says.
    pub(crate) async fn set(
        &self,
        manager: &Authorized<ManageRetention>,
        keep: Option<Keep>,
    ) -> Result<(), RetentionError> {
        let organization_id = manager.caller().organization_id();
        let author = Author::of(manager.caller(), manager.visit());
        let mut act = self.acts.begin(author).await?;
        must_take_changes(act.connection(), organization_id).await?;
        let rules = RetentionRules::of(act.connection(), organization_id).await?;
        let before = rules.organization.map(|rule| rule.keep);
        if before == keep {
            return Ok(());
        }
        let organizations: Arc<_> = act.organizations();
        let settings = organizations.settings_within(act.connection(), organization_id);
        let settings = settings.await?.ok_or(ChangeError::NoOrganization)?;
        RetentionRules::set(act.connection(), organization_id, None, keep, edge::now()).await?;
        let deed = Deed::new("organisation.retention.updated");
        let deed = deed.to("organization", organization_id, &settings.name);
        act.did(organization_id, changing(deed, before, keep));
        self.commit(act, organization_id).await
    }

    /// Sets how long a project's events are kept; `None`: as long as the organization's.
    pub(crate) async fn set_project(
        &self,
        manager: &Authorized<ManageRetention>,
        project_id: &str,
        keep: Option<Keep>,
    ) -> Result<(), RetentionError> {
        if !manager.reach().includes(project_id) {
            return Err(RetentionError::UnknownProject);
        }
        let organization_id = manager.caller().organization_id();
        let author = Author::of(manager.caller(), manager.visit());
        let mut act = self.acts.begin(author).await?;
        let connection = act.connection();
        must_take_changes(connection, organization_id).await?;
        let rules = RetentionRules::of(connection, organization_id).await?;
        let project = RetainedProject::find(connection, organization_id, project_id).await?;
        let project = there(project, &rules)?;
        let before = rules.projects.get(project_id).map(|rule| rule.keep);
        if before == keep {
            return Ok(());
        }
        if before.is_none() && rules.projects.len() >= MAX_PROJECT_RULES {
            return Err(RetentionError::TooManyRules);
        }
        let now = edge::now();
        RetentionRules::set(connection, organization_id, Some(project_id), keep, now).await?;
        let deed = Deed::new("project.retention.updated")
            .to("project", &project.id, &project.name)
            .in_project(Some(&project.id));
        act.did(organization_id, changing(deed, before, keep));
        self.commit(act, organization_id).await
    }

    /// Commits a change of the rules, and has the store know of it. On a task of its own: once it has been committed, the
    /// store must know of it, whether or not anybody still waits.
    async fn commit(&self, act: Act, organization_id: &str) -> Result<(), RetentionError> {
        let (store, id) = (Arc::clone(&self.store), organization_id.to_owned());
        let task = tokio::spawn(async move {
            let committed = act.commit().await;
            // Also after an error: it may have been committed all the same.
            store.rules_changed(&id).await?;
            committed.map_err(RetentionError::from)
        });
        task.await
            .map_err(|_| RetentionError::from(ActError::Abandoned))?
    }
}

/// The project, unless it is gone and nothing of it is set either.
fn there(
    project: Option<RetainedProject>,
    rules: &RetentionRules,
) -> Result<RetainedProject, RetentionError> {
    project
        .filter(|project| !project.deleted || rules.projects.contains_key(&project.id))
        .ok_or(RetentionError::UnknownProject)
}

/// The word for how long events are kept: what is not set is inherited.
const fn word(keep: Option<Keep>) -> &'static str {
    match keep {
        None => "inherited",
        Some(Keep::Forever) => "forever",
        Some(Keep::Days(_)) => "days",
    }
}

fn changing(deed: Deed, before: Option<Keep>, after: Option<Keep>) -> Deed {
    let days = |keep: Option<Keep>| keep.and_then(Keep::days);
    deed.changing("keep", word(before), word(after))
        .changing("days", days(before), days(after))
}
