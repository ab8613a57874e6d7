//! An event as the table shows it: the few members that have a column.

use serde::Deserialize;

/// What a table shows of an event. All else that it has is left out.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Event {
    pub(super) occurred_at: String,
    pub(super) name: String,
    pub(super) actor: Party,
    pub(super) result: String,
    pub(super) event_type: String,
    pub(super) targets: Vec<Party>,
    pub(super) description: Option<String>,
}

/// Who acted, or what was acted upon.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Party {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) id: String,
    pub(super) name: Option<String>,
    pub(super) email: Option<String>,
}

impl Party {
    /// The name, else the e-mail address, else the id.
    fn called(&self) -> &str {
        let names = [&self.name, &self.email].into_iter().flatten();
        names
            .map(String::as_str)
            .find(|name| !name.trim().is_empty())
            .unwrap_or(&self.id)
    }
}

impl Event {
    /// Who acted.
    pub(super) fn user(&self) -> &str {
        self.actor.called()
    }

    /// What was acted upon: the first target, and how many more there are.
    pub(super) fn target(&self) -> String {
        let Some((first, others)) = self.targets.split_first() else {
            return String::new();
        };
        let first = format!("{} {}", first.kind, first.called());
        match others.len() {
            0 => first,
            others => format!("{first} +{others}"),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn event(json: &str) -> Event {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_user_is_called_by_name_else_address_else_id() {
        let user = |actor: &str| event(&format!("{{\"actor\":{actor}}}")).user().to_owned();
        assert_eq!(user(r#"{"id":"1","email":"a@b","name":"Ada"}"#), "Ada");
        assert_eq!(user(r#"{"id":"1","email":"a@b","name":" "}"#), "a@b");
        assert_eq!(user(r#"{"id":"1","name":null}"#), "1");
    }

    #[test]
    fn a_target_has_its_type_and_the_others_their_number() {
        assert_eq!(event("{}").target(), "");
        let two = r#"{"targets":[{"type":"guardrail","id":"g_7"},{"type":"x","id":"y"}]}"#;
        assert_eq!(event(two).target(), "guardrail g_7 +1");
        let named = r#"{"targets":[{"type":"role","id":"r","name":"Auditor"}]}"#;
        assert_eq!(event(named).target(), "role Auditor");
    }
}
