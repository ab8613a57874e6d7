//! What is asked for of viewer issuers and tokens, as it is sent.
//!
//! It must hold that an origin is kept as browsers write it: it is compared as it stands.

use evident_event::catalog::document::{Findings, Object, Part};
use evident_event::json::Json;
use evident_event::record::Refusal;

use crate::auth::MAX_LIMIT_BYTES;
use crate::auth::same_origin::Origin;
use crate::control::{MAX_NAME_BYTES, MAX_ORIGINS};

/// Longest origin, in bytes.
const MAX_ORIGIN_BYTES: usize = 255;
/// How long a token works unless it is said, in seconds.
const USUAL_SECONDS: i64 = 900;
/// How long a token works at most, in seconds.
const MAX_SECONDS: i64 = 86_400;

const ISSUER: [&str; 2] = ["name", "origins"];
const TOKEN: [&str; 5] = [
    "issuer_id",
    "expires_in_seconds",
    "project_id",
    "actor_id",
    "target_id",
];

/// An issuer to be made, or what is to be set of one.
#[derive(Debug)]
pub(super) struct IssuerAsked {
    pub(super) name: Option<String>,
    pub(super) origins: Option<Vec<String>>,
}

/// A token to be made.
#[derive(Debug)]
pub(super) struct TokenAsked {
    pub(super) issuer_id: String,
    pub(super) seconds: i64,
    pub(super) project_id: Option<String>,
    pub(super) actor_id: Option<String>,
    pub(super) target_id: Option<String>,
}

impl IssuerAsked {
    /// Reads an issuer that is new, which must have a name.
    pub(super) fn read_new(document: &Json<'_>) -> Result<Self, Vec<Refusal>> {
        let mut findings = Findings::default();
        if let Some(object) = Part::whole(document).object(&ISSUER, &mut findings) {
            object.required("name", &mut findings);
        }
        match findings.is_empty() {
            true => Self::read(document),
            false => Err(findings.into_refusals()),
        }
    }

    /// Reads what is to be set.
    pub(super) fn read(document: &Json<'_>) -> Result<Self, Vec<Refusal>> {
        let mut findings = Findings::default();
        let object = Part::whole(document).object(&ISSUER, &mut findings);
        let asked = object.map(|object| Self {
            name: object
                .given("name")
                .and_then(|part| part.words(MAX_NAME_BYTES, &mut findings))
                .map(str::to_owned),
            origins: object
                .given("origins")
                .map(|part| read_origins(&part, &mut findings)),
        });
        match asked {
            Some(asked) if findings.is_empty() => Ok(asked),
            _ => Err(findings.into_refusals()),
        }
    }
}

fn read_origins(part: &Part<'_>, findings: &mut Findings) -> Vec<String> {
    let parts = part.items(MAX_ORIGINS, findings).unwrap_or_default();
    let mut origins: Vec<String> = Vec::with_capacity(parts.len());
    for part in parts {
        let Some(text) = part.words(MAX_ORIGIN_BYTES, findings) else {
            continue;
        };
        let written = Origin::parse(text).map(|origin| origin.to_string());
        match written.filter(|origin| is_plain(origin)) {
            Some(origin) if origin == text => {
                if !origins.contains(&origin) {
                    origins.push(origin);
                }
            }
            meant => {
                let message = "expected an origin as browsers write it, such as https://app.example.com: scheme and \
                               host in small letters, a port only if it is out of the ordinary, no path, no pattern";
                findings.refuse_suggesting(part.pointer(), "invalid_value", message, meant);
            }
        }
    }
    origins
}

/// Whether there is nothing in an origin but what names and numbers of hosts have.
fn is_plain(origin: &str) -> bool {
    let (_, authority) = origin.split_once("://").unwrap_or_default();
    let mut bytes = authority.bytes();
    bytes.all(|byte| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte))
}

impl TokenAsked {
    pub(super) fn read(document: &Json<'_>) -> Result<Self, Vec<Refusal>> {
        let mut findings = Findings::default();
        let object = Part::whole(document).object(&TOKEN, &mut findings);
        let asked = object.and_then(|object| {
            let issuer = object.required("issuer_id", &mut findings);
            let issuer = issuer.and_then(|part| part.words(MAX_LIMIT_BYTES, &mut findings));
            let seconds = match object.member("expires_in_seconds") {
                Some(part) => part.whole_number(1, MAX_SECONDS, &mut findings),
                None => Some(USUAL_SECONDS),
            };
            let project_id = limit(&object, "project_id", &mut findings);
            let actor_id = limit(&object, "actor_id", &mut findings);
            let target_id = limit(&object, "target_id", &mut findings);
            Some(Self {
                issuer_id: issuer?.to_owned(),
                seconds: seconds?,
                project_id,
                actor_id,
                target_id,
            })
        });
        match asked {
            Some(asked) if findings.is_empty() => Ok(asked),
            _ => Err(findings.into_refusals()),
        }
    }
}

/// What a token is limited to. A limit that is not understood is found, never left out.
fn limit(object: &Object<'_>, name: &str, findings: &mut Findings) -> Option<String> {
    let part = object.given(name)?;
    part.words(MAX_LIMIT_BYTES, findings).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn document(text: &str) -> Json<'_> {
        evident_event::json::parse(text.as_bytes(), 64).unwrap()
    }

    fn origins(origin: &str) -> Result<IssuerAsked, Vec<Refusal>> {
        IssuerAsked::read(&document(&format!(r#"{{"origins":["{origin}"]}}"#)))
    }

    #[test]
    fn an_origin_is_taken_as_browsers_write_it() {
        for good in [
            "https://app.example.com",
            "https://app.example.com:8443",
            "http://localhost:5173",
            "http://[::1]:3000",
            "https://xn--bcher-kva.example",
        ] {
            assert_eq!(origins(good).unwrap().origins.unwrap(), [good]);
        }
        for (bad, meant) in [
            ("https://App.example.com", Some("https://app.example.com")),
            ("HTTPS://app.example.com", Some("https://app.example.com")),
            (
                "https://app.example.com:443",
                Some("https://app.example.com"),
            ),
            ("https://app.example.com/", None),
            ("https://*.example.com", None),
            ("*", None),
            ("null", None),
            ("app.example.com", None),
            ("file://x", None),
            ("https://a@b.example", None),
            ("https://", None),
            ("https://bücher.example", None),
        ] {
            let refusals = origins(bad).unwrap_err();
            assert_eq!(refusals[0].pointer, "/origins/0", "{bad}");
            assert_eq!(refusals[0].suggestion.as_deref(), meant, "{bad}");
        }
    }

    #[test]
    fn a_new_issuer_has_a_name_and_a_change_need_not() {
        assert!(IssuerAsked::read_new(&document("{}")).is_err());
        let asked = IssuerAsked::read_new(&document(r#"{"name":"Portal"}"#)).unwrap();
        assert_eq!(asked.name.as_deref(), Some("Portal"));
        let nothing = IssuerAsked::read(&document("{}")).unwrap();
        assert!(nothing.name.is_none() && nothing.origins.is_none());
        assert!(IssuerAsked::read(&document(r#"{"origin":[]}"#)).is_err());
    }

    #[test]
    fn a_limit_that_is_not_understood_is_refused_and_not_left_out() {
        let least = TokenAsked::read(&document(r#"{"issuer_id":"vis_1"}"#)).unwrap();
        assert_eq!(least.seconds, USUAL_SECONDS);
        for bad in [
            r#""actor_id":null"#,
            r#""target_id":"""#,
            r#""project_id":7"#,
            r#""actor":"x""#,
            r#""expires_in_seconds":0"#,
            r#""expires_in_seconds":86401"#,
        ] {
            let text = format!(r#"{{"issuer_id":"vis_1",{bad}}}"#);
            assert!(TokenAsked::read(&document(&text)).is_err(), "{bad}");
        }
        assert!(TokenAsked::read(&document("{}")).is_err());
    }
}
