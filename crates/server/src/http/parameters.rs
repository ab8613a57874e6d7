//! The query string of a request, decoded, and strictly: a parameter that an operation does not
//! have is refused, so that a misspelt one is never ignored.

use std::borrow::Cow;

use axum::http::{StatusCode, Uri};
use evident_event::query::QueryError;
use evident_event::query::own::{self, Own};

use super::problem::{Problem, shortened};

/// A name and a value.
pub(crate) type Parameter<'u> = (Cow<'u, str>, Cow<'u, str>);

/// The parameters of a request, in order.
pub(crate) fn parameters(uri: &Uri) -> impl Iterator<Item = Parameter<'_>> {
    form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes())
}

/// What a request has of an operation's own parameters, and those of the query beside them.
pub(crate) fn split<'u>(
    uri: &'u Uri,
    own: &[own::Parameter],
) -> Result<(Own, Vec<Parameter<'u>>), Problem> {
    Ok(own::split(parameters(uri), own)?)
}

/// Refuses every parameter, for operations that have none.
pub(crate) fn none(uri: &Uri) -> Result<(), Problem> {
    match parameters(uri).next() {
        None => Ok(()),
        Some((name, _)) => Err(unknown(&name, "there are no parameters here: leave it out")),
    }
}

/// The value of the one parameter that there is, `true` or `false`; `false` unless given.
pub(crate) fn only_flag(uri: &Uri, known: &str) -> Result<bool, Problem> {
    let mut flag = None;
    for (name, value) in parameters(uri) {
        if name != known {
            return Err(unknown(
                &name,
                &format!("the only parameter here is {known:?}"),
            ));
        }
        let value = match &*value {
            "true" => true,
            "false" => false,
            _ => {
                let detail = format!("{known}: give true or false");
                return Err(Problem::bad_request("bad_parameter", detail));
            }
        };
        if flag.replace(value).is_some() {
            let detail = format!("{known}: the parameter is given more than once: give it once");
            return Err(Problem::bad_request("repeated_parameter", detail));
        }
    }
    Ok(flag.unwrap_or_default())
}

fn unknown(name: &str, advice: &str) -> Problem {
    let name = shortened(name);
    let detail = format!("{name:?} is no parameter of this operation: {advice}");
    Problem::bad_request("unknown_parameter", detail)
}

impl From<QueryError> for Problem {
    fn from(error: QueryError) -> Self {
        let detail = error.to_string();
        let problem = match error.code {
            "project_not_allowed" => Self::new(StatusCode::FORBIDDEN, error.code, detail),
            code => Self::bad_request(code, detail),
        };
        problem.with_suggestion(error.suggestion.as_deref())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn flag(query: &str) -> Result<bool, Problem> {
        let uri: Uri = format!("/x?{query}").parse().unwrap();
        only_flag(&uri, "partial")
    }

    #[test]
    fn a_flag_is_true_false_or_refused() {
        assert!(flag("partial=true").unwrap());
        assert!(!flag("partial=false").unwrap());
        assert!(!flag("").unwrap());
        for bad in [
            "partial=1",
            "partial",
            "partial=true&partial=true",
            "wait=checkpoint",
        ] {
            assert!(flag(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn operations_without_parameters_refuse_all() {
        assert!(none(&Uri::from_static("/x")).is_ok());
        assert!(none(&Uri::from_static("/x?")).is_ok());
        assert!(none(&Uri::from_static("/x?a")).is_err());
    }
}
