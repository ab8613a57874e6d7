//! Which events are over.

use std::collections::BTreeMap;

use evident_event::json::members::members;
use evident_event::time::Timestamp;

use super::receipts::Latest;

/// Which events of an organization are to go: those that were received before a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expiry {
    /// The organization.
    pub organization_id: String,
    /// For events of projects without a rule of their own, and of no project. `None`: they stay.
    pub default: Option<Timestamp>,
    /// For events of projects with a rule of their own. `None`: they stay.
    pub projects: BTreeMap<String, Option<Timestamp>>,
    /// What time it is. An event counts as received no earlier than those before it, unless they say a time that is
    /// still to come.
    pub as_of: Timestamp,
}

/// The rules of one organization, in microseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) default: Option<i64>,
    pub(super) projects: BTreeMap<String, Option<i64>>,
}

impl Rule {
    fn cutoffs(&self) -> impl Iterator<Item = Option<i64>> {
        self.projects.values().copied().chain([self.default])
    }

    /// What was received from this time on stays, whatever its project. `None`: everything does.
    pub(super) fn latest(&self) -> Option<i64> {
        self.cutoffs().flatten().max()
    }

    /// What was received before this time goes, whatever its project.
    pub(super) fn earliest(&self) -> Option<i64> {
        self.cutoffs().min().flatten()
    }

    /// Whether an event is over.
    pub(super) fn is_over(&self, project_id: Option<&str>, received_at: i64) -> bool {
        let own = project_id.and_then(|id| self.projects.get(id));
        let cutoff = own.copied().unwrap_or(self.default);
        cutoff.is_some_and(|cutoff| received_at < cutoff)
    }

    /// The same by the event's canonical bytes.
    pub(super) fn is_over_by(
        &self,
        canonical: &[u8],
        received_at: i64,
    ) -> Result<bool, &'static str> {
        if self.projects.is_empty() {
            return Ok(self.is_over(None, received_at));
        }
        let project = project_of(canonical)?;
        Ok(self.is_over(project.as_deref(), received_at))
    }
}

/// The project of an event.
fn project_of(canonical: &[u8]) -> Result<Option<String>, &'static str> {
    let found = members(canonical).find(|member| member.name == b"project_id");
    match found {
        Some(member) => serde_json::from_slice(member.value)
            .map(Some)
            .map_err(|_| "its project_id is no text"),
        None => Ok(None),
    }
}

/// The rules, by organization.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    own: BTreeMap<String, Rule>,
    as_of: i64,
}

impl Rules {
    pub(super) fn of(rules: Vec<Expiry>) -> Self {
        let micros = |time: Option<Timestamp>| time.map(|time| time.as_micros());
        let as_of = rules.iter().map(|rule| rule.as_of.as_micros()).max();
        let rules = rules.into_iter().map(|rule| {
            let projects = rule.projects.into_iter();
            let own = Rule {
                default: micros(rule.default),
                projects: projects.map(|(id, time)| (id, micros(time))).collect(),
            };
            (rule.organization_id, own)
        });
        Self {
            own: rules.collect(),
            as_of: as_of.unwrap_or(i64::MIN),
        }
    }

    /// The latest time that was received before the first event.
    pub(super) fn latest(&self) -> Latest {
        Latest::new(self.as_of)
    }

    /// The organizations.
    pub(super) fn ids(&self) -> impl Iterator<Item = &str> {
        self.own.keys().map(String::as_str)
    }

    /// Nothing of an organization is over any more.
    pub(super) fn remove(&mut self, organization_id: &str) {
        self.own.remove(organization_id);
    }

    /// Those of an organization, if they may remove anything.
    pub(super) fn get(&self, organization_id: &str) -> Option<&Rule> {
        let rule = self.own.get(organization_id);
        rule.filter(|rule| rule.latest().is_some())
    }

    /// Whether no event can be over.
    pub(super) fn is_empty(&self) -> bool {
        self.own.values().all(|rule| rule.latest().is_none())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn rule(default: Option<i64>, projects: &[(&str, Option<i64>)]) -> Rule {
        let projects = projects.iter();
        Rule {
            default,
            projects: projects
                .map(|(id, time)| ((*id).to_owned(), *time))
                .collect(),
        }
    }

    #[test]
    fn a_projects_own_rule_counts_and_not_the_organizations() {
        let rule = rule(Some(100), &[("short", Some(200)), ("kept", None)]);
        for (project, received_at, is_over) in [
            (None, 99, true),
            (None, 100, false),
            (Some("other"), 99, true),
            (Some("other"), 150, false),
            (Some("short"), 199, true),
            (Some("short"), 200, false),
            (Some("kept"), i64::MIN, false),
        ] {
            assert_eq!(
                rule.is_over(project, received_at),
                is_over,
                "{project:?} {received_at}"
            );
        }
        assert_eq!((rule.earliest(), rule.latest()), (None, Some(200)));
    }

    #[test]
    fn the_earliest_is_of_all_rules() {
        assert_eq!(rule(Some(5), &[("a", Some(3))]).earliest(), Some(3));
        assert_eq!(rule(None, &[("a", Some(3))]).earliest(), None);
        assert_eq!(rule(None, &[]).latest(), None);
    }
}
