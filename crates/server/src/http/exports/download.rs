//! `GET /v1/exports/{id}/download`: the file, or a part of it.
//!
//! What must always hold:
//!
//! - only what is whole is sent, and only while its time has not come;
//! - the download is on the log before the first byte. A request for a part belongs to the download that the same
//!   credentials began within the last ten minutes, if they did, and is not recorded again;
//! - memory is bounded: a piece is read when the client has taken the one before it.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE,
    ETAG,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;

use super::super::problem::{Problem, ProblemBody};
use super::super::{attachment, parameters, schema};
use super::range::Part;
use super::{deed, found};
use crate::acts::{Acts, Author};
use crate::auth::{Authorized, ExportEvents};
use crate::control::{Control, ExportRow, ExportStatus};
use crate::export::{ExportJobs, FileKey, Files, FilesError, Format};
use crate::places::{NoPlace, Place};

/// Bytes of a file that are read at once.
const PIECE_BYTES: u64 = 2 * 1024 * 1024;

/// The file of an export.
///
/// A part of it may be asked for by the header `Range`, with one range such as `bytes=1048576-`. With the `ETag` of the
/// file that a part is there of, which is its SHA-256, in `If-Range`, all is sent if the file is another one.
#[utoipa::path(
    get, path = "/v1/exports/{id}/download", tag = "exports", operation_id = "download_export",
    security(("api_key" = []), ("session" = [])),
    params(("id" = String, Path, description = "The export's id, `exp_…`")),
    responses(
        (status = 200, description = "The file",
         content(
            (inline(schema::Bytes) = "text/csv"),
            (inline(schema::Bytes) = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            (inline(schema::Bytes) = "application/x-ndjson"),
            (inline(schema::Bytes) = "application/vnd.apache.parquet"),
         ),
         headers(
            ("Content-Disposition" = String, description = "The file's name"),
            ("ETag" = String, description = "Its SHA-256 in hexadecimal, in quotes"),
            ("Accept-Ranges" = String, description = "`bytes`"),
         )),
        (status = 206, description = "A part of the file",
         content(
            (inline(schema::Bytes) = "text/csv"),
            (inline(schema::Bytes) = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            (inline(schema::Bytes) = "application/x-ndjson"),
            (inline(schema::Bytes) = "application/vnd.apache.parquet"),
         ),
         headers(
            ("Content-Range" = String, description = "Which bytes these are, and how many the file has"),
            ("ETag" = String, description = "The file's SHA-256 in hexadecimal, in quotes"),
         )),
        (status = 400, description = "The request has parameters", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No credentials that work", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "They may not export", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "The caller has no such export", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "It is not complete", body = ProblemBody, content_type = "application/problem+json"),
        (status = 410, description = "Its file has expired", body = ProblemBody, content_type = "application/problem+json"),
        (status = 416, description = "The file does not have these bytes", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The store of files or the control database failed, or the download cannot be recorded", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn download_export(
    State(acts): State<Arc<Acts>>,
    State(control): State<Control>,
    State(jobs): State<Arc<ExportJobs>>,
    caller: Authorized<ExportEvents>,
    id: Result<Path<String>, PathRejection>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let Path(id) = id?;
    parameters::in_organization(&uri)?;
    let row = {
        let mut connection = control.reading().await?;
        found(&mut connection, &caller, &id).await?
    };
    let file = File::of(&jobs, &row)?;
    let part = Part::of(&headers, file.size, &file.etag);
    let bytes = match &part {
        Part::Whole => 0..file.size,
        Part::Bytes(range) => range.clone(),
        Part::Beyond => return Err(beyond(file.size)),
    };
    let answer = file.head(&part, &bytes)?;
    if caller.visit().method == Method::HEAD {
        return Ok((answer.0, answer.1, Body::empty()).into_response());
    }
    let credential = caller.caller().credential_id();
    let place = jobs.enter_download(&credential).map_err(too_many)?;
    // What is not there has a status; a stream can only break.
    let first = bytes.start..bytes.end.min(bytes.start + PIECE_BYTES);
    let first = piece(jobs.files(), &file.key, first).await?;
    let goes_on = part != Part::Whole && jobs.goes_on(&credential, &row.id);
    if !goes_on {
        let author = Author::of(caller.caller(), caller.visit());
        let organization_id = caller.caller().organization_id();
        let recorded = acts.record(organization_id, &author, deed(&row, "downloaded"));
        let recorded = recorded.await;
        recorded.map_err(|error| super::super::events::unrecorded(&error))?;
        jobs.was_taken(&credential, &row.id);
    }
    let left = bytes.start + first.len() as u64..bytes.end;
    let sending = Sending {
        files: jobs.files().clone(),
        key: file.key,
        first: Some(first),
        left,
        _place: place,
    };
    Ok((answer.0, answer.1, sending.body()).into_response())
}

fn too_many(refused: NoPlace) -> Problem {
    Problem::too_many(refused.code, refused.to_string())
}

fn beyond(size: u64) -> Problem {
    let detail =
        format!("the file has {size} bytes, and not those that Range asks for: begin anew");
    let problem = Problem::new(
        StatusCode::RANGE_NOT_SATISFIABLE,
        "range_not_satisfiable",
        detail,
    );
    match HeaderValue::try_from(format!("bytes */{size}")) {
        Ok(range) => problem.with_header(CONTENT_RANGE, range),
        Err(_) => problem,
    }
}

/// A file that may be downloaded.
struct File {
    key: FileKey,
    size: u64,
    etag: String,
    media_type: &'static str,
    name: String,
}

impl File {
    fn of(jobs: &ExportJobs, row: &ExportRow) -> Result<Self, Problem> {
        if jobs.has_expired(row) {
            let detail = "the file is gone, since its time has come or retention removed events that it may hold: ask \
                 for the export once more";
            return Err(Problem::new(StatusCode::GONE, "export_expired", detail));
        }
        let known = (row.size, row.sha256.as_ref(), Format::parse(&row.format));
        let (ExportStatus::Complete, (Some(size), Some(sha256), Some(format)), Some(key)) =
            (row.status, known, ExportJobs::key(row))
        else {
            let (status, id) = (row.status.as_str(), &row.id);
            let detail = match row.status.is_unfinished() {
                true => format!(
                    "the export is {status}, and there is a file once it is complete: GET /v1/exports/{id} tells how \
                     far it is"
                ),
                false => format!(
                    "the export is {status}, and there will be no file: see its `error` by GET /v1/exports/{id}, and ask \
                     for it once more"
                ),
            };
            return Err(Problem::new(
                StatusCode::CONFLICT,
                "export_not_complete",
                detail,
            ));
        };
        Ok(Self {
            key,
            size,
            etag: format!("\"{sha256}\""),
            media_type: format.media_type(),
            name: row.file_name.clone(),
        })
    }

    /// The status and the headers of an answer with these bytes.
    fn head(
        &self,
        part: &Part,
        bytes: &std::ops::Range<u64>,
    ) -> Result<(StatusCode, HeaderMap), Problem> {
        let text = |text: &str| HeaderValue::try_from(text).map_err(|_| Problem::internal());
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.media_type));
        headers.insert(CONTENT_DISPOSITION, attachment::disposition(&self.name));
        headers.insert(CONTENT_LENGTH, HeaderValue::from(bytes.end - bytes.start));
        headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        headers.insert(ETAG, text(&self.etag)?);
        // Whoever may have it now need not be whoever asks the same machine next.
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
        if *part == Part::Whole {
            return Ok((StatusCode::OK, headers));
        }
        let (first, last) = (bytes.start, bytes.end.saturating_sub(1));
        let range = format!("bytes {first}-{last}/{}", self.size);
        headers.insert(CONTENT_RANGE, text(&range)?);
        Ok((StatusCode::PARTIAL_CONTENT, headers))
    }
}

async fn piece(
    files: &Files,
    key: &FileKey,
    range: std::ops::Range<u64>,
) -> Result<Bytes, Problem> {
    if range.is_empty() {
        return Ok(Bytes::new());
    }
    files.piece(key, range).await.map_err(|error| match error {
        FilesError::Gone => {
            let detail = "the file has been deleted meanwhile: ask for the export once more";
            Problem::new(StatusCode::GONE, "export_expired", detail)
        }
        error => {
            tracing::error!("an export cannot be downloaded: {error}");
            let detail = "the store of files does not answer: try again later";
            Problem::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "export_store_failed",
                detail,
            )
            .with_retry()
        }
    })
}

/// A file on its way.
struct Sending {
    files: Files,
    key: FileKey,
    first: Option<Bytes>,
    left: std::ops::Range<u64>,
    _place: Place,
}

impl Sending {
    /// The stream of the pieces. An error breaks the connection.
    fn body(self) -> Body {
        Body::from_stream(stream::unfold(self, |mut sending| async move {
            if let Some(first) = sending.first.take() {
                return Some((Ok(first), sending));
            }
            if sending.left.is_empty() {
                return None;
            }
            let end = sending.left.end.min(sending.left.start + PIECE_BYTES);
            let piece = sending
                .files
                .piece(&sending.key, sending.left.start..end)
                .await;
            let piece = piece.inspect_err(|error| {
                tracing::error!("a download was broken off: {error}");
            });
            sending.left.start = match piece {
                Ok(_) => end,
                Err(_) => sending.left.end,
            };
            Some((piece, sending))
        }))
    }
}
