//! A view as it is sent: read strictly, and its query by the parser that will answer it.
//!
//! What must always hold: a view that is kept was understood whole. Its query is tried in the scope of whoever sends
//! it, so nobody keeps a view of a project that they may not read.

use std::collections::BTreeMap;

use evident_event::catalog::document::{Findings, Part};
use evident_event::json::Json;
use evident_event::query::{PARAMETERS, Query, QueryError, Scope, Times};
use evident_event::record::Refusal;
use evident_event::time::Timestamp;

use super::super::query_document::{read_columns, read_parameters, text_of};
use super::MAX_DEFINITION_BYTES;
use crate::control::{MAX_NAME_BYTES, ViewDefinition, ViewRange, ViewSort, ViewSpan};

const MEMBERS: [&str; 3] = ["name", "shared", "definition"];
const DEFINITION_MEMBERS: [&str; 5] = ["columns", "query", "range", "tz", "sort"];
const SPAN_MEMBERS: [&str; 2] = ["from", "to"];
/// Parameters of a query that a view has members of its own for, or that are of one page alone.
const NOT_IN_QUERIES: [&str; 8] = [
    "range", "from", "to", "tz", "order", "limit", "cursor", "around",
];

/// What was sent: what is to be set, the rest stays.
#[derive(Debug, Default)]
pub(super) struct ViewSent {
    pub(super) name: Option<String>,
    pub(super) shared: Option<bool>,
    pub(super) definition: Option<ViewDefinition>,
}

/// What a view's query is tried with.
pub(super) struct Trial<'t> {
    pub(super) scope: Scope,
    pub(super) now: Timestamp,
    pub(super) aliases: &'t dyn Fn(&str) -> Option<String>,
}

impl ViewSent {
    /// Reads a whole view, or with `partly` what is to be changed of one.
    pub(super) fn read(
        document: &Json<'_>,
        partly: bool,
        trial: &Trial<'_>,
    ) -> Result<Self, Vec<Refusal>> {
        let mut findings = Findings::default();
        let whole = Part::whole(document).object(&MEMBERS, &mut findings);
        let sent = whole.map(|object| {
            let mut member = |name, needed: bool| match needed && !partly {
                true => object.required(name, &mut findings),
                false => object.given(name),
            };
            let (name, shared) = (member("name", true), member("shared", false));
            let definition = member("definition", true);
            Self {
                name: name
                    .and_then(|part| part.words(MAX_NAME_BYTES, &mut findings))
                    .map(str::to_owned),
                shared: shared.and_then(|part| part.flag(&mut findings)),
                definition: definition
                    .and_then(|part| read_definition(&part, trial, &mut findings)),
            }
        });
        match sent {
            Some(sent) if findings.is_empty() => Ok(sent),
            _ => Err(findings.into_refusals()),
        }
    }
}

fn read_definition(
    part: &Part<'_>,
    trial: &Trial<'_>,
    findings: &mut Findings,
) -> Option<ViewDefinition> {
    let object = part.object(&DEFINITION_MEMBERS, findings)?;
    let columns = object.required("columns", findings);
    let columns = columns.and_then(|part| read_columns(&part, findings));
    let query = object.member("query");
    let query = query.map_or_else(|| Some(BTreeMap::new()), |part| read_query(&part, findings));
    let range = object.member("range");
    let range = range.and_then(|part| read_range(&part, findings));
    let tz = text_of(&object, "tz", findings);
    let sort = object
        .member("sort")
        .and_then(|part| part.one_of(&ViewSort::ALL, ViewSort::as_str, findings))
        .unwrap_or_default();
    if !findings.is_empty() {
        return None;
    }
    let definition = ViewDefinition {
        columns: columns?,
        query: query?,
        range,
        tz,
        sort,
    };
    let bytes = serde_json::to_vec(&definition).map_or(usize::MAX, |text| text.len());
    if bytes > MAX_DEFINITION_BYTES {
        let message =
            format!("expected at most {MAX_DEFINITION_BYTES} bytes, found {bytes}: shorten it");
        findings.refuse(part.pointer(), "too_long", message);
        return None;
    }
    if let Err(error) = try_it(&definition, trial) {
        refuse(part.pointer(), &error, findings);
        return None;
    }
    Some(definition)
}

fn read_query(part: &Part<'_>, findings: &mut Findings) -> Option<BTreeMap<String, Vec<String>>> {
    let known: Vec<&'static str> = PARAMETERS
        .iter()
        .map(|(name, ..)| *name)
        .filter(|name| !NOT_IN_QUERIES.contains(name))
        .collect();
    let object = part.object(&known, findings)?;
    read_parameters(&object, known, findings)
}

/// A name, or an object with the ends.
fn read_range(part: &Part<'_>, findings: &mut Findings) -> Option<ViewRange> {
    if let Some(name) = part.text(&mut Findings::default()) {
        return Some(ViewRange::Named(name.to_owned()));
    }
    let object = part.object(&SPAN_MEMBERS, findings)?;
    Some(ViewRange::Between(ViewSpan {
        from: text_of(&object, "from", findings),
        to: text_of(&object, "to", findings),
    }))
}

/// Asks the parser of queries what it makes of a view.
fn try_it(definition: &ViewDefinition, trial: &Trial<'_>) -> Result<(), QueryError> {
    let parameters = parameters(definition);
    Query::parse(trial.scope.clone(), parameters, trial.now, &trial.aliases).map(drop)
}

/// The view's parameters as they are in a URL.
pub(super) fn parameters(definition: &ViewDefinition) -> Vec<(&str, &str)> {
    let mut parameters: Vec<(&str, &str)> = Vec::new();
    for (name, values) in &definition.query {
        parameters.extend(values.iter().map(|value| (name.as_str(), value.as_str())));
    }
    let ends = match &definition.range {
        None => [None, None],
        Some(ViewRange::Named(name)) => [once("range", Some(name)), None],
        Some(ViewRange::Between(span)) => [
            once("from", span.from.as_ref()),
            once("to", span.to.as_ref()),
        ],
    };
    let tz = once("tz", definition.tz.as_ref());
    parameters.extend(ends.into_iter().flatten());
    parameters.extend(tz);
    parameters.push(("order", definition.sort.as_str()));
    parameters
}

/// A parameter that is given at most once.
fn once<'d>(name: &'static str, value: Option<&'d String>) -> Option<(&'d str, &'d str)> {
    value.map(|value| (name, value.as_str()))
}

/// Where in a definition a parameter is.
fn refuse(definition: &str, error: &QueryError, findings: &mut Findings) {
    let name = error.parameter.as_str();
    let place = match name {
        "range" => "/range".to_owned(),
        "from" | "to" => format!("/range/{name}"),
        "tz" => "/tz".to_owned(),
        name if PARAMETERS.iter().any(|(known, ..)| *known == name) => format!("/query/{name}"),
        _ => "/query".to_owned(),
    };
    let pointer = format!("{definition}{place}");
    let suggestion = error.suggestion.clone();
    findings.refuse_suggesting(&pointer, error.code, error.message.clone(), suggestion);
}
