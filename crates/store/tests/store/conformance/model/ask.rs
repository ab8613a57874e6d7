//! A question, and whether an event is in its answer.

use super::field::{FieldPath, texts_at};
use super::log::Row;
use super::text::{fold, is_like, words};
use super::time::{Bounds, Day, ModelZone, bounds_of, number_of, text_of};

/// What a client asks, but for the page.
#[derive(Debug, Clone)]
pub struct Ask {
    pub project_id: Option<String>,
    pub levels: Vec<String>,
    pub when: When,
    pub zone: ModelZone,
    pub weeks_begin_on_sunday: bool,
    pub filters: Vec<Filter>,
    /// The filters join by `any`.
    pub any_filter: bool,
    /// Each a pattern, by what stands between its stars.
    pub actions: Vec<Vec<String>>,
    pub event_types: Vec<String>,
    pub results: Vec<String>,
    pub phase: Option<String>,
    pub open_attempts: bool,
    pub q: Vec<Term>,
    pub with_reads: bool,
    pub ascending: bool,
}

#[derive(Debug, Clone)]
pub enum When {
    Range(&'static str),
    Bounds(Option<Bound>, Option<Bound>),
}

/// One end of a span of time.
#[derive(Debug, Clone, Copy)]
pub enum Bound {
    Micros(i64),
    /// Its local midnight.
    Day(Day),
}

#[derive(Debug, Clone)]
pub struct Filter {
    pub field: FieldPath,
    pub is: bool,
    pub value: String,
}

/// A part of `q`.
#[derive(Debug, Clone)]
pub enum Term {
    /// Text without white space and quotes that names no field.
    Plain(String),
    /// Text in quotes. Only the last term may have its second quote missing.
    Quoted { text: String, is_closed: bool },
    Field {
        is_negated: bool,
        field: FieldPath,
        /// What stands between the stars of the value.
        parts: Vec<String>,
        /// The parts stand in quotes also where they need not.
        in_quotes: bool,
    },
}

/// What the display names that are asked for mean, beside themselves.
pub const ALIASES: [(&str, &str); 3] = [
    ("created guardrail for agent", "Guardrail created"),
    ("login attempts", "Login"),
    ("role updated", "Role edited"),
];
const READ_OF_THE_LOG: &str = "audit_log.read";

impl Ask {
    /// What asks for everything, the earliest first.
    pub fn everything() -> Self {
        Self {
            project_id: None,
            levels: Vec::new(),
            when: When::Range("all_time"),
            zone: ModelZone::Utc,
            weeks_begin_on_sunday: false,
            filters: Vec::new(),
            any_filter: false,
            actions: Vec::new(),
            event_types: Vec::new(),
            results: Vec::new(),
            phase: None,
            open_attempts: false,
            q: Vec::new(),
            with_reads: true,
            ascending: true,
        }
    }

    /// Whether it asks for an event, which is one of `log`, when it is `now`.
    pub fn holds(&self, row: &Row, log: &[Row], now: i64) -> bool {
        let is = |name: &str, accepted: &[String]| {
            accepted.is_empty() || accepted.iter().any(|text| row.text(name) == Some(text))
        };
        let passes = |filter: &Filter| filter.holds(row);
        let action = row.text("action").unwrap();
        is("project_id", self.project_id.as_slice())
            && is("level", &self.levels)
            && is("event_type", &self.event_types)
            && is("result", &self.results)
            && is("phase", self.phase.as_slice())
            && covers(self.bounds(now), row.micros)
            && match self.any_filter {
                true => self.filters.is_empty() || self.filters.iter().any(passes),
                false => self.filters.iter().all(passes),
            }
            && (self.actions.is_empty() || self.actions.iter().any(|p| is_like(p, action)))
            && (!self.open_attempts || is_open(row, log))
            && (self.with_reads || action != READ_OF_THE_LOG)
            && self.text_holds(row)
    }

    /// The time it asks for.
    pub fn bounds(&self, now: i64) -> Bounds {
        let micros = |bound: Bound| match bound {
            Bound::Micros(micros) => micros,
            Bound::Day(day) => self.zone.midnight(number_of(day)),
        };
        match &self.when {
            When::Range(name) => bounds_of(name, now, self.zone, self.weeks_begin_on_sunday),
            When::Bounds(from, to) => (from.map(micros), to.map(micros)),
        }
    }

    fn text_holds(&self, row: &Row) -> bool {
        // Runs of words that must stand next to each other. Each word of plain text is one.
        let mut runs: Vec<Vec<String>> = Vec::new();
        // The run whose last word may be a beginning: the last one outside of closed quotes.
        let mut unfinished = None;
        for term in &self.q {
            match term {
                Term::Plain(text) => {
                    runs.extend(words(text).into_iter().map(|word| vec![word]));
                    unfinished = match words(text).is_empty() {
                        true => unfinished,
                        false => Some(runs.len() - 1),
                    };
                }
                Term::Quoted { text, is_closed } if !words(text).is_empty() => {
                    runs.push(words(text));
                    unfinished = match is_closed {
                        true => unfinished,
                        false => Some(runs.len() - 1),
                    };
                }
                Term::Quoted { .. } => {}
                Term::Field {
                    is_negated,
                    field,
                    parts,
                    ..
                } => {
                    if field_holds(field, parts, row) == *is_negated {
                        return false;
                    }
                }
            }
        }
        let texts = searched_texts(row);
        runs.iter().enumerate().all(|(number, run)| {
            let may_begin = unfinished == Some(number);
            texts
                .iter()
                .any(|text| has_run(&words(text), run, may_begin))
        })
    }
}

impl Filter {
    fn holds(&self, row: &Row) -> bool {
        field_is(&self.field, &self.value, row) == self.is
    }
}

fn covers((from, to): Bounds, micros: i64) -> bool {
    from.is_none_or(|from| from <= micros) && to.is_none_or(|to| micros < to)
}

/// An attempt is open as long as no outcome of it is on the log, be it of whatever project or time.
fn is_open(row: &Row, log: &[Row]) -> bool {
    let is_its_outcome = |other: &Row| {
        other.text("phase") == Some("outcome")
            && other.text("attempt_id").is_some()
            && other.text("attempt_id") == row.text("attempt_id")
    };
    row.text("phase") == Some("attempt") && !log.iter().any(is_its_outcome)
}

fn field_is(field: &FieldPath, value: &str, row: &Row) -> bool {
    let mut accepted = vec![field.comparable(value)];
    if field.text() == "event" {
        let meant = ALIASES.iter().find(|(alias, _)| *alias == fold(value));
        accepted.extend(meant.map(|(_, name)| fold(name)));
    }
    let values = field.values(row);
    values
        .iter()
        .any(|found| accepted.contains(&field.comparable(found)))
}

fn field_holds(field: &FieldPath, parts: &[String], row: &Row) -> bool {
    if let [value] = parts {
        return field_is(field, value, row);
    }
    let parts: Vec<String> = parts.iter().map(|part| field.comparable(part)).collect();
    let values = field.values(row);
    values
        .iter()
        .any(|found| is_like(&parts, &field.comparable(found)))
}

/// The texts that words are looked for in.
fn searched_texts(row: &Row) -> Vec<String> {
    [
        &["description"][..],
        &["name"],
        &["action"],
        &["actor", "name"],
        &["actor", "email"],
        &["targets", "name"],
        &["targets", "id"],
    ]
    .into_iter()
    .flat_map(|path| texts_at(&row.event, path))
    .collect()
}

/// Whether a run of words stands among others; of its last word the beginning may be enough.
fn has_run(found: &[String], run: &[String], may_begin: bool) -> bool {
    let last = run.len() - 1;
    found.windows(run.len()).any(|window| {
        let mut pairs = window.iter().zip(run).enumerate();
        pairs.all(|(at, (word, wanted))| match at == last && may_begin {
            true => word.starts_with(wanted.as_str()),
            false => word == wanted,
        })
    })
}

/// The question as parameters.
impl Ask {
    pub fn parameters(&self) -> Vec<(&'static str, String)> {
        let mut all: Vec<(&'static str, String)> = Vec::new();
        let mut each = |name, values: &[String]| {
            all.extend(values.iter().map(|value| (name, value.clone())));
        };
        each("project_id", self.project_id.as_slice());
        each("level", &self.levels);
        each("event_type", &self.event_types);
        each("result", &self.results);
        each("phase", self.phase.as_slice());
        for parts in &self.actions {
            each("action", &[parts.join("*")]);
        }
        for Filter { field, is, value } in &self.filters {
            let operator = if *is { "is" } else { "is_not" };
            each("filter", &[format!("{}:{operator}:{value}", field.text())]);
        }
        if !self.q.is_empty() {
            let terms: Vec<String> = self.q.iter().map(Term::text).collect();
            each("q", &[terms.join(" ")]);
        }
        match &self.when {
            When::Range("all_time") => {}
            When::Range(name) => each("range", &[(*name).to_owned()]),
            When::Bounds(from, to) => {
                each("from", from.map(Bound::text).as_slice());
                each("to", to.map(Bound::text).as_slice());
            }
        }
        let words = [
            ("tz", self.zone.name(), self.zone != ModelZone::Utc),
            ("week_start", "sunday", self.weeks_begin_on_sunday),
            ("match", "any", self.any_filter),
            ("attempt", "open", self.open_attempts),
            ("reads", "include", self.with_reads),
            ("order", "asc", self.ascending),
        ];
        for (name, word, is_said) in words {
            if is_said {
                each(name, &[word.to_owned()]);
            }
        }
        all
    }
}

impl Bound {
    /// Its day in UTC, counted from 1970-01-01.
    pub fn day_number(self) -> i64 {
        match self {
            Self::Micros(micros) => ModelZone::Utc.day_number(micros),
            Self::Day(day) => number_of(day),
        }
    }

    fn text(self) -> String {
        match self {
            Self::Micros(micros) => text_of(micros),
            Self::Day(Day { year, month, day }) => format!("{year:04}-{month:02}-{day:02}"),
        }
    }
}

impl Term {
    /// As it is typed.
    pub fn text(&self) -> String {
        match self {
            Self::Plain(text) => text.clone(),
            Self::Quoted { text, is_closed } => {
                let end = if *is_closed { "\"" } else { "" };
                let text = text.replace('\\', r"\\");
                let text = text.replace('"', "\\\"").replace('*', r"\*");
                format!("\"{text}{end}")
            }
            Self::Field {
                is_negated,
                field,
                parts,
                in_quotes,
            } => {
                let minus = if *is_negated { "-" } else { "" };
                let path = field.text().replace(' ', "\\ ").replace('"', "\\\"");
                let quoted = |part: &String| {
                    let is_plain = !part.contains([' ', '\t', '"', '*']);
                    match is_plain && !in_quotes && (!part.is_empty() || parts.len() > 1) {
                        true => part.clone(),
                        false => Self::Quoted {
                            text: part.clone(),
                            is_closed: true,
                        }
                        .text(),
                    }
                };
                let value: Vec<String> = parts.iter().map(quoted).collect();
                format!("{minus}{path}:{}", value.join("*"))
            }
        }
    }
}
