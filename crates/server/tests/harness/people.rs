//! People who sign in, as a browser does: with cookies, from a page of the server's own.

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Reply, Server};

/// The person that `evident init` made.
pub const FOUNDER: (&str, &str) = ("ada@example.com", "correct horse battery");
/// What a browser says of a request that a page of the same server makes.
pub const OWN_PAGE: (&str, &str) = ("sec-fetch-site", "same-origin");

/// The cookies of a browser.
#[derive(Debug, Clone, Default)]
pub struct Cookies(BTreeMap<String, String>);

impl Cookies {
    /// Takes what an answer sets.
    pub fn take(&mut self, reply: &Reply) {
        for value in reply.headers.get_all("set-cookie") {
            let text = value.to_str().unwrap();
            let (pair, attributes) = text.split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            for attribute in ["HttpOnly", "SameSite=Lax", "Path=/"] {
                assert!(attributes.contains(attribute), "{text}");
            }
            match attributes.contains("Max-Age=0;") {
                true => self.0.remove(name),
                false => self.0.insert(name.to_owned(), value.to_owned()),
            };
        }
    }

    /// The `Cookie` header.
    pub fn header(&self) -> String {
        let pairs = self.0.iter().map(|(name, value)| format!("{name}={value}"));
        pairs.collect::<Vec<_>>().join("; ")
    }

    /// Plants a cookie.
    pub fn set(&mut self, name: &str, value: &str) {
        self.0.insert(name.to_owned(), value.to_owned());
    }

    /// The value of a cookie.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

/// Somebody who is signed in.
pub struct Signed<'s> {
    server: &'s Server,
    cookies: RefCell<Cookies>,
    /// What the sign-in answered.
    pub session: Value,
}

impl Server {
    /// Signs somebody in.
    #[track_caller]
    pub fn sign_in(&self, email: &str, password: &str) -> Signed<'_> {
        self.sign_in_with(
            &Cookies::default(),
            &json!({"email": email, "password": password}),
        )
    }

    /// The person that `evident init` made, signed in.
    #[track_caller]
    pub fn founder(&self) -> Signed<'_> {
        self.sign_in(FOUNDER.0, FOUNDER.1)
    }

    /// Signs somebody in whose browser has cookies already.
    #[track_caller]
    pub fn sign_in_with(&self, cookies: &Cookies, credentials: &Value) -> Signed<'_> {
        let reply = self.try_sign_in_with(cookies, credentials, &[]);
        let mut cookies = cookies.clone();
        cookies.take(&reply);
        Signed {
            server: self,
            cookies: RefCell::new(cookies),
            session: reply.expect(200),
        }
    }

    /// What a sign-in is answered.
    pub fn try_sign_in(&self, email: &str, password: &str) -> Reply {
        let credentials = json!({"email": email, "password": password});
        self.try_sign_in_with(&Cookies::default(), &credentials, &[])
    }

    /// The same, with cookies and further headers.
    pub fn try_sign_in_with(
        &self,
        cookies: &Cookies,
        credentials: &Value,
        headers: &[(&str, &str)],
    ) -> Reply {
        self.browse(
            "POST",
            "/v1/auth/login",
            cookies,
            headers,
            Some(credentials),
        )
    }

    /// A request by a page of the server's own. Given headers come in the place of those that say so.
    pub fn browse(
        &self,
        method: &str,
        path: &str,
        cookies: &Cookies,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Reply {
        let cookie = cookies.header();
        let mut all = vec![("content-type", "application/json")];
        if !cookie.is_empty() {
            all.push(("cookie", &cookie));
        }
        if !headers.iter().any(|(name, _)| *name == OWN_PAGE.0) {
            all.push(OWN_PAGE);
        }
        // One that is empty is left out.
        all.extend(headers.iter().filter(|(_, value)| !value.is_empty()));
        all.retain(|(_, value)| !value.is_empty());
        let body = body.map(Value::to_string).unwrap_or_default();
        self.request(method, path, None, &all, body.as_bytes())
    }
}

impl Signed<'_> {
    /// A request by a page of the server's own.
    pub fn request(&self, method: &str, path: &str, body: Option<&Value>) -> Reply {
        self.request_with(method, path, &[], body)
    }

    /// The same, with further headers.
    pub fn request_with(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Reply {
        let cookies = self.cookies();
        let reply = self.server.browse(method, path, &cookies, headers, body);
        self.cookies.borrow_mut().take(&reply);
        reply
    }

    /// A GET.
    pub fn get(&self, path: &str) -> Reply {
        self.request("GET", path, None)
    }

    /// The browser's cookies.
    pub fn cookies(&self) -> Cookies {
        self.cookies.borrow().clone()
    }

    /// The person's id.
    pub fn user_id(&self) -> String {
        self.session["user"]["id"].as_str().unwrap().to_owned()
    }

    /// The session's id.
    pub fn session_id(&self) -> String {
        self.session["session"]["id"].as_str().unwrap().to_owned()
    }
}
