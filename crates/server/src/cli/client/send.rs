//! Changes on a server: a document goes there, and what it says comes back.
//!
//! It must hold that nothing is sent twice: a change whose answer did not come may have been made.

use serde::Deserialize;
use ureq::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use ureq::http::{Request, StatusCode};

use super::{Client, ClientError, MAX_ANSWER_BYTES, MAX_PROBLEM_BYTES, sanitize};

/// Most mistakes of a document that are told.
const MAX_TOLD_MISTAKES: usize = 5;

/// A problem with what is wrong about a document.
#[derive(Deserialize)]
struct Refused {
    detail: String,
    code: Option<String>,
    #[serde(default)]
    errors: Vec<Mistake>,
}

#[derive(Deserialize)]
struct Mistake {
    pointer: String,
    reason: String,
}

impl Client {
    /// Sends a document, or nothing but the request, and gives back the answer; empty where there is none.
    pub(in crate::cli) fn change(
        &self,
        method: &str,
        path: &str,
        document: Option<&serde_json::Value>,
    ) -> Result<String, ClientError> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url))
            .header(ACCEPT, "application/json");
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        let bad = |error: ureq::http::Error| self.not_evident(error.to_string());
        let response = match document {
            Some(document) => {
                let request = request.header(CONTENT_TYPE, "application/json");
                let request = request.body(document.to_string()).map_err(bad)?;
                self.agent.run(request)
            }
            None => self.agent.run(request.body(()).map_err(bad)?),
        };
        let response = response.map_err(|error| self.unreachable(&error))?;
        let status = response.status();
        let found = self.media_type(response.headers());
        match status {
            StatusCode::NO_CONTENT => Ok(String::new()),
            StatusCode::OK | StatusCode::CREATED | StatusCode::ACCEPTED
                if found == "application/json" =>
            {
                self.text(response, MAX_ANSWER_BYTES)
            }
            StatusCode::UNPROCESSABLE_ENTITY if found == "application/problem+json" => {
                let text = self.text(response, MAX_PROBLEM_BYTES)?;
                Err(self.mistakes(status, &text))
            }
            status => Err(self.other(status, &found, response)),
        }
    }

    /// What is wrong about a document, one mistake after the other.
    fn mistakes(&self, status: StatusCode, text: &str) -> ClientError {
        let Ok(refused) = serde_json::from_str::<Refused>(text) else {
            return self.not_evident("a problem that says nothing");
        };
        let told = refused.errors.iter().take(MAX_TOLD_MISTAKES);
        let told: Vec<String> = told
            .map(|mistake| {
                format!(
                    "{}: {}",
                    mistake.pointer.trim_start_matches('/'),
                    mistake.reason
                )
            })
            .collect();
        let detail = match told.is_empty() {
            true => refused.detail,
            false => told.join("; "),
        };
        ClientError::Refused {
            status,
            detail: sanitize::message(&detail),
            code: refused.code.as_deref().map(sanitize::message),
            minimum_index: None,
            retry_after: None,
        }
    }
}
