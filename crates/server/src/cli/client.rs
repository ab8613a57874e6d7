//! The connection to a server, for the commands that are its clients.
//!
//! What must always hold:
//!
//! - the key comes from the environment or a file, never from an argument, which every process of
//!   the machine can read; it goes to the server that was named and, as redirects are not
//!   followed, to no other;
//! - every wait has a bound;
//! - what a server says reaches the terminal as one line of fit characters, and an answer that is
//!   not Evident's is said to be none.

mod download;
mod key;
pub(super) mod post;
mod send;

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use flate2::read::MultiGzDecoder;
use serde::Deserialize;
use ureq::config::ConfigBuilder;
use ureq::http::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE,
    LOCATION, RETRY_AFTER,
};
use ureq::http::{HeaderMap, HeaderValue, Response, StatusCode, Uri};
use ureq::tls::{RootCerts, TlsConfig, TlsProvider};
use ureq::typestate::AgentScope;
use ureq::{Agent, Body, Proxy};

use super::output::warn;
use super::sanitize;
use key::{KEY_VARIABLE, Key};

/// Where `evident serve` listens unless it is told otherwise.
const DEFAULT_URL: &str = "http://127.0.0.1:8700";
/// How [`Connection`] is told where the server is.
const GIVEN_BY: &str = "--url or EVIDENT_URL";
/// Most bytes of a problem.
const MAX_PROBLEM_BYTES: u64 = 1024 * 1024;
/// Most bytes of an answer that is read whole. A server ends a page at 16 MiB of events.
const MAX_ANSWER_BYTES: u64 = 64 * 1024 * 1024;
/// How long the search for the server's address may take.
const RESOLVE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long it may take to connect, TLS included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a server may take nothing of a request.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a server may be silent before and in an answer. It gives up a question after 10 s.
pub(super) const ANSWER_SILENCE: Duration = Duration::from_secs(30);
/// Connections to one server that are kept for the next question.
const KEPT_CONNECTIONS: usize = 8;

/// Where the server is, and who asks.
#[derive(Debug, Args)]
#[command(next_help_heading = "Connection")]
pub(super) struct Connection {
    /// The server's address, http or https
    #[arg(long, value_name = "URL", env = "EVIDENT_URL", hide_env_values = true, default_value = DEFAULT_URL)]
    url: String,
    /// A file that holds the API key; without it, EVIDENT_API_KEY in the environment does
    #[arg(long, value_name = "FILE")]
    api_key_file: Option<PathBuf>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum ClientError {
    /// No key was given.
    #[error(
        "there is no API key: put one that may read into the environment as {KEY_VARIABLE}, or name a file that holds it by --api-key-file; `evident init` prints the first ones"
    )]
    NoKey,
    /// The key's file cannot be read.
    #[error("the API key cannot be read from {}: {source}; correct --api-key-file", .path.display())]
    KeyFile { path: PathBuf, source: io::Error },
    /// The key is no key.
    #[error("{from} holds no API key: expected one line such as evident_read_…")]
    BadKey { from: String },
    /// The address is none.
    #[error(
        "{url:?} is not a server's address: give --url or EVIDENT_URL as http://host:port or https://host, without user, query or fragment"
    )]
    BadUrl { url: String },
    /// Nobody answers.
    #[error("{url} cannot be reached: {reason}")]
    Unreachable { url: String, reason: String },
    /// The answer ended before its end.
    #[error("{url} broke off its answer: {reason}")]
    BrokenOff { url: String, reason: String },
    /// The server says no.
    #[error("{detail}")]
    Refused {
        status: StatusCode,
        detail: String,
        /// The code of the server's problem, if it sent one.
        code: Option<String>,
        /// The index below which a log shows no entries any more, if the problem is that.
        minimum_index: Option<u64>,
        retry_after: Option<Duration>,
    },
    /// Something else answers.
    #[error("{url} answers, but not as Evident does: {what}; check {given_by}")]
    NotEvident {
        url: String,
        what: String,
        given_by: &'static str,
    },
    /// It answers with more than there can be.
    #[error("{url} answers with more than {at_most} bytes, which is not what was asked for")]
    TooLong { url: String, at_most: u64 },
}

/// A problem as a server sends it.
#[derive(Deserialize)]
struct ProblemBody {
    detail: String,
    code: Option<String>,
    minimum_index: Option<u64>,
}

/// Whether a cache may answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Freshness {
    /// It never changes, so any will do.
    Any,
    /// Only one that has asked the server again.
    Newest,
}

/// A name and a value of a question.
pub(super) type Parameter = (&'static str, String);

/// Asks a server.
pub(super) struct Client {
    agent: Agent,
    url: String,
    /// What a caller corrects who gave a wrong address.
    given_by: &'static str,
    /// Nothing without a key.
    authorization: Option<HeaderValue>,
}

impl Connection {
    /// A client that gives up when the server has been silent for this long.
    pub(super) fn client(&self, silence: Duration) -> Result<Client, ClientError> {
        let url = base(&self.url)?;
        let key = Key::find(self.api_key_file.as_deref())?.ok_or(ClientError::NoKey)?;
        Client::new(&url, Some(&key), GIVEN_BY, |is_loopback| {
            agent(silence, is_loopback).build().new_agent()
        })
    }
}

/// The address that paths are put behind.
fn base(url: &str) -> Result<Uri, ClientError> {
    let bad = || ClientError::BadUrl {
        url: sanitize::message(url),
    };
    let uri: Uri = url.trim().parse().map_err(|_| bad())?;
    let is_http = matches!(uri.scheme_str(), Some("http" | "https"));
    let has_host = uri
        .authority()
        .is_some_and(|authority| !authority.host().is_empty() && !authority.as_str().contains('@'));
    // What stands behind a '#' is not part of the parsed address.
    if is_http && has_host && uri.query().is_none() && !url.contains('#') {
        Ok(uri)
    } else {
        Err(bad())
    }
}

fn is_loopback(url: &Uri) -> bool {
    let host = url.host().unwrap_or_default().to_ascii_lowercase();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    match address.parse::<std::net::IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => host == "localhost" || host.ends_with(".localhost"),
    }
}

fn agent(silence: Duration, is_loopback: bool) -> ConfigBuilder<AgentScope> {
    let tls = TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        // The system's authorities, or those that SSL_CERT_FILE and SSL_CERT_DIR name.
        .root_certs(RootCerts::PlatformVerifier)
        .build();
    // This machine is not behind a proxy.
    let proxy = (!is_loopback).then(Proxy::try_from_env).flatten();
    Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .proxy(proxy)
        .tls_config(tls)
        .user_agent(concat!("evident/", env!("CARGO_PKG_VERSION")))
        .timeout_resolve(Some(RESOLVE_TIMEOUT))
        .timeout_connect(Some(CONNECT_TIMEOUT))
        .timeout_per_write(Some(WRITE_TIMEOUT))
        .timeout_per_read(Some(silence))
        .max_idle_connections_per_host(KEPT_CONNECTIONS)
}

impl Client {
    /// A client for whatever is served at an address, with the key of this file if one is named. The
    /// key of the environment goes to a log of Evident's alone. No answer may take longer than `at_most`.
    pub(super) fn of_address(
        url: &str,
        key_file: Option<&Path>,
        at_most: Duration,
        given_by: &'static str,
    ) -> Result<Self, ClientError> {
        let url = base(url)?;
        let key = Key::for_log(key_file, url.path())?;
        Self::new(&url, key.as_ref(), given_by, |is_loopback| {
            agent(ANSWER_SILENCE, is_loopback)
                .timeout_global(Some(at_most))
                .build()
                .new_agent()
        })
    }

    fn new(
        url: &Uri,
        key: Option<&Key>,
        given_by: &'static str,
        agent: impl FnOnce(bool) -> Agent,
    ) -> Result<Self, ClientError> {
        let authorization = key.map(Key::bearer).transpose()?;
        let is_loopback = is_loopback(url);
        if authorization.is_some() && url.scheme_str() == Some("http") && !is_loopback {
            let host = url.host().unwrap_or_default();
            warn(&format!(
                "the API key travels to {host} unencrypted; use https"
            ));
        }
        Ok(Self {
            agent: agent(is_loopback),
            url: url.to_string().trim_end_matches('/').to_owned(),
            given_by,
            authorization,
        })
    }

    /// Whether it asks with a key.
    pub(super) const fn has_key(&self) -> bool {
        self.authorization.is_some()
    }

    /// The same client for another address of the same server.
    pub(super) fn at(&self, url: String) -> Self {
        Self {
            agent: self.agent.clone(),
            url,
            given_by: self.given_by,
            authorization: self.authorization.clone(),
        }
    }

    /// Where the server is.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Asks, and gives the answer back if it is one of this media type.
    pub(super) fn get(
        &self,
        path: &str,
        parameters: &[Parameter],
        media_type: &'static str,
        last_event_id: &str,
    ) -> Result<Response<Body>, ClientError> {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(parameters);
        let query = query.finish();
        let mark = if query.is_empty() { "" } else { "?" };
        let mut request = self
            .agent
            .get(format!("{}{path}{mark}{query}", self.url))
            .header(ACCEPT, media_type);
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        if !last_event_id.is_empty() {
            request = request.header("last-event-id", last_event_id);
        }
        let response = request.call().map_err(|error| self.unreachable(&error))?;
        match (response.status(), self.media_type(response.headers())) {
            (StatusCode::OK, found) if found == media_type => Ok(response),
            (status, found) => Err(self.other(status, &found, response)),
        }
    }

    /// Asks for JSON, and reads it whole.
    pub(super) fn json(&self, path: &str, parameters: &[Parameter]) -> Result<String, ClientError> {
        let answer = self.get(path, parameters, "application/json", "")?;
        self.text(answer, MAX_ANSWER_BYTES)
    }

    /// Asks for text of this media type, and reads it whole.
    pub(super) fn document(
        &self,
        path: &str,
        media_type: &'static str,
        at_most: u64,
    ) -> Result<String, ClientError> {
        let answer = self.get(path, &[], media_type, "")?;
        self.text(answer, at_most)
    }

    /// Asks for bytes of this media type, else of whatever one, and reads them whole. `None` where there
    /// is nothing.
    pub(super) fn bytes(
        &self,
        path: &str,
        media_type: Option<&'static str>,
        freshness: Freshness,
        at_most: u64,
    ) -> Result<Option<Vec<u8>>, ClientError> {
        let mut request = self
            .agent
            .get(format!("{}{path}", self.url))
            .header(ACCEPT_ENCODING, "gzip, identity");
        if freshness == Freshness::Newest {
            request = request.header(CACHE_CONTROL, "no-cache");
        }
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        let mut answer = request.call().map_err(|error| self.unreachable(&error))?;
        let found = self.media_type(answer.headers());
        match answer.status() {
            StatusCode::OK if media_type.is_none_or(|wanted| wanted == found) => {}
            StatusCode::NOT_FOUND | StatusCode::GONE => return Ok(None),
            status => return Err(self.other(status, &found, answer)),
        }
        let encoding = answer.headers().get(CONTENT_ENCODING).cloned();
        let body = answer.body_mut().with_config().limit(u64::MAX).reader();
        let mut bytes = Vec::new();
        // One byte more tells what is too long from what just fits.
        let read = match encoding.as_ref().map(HeaderValue::as_bytes) {
            None | Some(b"identity") => body.take(at_most + 1).read_to_end(&mut bytes),
            Some(b"gzip") => MultiGzDecoder::new(body)
                .take(at_most + 1)
                .read_to_end(&mut bytes),
            Some(_) => return Err(self.not_evident("it encodes what it was not asked to")),
        };
        match read {
            Ok(length) if length as u64 > at_most => Err(ClientError::TooLong {
                url: format!("{}{path}", self.url),
                at_most,
            }),
            Ok(_) => Ok(Some(bytes)),
            Err(error) => Err(self.broken_off(&error)),
        }
    }

    fn text(&self, mut answer: Response<Body>, at_most: u64) -> Result<String, ClientError> {
        let body = answer.body_mut().with_config().limit(at_most);
        let body = body
            .read_to_vec()
            .map_err(|error| self.broken_off(&error.into_io()))?;
        String::from_utf8(body).map_err(|_| self.not_evident("what it sends is not UTF-8"))
    }

    /// The answer ended before its end.
    pub(super) fn broken_off(&self, error: &io::Error) -> ClientError {
        ClientError::BrokenOff {
            url: self.url.clone(),
            reason: reason(error),
        }
    }

    /// What is there is not Evident.
    pub(super) fn not_evident(&self, what: impl Into<String>) -> ClientError {
        ClientError::NotEvident {
            url: self.url.clone(),
            what: what.into(),
            given_by: self.given_by,
        }
    }

    fn unreachable(&self, error: &ureq::Error) -> ClientError {
        let given_by = self.given_by;
        let reason = match error {
            ureq::Error::Io(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                format!("{error}; start `evident serve` there, or correct {given_by}")
            }
            ureq::Error::Io(error) => format!("{}; check {given_by}", reason(error)),
            ureq::Error::Rustls(error) => tls(error),
            ureq::Error::Timeout(_) => "it does not answer in time; try again later".to_owned(),
            ureq::Error::Protocol(_) | ureq::Error::LargeResponseHeader(..) => {
                let error = sanitize::message(&error.to_string());
                let tls = match self.url.starts_with("http:") {
                    true => ": if it speaks TLS, say https://",
                    false => "",
                };
                return self.not_evident(format!("what it sends is not HTTP ({error}){tls}"));
            }
            error => {
                let error = sanitize::message(&error.to_string());
                format!("{error}; check {given_by}")
            }
        };
        ClientError::Unreachable {
            url: self.url.clone(),
            reason,
        }
    }

    fn media_type(&self, headers: &HeaderMap) -> String {
        let value = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
        let value = String::from_utf8_lossy(value.unwrap_or_default()).to_ascii_lowercase();
        let essence = value.split(';').next().unwrap_or_default();
        sanitize::message(essence)
    }

    /// What to say of an answer that is none.
    fn other(&self, status: StatusCode, found: &str, response: Response<Body>) -> ClientError {
        if status.is_redirection() {
            let to = response.headers().get(LOCATION);
            let to = String::from_utf8_lossy(to.map(HeaderValue::as_bytes).unwrap_or_default());
            return self.not_evident(format!(
                "it redirects ({status}) to {:?}, and the key is not taken there",
                sanitize::message(&to)
            ));
        }
        let header = |name: &str| response.headers().get(name)?.to_str().ok();
        let retry_after = header(RETRY_AFTER.as_str())
            .and_then(|seconds| seconds.parse().ok())
            .map(Duration::from_secs);
        let request = header("x-request-id").map(sanitize::message);
        let problem = if found == "application/problem+json" {
            self.problem(response)
        } else {
            let found = if found.is_empty() { "nothing" } else { found };
            Err(self.not_evident(format!("{status} with {found}")))
        };
        let minimum_index = problem
            .as_ref()
            .ok()
            .and_then(|problem| problem.minimum_index);
        let (detail, code) = match (problem, request) {
            (Ok(problem), Some(request)) if status.is_server_error() => {
                let detail = format!("{} (x-request-id: {request})", problem.detail);
                (detail, problem.code)
            }
            (Ok(problem), _) if status == StatusCode::NOT_FOUND => {
                let advice = format!("{} was asked: check {}", self.url, self.given_by);
                (format!("{} ({advice})", problem.detail), problem.code)
            }
            (Ok(problem), _) => (problem.detail, problem.code),
            // Of what stands in front of the server, while that is away.
            (Err(error), _) if status.is_server_error() => (error.to_string(), None),
            (Err(error), _) => return error,
        };
        ClientError::Refused {
            status,
            detail,
            code,
            minimum_index,
            retry_after,
        }
    }

    /// What a problem says.
    fn problem(&self, response: Response<Body>) -> Result<ProblemBody, ClientError> {
        let body = self.text(response, MAX_PROBLEM_BYTES)?;
        match serde_json::from_str::<ProblemBody>(&body) {
            Ok(problem) => Ok(ProblemBody {
                detail: sanitize::message(&problem.detail),
                code: problem.code.map(|code| sanitize::message(&code)),
                minimum_index: problem.minimum_index,
            }),
            Err(_) => Err(self.not_evident("a problem that says nothing")),
        }
    }
}

/// Why bytes did not come.
fn reason(error: &io::Error) -> String {
    let inner = error.get_ref();
    if let Some(error) = inner.and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        return tls(error);
    }
    match inner.and_then(|inner| inner.downcast_ref::<ureq::Error>()) {
        Some(ureq::Error::Timeout(_)) => return "it was silent for too long".to_owned(),
        Some(ureq::Error::BodyExceedsLimit(most)) => {
            return format!("it is longer than {most} bytes");
        }
        _ => {}
    }
    sanitize::message(&error.to_string())
}

/// Why there is no TLS connection.
fn tls(error: &rustls::Error) -> String {
    if let rustls::Error::InvalidMessage(_) = error {
        return "what answers there does not speak TLS: if it is this server, say http://"
            .to_owned();
    }
    let error = sanitize::message(&error.to_string());
    format!(
        "{error}; if its certificate is by an authority of your own, name that by SSL_CERT_FILE"
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn an_address_is_http_or_https_with_a_host_and_at_most_a_path() {
        for good in [
            "http://127.0.0.1:8700",
            "https://audit.example.com",
            "https://example.com/evident/",
            "http://[::1]:8700/",
        ] {
            assert!(base(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "127.0.0.1:8700",
            "localhost",
            "/v1/events",
            "ftp://example.com",
            "http://",
            "https://ada:secret@example.com",
            "https://example.com/?x=1",
            "https://example.com/#x",
            "http://exa mple.com",
        ] {
            assert!(
                matches!(base(bad), Err(ClientError::BadUrl { .. })),
                "{bad}"
            );
        }
    }

    #[test]
    fn an_answer_that_never_ends_is_given_up_though_it_is_never_silent() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = std::thread::spawn(move || {
            use std::io::Write;
            let (mut stream, _) = listener.accept().unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
            while stream.write_all(b"x").is_ok() {
                std::thread::park_timeout(Duration::from_millis(5));
            }
        });
        let client = Client::of_address(&url, None, Duration::from_millis(300), "the URL").unwrap();
        let error = client
            .bytes("/", None, Freshness::Any, u64::MAX - 1)
            .unwrap_err();
        assert!(matches!(error, ClientError::BrokenOff { .. }), "{error}");
        server.join().unwrap();
    }

    #[test]
    fn only_this_machine_is_loopback() {
        let is_loopback = |url: &str| is_loopback(&url.parse().unwrap());
        for here in [
            "http://127.0.0.1:8700",
            "http://127.9.9.9",
            "http://[::1]:1",
            "http://LocalHost:8700",
            "http://evident.localhost",
        ] {
            assert!(is_loopback(here), "{here}");
        }
        for there in [
            "http://10.0.0.1",
            "http://localhost.example.com",
            "http://127.0.0.1.example.com",
            "http://[::2]",
            "http://0.0.0.0",
        ] {
            assert!(!is_loopback(there), "{there}");
        }
    }
}
