//! Filters: one field, `is` or `is_not`, one value.
//!
//! It must hold that `is_not` is the exact complement of `is`: of every event, exactly one of the
//! two is true. An event that lacks the field passes `is_not`, and one with several values fails
//! it as soon as one of them is the given.

use super::field::Field;
use super::{Aliases, Condition, QueryError};
use crate::nearest::nearest;
use crate::time::echo;

/// The longest value of a filter, in bytes.
pub const MAX_FILTER_VALUE_BYTES: usize = 1024;

const PARAMETER: &str = "filter";
const IS: &str = "is";
const IS_NOT: &str = "is_not";

/// Reads `field:operator:value`. Only the first two colons separate, but for those that are
/// escaped inside the field; the value is taken as it is.
pub(super) fn parse(text: &str, aliases: Aliases<'_>) -> Result<Condition, QueryError> {
    let Some((path, operator, value)) = split(text) else {
        let message = format!(
            "{:?} is not a filter: expected field:is:value or field:is_not:value",
            echo(text)
        );
        return Err(QueryError::new("bad_filter", PARAMETER, message));
    };
    let field = Field::parse(PARAMETER, path)?;
    match operator {
        IS => is(PARAMETER, field, value, aliases),
        IS_NOT => Ok(is(PARAMETER, field, value, aliases)?.negated()),
        other => {
            let message = format!("{:?} is not an operator: use is or is_not", echo(other));
            let error = QueryError::new("bad_operator", PARAMETER, message);
            Err(error.suggesting(nearest(other, [IS, IS_NOT])))
        }
    }
}

/// The field has this value, which `parameter` gave.
pub(super) fn is(
    parameter: &str,
    field: Field,
    value: &str,
    aliases: Aliases<'_>,
) -> Result<Condition, QueryError> {
    if value.len() > MAX_FILTER_VALUE_BYTES {
        let message = format!(
            "the value for {} has {} bytes: give at most {MAX_FILTER_VALUE_BYTES}",
            field.name(),
            value.len()
        );
        return Err(QueryError::new("value_too_long", parameter, message));
    }
    // The text itself stays beside the name that it is an alias of: an event keeps the name it was
    // recorded with, also when a later catalog has made that name an alias.
    let entry = field.takes_aliases().then(|| aliases(value)).flatten();
    let accepted = [value.to_owned()].into_iter().chain(entry);
    Ok(Condition::one_of(field, accepted))
}

/// Where the field of a text ends: at its first colon that is not escaped.
fn end_of_path(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.bytes().position(|byte| {
        let ends = byte == b':' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    })
}

/// Field, operator and value of a filter.
fn split(text: &str) -> Option<(&str, &str, &str)> {
    let colon = end_of_path(text)?;
    let (operator, value) = text[colon + 1..].split_once(':')?;
    Some((&text[..colon], operator, value))
}
