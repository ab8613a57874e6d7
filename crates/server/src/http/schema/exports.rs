//! Exports as clients ask for them.

use utoipa::ToSchema;

use super::views::SentValues;
use super::words::{Attempt, Join, Order, Range, Reads, WeekStart};

/// The format of a file.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ExportFormat {
    Csv,
    Xlsx,
    Ndjson,
    Parquet,
}

/// An export that is asked for: a name, a format, and the query's parameters as members.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "Failed role changes",
    "format": "csv",
    "range": "last_30_days",
    "action": ["role.*"],
    "result": ["failed", "denied"]
}))]
pub(crate) struct NewExport {
    /// What it is called.
    #[schema(
        min_length = 1,
        max_length = 100,
        pattern = r"^[^\s\x00-\x1F\x7F-\x9F]([^\x00-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F])?$"
    )]
    name: String,
    /// The file's format.
    format: ExportFormat,
    /// The columns, as in `columns` of `/v1/events/export.csv`; the usual ones of the format unless given.
    #[schema(min_items = 1, max_items = 64)]
    columns: Option<Vec<String>>,
    /// Only events of this project.
    #[schema(nullable = false)]
    project_id: Option<SentValues>,
    /// Only events of these levels.
    #[schema(nullable = false)]
    level: Option<SentValues>,
    /// A range of time, in `tz`, as it is now. Not together with `from` or `to`.
    #[schema(nullable = false)]
    range: Option<Range>,
    /// The time zone of local days and of the times in the file, an IANA name; UTC by default.
    #[schema(nullable = false)]
    tz: Option<SentValues>,
    /// The day that `this_week` begins on; Monday by default.
    #[schema(nullable = false)]
    week_start: Option<WeekStart>,
    /// From this instant on, or from local midnight of this date.
    #[schema(nullable = false)]
    from: Option<SentValues>,
    /// Before this instant, or before local midnight of this date.
    #[schema(nullable = false)]
    to: Option<SentValues>,
    /// `field:is:value` or `field:is_not:value`, split at the first two colons.
    #[schema(nullable = false)]
    filter: Option<SentValues>,
    /// How the filters join; `all` by default.
    #[schema(nullable = false)]
    r#match: Option<Join>,
    /// Only actions that fit one of these patterns; `*` is any run of characters.
    #[schema(nullable = false)]
    action: Option<SentValues>,
    /// Only events of one of these types.
    #[schema(nullable = false)]
    event_type: Option<SentValues>,
    /// Only one of these results.
    #[schema(nullable = false)]
    result: Option<SentValues>,
    /// `attempt` or `outcome`.
    #[schema(nullable = false)]
    phase: Option<SentValues>,
    /// `open`: attempts of which there is no outcome.
    #[schema(nullable = false)]
    attempt: Option<Attempt>,
    /// Free text, as `q` of `/v1/events`.
    #[schema(nullable = false)]
    q: Option<SentValues>,
    /// Evident's own records of reading the log; `exclude` by default.
    #[schema(nullable = false)]
    reads: Option<Reads>,
    /// The order of the rows, by time; `desc` by default.
    #[schema(nullable = false)]
    order: Option<Order>,
}
