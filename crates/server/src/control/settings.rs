//! What an organization may set about itself, as it is sent: `PATCH /v1/organizations/{id}`.
//!
//! What is not mentioned stays. Rules for secrets are replaced as a whole, since a list of which
//! only a part was meant to be replaced would leave a secret in the log for good.

use evident_event::catalog::document::{Findings, Object, Part};
use evident_event::json::Json;
use evident_event::record::Refusal;
use evident_event::redact::{MAX_RULE_EXCEPTIONS, MAX_RULE_NAMES, Rules, RulesError};

/// Longest name of an instance or organization, and longest address, in bytes.
pub(crate) const MAX_NAME_BYTES: usize = 255;

const MEMBERS: [&str; 5] = ["name", "strict", "redaction", "log", "archived"];
const RULE_MEMBERS: [&str; 2] = ["names", "exceptions"];
const LOG_MEMBERS: [&str; 1] = ["public"];

/// What is to be set; the rest stays.
#[derive(Debug, Default)]
pub(crate) struct SettingsChange {
    pub(crate) name: Option<String>,
    pub(crate) strict: Option<bool>,
    pub(crate) rules: Option<Rules>,
    pub(crate) log_public: Option<bool>,
    pub(crate) archived: Option<bool>,
}

impl SettingsChange {
    /// Whether it concerns what an owner of the instance sets, also without belonging to the organization: its name
    /// and whether it is archived.
    pub(crate) fn is_of_the_instance(&self) -> bool {
        self.strict.is_none() && self.rules.is_none() && self.log_public.is_none()
    }

    /// Reads what an administrator sent.
    pub(crate) fn read(document: &Json<'_>) -> Result<Self, Vec<Refusal>> {
        let mut findings = Findings::default();
        let change = Part::whole(document)
            .object(&MEMBERS, &mut findings)
            .map(|object| Self {
                name: object
                    .given("name")
                    .and_then(|part| part.words(MAX_NAME_BYTES, &mut findings))
                    .map(str::to_owned),
                strict: object
                    .given("strict")
                    .and_then(|part| part.flag(&mut findings)),
                rules: object
                    .given("redaction")
                    .and_then(|part| read_rules(&part, &mut findings)),
                log_public: object
                    .given("log")
                    .and_then(|part| part.object(&LOG_MEMBERS, &mut findings))
                    .and_then(|log| log.given("public")?.flag(&mut findings)),
                archived: object
                    .given("archived")
                    .and_then(|part| part.flag(&mut findings)),
            });
        match change {
            Some(change) if findings.is_empty() => Ok(change),
            _ => Err(findings.into_refusals()),
        }
    }
}

fn read_rules(part: &Part<'_>, findings: &mut Findings) -> Option<Rules> {
    let object = part.object(&RULE_MEMBERS, findings)?;
    let names = texts(&object, "names", MAX_RULE_NAMES, findings);
    let exceptions = texts(&object, "exceptions", MAX_RULE_EXCEPTIONS, findings);
    match Rules::new(names?, exceptions?) {
        Ok(rules) => Some(rules),
        Err(error) => {
            let (pointer, code) = place(&error);
            let pointer = format!("{}/{pointer}", part.pointer());
            findings.refuse(&pointer, code, error.to_string());
            None
        }
    }
}

/// A list of strings, empty if it is not there; nothing if one is no string.
fn texts(
    object: &Object<'_>,
    name: &str,
    max: usize,
    findings: &mut Findings,
) -> Option<Vec<String>> {
    let Some(part) = object.given(name) else {
        return Some(Vec::new());
    };
    let parts = part.items(max, findings)?;
    let count = parts.len();
    let texts = parts.iter().filter_map(|part| part.text(findings));
    let texts: Vec<String> = texts.map(str::to_owned).collect();
    (texts.len() == count).then_some(texts)
}

/// Where in the rules a mistake is, and its code.
fn place(error: &RulesError) -> (String, &'static str) {
    match error {
        RulesError::TooMany { list, .. } => ((*list).to_owned(), "too_many_items"),
        RulesError::TooLong { list, position, .. } => (format!("{list}/{position}"), "too_long"),
        RulesError::Blank { list, position, .. } => (format!("{list}/{position}"), "empty_value"),
        RulesError::UnknownRoot { position, .. } => {
            (format!("exceptions/{position}"), "unknown_root")
        }
        RulesError::TooDeep { position, .. } => (format!("exceptions/{position}"), "too_deep"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn read(text: &str) -> Result<SettingsChange, Vec<Refusal>> {
        SettingsChange::read(&evident_event::json::parse(text.as_bytes(), 64).unwrap())
    }

    #[test]
    fn what_is_not_mentioned_is_not_set() {
        let change = read("{}").unwrap();
        assert!(change.name.is_none() && change.strict.is_none() && change.rules.is_none());
        let change = read(r#"{"strict":true,"redaction":{"names":["pin"]}}"#).unwrap();
        assert_eq!((change.name, change.strict), (None, Some(true)));
        assert_eq!(change.log_public, None);
        let rules = change.rules.unwrap();
        assert_eq!(rules.names(), ["pin"]);
        assert!(
            rules.exceptions().is_empty(),
            "the rules are replaced whole"
        );
        assert_eq!(read(r#"{"log":{}}"#).unwrap().log_public, None);
        let change = read(r#"{"log":{"public":true}}"#).unwrap();
        assert_eq!((change.strict, change.log_public), (None, Some(true)));
    }

    #[test]
    fn each_mistake_has_its_pointer_and_its_code() {
        let deep = vec!["metadata"; 65].join(".");
        for (text, pointer, code) in [
            ("[]".to_owned(), "", "wrong_type"),
            (r#"{"nmae":"x"}"#.to_owned(), "/nmae", "unknown_field"),
            (r#"{"name":null}"#.to_owned(), "/name", "wrong_type"),
            (r#"{"name":" "}"#.to_owned(), "/name", "empty_value"),
            (r#"{"strict":1}"#.to_owned(), "/strict", "wrong_type"),
            (r#"{"log":true}"#.to_owned(), "/log", "wrong_type"),
            (
                r#"{"log":{"public":null}}"#.to_owned(),
                "/log/public",
                "wrong_type",
            ),
            (
                r#"{"log":{"pubic":true}}"#.to_owned(),
                "/log/pubic",
                "unknown_field",
            ),
            (
                r#"{"redaction":null}"#.to_owned(),
                "/redaction",
                "wrong_type",
            ),
            (
                r#"{"redaction":{"name":[]}}"#.to_owned(),
                "/redaction/name",
                "unknown_field",
            ),
            (
                r#"{"redaction":{"names":"pin"}}"#.to_owned(),
                "/redaction/names",
                "wrong_type",
            ),
            (
                r#"{"redaction":{"names":["a",1]}}"#.to_owned(),
                "/redaction/names/1",
                "wrong_type",
            ),
            (
                r#"{"redaction":{"names":["a","-"]}}"#.to_owned(),
                "/redaction/names/1",
                "empty_value",
            ),
            (
                r#"{"redaction":{"exceptions":["a","b.c"]}}"#.to_owned(),
                "/redaction/exceptions/1",
                "unknown_root",
            ),
            (
                format!(r#"{{"redaction":{{"exceptions":["{deep}"]}}}}"#),
                "/redaction/exceptions/0",
                "too_long",
            ),
        ] {
            let refusals = read(&text).unwrap_err();
            let found: Vec<_> = refusals
                .iter()
                .map(|r| (r.pointer.as_str(), r.code))
                .collect();
            assert_eq!(found, [(pointer, code)], "{text}");
        }
        let refusals = read(r#"{"redactions":{}}"#).unwrap_err();
        assert_eq!(refusals[0].suggestion.as_deref(), Some("redaction"));
    }
}
