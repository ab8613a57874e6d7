//! The dry run: what would go by the rules in force, or by others that are only supposed.
//!
//! It must hold that nothing is changed by it, and that it is bounded: one at a time, for so long, and broken down to
//! so many projects.

use std::collections::BTreeMap;
use std::time::Duration;

use evident_event::time::Timestamp;
use evident_store::expiry::{Expired, Expiry};

use super::{Retention, RetentionError, clock, rules};
use crate::control::{Keep, RetainedProject, RetentionRule, RetentionRules};

/// Most projects of which it is told what would go in each.
pub(crate) const MAX_BROKEN_DOWN: usize = 50;
/// How long a dry run may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Rules that are supposed to be in the place of those that are set. What is not mentioned is as it is set.
#[derive(Debug, Default)]
pub(crate) struct Supposed {
    /// The organization's; `Some(None)`: inherited.
    pub(crate) organization: Option<Option<Keep>>,
    /// Those of projects, by their ids; `None`: inherited.
    pub(crate) projects: BTreeMap<String, Option<Keep>>,
}

/// Events that would go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Going {
    /// How many.
    pub(crate) events: u64,
    /// Their canonical bytes.
    pub(crate) bytes: u64,
    /// The lowest and the highest index.
    pub(crate) indexes: Option<(u64, u64)>,
    /// The first and the last time that one was received.
    pub(crate) received: Option<(Timestamp, Timestamp)>,
}

/// What would go of a project with a rule of its own.
pub(crate) struct GoingOfProject {
    /// The project.
    pub(crate) project: RetainedProject,
    /// Its rule.
    pub(crate) keep: Keep,
    /// Events that were received before would go.
    pub(crate) cutoff: Option<Timestamp>,
    /// Those that there are.
    pub(crate) going: Going,
}

/// What would go.
pub(crate) struct Previewed {
    /// What would be in force where no project says otherwise.
    pub(crate) in_force: Keep,
    /// Events that were received before would go.
    pub(crate) cutoff: Option<Timestamp>,
    /// All that would go, of projects as well.
    pub(crate) total: Going,
    /// The part of it that is in projects with a rule of their own.
    pub(crate) projects: Vec<GoingOfProject>,
    /// Projects with a rule of their own that are not among them, for want of room.
    pub(crate) further_projects: usize,
}

impl Retention {
    /// What would go of an organization if it ran now by these rules.
    pub(crate) async fn preview(
        &self,
        organization_id: &str,
        supposed: Supposed,
    ) -> Result<Previewed, RetentionError> {
        let place = self.previews.try_acquire();
        let _place = place.map_err(|_| RetentionError::Previewing)?;
        let (rules, projects) = self.supposing(organization_id, &supposed).await?;
        let looking = self.look_through(organization_id, &rules, projects);
        let looked = tokio::time::timeout(PATIENCE, looking).await;
        looked.map_err(|_| RetentionError::PreviewTooSlow)?
    }

    /// The rules as they would be, and the projects to break down to: those that are named, and others as far as
    /// there is room.
    async fn supposing(
        &self,
        organization_id: &str,
        supposed: &Supposed,
    ) -> Result<(RetentionRules, Vec<RetainedProject>), RetentionError> {
        let mut connection = self.control.reading().await?;
        let mut rules = RetentionRules::of(&mut connection, organization_id).await?;
        let mut projects = RetainedProject::with_rules(&mut connection, organization_id).await?;
        let mut named = Vec::new();
        for (id, keep) in &supposed.projects {
            let project = match projects.remove(id) {
                Some(project) => Some(project),
                None => RetainedProject::find(&mut connection, organization_id, id)
                    .await?
                    .filter(|project| !project.deleted),
            };
            named.push(project.ok_or(RetentionError::UnknownProject)?);
            match rule(*keep) {
                Some(rule) => rules.projects.insert(id.clone(), rule),
                None => rules.projects.remove(id),
            };
        }
        if let Some(keep) = supposed.organization {
            rules.organization = rule(keep);
        }
        named.extend(projects.into_values());
        named.retain(|project| rules.projects.contains_key(&project.id));
        Ok((rules, named))
    }

    async fn look_through(
        &self,
        organization_id: &str,
        rules: &RetentionRules,
        projects: Vec<RetainedProject>,
    ) -> Result<Previewed, RetentionError> {
        let now = clock::now();
        let in_force = rules::in_force(rules, self.default);
        let total = match rules::expiry(organization_id, rules, self.default, now) {
            Some(expiry) => self.going(expiry).await?,
            None => Going::default(),
        };
        let further_projects = projects.len().saturating_sub(MAX_BROKEN_DOWN);
        let mut broken_down = Vec::new();
        for project in projects.into_iter().take(MAX_BROKEN_DOWN) {
            let keep = rules::in_force_in(rules, self.default, &project.id);
            let cutoff = rules::cutoff(keep, now);
            let alone = Expiry {
                organization_id: organization_id.to_owned(),
                default: None,
                projects: BTreeMap::from([(project.id.clone(), cutoff)]),
                as_of: rules::day_after(now),
            };
            let going = match cutoff {
                Some(_) if total.events > 0 => self.going(alone).await?,
                _ => Going::default(),
            };
            broken_down.push(GoingOfProject {
                project,
                keep,
                cutoff,
                going,
            });
        }
        Ok(Previewed {
            in_force,
            cutoff: rules::cutoff(in_force, now),
            total,
            projects: broken_down,
            further_projects,
        })
    }

    async fn going(&self, expiry: Expiry) -> Result<Going, RetentionError> {
        let organization_id = expiry.organization_id.clone();
        let expired = self.store.would_expire(vec![expiry]).await?;
        Ok(Going::of(&expired, &organization_id))
    }
}

impl Going {
    /// What goes of an organization; nothing, if there is nothing said of it.
    pub(super) fn of(expired: &[Expired], organization_id: &str) -> Self {
        let found = expired
            .iter()
            .find(|expired| expired.organization_id == organization_id);
        found.map_or_else(Self::default, |expired| Self {
            events: expired.events,
            bytes: expired.bytes,
            indexes: Some(expired.indexes),
            received: Some(expired.received),
        })
    }
}

/// A rule that nobody has set.
fn rule(keep: Option<Keep>) -> Option<RetentionRule> {
    keep.map(|keep| RetentionRule {
        keep,
        updated_at: Timestamp::MIN,
    })
}
