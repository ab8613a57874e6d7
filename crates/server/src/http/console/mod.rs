//! The console's pages and files, and the viewer that other pages embed.
//!
//! They hold nothing of anybody: whoever asks gets them, and what they show they ask of the API, like any other
//! client. What must always hold:
//!
//! - no path of the API is ever answered by a page: an unknown one stays a problem;
//! - a page may load and ask of this server alone, runs no script that is not one of its files, and is framed by nobody;
//! - what its name tells apart for good is kept for good; all else is asked for again.

mod files;

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH,
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};

use self::files::{File, Files};
use super::exchange::{self, Label};
use super::negotiation::{Coding, VARY_ENCODING};

/// The route of all of this in logs and metrics.
const LABEL: Label = Label("(console)");
/// What the API and its documentation have; and all that is below.
const NOT_PAGES: [&str; 7] = [
    "v1",
    "log",
    "healthz",
    "readyz",
    "metrics",
    "openapi.json",
    "docs",
];

const INDEX: &str = "console/index.html";
const EXAMPLE: &str = "viewer/example.html";

/// Scripts, styles, fonts and answers come from this server. No script or style is written into a page.
const PAGE_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; \
     connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
);
/// Nothing of the device is needed.
const PERMISSIONS: HeaderValue = HeaderValue::from_static(
    "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), \
     microphone=(), midi=(), payment=(), usb=()",
);
const SAME_ORIGIN: HeaderValue = HeaderValue::from_static("same-origin");
const CROSS_ORIGIN: HeaderValue = HeaderValue::from_static("cross-origin");
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");

/// For what is under the same name tomorrow, with other bytes: kept, but asked for each time.
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");
/// For names that tell their bytes: a year.
const FOR_GOOD: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// For what other pages embed by a name that stays: five minutes.
const FOR_MINUTES: HeaderValue = HeaderValue::from_static("public, max-age=300");
const NOT_KEPT: HeaderValue = HeaderValue::from_static("no-store");

/// What stands in for every page of a binary that was compiled without the console.
const NOT_BUILT: &str = include_str!("not_built.html");

/// The files, and what is answered with them.
#[derive(Debug)]
pub(crate) struct Console(Files);

/// Where a path leads.
#[derive(Debug, PartialEq, Eq)]
enum Place<'p> {
    /// The console itself, which looks at the path further.
    Page,
    /// A file whose name tells its bytes.
    Asset(&'p str),
    /// A file beside the page, such as its icon.
    Beside(&'p str),
    /// A file that pages elsewhere embed.
    Embedded(&'p str),
    /// The page that shows how that is done.
    Example,
}

impl Place<'_> {
    /// Where a path leads, if it is not the API's and could be a page's or a file's.
    fn of(path: &str) -> Option<Place<'_>> {
        let path = path.strip_prefix('/')?;
        let (first, rest) = match path.split_once('/') {
            Some((first, rest)) => (first, Some(rest)),
            None => (path, None),
        };
        let is_hidden = path.split('/').any(|segment| segment.starts_with('.'));
        match (first, rest) {
            _ if NOT_PAGES.contains(&first) || is_hidden => None,
            ("assets", Some(_)) => Some(Place::Asset(path)),
            ("embed", Some("example")) => Some(Place::Example),
            ("embed", Some(name)) => Some(Place::Embedded(name)),
            (file, None) if file.contains('.') => Some(Place::Beside(file)),
            _ => Some(Place::Page),
        }
    }

    /// The name of the file that is answered.
    fn file(&self) -> String {
        match self {
            Self::Page => INDEX.to_owned(),
            Self::Example => EXAMPLE.to_owned(),
            Self::Asset(name) | Self::Beside(name) => format!("console/{name}"),
            Self::Embedded(name) => format!("viewer/{name}"),
        }
    }

    fn kept(&self) -> HeaderValue {
        match self {
            Self::Asset(_) => FOR_GOOD,
            Self::Embedded(_) => FOR_MINUTES,
            Self::Page | Self::Beside(_) | Self::Example => ASK_AGAIN,
        }
    }

    /// Whether it is a page that can be shown instead of what has not been built.
    fn is_page(&self) -> bool {
        matches!(self, Self::Page | Self::Example)
    }
}

/// The answer where the API has no route: the console's, or that there is none.
pub(crate) async fn serve(State(console): State<Arc<Console>>, request: Request) -> Response {
    match console.answer(&request) {
        Some(response) => response,
        None => exchange::no_route().await.into_response(),
    }
}

impl Console {
    /// What there is to serve.
    pub(crate) fn load() -> Arc<Self> {
        let files = Files::load();
        if files.get(INDEX).is_none() {
            tracing::warn!("this binary was compiled without the console: `make run` builds both");
        }
        Arc::new(Self(files))
    }

    /// The answer to a request whose path is not the API's.
    pub(crate) fn answer(&self, request: &Request) -> Option<Response> {
        let place = Place::of(request.uri().path())?;
        let mut response = self.at(&place, request);
        response.extensions_mut().insert(LABEL);
        let headers = response.headers_mut();
        let resource_policy = match place {
            Place::Embedded(_) => CROSS_ORIGIN,
            _ => SAME_ORIGIN,
        };
        headers.insert(CONTENT_SECURITY_POLICY, PAGE_POLICY);
        headers.insert(OPENER_POLICY, SAME_ORIGIN);
        headers.insert(RESOURCE_POLICY, resource_policy);
        headers.insert(PERMISSIONS_POLICY, PERMISSIONS);
        Some(response)
    }

    fn at(&self, place: &Place<'_>, request: &Request) -> Response {
        let file = self.0.get(&place.file());
        if file.is_none() && !place.is_page() {
            return super::problem::Problem::not_found("there is no such file").into_response();
        }
        let is_head = request.method() == Method::HEAD;
        if !is_head && request.method() != Method::GET {
            let allow = [(ALLOW, HeaderValue::from_static("GET, HEAD"))];
            return (allow, not_this_method()).into_response();
        }
        match file {
            Some(file) => sent(file, place, request.headers(), is_head),
            None => not_built(is_head),
        }
    }
}

fn not_this_method() -> super::problem::Problem {
    let detail = "pages and their files are only read: send GET or HEAD";
    super::problem::Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
}

fn sent(file: &File, place: &Place<'_>, headers: &HeaderMap, is_head: bool) -> Response {
    let (coding, form) = file.form(headers);
    let mut response = match is_known(&form.etag, headers) {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => {
            let mut response = with_body(form.bytes.clone(), is_head);
            let headers = response.headers_mut();
            headers.insert(CONTENT_TYPE, file.content_type.clone());
            if let Some(name) = coding.name() {
                headers.insert(CONTENT_ENCODING, name);
            }
            response
        }
    };
    let headers = response.headers_mut();
    headers.insert(ETAG, form.etag.clone());
    headers.insert(CACHE_CONTROL, place.kept());
    headers.insert(VARY_ENCODING.0, VARY_ENCODING.1);
    if matches!(place, Place::Embedded(_)) {
        // It is the same for everybody, and holds nothing.
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    }
    response
}

/// Whether the client has these very bytes already. What it has is compared as RFC 9110, section 13.1.2, says.
fn is_known(etag: &HeaderValue, headers: &HeaderMap) -> bool {
    let named = headers.get_all(IF_NONE_MATCH).iter();
    let named = named.filter_map(|value| value.to_str().ok());
    let mut tags = named.flat_map(|value| value.split(',')).map(str::trim);
    tags.any(|tag| {
        tag == "*" || tag.strip_prefix("W/").unwrap_or(tag).as_bytes() == etag.as_bytes()
    })
}

fn with_body(bytes: Bytes, is_head: bool) -> Response {
    let length = HeaderValue::from(bytes.len());
    let body = match is_head {
        true => Body::empty(),
        false => Body::from(bytes),
    };
    let mut response = Response::new(body);
    response.headers_mut().insert(CONTENT_LENGTH, length);
    response
}

/// A page, for whoever opens one; and no success, for what watches a server that should have it.
fn not_built(is_head: bool) -> Response {
    let mut response = with_body(Bytes::from_static(NOT_BUILT.as_bytes()), is_head);
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    headers.insert(CACHE_CONTROL, NOT_KEPT);
    response
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_path_leads_to_the_api_to_a_file_or_to_the_page() {
        use Place::{Asset, Beside, Embedded, Example, Page};
        for (path, place) in [
            ("/", Some(Page)),
            ("/setup", Some(Page)),
            ("/events/0198c5f0-7c1e-7a3b-9f52-3d1e5a6b7c8d", Some(Page)),
            ("/catalog/user.login", Some(Page)),
            ("/login", Some(Page)),
            ("/v1events", Some(Page)),
            ("/assets", Some(Page)),
            ("/assets/a-1.js", Some(Asset("assets/a-1.js"))),
            ("/assets/", Some(Asset("assets/"))),
            ("/favicon.svg", Some(Beside("favicon.svg"))),
            ("/embed/example", Some(Example)),
            ("/embed/evident-log.js", Some(Embedded("evident-log.js"))),
            ("/v1", None),
            ("/v1/", None),
            ("/v1/nothing", None),
            ("/log/org_1/checkpoint", None),
            ("/healthz", None),
            ("/readyz/", None),
            ("/metrics", None),
            ("/openapi.json", None),
            ("/docs/nothing", None),
            ("/.git/config", None),
            ("/assets/../index.html", None),
            ("", None),
            ("*", None),
        ] {
            assert_eq!(Place::of(path), place, "{path}");
        }
    }

    #[test]
    fn a_tag_that_the_client_names_is_known() {
        let etag = HeaderValue::from_static("\"abc\"");
        for (named, known) in [
            ("\"abc\"", true),
            ("W/\"abc\"", true),
            ("\"x\", \"abc\"", true),
            ("*", true),
            ("\"abcd\"", false),
            ("abc", false),
            ("", false),
        ] {
            let headers = HeaderMap::from_iter([(IF_NONE_MATCH, HeaderValue::from_static(named))]);
            assert_eq!(is_known(&etag, &headers), known, "{named:?}");
        }
        assert!(!is_known(&etag, &HeaderMap::new()));
    }
}
