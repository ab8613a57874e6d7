//! Views as clients send them.

use std::collections::BTreeMap;

use utoipa::ToSchema;

use super::words::Range;
use crate::control::ViewSort;

/// A view as it is made.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "Failed role changes",
    "shared": true,
    "definition": {
        "columns": ["occurred_at", "action", "actor.email", "result"],
        "query": {"action": ["role.*"], "result": ["failed", "denied"]},
        "range": "last_7_days"
    }
}))]
pub(crate) struct NewView {
    /// Its name.
    #[schema(
        min_length = 1,
        max_length = 255,
        pattern = r"^[^\s\x00-\x1F\x7F-\x9F]([^\x00-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F])?$"
    )]
    name: String,
    /// Whether others have it too; `false` unless given. It takes the permission `views.share`.
    #[schema(default = false, nullable = false)]
    shared: Option<bool>,
    /// What it shows.
    definition: SentDefinition,
}

/// What is to be changed of a view; the rest stays.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Role changes that failed"}))]
pub(crate) struct ViewChange {
    /// Its name.
    #[schema(
        nullable = false,
        min_length = 1,
        max_length = 255,
        pattern = r"^[^\s\x00-\x1F\x7F-\x9F]([^\x00-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F])?$"
    )]
    name: Option<String>,
    /// Whether others have it too.
    #[schema(nullable = false)]
    shared: Option<bool>,
    /// What it shows, all of it.
    #[schema(nullable = false)]
    definition: Option<SentDefinition>,
}

/// What a view shows, in at most 16 KiB.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SentDefinition {
    /// The columns, in order, as in `columns` of `/v1/events/export.csv`.
    #[schema(min_items = 1, max_items = 64)]
    columns: Vec<String>,
    /// The query's parameters as they are in a URL, each a value or a list of them. Without `range`, `from`, `to`,
    /// `tz` and `order`, which have places of their own, and without `limit`, `cursor` and `around`.
    query: Option<BTreeMap<String, SentValues>>,
    /// The range of time; all time unless given.
    range: Option<SentRange>,
    /// The time zone of local days, an IANA name; that of whoever looks unless given.
    tz: Option<String>,
    /// The order, by time; the newest first unless given.
    sort: Option<ViewSort>,
}

/// A view's range of time, as it is sent.
#[derive(ToSchema)]
#[serde(untagged)]
pub(crate) enum SentRange {
    /// By name.
    Named(Range),
    /// From and to.
    Between(SentSpan),
}

/// A range of time by its ends, as the parameters of these names are.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SentSpan {
    /// From this instant or date on; the first event unless given.
    from: Option<String>,
    /// Before this instant or date; now unless given.
    to: Option<String>,
}

/// A value, or several.
#[derive(ToSchema)]
#[serde(untagged)]
pub(crate) enum SentValues {
    /// One.
    One(String),
    /// Several.
    Several(Vec<String>),
}
