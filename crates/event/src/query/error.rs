//! What is wrong with a query, in words for the one who asked.
//!
//! Codes are part of the contract: programs branch on them, so a code never changes its meaning.
//! `docs/query.md` lists them.

/// A parameter that cannot be followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{parameter}: {message}{}", did_you_mean(.suggestion))]
pub struct QueryError {
    /// What kind of mistake it is, in stable snake case.
    pub code: &'static str,
    /// The parameter's name, cut to a bounded length if it came from outside.
    pub parameter: String,
    /// What was expected, what came, and what to do.
    pub message: String,
    /// What was probably meant.
    pub suggestion: Option<String>,
}

impl QueryError {
    pub(super) fn new(code: &'static str, parameter: &str, message: impl Into<String>) -> Self {
        Self {
            code,
            parameter: parameter.to_owned(),
            message: message.into(),
            suggestion: None,
        }
    }

    pub(super) fn suggesting(mut self, suggestion: Option<impl Into<String>>) -> Self {
        self.suggestion = suggestion.map(Into::into);
        self
    }
}

fn did_you_mean(suggestion: &Option<String>) -> String {
    match suggestion {
        Some(suggestion) => format!("; did you mean {suggestion:?}?"),
        None => String::new(),
    }
}
