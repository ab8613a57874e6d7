//! Random events, as a client sends them.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

use super::{
    ACTIONS, ATTEMPTS, EMAILS, INSTANTS, IPS, OLD_INSTANTS, PROJECTS, RESULTS, Vocabulary,
    in_any_case,
};
use crate::conformance::model::time::{micros_of, text_of};

/// Most events of a usual log.
const MAX_EVENTS: usize = 14;
/// Events of a log that has more values than a split names.
const MANY_EVENTS: std::ops::Range<usize> = 24..40;

/// The events of a log, in the order in which they come in.
pub fn log(words: &Vocabulary) -> impl Strategy<Value = Vec<Value>> + use<> {
    prop_oneof![
        1 => vec(event(words), 0..=3),
        8 => vec(event(words), 4..=MAX_EVENTS),
        1 => vec(event(words), MANY_EVENTS),
    ]
}

/// A short one, for what is asked of it again and again.
pub fn short_log(words: &Vocabulary) -> impl Strategy<Value = Vec<Value>> + use<> {
    vec(event(words), 0..=8)
}

pub fn event(words: &Vocabulary) -> impl Strategy<Value = Value> + use<> {
    let what = (
        select(ACTIONS),
        micros(),
        option::weighted(0.5, select(PROJECTS)),
        option::weighted(0.6, select(RESULTS)),
        option::weighted(0.7, description(words)),
    );
    let who = (
        party(words),
        option::weighted(0.3, vec(party(words), 0..3)),
        option::weighted(0.5, vec(party(words), 0..4)),
    );
    let more = (
        option::weighted(0.4, select(&["attempt", "outcome"][..])),
        option::weighted(0.5, select(ATTEMPTS)),
        option::weighted(0.7, metadata(words)),
        option::weighted(0.3, context(words)),
        option::weighted(0.2, request(words)),
        option::weighted(0.2, changes(words)),
    );
    (what, who, more).prop_map(|(what, who, more)| {
        let (action, micros, project_id, result, description) = what;
        let (actor, on_behalf_of, targets) = who;
        let (phase, attempt_id, metadata, context, request, changes) = more;
        // A member that is null is as good as absent.
        json!({
            "action": action,
            "occurred_at": text_of(micros),
            "project_id": project_id,
            "result": result,
            "description": description,
            "actor": actor,
            "on_behalf_of": on_behalf_of,
            "targets": targets,
            "phase": phase,
            "attempt_id": attempt_id,
            "metadata": metadata,
            "context": context,
            "request": request,
            "changes": changes,
        })
    })
}

/// At one of the instants, or next to it. Many events are at the same.
pub fn micros() -> impl Strategy<Value = i64> {
    let instant = prop_oneof![30 => select(INSTANTS), 1 => select(OLD_INSTANTS)];
    (instant, prop_oneof![4 => Just(0_i64), 1 => -1..=1_i64])
        .prop_map(|(instant, aside)| micros_of(instant) + aside)
}

fn text(words: &Vocabulary) -> impl Strategy<Value = String> + use<> {
    select(words.texts.clone()).prop_map(str::to_owned)
}

fn description(words: &Vocabulary) -> impl Strategy<Value = String> + use<> {
    let separator = select(&[" ", ", ", "-", "\t", " 🎉 "][..]);
    let texts = vec(text(words), 0..4);
    in_any_case((texts, separator).prop_map(|(texts, separator)| texts.join(separator)))
}

fn party(words: &Vocabulary) -> impl Strategy<Value = Value> + use<> {
    let parts = (
        select(&["user", "agent", "User"][..]),
        select(words.ids.clone()),
        option::weighted(0.6, in_any_case(text(words))),
        option::weighted(0.4, select(EMAILS)),
        option::weighted(0.2, metadata(words)),
    );
    parts.prop_map(|(kind, id, name, email, metadata)| {
        json!({"type": kind, "id": id, "name": name, "email": email, "metadata": metadata})
    })
}

fn metadata(words: &Vocabulary) -> impl Strategy<Value = Value> + use<> {
    object(words, value(words))
}

fn object<S: Strategy<Value = Value>>(
    words: &Vocabulary,
    values: S,
) -> impl Strategy<Value = Value> + use<S> {
    let key = prop_oneof![9 => select(words.keys.clone()), 1 => Just("")];
    let members = vec((key, values), 0..4);
    members.prop_map(|members| {
        let members = members.into_iter();
        let members = members.map(|(key, value)| (key.to_owned(), value));
        Value::Object(members.collect::<Map<_, _>>())
    })
}

/// Any value. Of the numbers with a fraction, those that everybody writes alike.
fn value(words: &Vocabulary) -> impl Strategy<Value = Value> + use<> {
    let number = prop_oneof![
        (0..40_u64).prop_map(|number| json!(number)),
        select(&[-3.0, 0.5, -0.25, 1234.5, 1_000_000.0][..]).prop_map(|number| json!(number)),
    ];
    let scalar = prop_oneof![
        4 => text(words).prop_map(Value::String),
        3 => number,
        1 => any::<bool>().prop_map(Value::Bool),
        1 => Just(Value::Null),
    ];
    let own = words.clone();
    scalar.prop_recursive(2, 8, 3, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::Array),
            object(&own, inner),
        ]
    })
}

fn context(words: &Vocabulary) -> impl Strategy<Value = Value> + use<> {
    let parts = (
        option::of(select(IPS)),
        option::of(text(words)),
        option::of(select(words.ids.clone())),
        option::of(select(words.ids.clone())),
    );
    parts.prop_map(|(ip, user_agent, trace_id, session_id)| {
        json!({
            "ip": ip, "user_agent": user_agent, "trace_id": trace_id, "session_id": session_id,
        })
    })
}

fn request(words: &Vocabulary) -> impl Strategy<Value = Value> + use<> {
    let parts = (
        option::of(select(&[200, 404][..])),
        option::of(text(words)),
        value(words),
    );
    parts.prop_map(
        |(status, method, body)| json!({"status": status, "method": method, "body": body}),
    )
}

fn changes(words: &Vocabulary) -> impl Strategy<Value = Value> + use<> {
    let change = (select(words.ids.clone()), value(words), value(words));
    let change =
        change.prop_map(|(field, old, new)| json!({"field": field, "old": old, "new": new}));
    vec(change, 0..3).prop_map(Value::Array)
}
