//! Random questions.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::events::micros;
use super::{ACTIONS, ATTEMPTS, EMAILS, IPS, PROJECTS, RESULTS, Vocabulary, in_any_case};
use crate::conformance::model::ask::{Ask, Bound, Filter, Term, When};
use crate::conformance::model::field::FieldPath;
use crate::conformance::model::time::{ModelZone, day_of};

const RANGES: &[&str] = &[
    "all_time",
    "today",
    "yesterday",
    "this_week",
    "this_month",
    "last_month",
    "last_24_hours",
    "last_7_days",
    "last_30_days",
    "last_90_days",
    "this_year",
    "last_year",
];
/// Display names, aliases of some of them, and custom names, in some spelling or other.
const NAMES: &[&str] = &[
    "Role edited",
    "ROLE UPDATED",
    "Role updated",
    "login",
    "Login attempts",
    "created guardrail for agent",
    "Guardrail created",
    "kite.flown",
    "KITE.flown",
    "unheard of",
];
const CATEGORIES: &[&str] = &[
    "Roles",
    "roles",
    "CUSTOM",
    "Login/Logout",
    "Guardrails",
    "Role",
];
const LEVELS: &[&str] = &["organization", "project", "agent"];
const EVENT_TYPES: &[&str] = &["System Events", "User Actions", "Security Events"];
/// Words of names and actions, and what is no word, or looks like a field and is none.
const WORDS: &[&str] = &[
    "role",
    "created",
    "kite",
    "flown",
    "kite.flown",
    "login",
    "example.com",
    "unheard:of",
    "-",
    "*",
];
/// Fields that most events have a value of.
const USUAL_FIELDS: &[&str] = &[
    "index",
    "index",
    "index",
    "user",
    "action",
    "event",
    "category",
    "description",
    "user",
    "authority",
    "target.id",
    "target.name",
    "actor.name",
];
/// Fields that take patterns and can be counted by, but for metadata.
const FIELDS: &[&str] = &[
    "index",
    "action",
    "event",
    "name",
    "category",
    "event_type",
    "badge",
    "level",
    "project_id",
    "result",
    "description",
    "attempt_id",
    "phase",
    "user",
    "authority",
    "actor.type",
    "actor.id",
    "actor.name",
    "actor.email",
    "authority.id",
    "authority.email",
    "on_behalf_of.id",
    "on_behalf_of.name",
    "target.id",
    "target.name",
    "target.type",
    "changes.field",
    "context.ip",
    "context.user_agent",
    "context.session_id",
    "request.method",
    "request.status",
];
/// What the keys of metadata may stand behind.
const METADATA: &[&str] = &[
    "metadata",
    "metadata",
    "metadata",
    "metadata",
    "actor.metadata",
    "target.metadata",
    "authority.metadata",
];

pub fn ask(words: &Vocabulary) -> impl Strategy<Value = Ask> + use<> {
    let texts = |pool: &'static [&'static str], odds: f64| {
        let texts = vec(select(pool).prop_map(str::to_owned), 1..3);
        option::weighted(odds, texts).prop_map(Option::unwrap_or_default)
    };
    let project_id = option::weighted(0.05, select(PROJECTS).prop_map(str::to_owned));
    let phase = option::weighted(
        0.05,
        select(&["attempt", "outcome"][..]).prop_map(str::to_owned),
    );
    let terms = (
        project_id,
        texts(LEVELS, 0.05),
        texts(EVENT_TYPES, 0.05),
        texts(RESULTS, 0.06),
        phase,
        prop::bool::weighted(0.08),
    );
    let time = (
        when(),
        prop_oneof![Just(ModelZone::Utc), Just(ModelZone::Kolkata)],
        any::<bool>(),
    );
    let filters = prop_oneof![
        6 => Just(Vec::new()),
        2 => vec(filter(words), 1),
        2 => vec(filter(words), 2..4),
    ];
    let actions = option::weighted(0.1, vec(pattern(ACTIONS), 1..3));
    let rest = (
        filters,
        any::<bool>(),
        actions,
        q(words),
        any::<bool>(),
        any::<bool>(),
    );
    (terms, time, rest).prop_map(|(terms, time, rest)| {
        let (project_id, levels, event_types, results, phase, open_attempts) = terms;
        let (when, zone, weeks_begin_on_sunday) = time;
        let (filters, any_filter, actions, q, with_reads, ascending) = rest;
        Ask {
            project_id,
            levels,
            when,
            zone,
            weeks_begin_on_sunday,
            filters,
            any_filter,
            actions: actions.unwrap_or_default(),
            event_types,
            results,
            phase,
            open_attempts,
            q,
            with_reads,
            ascending,
        }
    })
}

fn when() -> impl Strategy<Value = When> {
    let bound = || {
        let end = (micros(), any::<bool>()).prop_map(|(micros, is_day)| match is_day {
            true => Bound::Day(day_of(ModelZone::Utc.day_number(micros))),
            false => Bound::Micros(micros),
        });
        option::of(end)
    };
    let bounds = (bound(), bound()).prop_filter_map("to is after from", |(from, to)| {
        let is_empty = from.zip(to).is_some_and(|(from, to)| match (from, to) {
            (Bound::Micros(from), Bound::Micros(to)) => from >= to,
            // In any zone.
            _ => from.day_number() + 1 >= to.day_number(),
        });
        (!is_empty).then_some(When::Bounds(from, to))
    });
    prop_oneof![
        8 => Just(When::Range("all_time")),
        2 => select(RANGES).prop_map(When::Range),
        2 => bounds,
    ]
}

/// A field that can be counted by.
pub fn field(words: &Vocabulary) -> impl Strategy<Value = FieldPath> + use<> {
    let usual = select(USUAL_FIELDS).prop_map(|text| FieldPath(keys_of(text)));
    let known = select(FIELDS).prop_map(|text| FieldPath(keys_of(text)));
    let keys = vec(select(words.keys.clone()), 1..3);
    let own = (select(METADATA), keys).prop_map(|(root, keys)| {
        let own = keys.into_iter().map(str::to_owned);
        FieldPath(keys_of(root).into_iter().chain(own).collect())
    });
    prop_oneof![usual, known, own]
}

fn keys_of(text: &str) -> Vec<String> {
    text.split('.').map(str::to_owned).collect()
}

/// A field, and a value that events may have for it.
fn field_and_value(words: &Vocabulary) -> impl Strategy<Value = (FieldPath, String)> + use<> {
    let own = words.clone();
    field(words).prop_flat_map(move |field| {
        let value = value_of(&field, &own);
        (Just(field), value)
    })
}

fn value_of(field: &FieldPath, words: &Vocabulary) -> BoxedStrategy<String> {
    let last = field.0.last().map_or("", String::as_str);
    let among = |pool: &'static [&'static str]| select(pool).prop_map(str::to_owned).boxed();
    let one_of = |pool: &Vec<&'static str>| select(pool.clone()).prop_map(str::to_owned).boxed();
    let (texts, ids) = (one_of(&words.texts), one_of(&words.ids));
    match (field.0[0].as_str(), last) {
        ("event" | "name", _) => in_any_case(among(NAMES)),
        ("category", _) => in_any_case(among(CATEGORIES)),
        ("action", _) => among(ACTIONS),
        ("project_id", _) => among(PROJECTS),
        ("result", _) => among(RESULTS),
        ("attempt_id", _) => among(ATTEMPTS),
        ("context", "ip") => among(IPS),
        ("level", _) => among(LEVELS),
        ("event_type", _) => among(EVENT_TYPES),
        ("index", _) => (0..20_u64).prop_map(|index| index.to_string()).boxed(),
        ("user" | "authority", "user" | "authority") => {
            in_any_case(prop_oneof![texts, ids, among(EMAILS)])
        }
        (_, "id" | "session_id" | "trace_id" | "field") => ids,
        (_, "email") => among(EMAILS),
        (_, "type" | "phase") => among(&["user", "User", "attempt", "outcome"]),
        (_, "status") => among(&["200", "404", "4"]),
        _ => prop_oneof![
            3 => texts,
            1 => (0..40_u64).prop_map(|number| number.to_string()),
            1 => among(&["-3", "0.5", "-0.25", "1234.5", "1000000", "false"]),
        ]
        .boxed(),
    }
}

fn filter(words: &Vocabulary) -> impl Strategy<Value = Filter> + use<> {
    let exact_only = select(&["context.trace_id", "context.span_id"][..]);
    let exact_only = (exact_only, select(words.ids.clone()))
        .prop_map(|(field, value)| (FieldPath(keys_of(field)), value.to_owned()));
    let asked = prop_oneof![9 => field_and_value(words), 1 => exact_only];
    (asked, any::<bool>()).prop_map(|((field, value), is)| Filter { field, is, value })
}

/// One of the texts, whole, or with some of its characters left out for a star.
fn pattern(pool: &'static [&'static str]) -> impl Strategy<Value = Vec<String>> {
    (select(pool), cuts()).prop_map(|(text, cuts)| cut(text, cuts))
}

/// How much of a text stands before a star, and where what follows the star begins in it. The two
/// may overlap: then the text does not fit.
fn cuts() -> impl Strategy<Value = Option<(usize, usize)>> {
    option::of((0..12_usize, 0..12_usize))
}

fn cut(text: &str, cuts: Option<(usize, usize)>) -> Vec<String> {
    let Some((first, second)) = cuts else {
        return vec![text.to_owned()];
    };
    let chars: Vec<char> = text.chars().collect();
    let (to, from) = (first.min(chars.len()), second.min(chars.len()));
    let part = |chars: &[char]| chars.iter().collect::<String>();
    match to == from {
        // A star at each side.
        true => vec![String::new(), part(&chars[from..]), String::new()],
        false => vec![part(&chars[..to]), part(&chars[from..])],
    }
}

fn q(words: &Vocabulary) -> impl Strategy<Value = Vec<Term>> + use<> {
    let term = prop_oneof![4 => plain(words), 2 => quoted(words), 3 => field_term(words)].boxed();
    let count = prop_oneof![3 => Just(1_usize), 2 => 2..4_usize];
    let terms = count.prop_flat_map(move |count| vec(term.clone(), count));
    let terms = terms.prop_map(|mut terms| {
        // Only the text's end can end a quote that was not closed.
        let last = terms.len() - 1;
        for term in terms.iter_mut().take(last) {
            if let Term::Quoted { is_closed, .. } = term {
                *is_closed = true;
            }
        }
        terms
    });
    prop_oneof![6 => Just(Vec::new()), 4 => terms]
}

fn plain(words: &Vocabulary) -> impl Strategy<Value = Term> + use<> {
    // White space and quotes would end it.
    let is_end = |c: char| c.is_whitespace() || c == '"';
    let of_texts = words.texts.iter().flat_map(|text| text.split(is_end));
    let pool = of_texts.filter(|part| !part.is_empty());
    let pool: Vec<&str> = pool.chain(WORDS.iter().copied()).collect();
    in_any_case(beginning(select(pool).prop_map(str::to_owned))).prop_map(Term::Plain)
}

/// What stands next to each other in a description, or in a name, or does not.
fn quoted(words: &Vocabulary) -> impl Strategy<Value = Term> + use<> {
    let texts = vec(select(words.texts.clone()), 1..3);
    let texts = texts.prop_map(|texts| texts.join(" "));
    let text = prop_oneof![4 => texts, 1 => Just("kite flown".to_owned())];
    let text = in_any_case(beginning(text));
    (text, any::<bool>()).prop_filter_map("a word in quotes", |(text, is_closed)| {
        let has_word = text.contains(char::is_alphanumeric);
        has_word.then_some(Term::Quoted { text, is_closed })
    })
}

fn field_term(words: &Vocabulary) -> impl Strategy<Value = Term> + use<> {
    let minus = prop::bool::weighted(0.3);
    let parts = (field_and_value(words), cuts(), minus, any::<bool>());
    parts.prop_map(
        |((field, value), cuts, is_negated, in_quotes)| Term::Field {
            is_negated,
            field,
            parts: cut(&value, cuts),
            in_quotes,
        },
    )
}

/// All of a text, or its first characters.
fn beginning(text: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    let length = prop_oneof![2 => Just(usize::MAX), 1 => 1..5_usize];
    (text, length).prop_map(|(text, length)| text.chars().take(length).collect())
}

/// The beginning of a value or of a name.
pub fn prefix(words: &Vocabulary) -> impl Strategy<Value = String> + use<> {
    let pool = [
        &words.texts[..],
        &words.ids,
        &words.keys,
        NAMES,
        FIELDS,
        METADATA,
    ]
    .concat();
    let text = in_any_case(select(pool).prop_map(str::to_owned));
    (text, 0..4_usize).prop_map(|(text, length)| text.chars().take(length).collect())
}
