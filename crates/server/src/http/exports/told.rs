//! An export as it is told of.

use std::collections::BTreeMap;

use evident_event::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::control::{ExportMaker, ExportRow, ExportStatus};
use crate::export::Progress;

/// An export that is made in the background.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Export {
    /// Its id, `exp_…`.
    id: String,
    /// Its name.
    name: String,
    /// The file's format.
    #[schema(value_type = super::super::schema::ExportFormat)]
    format: String,
    /// How far it has come.
    status: ExportStatus,
    /// The query's parameters, each with its values, as they were given.
    query: BTreeMap<String, Vec<String>>,
    /// The columns that were asked for; none: the usual ones of the format.
    columns: Vec<String>,
    /// The range of time as it was when the export was asked for; null for all time.
    #[schema(required)]
    range: Option<ExportRange>,
    /// The log's size that it is cut at: what came later is not in it.
    as_of: u64,
    /// When it was asked for, in UTC.
    #[schema(format = DateTime)]
    created_at: String,
    /// Who asked for it.
    created_by: ExportMaker,
    /// When it was begun, in UTC; null before that.
    #[schema(required, format = DateTime)]
    started_at: Option<String>,
    /// When it came to its end, in UTC; null before that.
    #[schema(required, format = DateTime)]
    finished_at: Option<String>,
    /// When its file goes, in UTC; null while there is none.
    #[schema(required, format = DateTime)]
    expires_at: Option<String>,
    /// How far it has come.
    progress: ExportProgress,
    /// How many events the file has; null while there is none.
    #[schema(required)]
    rows: Option<u64>,
    /// The file's size in bytes; null while there is none.
    #[schema(required)]
    size: Option<u64>,
    /// The file's SHA-256 in hexadecimal; null while there is none.
    #[schema(required)]
    sha256: Option<String>,
    /// What the file is called.
    file_name: String,
    /// Why it failed; null unless it did.
    #[schema(required)]
    error: Option<String>,
}

/// A range of time by its ends.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExportRange {
    /// From this instant on; null for the first event.
    #[schema(required, format = DateTime)]
    from: Option<String>,
    /// Before this instant; null for the end.
    #[schema(required, format = DateTime)]
    to: Option<String>,
}

/// How far an export has come.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExportProgress {
    /// Events that are in the file by now.
    rows_done: u64,
    /// Events that will be in it; null while that is not known.
    #[schema(required)]
    rows_total: Option<u64>,
    /// How much of it is done, in percent; null while that is not known.
    #[schema(required, minimum = 0, maximum = 100)]
    percent: Option<u8>,
    /// In how many seconds it may be there; null while that is not known.
    #[schema(required)]
    estimated_seconds_left: Option<u64>,
}

/// A page of exports.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExportPage {
    /// The exports, the newest first.
    #[schema(max_items = 100)]
    pub(super) data: Vec<Export>,
    /// What `cursor` must be to go on; null on the last page.
    #[schema(required)]
    pub(super) next_cursor: Option<String>,
}

impl ExportProgress {
    fn of(progress: Progress, status: ExportStatus) -> Self {
        let (done, total) = (progress.rows_done, progress.rows_total);
        let percent = match (status, total) {
            (ExportStatus::Complete | ExportStatus::Expired, _) => Some(100),
            (_, Some(0) | None) => None,
            // All is there once it is complete, and not before.
            (_, Some(total)) => u8::try_from((done.saturating_mul(100) / total).min(99)).ok(),
        };
        Self {
            rows_done: done,
            rows_total: total,
            percent,
            estimated_seconds_left: progress.left.map(|left| left.as_secs_f64().ceil() as u64),
        }
    }
}

impl ExportRange {
    fn of((from, to): (i64, i64)) -> Self {
        let bounded = |micros: i64| {
            let is_bound =
                micros > Timestamp::MIN.as_micros() && micros <= Timestamp::MAX.as_micros();
            is_bound.then(|| Timestamp::from_micros(micros).to_string())
        };
        Self {
            from: bounded(from),
            to: bounded(to),
        }
    }
}

impl Export {
    /// What is told of a row.
    pub(super) fn of(row: ExportRow, progress: Progress) -> Self {
        let instant = |instant: Option<Timestamp>| instant.map(|instant| instant.to_string());
        Self {
            progress: ExportProgress::of(progress, row.status),
            range: row.range.map(ExportRange::of),
            created_at: row.created_at.to_string(),
            started_at: instant(row.started_at),
            finished_at: instant(row.finished_at),
            expires_at: instant(row.expires_at),
            id: row.id,
            name: row.name,
            format: row.format,
            status: row.status,
            query: row.parameters,
            columns: row.columns,
            as_of: row.as_of,
            created_by: row.maker,
            rows: row.rows,
            size: row.size,
            sha256: row.sha256,
            file_name: row.file_name,
            error: row.error,
        }
    }
}
