//! What is asked for, three times over: as parameters of a query, as a question to the generator, and
//! as a question to an event that was answered. Whoever measures a query can so tell whether the
//! answer is true.

use serde_json::Value;

use crate::events::words::{ADJECTIVES, NOUNS, PREFIX_LETTERS};
use crate::events::{
    ACTOR_TYPES, Draw, Events, Phase, RESULTS, actor_id, model_id, project_id, rfc3339,
    target_words,
};

/// One thing that must hold of an event.
#[derive(Debug, Clone)]
pub enum Condition {
    Actor(u32),
    ActorType(usize),
    Action(u16),
    /// By its place among the generator's categories.
    Category(u16),
    Result(u8),
    Level(&'static str),
    Project(u16),
    /// The target of an event with this action, by its number.
    Target(u16, u32),
    Model(u16),
    Team(u8),
    /// The trace of the event with this number.
    Trace(u64),
    /// Microseconds since 1970; the second is not included.
    Between(i64, i64),
    /// An attempt without an outcome.
    Open,
    Adjective(usize),
    Noun(usize),
    /// Given by its first letters only.
    NounPrefix(usize),
    /// The two words next to each other, as they stand in a name.
    Phrase(usize, usize),
    /// Of those that are filters by field.
    Not(Box<Condition>),
}

/// All of them must hold.
pub type Filter = Vec<Condition>;

/// Whether an event of the generator is one of those that are asked for.
pub fn holds(filter: &Filter, events: &Events, draw: &Draw) -> bool {
    filter.iter().all(|condition| condition.holds(events, draw))
}

/// The parameters that ask for it, each after an `&`.
pub fn parameters(filter: &Filter, events: &Events) -> String {
    let mut text = String::new();
    let mut words: Vec<String> = Vec::new();
    for condition in filter {
        for (name, value) in condition.parameters(events) {
            if name == "q" {
                words.push(value);
            } else {
                text.push_str(&format!("&{name}={}", encoded(&value)));
            }
        }
    }
    if !words.is_empty() {
        text.push_str(&format!("&q={}", encoded(&words.join(" "))));
    }
    text
}

impl Condition {
    pub fn holds(&self, events: &Events, draw: &Draw) -> bool {
        match *self {
            Self::Actor(actor) => draw.actor == actor,
            Self::ActorType(kind) => draw.actor_type() == kind,
            Self::Action(action) => draw.action == action,
            Self::Category(category) => events.action(draw).category == category,
            Self::Result(result) => draw.result == result,
            Self::Level(level) => events.action(draw).entry.level.as_str() == level,
            Self::Project(project) => draw.project == Some(project),
            Self::Target(action, target) => {
                draw.target == target
                    && events.target_type(draw.action) == events.target_type(action)
            }
            Self::Model(model) => draw.model == model && events.action(draw).has_model,
            Self::Team(team) => draw.team == Some(team),
            Self::Trace(number) => draw.number == number && draw.traced,
            Self::Between(from, to) => (from..to).contains(&draw.occurred_at),
            Self::Open => draw.phase == Phase::Attempt { open: true },
            Self::Adjective(word) => target_words(draw.target).0 == word,
            Self::Noun(word) | Self::NounPrefix(word) => target_words(draw.target).1 == word,
            Self::Phrase(adjective, noun) => target_words(draw.target) == (adjective, noun),
            Self::Not(ref other) => !other.holds(events, draw),
        }
    }

    fn parameters(&self, events: &Events) -> Vec<(&'static str, String)> {
        let filter = |field: &str, value: &str| vec![("filter", format!("{field}:is:{value}"))];
        match *self {
            Self::Actor(actor) => filter("actor.id", &actor_id(actor)),
            Self::ActorType(kind) => filter("actor.type", ACTOR_TYPES[kind]),
            Self::Action(action) => {
                vec![(
                    "action",
                    events.actions_known[action as usize].entry.action.clone(),
                )]
            }
            Self::Category(category) => filter("category", events.categories[category as usize]),
            Self::Result(result) => filter("result", RESULTS[result as usize]),
            Self::Level(level) => vec![("level", level.to_owned())],
            Self::Project(project) => vec![("project_id", project_id(project))],
            Self::Target(action, target) => filter("target.id", &events.target_id(action, target)),
            Self::Model(model) => filter("metadata.model_id", &model_id(model)),
            Self::Team(team) => filter("metadata.team", &format!("team-{team}")),
            Self::Trace(number) => filter("context.trace_id", &events.trace_id(number)),
            Self::Between(from, to) => vec![("from", rfc3339(from)), ("to", rfc3339(to))],
            Self::Open => vec![("attempt", "open".to_owned())],
            // Before the last word, which may be a beginning only, stands the whole one in quotes.
            Self::Adjective(word) => vec![("q", format!("\"{}\"", ADJECTIVES[word]))],
            Self::Noun(word) => vec![("q", NOUNS[word].to_owned())],
            Self::NounPrefix(word) => vec![("q", NOUNS[word][..PREFIX_LETTERS].to_owned())],
            Self::Phrase(adjective, noun) => {
                vec![(
                    "q",
                    format!("\"{} {}\"", ADJECTIVES[adjective], NOUNS[noun]),
                )]
            }
            Self::Not(ref other) => {
                let mut all = other.parameters(events);
                for (_, value) in &mut all {
                    *value = value.replacen(":is:", ":is_not:", 1);
                }
                all
            }
        }
    }

    /// Whether it holds of an event as it is answered. What was asked with `attempt=open` is only seen to
    /// be an attempt.
    pub fn shown_by(&self, events: &Events, event: &Value) -> bool {
        let metadata = |key: &str| event["metadata"][key].as_str().unwrap_or_default();
        let target = |member: &str, holds: &dyn Fn(&str) -> bool| {
            let targets = event["targets"].as_array();
            let mut texts = targets.into_iter().flatten();
            texts.any(|target| target[member].as_str().is_some_and(holds))
        };
        let named = |word: &str| target("name", &|name| format!(" {name} ").contains(word));
        match *self {
            Self::Actor(actor) => event["actor"]["id"] == actor_id(actor),
            Self::ActorType(kind) => event["actor"]["type"] == ACTOR_TYPES[kind],
            Self::Action(action) => {
                event["action"] == events.actions_known[action as usize].entry.action.as_str()
            }
            Self::Category(category) => event["category"] == events.categories[category as usize],
            Self::Result(result) => event["result"] == RESULTS[result as usize],
            Self::Level(level) => event["level"] == level,
            Self::Project(project) => event["project_id"] == project_id(project).as_str(),
            Self::Target(action, number) => {
                let id = events.target_id(action, number);
                target("id", &|shown| shown == id)
            }
            Self::Model(model) => metadata("model_id") == model_id(model),
            Self::Team(team) => metadata("team") == format!("team-{team}"),
            Self::Trace(number) => event["context"]["trace_id"] == events.trace_id(number).as_str(),
            Self::Between(from, to) => {
                let at = event["occurred_at"].as_str().unwrap_or_default();
                (rfc3339(from).as_str()..rfc3339(to).as_str()).contains(&at)
            }
            Self::Open => event["phase"] == "attempt",
            Self::Adjective(word) => named(&format!(" {} ", ADJECTIVES[word])),
            Self::Noun(word) | Self::NounPrefix(word) => named(&format!(" {} ", NOUNS[word])),
            Self::Phrase(adjective, noun) => {
                named(&format!(" {} {} ", ADJECTIVES[adjective], NOUNS[noun]))
            }
            Self::Not(ref other) => !other.shown_by(events, event),
        }
    }
}

/// Percent-encoded for a query.
pub fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(byte as char);
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}
