//! The OpenID provider of `e2e/oidc`, started once for all tests, and a browser that goes there and comes back.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use serde::Deserialize;
use serde_json::Value;
use ureq::Agent;
use ureq::http::header::{COOKIE, LOCATION, SET_COOKIE};
use ureq::http::{HeaderMap, Request, StatusCode};

use super::{Directory, Reply, Server};

/// More steps than any sign-in takes.
const MAX_STEPS: usize = 20;
/// Where people reach the servers that they sign in to: the provider knows no other address, and the browser never
/// goes there.
pub const PUBLIC_URL: &str = "http://127.0.0.1:9";

/// Where the provider is, as it says itself.
#[derive(Deserialize)]
pub struct Rig {
    pub issuer: String,
    pub forger: String,
    pub client_secret: String,
    pub redirect_url: String,
    /// Ends with its standard input, that is, with this process.
    #[serde(skip)]
    _process: Option<Child>,
}

/// The provider.
pub fn rig() -> &'static Rig {
    static RIG: OnceLock<Rig> = OnceLock::new();
    RIG.get_or_init(start)
}

fn start() -> Rig {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../e2e/oidc");
    let mut process = Command::new("node")
        .arg("provider.mjs")
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("node is not there: run scripts/setup test");
    let mut line = String::new();
    let mut output = BufReader::new(process.stdout.take().unwrap());
    output.read_line(&mut line).unwrap();
    let rig: Rig = serde_json::from_str(&line)
        .expect("e2e/oidc/provider.mjs does not start: run scripts/setup test");
    Rig {
        _process: Some(process),
        ..rig
    }
}

impl Rig {
    /// Says what the provider tells of somebody. Tests that run at once have people of their own.
    pub fn account(&self, name: &str, claims: &Value) {
        let url = format!("{}/accounts/{name}", self.forger);
        let answer = ureq::put(url).send(claims.to_string()).unwrap();
        assert_eq!(answer.status(), 204);
    }
}

impl Directory {
    /// A server that the provider can send people back to.
    pub fn serve_with_sso(&self) -> Server {
        self.serve_with(|command| {
            command.env("EVIDENT_PUBLIC_URL", PUBLIC_URL);
            command.env("EVIDENT_SSO_ALLOW_LOOPBACK", "true");
        })
    }
}

/// A browser: what it keeps for the server and for the provider.
#[derive(Default)]
pub struct Browser {
    pub cookies: BTreeMap<String, String>,
    provider: BTreeMap<String, String>,
}

impl Browser {
    /// A request to the server, whose cookies it takes.
    pub fn get(&mut self, server: &Server, path: &str) -> Reply {
        self.get_as(server, path, &[])
    }

    /// The same, with further headers.
    pub fn get_as(&mut self, server: &Server, path: &str, headers: &[(&str, &str)]) -> Reply {
        let cookie = header_of(&self.cookies);
        let mut all = headers.to_vec();
        if !cookie.is_empty() {
            all.push(("cookie", &cookie));
        }
        let reply = server.request("GET", path, None, &all, b"");
        remember(&mut self.cookies, &reply.headers);
        reply
    }

    /// Begins a sign-in. Gives the provider's page.
    #[track_caller]
    pub fn start(&mut self, server: &Server, return_to: &str) -> String {
        let path = format!(
            "/v1/auth/oidc/start?organization_id={}&return_to={return_to}",
            server.organization.id
        );
        let reply = self.get(server, &path);
        assert_eq!(reply.status, 302, "{}", reply.text());
        reply.header("location").to_owned()
    }

    /// Signs somebody in by the provider's own pages. Gives what is behind the `?` of the address that the provider
    /// sends the browser back to.
    pub fn at_provider(&mut self, url: &str, name: &str) -> String {
        let mut step = Step::Go(url.to_owned());
        for _ in 0..MAX_STEPS {
            step = match step {
                Step::Go(url) if url.starts_with(&rig().redirect_url) => {
                    return url.split_once('?').expect("an answer").1.to_owned();
                }
                Step::Go(url) => self.provider_page(Request::get(&url), ""),
                Step::Fill(url, prompt) if prompt == "login" => {
                    let form = format!("prompt=login&login={name}&password=any");
                    self.provider_page(Request::post(&url), &form)
                }
                Step::Fill(url, prompt) => {
                    self.provider_page(Request::post(&url), &format!("prompt={prompt}"))
                }
            };
        }
        panic!("the provider does not come to an end");
    }

    /// Comes back from the provider.
    pub fn back(&mut self, server: &Server, query: &str) -> Reply {
        self.get(server, &format!("/v1/auth/oidc/callback?{query}"))
    }

    /// A whole sign-in.
    pub fn sign_in(&mut self, server: &Server, name: &str) -> Reply {
        let url = self.start(server, "/");
        // Whoever signed in before is not asked again.
        self.provider.clear();
        let query = self.at_provider(&url, name);
        self.back(server, &query)
    }

    fn provider_page(&mut self, request: ureq::http::request::Builder, form: &str) -> Step {
        let agent: Agent = Agent::config_builder()
            .max_redirects(0)
            .http_status_as_error(false)
            .build()
            .into();
        let request = request.header(COOKIE, header_of(&self.provider));
        let answer = match form {
            "" => agent.run(request.body(()).unwrap()),
            form => {
                let kind = "application/x-www-form-urlencoded";
                let request = request.header("content-type", kind);
                agent.run(request.body(form.to_owned()).unwrap())
            }
        };
        let mut answer = answer.unwrap();
        remember(&mut self.provider, answer.headers());
        let page = answer.body_mut().read_to_string().unwrap();
        match answer.status() {
            StatusCode::OK => Step::Fill(
                absolute(&attribute(&page, "action=\"")),
                attribute(&page, "name=\"prompt\" value=\""),
            ),
            StatusCode::FOUND | StatusCode::SEE_OTHER => {
                Step::Go(absolute(answer.headers()[LOCATION].to_str().unwrap()))
            }
            status => panic!("the provider answers {status}: {page}"),
        }
    }
}

enum Step {
    Go(String),
    /// A form: where it goes and what it asks.
    Fill(String, String),
}

fn header_of(cookies: &BTreeMap<String, String>) -> String {
    let pairs = cookies
        .iter()
        .map(|(name, value)| format!("{name}={value}"));
    pairs.collect::<Vec<_>>().join("; ")
}

fn remember(cookies: &mut BTreeMap<String, String>, headers: &HeaderMap) {
    for cookie in headers.get_all(SET_COOKIE) {
        let pair = cookie.to_str().unwrap().split(';').next().unwrap();
        let (name, value) = pair.split_once('=').unwrap();
        match value.is_empty() {
            true => cookies.remove(name),
            false => cookies.insert(name.to_owned(), value.to_owned()),
        };
    }
}

fn absolute(url: &str) -> String {
    match url.starts_with('/') {
        true => format!("{}{url}", rig().issuer),
        false => url.to_owned(),
    }
}

fn attribute(page: &str, before: &str) -> String {
    let found = page.split_once(before);
    let (_, rest) = found.unwrap_or_else(|| panic!("no {before} in {page}"));
    rest.split_once('"').unwrap().0.to_owned()
}
