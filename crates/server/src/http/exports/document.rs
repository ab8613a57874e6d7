//! An export as it is asked for: read strictly, and its query by the parser that will answer it.
//!
//! What must always hold: an export that is made was understood whole, in the scope of whoever asks; what its words
//! meant then, ranges of time and names, is kept with it.

use std::cell::RefCell;
use std::collections::BTreeMap;

use evident_event::catalog::document::{Findings, Object, Part};
use evident_event::json::Json;
use evident_event::query::{PARAMETERS, Query, QueryError, Scope};
use evident_event::record::Refusal;
use evident_event::time::Timestamp;
use evident_event::time::zone::Zone;

use super::super::problem::Problem;
use super::super::{document, query_document};
use crate::export::{Columns, Format};

/// Longest name, in characters and in bytes.
const MAX_NAME_CHARS: usize = 100;
const MAX_NAME_BYTES: usize = 4 * MAX_NAME_CHARS;
/// Longest query, in bytes of its JSON.
const MAX_QUERY_BYTES: usize = 16 * 1024;
/// What says which page is meant: an export has all of them.
const OF_PAGES: [&str; 3] = ["limit", "cursor", "around"];
const NAME: &str = "name";
const FORMAT: &str = "format";
const COLUMNS: &str = "columns";
/// The format that is not written yet.
const EVIDENCE: &str = "evidence";

/// What is asked for.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) name: String,
    pub(super) format: Format,
    pub(super) columns: Vec<String>,
    pub(super) parameters: BTreeMap<String, Vec<String>>,
    pub(super) meanings: BTreeMap<String, String>,
    /// As microseconds.
    pub(super) range: Option<(i64, i64)>,
    pub(super) zone: Zone,
}

/// What a query is understood with.
pub(super) struct Trial<'t> {
    pub(super) scope: Scope,
    pub(super) now: Timestamp,
    pub(super) aliases: &'t dyn Fn(&str) -> Option<String>,
}

/// The parameters of a query that an export has.
fn parameter_names() -> impl Iterator<Item = &'static str> {
    let names = PARAMETERS.iter().map(|(name, ..)| *name);
    names.filter(|name| !OF_PAGES.contains(name))
}

impl Asked {
    /// Reads a document.
    pub(super) fn read(sent: &Json<'_>, trial: &Trial<'_>) -> Result<Self, Problem> {
        let mut findings = Findings::default();
        let known: Vec<&'static str> = [NAME, FORMAT, COLUMNS]
            .into_iter()
            .chain(parameter_names())
            .collect();
        let whole = Part::whole(sent).object(&known, &mut findings);
        let object = whole.ok_or_else(|| refused(std::mem::take(&mut findings)))?;
        let is_evidence = |part: Part<'_>| {
            let text = part.text(&mut Findings::default());
            text == Some(EVIDENCE)
        };
        if object.given(FORMAT).is_some_and(is_evidence) {
            let detail = "exports as evidence are not there yet: use csv, xlsx, ndjson or parquet, and evident verify \
                          for proofs";
            return Err(Problem::bad_request("evidence_not_available", detail));
        }
        match read_members(&object, trial, &mut findings)? {
            Some(asked) if findings.is_empty() => Ok(asked),
            _ => Err(refused(findings)),
        }
    }
}

fn refused(findings: Findings) -> Problem {
    let refusals: Vec<Refusal> = findings.into_refusals();
    document::refused(&refusals)
}

fn read_members(
    object: &Object<'_>,
    trial: &Trial<'_>,
    findings: &mut Findings,
) -> Result<Option<Asked>, Problem> {
    let name = object.required(NAME, findings);
    let name = name.and_then(|part| read_name(&part, findings));
    let format = object.required(FORMAT, findings);
    let format = format.and_then(|part| part.one_of(&Format::ALL, Format::name, findings));
    let columns = match object.member(COLUMNS) {
        Some(part) => query_document::read_columns(&part, findings),
        None => Some(Vec::new()),
    };
    let parameters = query_document::read_parameters(object, parameter_names(), findings);
    let (Some(name), Some(format), Some(columns), Some(parameters)) =
        (name, format, columns, parameters)
    else {
        return Ok(None);
    };
    let bytes = serde_json::to_vec(&parameters).map_or(usize::MAX, |text| text.len());
    if bytes > MAX_QUERY_BYTES {
        let message = format!(
            "expected a query of at most {MAX_QUERY_BYTES} bytes, found {bytes}: shorten it"
        );
        findings.refuse("", "too_long", message);
        return Ok(None);
    }
    let meanings = RefCell::new(BTreeMap::new());
    let aliases = |text: &str| {
        let meaning = (trial.aliases)(text)?;
        meanings
            .borrow_mut()
            .insert(text.to_owned(), meaning.clone());
        Some(meaning)
    };
    let given = parameters
        .iter()
        .flat_map(|(name, values)| values.iter().map(move |value| (name.as_str(), value)));
    let (query, _) = match Query::parse(trial.scope.clone(), given, trial.now, &aliases) {
        Ok(parsed) => parsed,
        // It is no mistake of the document's.
        Err(error) if error.code == "project_not_allowed" => return Err(error.into()),
        Err(error) => {
            refuse(&error, findings);
            return Ok(None);
        }
    };
    if let Err(error) = Columns::new(columns.clone(), format, query.zone()) {
        refuse(&error, findings);
        return Ok(None);
    }
    Ok(Some(Asked {
        name,
        format,
        columns,
        meanings: meanings.into_inner(),
        range: query.range().map(|range| {
            let micros = range.as_micros();
            (micros.start, micros.end)
        }),
        zone: query.zone().clone(),
        parameters,
    }))
}

fn read_name(part: &Part<'_>, findings: &mut Findings) -> Option<String> {
    let name = part.words(MAX_NAME_BYTES, findings)?;
    let count = name.chars().count();
    if count > MAX_NAME_CHARS {
        let message =
            format!("expected at most {MAX_NAME_CHARS} characters, found {count}: shorten it");
        findings.refuse(part.pointer(), "too_long", message);
        return None;
    }
    Some(name.to_owned())
}

/// Where in the document a parameter is.
fn refuse(error: &QueryError, findings: &mut Findings) {
    let name = error.parameter.as_str();
    let is_member = name == COLUMNS || parameter_names().any(|known| known == name);
    let pointer = if is_member {
        format!("/{name}")
    } else {
        String::new()
    };
    let suggestion = error.suggestion.clone();
    findings.refuse_suggesting(&pointer, error.code, error.message.clone(), suggestion);
}
