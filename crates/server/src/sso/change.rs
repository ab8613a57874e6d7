//! An organization's provider as an administrator sends it: `PUT /v1/sso`.
//!
//! All of it is replaced, but for the secret, which nobody can read to send it again: left out, it stays.

use evident_event::catalog::document::{Findings, Object, Part};
use evident_event::json::Json;
use evident_event::record::Refusal;

use crate::auth::oidc::{
    Domain, MAX_DOMAINS, MAX_GROUP_ROLES, MAX_SCOPES, MAX_URL_BYTES, MAX_WORD_BYTES, PolicyError,
    ProviderError,
};
use crate::control::{SsoGroupRole, SsoPolicy};

const MEMBERS: [&str; 9] = [
    "issuer",
    "client_id",
    "client_secret",
    "domains",
    "groups_claim",
    "scopes",
    "group_roles",
    "require_group",
    "enabled",
];
const GROUP_MEMBERS: [&str; 2] = ["group", "role"];
const GROUPS_CLAIM: &str = "groups";
const SCOPES: [&str; 2] = ["email", "profile"];

/// What becomes of the client's secret.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum SecretChange {
    /// It stays.
    Kept,
    /// The client has none.
    None,
    /// It is this one.
    New(String),
}

/// A provider, as it is to be.
pub(crate) struct SsoChange {
    pub(crate) issuer: String,
    pub(crate) client_id: String,
    pub(crate) secret: SecretChange,
    pub(crate) policy: SsoPolicy,
    pub(crate) enabled: bool,
}

impl SsoChange {
    /// Reads what an administrator sent.
    pub(crate) fn read(document: &Json<'_>) -> Result<Self, Vec<Refusal>> {
        let mut findings = Findings::default();
        let change = Part::whole(document)
            .object(&MEMBERS, &mut findings)
            .and_then(|object| Self::of_object(&object, &mut findings));
        match change {
            Some(change) if findings.is_empty() => Ok(change),
            _ => Err(findings.into_refusals()),
        }
    }

    fn of_object(object: &Object<'_>, findings: &mut Findings) -> Option<Self> {
        let issuer = required(object, "issuer", MAX_URL_BYTES, findings);
        let client_id = required(object, "client_id", MAX_WORD_BYTES, findings);
        let secret = match object.given("client_secret") {
            None => Some(SecretChange::Kept),
            Some(part) if part.is_null() => Some(SecretChange::None),
            Some(part) => part
                .words(MAX_WORD_BYTES, findings)
                .map(|secret| SecretChange::New(secret.to_owned())),
        };
        let domains = domains(object, findings);
        let groups_claim = match object.given("groups_claim") {
            None => Some(GROUPS_CLAIM.to_owned()),
            Some(part) => part.words(MAX_WORD_BYTES, findings).map(str::to_owned),
        };
        let scopes = match object.given("scopes") {
            None => Some(SCOPES.map(str::to_owned).to_vec()),
            Some(part) => words(&part, MAX_SCOPES, findings),
        };
        let group_roles = group_roles(object, findings);
        let require_group = flag(object, "require_group", false, findings);
        let enabled = flag(object, "enabled", true, findings);
        Some(Self {
            issuer: issuer?,
            client_id: client_id?,
            secret: secret?,
            policy: SsoPolicy {
                domains: domains?,
                groups_claim: groups_claim?,
                scopes: scopes?,
                group_roles: group_roles?,
                require_group: require_group?,
            },
            enabled: enabled?,
        })
    }
}

fn required(
    object: &Object<'_>,
    name: &str,
    max: usize,
    findings: &mut Findings,
) -> Option<String> {
    let part = object.required(name, findings)?;
    part.words(max, findings).map(str::to_owned)
}

fn flag(object: &Object<'_>, name: &str, otherwise: bool, findings: &mut Findings) -> Option<bool> {
    match object.given(name) {
        None => Some(otherwise),
        Some(part) => part.flag(findings),
    }
}

/// A list of words; nothing if one is none.
fn words(part: &Part<'_>, max: usize, findings: &mut Findings) -> Option<Vec<String>> {
    let parts = part.items(max, findings)?;
    let count = parts.len();
    let words: Vec<String> = parts
        .iter()
        .filter_map(|part| part.words(MAX_WORD_BYTES, findings))
        .map(str::to_owned)
        .collect();
    (words.len() == count).then_some(words)
}

/// Domains as they are compared, each once.
fn domains(object: &Object<'_>, findings: &mut Findings) -> Option<Vec<String>> {
    let part = object.required("domains", findings)?;
    let mut domains: Vec<String> = Vec::new();
    for part in part.items(MAX_DOMAINS, findings)? {
        let text = part.words(MAX_WORD_BYTES, findings)?;
        match Domain::parse(text) {
            Some(domain) if domains.iter().any(|one| one == domain.as_str()) => {}
            Some(domain) => domains.push(domain.as_str().to_owned()),
            None => {
                let domain = text.to_owned();
                let message = PolicyError::Domain { domain }.to_string();
                findings.refuse(part.pointer(), "invalid_value", message);
            }
        }
    }
    if domains.is_empty() && findings.is_empty() {
        let message =
            "expected at least one domain of e-mail addresses, found none: nobody could sign in";
        findings.refuse(part.pointer(), "empty_value", message);
    }
    Some(domains)
}

fn group_roles(object: &Object<'_>, findings: &mut Findings) -> Option<Vec<SsoGroupRole>> {
    let Some(part) = object.given("group_roles") else {
        return Some(Vec::new());
    };
    let mut listed = Vec::new();
    for part in part.items(MAX_GROUP_ROLES, findings)? {
        let one = part.object(&GROUP_MEMBERS, findings)?;
        let group = required(&one, "group", MAX_WORD_BYTES, findings);
        let role = required(&one, "role", MAX_WORD_BYTES, findings);
        listed.push(SsoGroupRole {
            group: group?,
            role: role?,
        });
    }
    Some(listed)
}

/// What is wrong with the provider, as with a document.
pub(crate) fn refusal_of(error: &ProviderError) -> Refusal {
    let pointer = match error {
        ProviderError::Issuer(_) | ProviderError::IssuerForm => "/issuer",
        ProviderError::Scopes => "/scopes",
        ProviderError::Word { what } if what.contains("secret") => "/client_secret",
        ProviderError::Word { what } if what.contains("id") => "/client_id",
        ProviderError::Word { what } if what.contains("claim") => "/groups_claim",
        ProviderError::Word { .. } => "/scopes",
        ProviderError::RedirectUrl => "",
    };
    one_refusal(pointer, "invalid_value", error.to_string())
}

/// One mistake in a document.
pub(crate) fn one_refusal(
    pointer: &str,
    code: &'static str,
    message: impl Into<String>,
) -> Refusal {
    Refusal {
        pointer: pointer.to_owned(),
        code,
        message: message.into(),
        suggestion: None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use super::*;

    fn read(text: &str) -> Result<SsoChange, Vec<Refusal>> {
        SsoChange::read(&evident_event::json::parse(text.as_bytes(), 16).unwrap())
    }

    #[test]
    fn the_least_that_is_sent_has_sensible_defaults() {
        let change = read(
            r#"{"issuer":"https://login.acme.example","client_id":"evident","domains":["ACME.example","acme.example"]}"#,
        )
        .unwrap_or_else(|refusals| panic!("{refusals:?}"));
        assert!(change.secret == SecretChange::Kept && change.enabled);
        let policy = change.policy;
        assert_eq!(policy.domains, ["acme.example"], "as DNS compares them");
        assert_eq!(
            (&*policy.groups_claim, policy.require_group),
            ("groups", false)
        );
        assert_eq!(policy.scopes, ["email", "profile"]);
        assert!(policy.group_roles.is_empty());
    }

    #[test]
    fn no_secret_and_a_secret_that_stays_are_two_things() {
        let with = |secret: &str| {
            let text = format!(r#"{{"issuer":"i","client_id":"c","domains":["a.b"],{secret}}}"#);
            read(&text).map(|change| change.secret).ok().unwrap()
        };
        assert!(with(r#""client_secret":null"#) == SecretChange::None);
        assert!(with(r#""client_secret":"x""#) == SecretChange::New("x".to_owned()));
    }

    #[test]
    fn each_mistake_has_its_pointer_and_its_code() {
        let rest = r#""issuer":"i","client_id":"c""#;
        for (text, pointer, code) in [
            ("[]".to_owned(), "", "wrong_type"),
            (
                r#"{"client_id":"c","domains":["a.b"]}"#.to_owned(),
                "/issuer",
                "missing_field",
            ),
            (format!("{{{rest}}}"), "/domains", "missing_field"),
            (
                format!(r#"{{{rest},"domains":[]}}"#),
                "/domains",
                "empty_value",
            ),
            (
                format!(r#"{{{rest},"domains":["a.b","b"]}}"#),
                "/domains/1",
                "invalid_value",
            ),
            (
                format!(r#"{{{rest},"domains":["a.b"],"group_role":[]}}"#),
                "/group_role",
                "unknown_field",
            ),
            (
                format!(r#"{{{rest},"domains":["a.b"],"group_roles":[{{"group":"g"}}]}}"#),
                "/group_roles/0/role",
                "missing_field",
            ),
            (
                format!(r#"{{{rest},"domains":["a.b"],"client_secret":""}}"#),
                "/client_secret",
                "empty_value",
            ),
            (
                format!(r#"{{{rest},"domains":["a.b"],"enabled":null}}"#),
                "/enabled",
                "wrong_type",
            ),
        ] {
            let refusals = read(&text).err().unwrap();
            let found: Vec<_> = refusals
                .iter()
                .map(|refusal| (refusal.pointer.as_str(), refusal.code))
                .collect();
            assert_eq!(found, [(pointer, code)], "{text}");
        }
    }
}
