//! How long events are kept.

use serde::Serialize;
use utoipa::ToSchema;

/// How long events are kept.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum KeptFor {
    /// As long as `days` says.
    Days,
    /// For ever.
    Forever,
    /// As what is above it says: a project follows its organization, that follows the instance's default.
    Inherited,
}

/// A rule of retention.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"keep": "days", "days": 365}))]
pub(crate) struct RetentionRule {
    /// How long events are kept.
    keep: KeptFor,
    /// How many days, with `"keep": "days"`; null or left out with others.
    #[schema(minimum = 1, maximum = 36_500)]
    days: Option<u32>,
}

/// The rule that a project is supposed to have.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SupposedOfProject {
    /// The project's id.
    project_id: String,
    /// How long its events are kept.
    keep: KeptFor,
    /// How many days, with `"keep": "days"`; null or left out with others.
    #[schema(minimum = 1, maximum = 36_500)]
    days: Option<u32>,
}

/// Rules that are supposed to be set. What is left out is as it is set.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"rule": {"keep": "days", "days": 90}}))]
pub(crate) struct RetentionPreviewed {
    /// The organization's own rule.
    #[schema(nullable = false)]
    rule: Option<RetentionRule>,
    /// The own rules of projects.
    #[schema(max_items = 50, nullable = false)]
    projects: Option<Vec<SupposedOfProject>>,
}
