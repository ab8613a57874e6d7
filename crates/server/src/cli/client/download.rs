//! Files from a server, as a whole or from a place on.

use ureq::Body;
use ureq::http::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_RANGE, IF_RANGE, RANGE};
use ureq::http::{Response, StatusCode};

use super::{Client, ClientError};

impl Client {
    /// Asks for a file from this place on, if it is the one of this entity tag. Says where what comes begins: there, or
    /// at 0.
    pub(in crate::cli) fn download(
        &self,
        path: &str,
        from: u64,
        etag: &str,
    ) -> Result<(u64, Response<Body>), ClientError> {
        let mut request = self
            .agent
            .get(format!("{}{path}", self.url))
            .header(ACCEPT, "*/*")
            .header(ACCEPT_ENCODING, "identity");
        if from > 0 {
            request = request
                .header(RANGE, format!("bytes={from}-"))
                .header(IF_RANGE, etag);
        }
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        let response = request.call().map_err(|error| self.unreachable(&error))?;
        match response.status() {
            StatusCode::OK => Ok((0, response)),
            StatusCode::PARTIAL_CONTENT => {
                let range = response.headers().get(CONTENT_RANGE);
                let range = range.and_then(|range| range.to_str().ok());
                match range.is_some_and(|range| range.starts_with(&format!("bytes {from}-"))) {
                    true => Ok((from, response)),
                    false => Err(self.not_evident("it sends another part than it was asked for")),
                }
            }
            status => {
                let found = self.media_type(response.headers());
                Err(self.other(status, &found, response))
            }
        }
    }
}
