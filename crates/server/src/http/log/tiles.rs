//! `/log/{organization_id}/…`: an organization's log as it is published, the C2SP `tlog-tiles` read
//! interface, byte for byte.
//!
//! What must always hold:
//!
//! - a tile has one path and is answered under no other, so the path is read as it was sent, escapes
//!   and all;
//! - what never changes says so, and a log that is not public is kept by no cache that others share;
//! - entries that are not shown any more are told apart from those that never were.

use std::io::Write;

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use evident_ledger::tile::{Tile, TileKind};
use flate2::Compression;
use flate2::write::GzEncoder;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

use super::super::negotiation::{VARY_ENCODING, prefers_gzip};
use super::super::problem::{Problem, ProblemBody};
use super::super::{parameters, schema};
use super::PLAIN_TEXT;
use crate::auth::{LogReader, Read, ReadEntries};
use crate::prover::Prover;
use crate::workers::Workers;

const BYTES: HeaderValue = HeaderValue::from_static("application/octet-stream");
const GZIP: HeaderValue = HeaderValue::from_static("gzip");
/// A year, the longest that caches are told.
const KEPT_BY_ALL: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const KEPT_BY_CLIENT: HeaderValue =
    HeaderValue::from_static("private, max-age=31536000, immutable");
/// A checkpoint moves, and an older one that comes after a newer looks like a rollback to a monitor.
const ASKED_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// What stands before a tile's own path.
const TILES: &str = "/tile/";
/// A tile's number has several path elements, and OpenAPI knows parameters of one only: it is a
/// parameter in the document and a wildcard in the router.
const DOCUMENTED: &str = "{tile}";
const ROUTED: &str = "{*tile}";

/// The path in the document of a path in the router.
pub(crate) fn documented_path(routed: &str) -> std::borrow::Cow<'_, str> {
    match routed.strip_suffix(ROUTED) {
        Some(start) => format!("{start}{DOCUMENTED}").into(),
        None => routed.into(),
    }
}

/// Registers an operation that has a tile at the end of its path.
pub(crate) fn with_tiles<S: Clone + Send + Sync + 'static>(
    mut router: OpenApiRouter<S>,
    (schemas, paths, handlers): UtoipaMethodRouter<S>,
) -> OpenApiRouter<S> {
    let document = router.get_openapi_mut();
    let components = document.components.get_or_insert_default();
    components.schemas.extend(schemas);
    for (path, item) in paths.paths {
        let routed = path.replace(DOCUMENTED, ROUTED);
        router.get_openapi_mut().paths.paths.insert(path, item);
        router = router.route(&routed, handlers.clone());
    }
    router
}

/// The organization's current checkpoint.
///
/// A signed note in the C2SP `tlog-checkpoint` format: the log's origin, its size and its root. Needs
/// no key once the log is public.
#[utoipa::path(
    get, path = "/log/{organization_id}/checkpoint", tag = "log", operation_id = "checkpoint",
    security((), ("api_key" = []), ("session" = []), ("viewer_token" = [])),
    params(("organization_id" = String, Path, pattern = "^org_[0-9a-f]{32}$", description = "The organization's id, `org_…`")),
    responses(
        (status = 200, description = "The signed checkpoint", body = String, content_type = "text/plain; charset=utf-8"),
        (status = 400, description = "The request has parameters", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "The log is not public, and there is no API key that works", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "They may not read", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such log, or it is another organization's", body = ProblemBody, content_type = "application/problem+json"),
        (status = 500, description = "The log's files cannot be used", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "No checkpoint has been published yet", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn checkpoint(
    State(prover): State<Prover>,
    reader: LogReader<Read>,
    uri: Uri,
) -> Result<impl IntoResponse, Problem> {
    parameters::none(&uri)?;
    let head = prover.head(reader.organization_id())?;
    let kept = match reader.is_public() {
        true => ASKED_AGAIN,
        false => NO_STORE,
    };
    Ok((
        [(CONTENT_TYPE, PLAIN_TEXT), (CACHE_CONTROL, kept)],
        head.note,
    ))
}

/// A tile of the log's tree: 256 hashes, or as many as its path says.
///
/// As in C2SP `tlog-tiles`. `{tile}` is the tile's number in groups of three digits, all but the last
/// behind an `x`, such as `x001/x234/067`, and for a partial tile `.p/` and its width. Its slashes are
/// slashes of the path: they are not escaped.
#[utoipa::path(
    get, path = "/log/{organization_id}/tile/{level}/{tile}", tag = "log", operation_id = "tile",
    security((), ("api_key" = []), ("session" = []), ("viewer_token" = [])),
    params(
        ("organization_id" = String, Path, pattern = "^org_[0-9a-f]{32}$", description = "The organization's id, `org_…`"),
        ("level" = u8, Path, minimum = 0, maximum = 63, description = "The tile's level, 0 for the hashes of leaves"),
        ("tile" = String, Path, pattern = r"^(x[0-9]{3}/)*[0-9]{3}(\.p/([1-9][0-9]?|1[0-9]{2}|2[0-4][0-9]|25[0-5]))?$",
         description = "The tile's number, and its width if that is not 256", example = "000"),
    ),
    responses(
        (status = 200, description = "The hashes, 32 bytes each. They never change", body = inline(schema::Bytes), content_type = "application/octet-stream"),
        (status = 400, description = "The request has parameters", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "The log is not public, and there is no API key that works", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "They may not read", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such log, or its current checkpoint does not cover all of this tile", body = ProblemBody, content_type = "application/problem+json"),
        (status = 500, description = "What is stored does not lead to the published root", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn tile(
    State(prover): State<Prover>,
    reader: LogReader<Read>,
    uri: Uri,
) -> Result<impl IntoResponse, Problem> {
    parameters::none(&uri)?;
    let tile = named(&uri).filter(|tile| matches!(tile.kind, TileKind::Hashes(_)));
    let bytes = found(&prover, &reader, tile).await?;
    let kept = kept(&reader);
    Ok(([(CONTENT_TYPE, BYTES), (CACHE_CONTROL, kept)], bytes))
}

/// A bundle of the log's entries: 256, or as many as its path says.
///
/// As in C2SP `tlog-tiles`: each entry behind its length as two bytes. `{tile}` is as for tiles of
/// hashes. Compressed with gzip for those who accept it.
#[utoipa::path(
    get, path = "/log/{organization_id}/tile/entries/{tile}", tag = "log", operation_id = "entry_bundle",
    security((), ("api_key" = []), ("session" = [])),
    params(
        ("organization_id" = String, Path, pattern = "^org_[0-9a-f]{32}$", description = "The organization's id, `org_…`"),
        ("tile" = String, Path, pattern = r"^(x[0-9]{3}/)*[0-9]{3}(\.p/([1-9][0-9]?|1[0-9]{2}|2[0-4][0-9]|25[0-5]))?$",
         description = "The bundle's number, and its width if that is not 256", example = "000"),
    ),
    responses(
        (status = 200, description = "The entries. They never change", body = inline(schema::Bytes), content_type = "application/octet-stream",
         headers(("vary" = String, description = "`accept-encoding`"))),
        (status = 400, description = "The request has parameters", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "The log is not public, and there is no API key that works", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "They may not read, or are limited to a project", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such log, its current checkpoint does not cover all of this bundle, or (`pruned`) its entries were removed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 500, description = "What is stored does not lead to the published root", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn entry_bundle(
    State(prover): State<Prover>,
    State(workers): State<Workers>,
    reader: LogReader<ReadEntries>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    parameters::none(&uri)?;
    let bundle = named(&uri).filter(|tile| tile.kind == TileKind::Entries);
    let bytes = match found(&prover, &reader, bundle).await {
        Ok(bytes) => bytes,
        Err(problem) => return Err(pruned(&prover, &reader, bundle).unwrap_or(problem)),
    };
    let common = [
        (CONTENT_TYPE, BYTES),
        (CACHE_CONTROL, kept(&reader)),
        VARY_ENCODING,
    ];
    if !prefers_gzip(&headers) {
        return Ok((common, bytes).into_response());
    }
    let compressed = workers.run(move || gzip(&bytes)).await;
    let compressed = compressed.map_err(|_| Problem::internal())?;
    let compressed = compressed.map_err(|_| Problem::internal())?;
    Ok((common, [(CONTENT_ENCODING, GZIP)], compressed).into_response())
}

/// The tile that a path names, if it is the one path of a tile.
fn named(uri: &Uri) -> Option<Tile> {
    let (_, path) = uri.path().split_once(TILES)?;
    Tile::parse(path)
}

async fn found<R>(
    prover: &Prover,
    reader: &LogReader<R>,
    tile: Option<Tile>,
) -> Result<Bytes, Problem> {
    let none = || {
        Problem::not_found(
            "the log has no such tile: get its checkpoint, and only what that covers, under the path \
             that C2SP tlog-tiles gives it",
        )
    };
    let tile = tile.ok_or_else(none)?;
    prover
        .tile(reader.organization_id(), tile)
        .await?
        .ok_or_else(none)
}

/// Why a bundle is not shown, if its entries were removed.
fn pruned<R>(prover: &Prover, reader: &LogReader<R>, bundle: Option<Tile>) -> Option<Problem> {
    let minimum = prover.minimum_index(reader.organization_id());
    let range = bundle?.range()?;
    (range.end <= minimum).then(|| {
        let detail = format!(
            "the log's entries below index {minimum} were removed, as their events' time was over: ask \
             for those from there on; its tiles of hashes are all there"
        );
        Problem::new(StatusCode::NOT_FOUND, "pruned", detail).with_minimum_index(minimum)
    })
}

fn kept<R>(reader: &LogReader<R>) -> HeaderValue {
    match reader.is_public() {
        true => KEPT_BY_ALL,
        false => KEPT_BY_CLIENT,
    }
}

/// Equal bytes are compressed to equal bytes.
fn gzip(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len()), Compression::default());
    encoder.write_all(bytes)?;
    encoder.finish()
}
