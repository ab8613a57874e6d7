//! The query string of a request, decoded, and strictly: a parameter that an operation does not
//! have is refused, so that a misspelt one is never ignored.

use std::borrow::Cow;

use axum::http::{StatusCode, Uri};
use evident_event::query::QueryError;
use evident_event::query::own::{self, Own};

use super::problem::{Problem, shortened};
use crate::auth::AuthError;

/// A name and a value.
pub(crate) type Parameter<'u> = (Cow<'u, str>, Cow<'u, str>);

/// Says which organization a person acts in. It is looked at when the caller is let in
/// ([`crate::auth::Gate`]), and no operation's own.
const ORGANIZATION_ID: &str = "organization_id";

/// The parameters of a request that are its operation's, in order.
pub(crate) fn parameters(uri: &Uri) -> impl Iterator<Item = Parameter<'_>> {
    all(uri).filter(|(name, _)| name != ORGANIZATION_ID)
}

fn all(uri: &Uri) -> form_urlencoded::Parse<'_> {
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

/// Refuses every parameter but the one that says which organization a person acts in, which the gate has read.
pub(crate) fn in_organization(uri: &Uri) -> Result<(), Problem> {
    only(uri, ["organization_id"]).map(drop)
}

/// Which organization a request to an operation without a gate is about.
pub(crate) fn organization(uri: &Uri) -> Result<Option<Cow<'_, str>>, Problem> {
    let mut ids = all(uri).filter(|(name, _)| name == ORGANIZATION_ID);
    let id = ids.next().map(|(_, id)| id);
    match ids.next() {
        None => Ok(id),
        Some(_) => Err(AuthError::RepeatedOrganization.into()),
    }
}

/// The values of an operation's only parameters, each given at most once.
pub(crate) fn only<'u, const N: usize>(
    uri: &'u Uri,
    known: [&str; N],
) -> Result<[Option<Cow<'u, str>>; N], Problem> {
    let mut values = [const { None }; N];
    for (name, value) in all(uri) {
        if name == ORGANIZATION_ID && !known.contains(&ORGANIZATION_ID) {
            continue;
        }
        let slots = known.iter().zip(&mut values);
        let mut named = slots.filter(|(known, _)| **known == name);
        let Some((_, slot)) = named.next() else {
            let advice = format!("what there is here is {}", known.join(" and "));
            return Err(unknown(&name, &advice));
        };
        if slot.replace(value).is_some() {
            let detail = format!("{name}: the parameter is given more than once: give it once");
            return Err(Problem::bad_request("repeated_parameter", detail));
        }
    }
    Ok(values)
}

/// Above all numbers that parameters may have: what the format `int64` of the document holds.
const NUMBERS_END: u64 = 1 << 63;

/// The same, all of them whole numbers.
pub(crate) fn numbers<const N: usize>(
    uri: &Uri,
    known: [&str; N],
) -> Result<[Option<u64>; N], Problem> {
    let mut numbers = [None; N];
    let values = only(uri, known)?;
    for ((number, value), name) in numbers.iter_mut().zip(values).zip(known) {
        *number = value.map(|value| whole_number(name, &value)).transpose()?;
    }
    Ok(numbers)
}

fn whole_number(name: &str, value: &str) -> Result<u64, Problem> {
    // `u64::from_str` would take a sign as well.
    let digits = value.bytes().all(|byte| byte.is_ascii_digit());
    let number = value.parse().ok().filter(|number| *number < NUMBERS_END);
    number.filter(|_| digits).ok_or_else(|| {
        let detail = format!("{name}: give a whole number below 2^63, in digits");
        Problem::bad_request("bad_parameter", detail)
    })
}

/// The value of a parameter that is `true` or `false`; `false` unless given.
pub(crate) fn flag(name: &str, value: Option<&str>) -> Result<bool, Problem> {
    match value {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => {
            let detail = format!("{name}: give true or false");
            Err(Problem::bad_request("bad_parameter", detail))
        }
    }
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

    fn uri(query: &str) -> Uri {
        format!("/x?{query}").parse().unwrap()
    }

    #[test]
    fn each_parameter_is_known_and_given_once() {
        let uri = uri("b=2&a=%201");
        let [a, b, c] = only(&uri, ["a", "b", "c"]).unwrap();
        assert_eq!(
            (a.as_deref(), b.as_deref(), c),
            (Some(" 1"), Some("2"), None)
        );
        for bad in ["d=1", "a=1&a=1", "A=1"] {
            assert!(only(&self::uri(bad), ["a", "b"]).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_organization_is_named_once() {
        let once = uri("a=1&organization_id=x");
        assert_eq!(organization(&once).unwrap().as_deref(), Some("x"));
        assert_eq!(organization(&uri("a=1")).unwrap(), None);
        assert!(organization(&uri("organization_id=x&organization_id=x")).is_err());
    }

    #[test]
    fn a_flag_is_true_false_or_refused() {
        assert!(flag("partial", Some("true")).unwrap());
        assert!(!flag("partial", Some("false")).unwrap());
        assert!(!flag("partial", None).unwrap());
        for bad in ["1", "", "True"] {
            assert!(flag("partial", Some(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_number_has_digits_only_and_is_below_two_to_the_63rd() {
        let read = |query: &str| numbers(&uri(query), ["n"]).map(|[number]| number);
        assert_eq!(read("").unwrap(), None);
        assert_eq!(read("n=0").unwrap(), Some(0));
        let largest = 9_223_372_036_854_775_807;
        assert_eq!(read(&format!("n={largest}")).unwrap(), Some(largest));
        let beyond = format!("n={}", largest + 1);
        assert!(read(&beyond).is_err());
        for bad in [
            "n=", "n=-1", "n=%2B1", "n=1.0", "n=1e3", "n=%201", "n=%D9%A4",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn operations_without_parameters_refuse_all() {
        assert!(none(&Uri::from_static("/x")).is_ok());
        assert!(none(&Uri::from_static("/x?")).is_ok());
        assert!(none(&Uri::from_static("/x?organization_id=org_1")).is_ok());
        assert!(none(&Uri::from_static("/x?a")).is_err());
    }
}
