//! Filters: one field, `is` or `is_not`, one value.
//!
//! It must hold that `is_not` is the exact complement of `is`: of every event, exactly one of the
//! two is true. An event that lacks the field passes `is_not`, and one with several values fails
//! it as soon as one of them is the given.

use crate::nearest::nearest;
use std::borrow::Cow;

use super::field::{self, Field};
use super::{Aliases, QueryError};
use crate::json::Json;
use crate::time::echo;

/// The longest value of a filter, in bytes.
pub const MAX_FILTER_VALUE_BYTES: usize = 1024;

const PARAMETER: &str = "filter";

/// How a filter compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Operator {
    /// One of the event's values is the given one.
    Is,
    /// None of them is.
    IsNot,
}

impl Operator {
    const ALL: [Self; 2] = [Self::Is, Self::IsNot];

    /// As it is written in a filter.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Is => "is",
            Self::IsNot => "is_not",
        }
    }
}

/// A condition on one field.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Filter {
    field: Field,
    operator: Operator,
    accepted: Vec<String>,
}

impl Filter {
    /// Reads `field:operator:value`. Only the first two colons separate, but for those that are
    /// escaped inside the field; the value is taken as it is.
    pub fn parse(text: &str, aliases: Aliases<'_>) -> Result<Self, QueryError> {
        let Some((path, operator, value)) = split(text) else {
            return Err(QueryError::new(
                "bad_filter",
                PARAMETER,
                format!(
                    "{:?} is not a filter: expected field:is:value or field:is_not:value",
                    echo(text)
                ),
            ));
        };
        let field = Field::parse(PARAMETER, path)?;
        let Some(operator) = Operator::ALL.into_iter().find(|o| o.as_str() == operator) else {
            let names = Operator::ALL.map(Operator::as_str);
            return Err(QueryError::new(
                "bad_operator",
                PARAMETER,
                format!("{:?} is not an operator: use is or is_not", echo(operator)),
            )
            .suggesting(nearest(operator, names)));
        };
        Self::new(field, operator, value, aliases)
    }

    /// A filter from its parts.
    pub fn new(
        field: Field,
        operator: Operator,
        value: &str,
        aliases: Aliases<'_>,
    ) -> Result<Self, QueryError> {
        if value.len() > MAX_FILTER_VALUE_BYTES {
            let message = format!(
                "the value for {} has {} bytes: give at most {MAX_FILTER_VALUE_BYTES}",
                field.name(),
                value.len()
            );
            return Err(QueryError::new("value_too_long", PARAMETER, message));
        }
        let mut accepted = vec![value.to_owned()];
        if field.takes_aliases() {
            // The text itself stays: an event keeps the name it was recorded with, also when a
            // later catalog has made that name an alias.
            accepted.extend(aliases(value));
        }
        if field.ignores_case() {
            accepted
                .iter_mut()
                .for_each(|text| *text = field::fold(text));
        }
        accepted.sort_unstable();
        accepted.dedup();
        Ok(Self {
            field,
            operator,
            accepted,
        })
    }

    /// The field that is compared.
    pub fn field(&self) -> &Field {
        &self.field
    }

    /// How it is compared.
    pub fn operator(&self) -> Operator {
        self.operator
    }

    /// The values that satisfy `is`: the given one, and for `event` the name that it is an alias
    /// of. Folded ([`field::fold`]) where the field ignores case.
    pub fn accepted(&self) -> &[String] {
        &self.accepted
    }

    /// Whether an event passes; `index` is its leaf's number.
    pub fn passes(&self, event: &Json<'_>, index: u64) -> bool {
        let values = if self.field.is_index() {
            vec![Cow::Owned(index.to_string())]
        } else {
            field::values(&self.field, event)
        };
        let found = values.iter().any(|value| self.accepts(value));
        match self.operator {
            Operator::Is => found,
            Operator::IsNot => !found,
        }
    }

    fn accepts(&self, value: &str) -> bool {
        let mut accepted = self.accepted.iter();
        if self.field.ignores_case() {
            accepted.any(|text| field::folded(value).eq(text.chars()))
        } else {
            accepted.any(|text| text == value)
        }
    }
}

/// Field, operator and value of a filter.
fn split(text: &str) -> Option<(&str, &str, &str)> {
    let mut escaped = false;
    let colon = text.bytes().position(|byte| {
        let ends = byte == b':' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    })?;
    let (operator, value) = text[colon + 1..].split_once(':')?;
    Some((&text[..colon], operator, value))
}
