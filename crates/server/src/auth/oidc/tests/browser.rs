//! A browser in which somebody signs in: it keeps cookies, follows redirects and fills in forms.

use std::collections::BTreeMap;

use ureq::Agent;
use ureq::http::header::{COOKIE, LOCATION, SET_COOKIE};
use ureq::http::{HeaderMap, Request, StatusCode};

use super::rig::rig;

/// More steps than any sign-in takes.
const MAX_STEPS: usize = 20;

/// What the provider sends back with the browser.
#[derive(Debug)]
pub(super) struct Back {
    pub(super) code: String,
    pub(super) state: String,
    pub(super) issuer: Option<String>,
}

/// Signs somebody in by the provider's own pages.
pub(super) fn sign_in(url: &str, name: &str) -> Back {
    let mut browser = Browser::new();
    let mut step = Step::Go(url.to_owned());
    for _ in 0..MAX_STEPS {
        step = match step {
            Step::Go(url) if url.starts_with(&rig().redirect_url) => return back(&url),
            Step::Go(url) => browser.get(&url),
            Step::Fill(url, prompt) if prompt == "login" => {
                browser.post(&url, &format!("prompt=login&login={name}&password=any"))
            }
            Step::Fill(url, prompt) => browser.post(&url, &format!("prompt={prompt}")),
        };
    }
    panic!("the provider does not come to an end");
}

fn back(url: &str) -> Back {
    let (_, query) = url.split_once('?').expect("an answer");
    let pairs = form_urlencoded::parse(query.as_bytes()).into_owned();
    let mut answer: BTreeMap<String, String> = pairs.collect();
    Back {
        code: answer
            .remove("code")
            .unwrap_or_else(|| panic!("no code: {answer:?}")),
        state: answer.remove("state").expect("a state"),
        issuer: answer.remove("iss"),
    }
}

enum Step {
    Go(String),
    /// A form: where it goes and what it asks.
    Fill(String, String),
}

struct Browser {
    agent: Agent,
    cookies: BTreeMap<String, String>,
}

impl Browser {
    fn new() -> Self {
        let config = Agent::config_builder()
            .max_redirects(0)
            .http_status_as_error(false);
        Self {
            agent: config.build().new_agent(),
            cookies: BTreeMap::new(),
        }
    }

    fn get(&mut self, url: &str) -> Step {
        let request = Request::get(url).header(COOKIE, self.cookie());
        let answer = self.agent.run(request.body(()).unwrap()).unwrap();
        self.take(answer)
    }

    fn post(&mut self, url: &str, form: &str) -> Step {
        let request = Request::post(url)
            .header(COOKIE, self.cookie())
            .header("content-type", "application/x-www-form-urlencoded");
        let answer = self
            .agent
            .run(request.body(form.to_owned()).unwrap())
            .unwrap();
        self.take(answer)
    }

    fn take(&mut self, mut answer: ureq::http::Response<ureq::Body>) -> Step {
        self.remember(answer.headers());
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

    fn cookie(&self) -> String {
        let pairs = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"));
        pairs.collect::<Vec<_>>().join("; ")
    }

    fn remember(&mut self, headers: &HeaderMap) {
        for cookie in headers.get_all(SET_COOKIE) {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

fn absolute(url: &str) -> String {
    if url.starts_with('/') {
        format!("{}{url}", rig().issuer)
    } else {
        url.to_owned()
    }
}

fn attribute(page: &str, before: &str) -> String {
    let (_, rest) = page
        .split_once(before)
        .unwrap_or_else(|| panic!("no {before} in {page}"));
    let (value, _) = rest.split_once('"').unwrap();
    value.to_owned()
}
