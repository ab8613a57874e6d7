//! What is told of retention, in words.
//!
//! It must hold that what others have named reaches the terminal as fit characters only.

use std::fmt::Write as _;

use serde::Deserialize;

use crate::cli::sanitize::shown;

/// Stands for what there is not.
const NOTHING: &str = "-";
/// Columns that what a line is about takes.
const NAME_COLUMNS: usize = 14;

/// How long events are kept.
#[derive(Deserialize)]
struct Rule {
    keep: String,
    days: Option<u32>,
}

impl Rule {
    fn in_words(&self) -> String {
        match (self.keep.as_str(), self.days) {
            ("days", Some(1)) => "1 day".to_owned(),
            ("days", Some(days)) => format!("{days} days"),
            ("forever", _) => "for ever".to_owned(),
            _ => shown(&self.keep).collect(),
        }
    }

    /// The rule, and what is in force if that is another one.
    fn with(&self, in_force: &Self) -> String {
        match self.keep == in_force.keep {
            true => self.in_words(),
            false => format!("{} ({})", self.in_words(), in_force.in_words()),
        }
    }
}

/// All there is to say of an organization.
#[derive(Deserialize)]
pub(super) struct Settings {
    rule: Rule,
    default: Rule,
    in_force: Rule,
    projects: Vec<OfProject>,
    next_run_at: Option<String>,
    #[serde(default)]
    waits_until: Option<String>,
    last_run: Option<Run>,
    removed: Option<Removed>,
}

/// How long a project's events are kept.
#[derive(Deserialize)]
pub(super) struct OfProject {
    project_id: String,
    name: String,
    deleted: bool,
    rule: Rule,
    in_force: Rule,
}

/// All that was ever removed.
#[derive(Deserialize)]
struct Removed {
    events: u64,
    bytes: u64,
}

/// A run.
#[derive(Deserialize)]
pub(super) struct Run {
    status: String,
    cause: String,
    started_at: String,
    cutoff: Option<String>,
    events: u64,
    bytes: u64,
}

/// What would be removed.
#[derive(Deserialize)]
pub(super) struct Preview {
    in_force: Rule,
    cutoff: Option<String>,
    total: Events,
    projects: Vec<ProjectPreview>,
    further_projects: usize,
}

/// Events that would be removed.
#[derive(Deserialize)]
struct Events {
    events: u64,
    bytes: u64,
    first_index: Option<u64>,
    last_index: Option<u64>,
    received_from: Option<String>,
    received_to: Option<String>,
}

/// What would be removed of a project.
#[derive(Deserialize)]
struct ProjectPreview {
    project_id: String,
    in_force: Rule,
    events: u64,
    bytes: u64,
}

/// Lines of what and how much.
#[derive(Default)]
struct Lines(String);

impl Lines {
    fn say(&mut self, name: &str, text: &str) {
        let text: String = shown(text).collect();
        // Writing into a string does not fail.
        let _ = writeln!(self.0, "{name:NAME_COLUMNS$}  {text}");
    }
}

fn counted(events: u64, bytes: u64) -> String {
    format!("{events} events, {bytes} bytes")
}

fn or_nothing(text: Option<&String>) -> &str {
    text.map_or(NOTHING, String::as_str)
}

impl Settings {
    /// A line for each fact.
    pub(super) fn in_words(&self) -> String {
        let mut lines = Lines::default();
        lines.say("organization", &self.rule.with(&self.in_force));
        lines.say("default", &self.default.in_words());
        for project in &self.projects {
            lines.say("project", &project.in_short());
        }
        lines.say("next run", or_nothing(self.next_run_at.as_ref()));
        if let Some(until) = &self.waits_until {
            let text = format!("the server's clock is far ahead: it waits until {until}");
            lines.say("waits", &text);
        }
        let last = self.last_run.as_ref().map(Run::in_short);
        lines.say("last run", or_nothing(last.as_ref()));
        let removed = self.removed.as_ref();
        let removed = removed.map(|removed| counted(removed.events, removed.bytes));
        lines.say("removed ever", or_nothing(removed.as_ref()));
        lines.0
    }
}

impl OfProject {
    fn in_short(&self) -> String {
        let deleted = if self.deleted { ", deleted" } else { "" };
        let rule = self.rule.with(&self.in_force);
        format!("{} ({}{deleted}): {rule}", self.project_id, self.name)
    }

    /// The one line.
    pub(super) fn in_words(&self) -> String {
        let mut lines = Lines::default();
        lines.say("project", &self.in_short());
        lines.0
    }
}

impl Run {
    fn in_short(&self) -> String {
        let counted = counted(self.events, self.bytes);
        format!(
            "{} {} ({}): {counted}",
            self.started_at, self.status, self.cause
        )
    }

    /// That it has begun.
    pub(super) fn begun(&self) -> String {
        let mut lines = Lines::default();
        lines.say("begun", &self.started_at);
        lines.say("before", or_nothing(self.cutoff.as_ref()));
        lines.say("see", "evident retention show");
        lines.0
    }
}

impl Preview {
    /// A line for each fact.
    pub(super) fn in_words(&self) -> String {
        let mut lines = Lines::default();
        let total = &self.total;
        lines.say("kept", &self.in_force.in_words());
        lines.say("before", or_nothing(self.cutoff.as_ref()));
        lines.say("would go", &counted(total.events, total.bytes));
        if let (Some(first), Some(last)) = (total.first_index, total.last_index) {
            lines.say("index", &format!("{first} to {last}"));
        }
        if let (Some(from), Some(to)) = (&total.received_from, &total.received_to) {
            lines.say("received", &format!("{from} to {to}"));
        }
        for project in &self.projects {
            let counted = counted(project.events, project.bytes);
            let kept = project.in_force.in_words();
            let text = format!("{} ({kept}): {counted}", project.project_id);
            lines.say("  project", &text);
        }
        if self.further_projects > 0 {
            let more = format!("{} more, named by --project-id", self.further_projects);
            lines.say("  project", &more);
        }
        lines.0
    }
}
