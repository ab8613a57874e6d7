//! What a caller may see of an organization.

use super::field::texts_at;
use super::log::Row;

/// Limits of a caller. An event is seen if it is within all of them.
#[derive(Debug, Clone, Default)]
pub struct Limits {
    /// Only events of these projects; of none, no event. `None`: no such limit.
    pub projects: Option<Vec<String>>,
    /// Only what was done by each of these.
    pub actors: Vec<String>,
    /// Only what has each of these as a target.
    pub targets: Vec<String>,
}

impl Limits {
    /// Whether an event of the organization may be seen.
    pub fn show(&self, row: &Row) -> bool {
        let has =
            |path: &[&str], id: &str| texts_at(&row.event, path).iter().any(|text| text == id);
        let is_of = |project: &String| row.text("project_id") == Some(project);
        self.projects
            .as_ref()
            .is_none_or(|projects| projects.iter().any(is_of))
            && self.actors.iter().all(|id| has(&["actor", "id"], id))
            && self.targets.iter().all(|id| has(&["targets", "id"], id))
    }
}
