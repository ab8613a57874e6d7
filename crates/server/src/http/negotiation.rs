//! What a client accepts: `Accept` and `Accept-Encoding`, as RFC 9110, section 12.5, has them.
//!
//! An element with a quality that is none is left out, as if it had not been sent. Parameters of media
//! types other than `q` are not told apart: what is offered has none that a client could choose.

use axum::http::header::{ACCEPT, ACCEPT_ENCODING, VARY};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use super::problem::Problem;

/// The answer depends on `Accept`, which caches and clients must know.
pub(crate) const VARY_ACCEPT: (HeaderName, HeaderValue) =
    (VARY, HeaderValue::from_static("accept"));
/// The answer depends on `Accept-Encoding`.
pub(crate) const VARY_ENCODING: (HeaderName, HeaderValue) =
    (VARY, HeaderValue::from_static("accept-encoding"));

/// The quality of what is wanted most, in thousandths.
const MOST: u16 = 1000;

/// The two forms that a proof has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProofForm {
    /// `application/json`
    Json,
    /// `text/plain`
    Text,
}

impl ProofForm {
    /// The form that the client likes best; JSON where both are as good. What is named is better than
    /// what only fits a wildcard of the same quality.
    pub(crate) fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        let Some(wanted) = Wanted::of(headers, ACCEPT) else {
            return Ok(Self::Json);
        };
        let json = wanted.quality(&["application/json", "application/*", "*/*"]);
        let text = wanted.quality(&["text/plain", "text/*", "*/*"]);
        if json.max(text).quality == 0 {
            let detail = "the answer is application/json or text/plain: accept one of them";
            let problem = Problem::new(StatusCode::NOT_ACCEPTABLE, "not_acceptable", detail);
            return Err(problem.with_header(VARY_ACCEPT.0, VARY_ACCEPT.1));
        }
        match text > json {
            true => Ok(Self::Text),
            false => Ok(Self::Json),
        }
    }
}

/// How the bytes of an answer may be coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coding {
    /// As they are.
    Identity,
    /// `gzip`
    Gzip,
    /// `br`
    Brotli,
}

impl Coding {
    /// What `Content-Encoding` says, if it says anything.
    pub(crate) fn name(self) -> Option<HeaderValue> {
        match self {
            Self::Identity => None,
            Self::Gzip => Some(HeaderValue::from_static("gzip")),
            Self::Brotli => Some(HeaderValue::from_static("br")),
        }
    }
}

/// Whether the client would rather have gzip than the bytes as they are. It gets these when it accepts
/// neither.
pub(crate) fn prefers_gzip(headers: &HeaderMap) -> bool {
    preferred(headers, &[Coding::Gzip]) == Coding::Gzip
}

/// The coding that the client likes best of those that there are; the first of them where it likes several as much. It
/// gets the bytes as they are when it accepts none.
pub(crate) fn preferred(headers: &HeaderMap, there_are: &[Coding]) -> Coding {
    let Some(wanted) = Wanted::of(headers, ACCEPT_ENCODING) else {
        return Coding::Identity;
    };
    // Unless it is named, it is what is left when nothing else is wanted.
    let identity = wanted.quality(&["identity"]).quality;
    let mut best = (Coding::Identity, 0);
    for coding in there_are {
        let quality = match coding {
            Coding::Identity => identity,
            Coding::Gzip => wanted.quality(&["gzip", "*"]).quality,
            Coding::Brotli => wanted.quality(&["br", "*"]).quality,
        };
        if quality >= identity && quality > best.1 {
            best = (*coding, quality);
        }
    }
    best.0
}

/// How much something is wanted: the quality, then how exactly it was named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
struct Liking {
    quality: u16,
    exactness: usize,
}

/// What a header lists, in lower case, with the qualities.
struct Wanted(Vec<(String, u16)>);

impl Wanted {
    /// `None` if nothing is said, so that everything is as good.
    fn of(headers: &HeaderMap, name: HeaderName) -> Option<Self> {
        let values = headers.get_all(name).iter();
        let values = values.filter_map(|value| value.to_str().ok());
        let elements = values.flat_map(|value| value.split(','));
        let wanted: Vec<_> = elements.filter_map(element).collect();
        (!wanted.is_empty()).then_some(Self(wanted))
    }

    /// How much something is wanted that has these names, the most exact first: the first that is
    /// listed decides.
    fn quality(&self, names: &[&str]) -> Liking {
        let listed = |name: &str| {
            let qualities = self.0.iter().filter(|(listed, _)| listed == name);
            qualities.map(|(_, quality)| *quality).max()
        };
        names
            .iter()
            .zip((0..names.len()).rev())
            .find_map(|(name, exactness)| {
                let quality = listed(name)?;
                Some(Liking { quality, exactness })
            })
            .unwrap_or_default()
    }
}

fn element(text: &str) -> Option<(String, u16)> {
    let mut parts = text.split(';').map(str::trim);
    let name = parts.next().filter(|name| !name.is_empty())?;
    let quality = parts.find_map(|part| {
        let (key, value) = part.split_once('=')?;
        key.trim().eq_ignore_ascii_case("q").then(|| value.trim())
    });
    let quality = quality.map_or(Some(MOST), thousandths)?;
    Some((name.to_ascii_lowercase(), quality))
}

/// A quality: 0 to 1 with at most three digits behind the point.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() > 3 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let fraction: u16 = format!("{fraction:0<3}").parse().ok()?;
    match whole {
        "0" => Some(fraction),
        "1" => (fraction == 0).then_some(MOST),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use axum::response::IntoResponse;

    use super::*;

    fn headers(name: HeaderName, values: &[&'static str]) -> HeaderMap {
        let values = values.iter().copied().map(HeaderValue::from_static);
        values.map(|value| (name.clone(), value)).collect()
    }

    #[test]
    fn the_form_that_is_liked_best_is_given() {
        use ProofForm::{Json, Text};
        for (accepted, form) in [
            (&[][..], Json),
            (&["*/*"], Json),
            (&[""], Json),
            (&["text/plain"], Text),
            (&["TEXT/Plain; charset=utf-8"], Text),
            (&["text/*"], Text),
            (&["application/*"], Json),
            (&["text/plain, application/json"], Json),
            (&["text/plain, */*"], Text),
            (&["text/plain;q=0.9, application/json;q=0.8"], Text),
            (&["text/plain;q=0.8", "application/json;q=0.9"], Json),
            (&["text/plain;q=0.5, */*;q=0.1"], Text),
            (&["text/plain;q=0, */*"], Json),
            (&["application/json;q=0, */*;q=0.001"], Text),
            (&["text/html, */*;q=0.8"], Json),
            // Whatever its quality is, it is none: the rest decides.
            (&["text/plain;q=2, application/json;q=0.1"], Json),
        ] {
            let found = ProofForm::of(&headers(ACCEPT, accepted)).unwrap();
            assert_eq!(found, form, "{accepted:?}");
        }
    }

    #[test]
    fn what_is_not_there_in_any_accepted_form_is_refused() {
        for accepted in [
            "text/html",
            "*/*;q=0",
            "text/plain;q=0, application/json;q=0.000",
            "text/*;q=0",
        ] {
            let refused = ProofForm::of(&headers(ACCEPT, &[accepted])).unwrap_err();
            let response = refused.into_response();
            assert_eq!(response.status(), 406, "{accepted}");
            assert_eq!(response.headers()[VARY], "accept");
        }
    }

    #[test]
    fn gzip_is_given_to_those_who_do_not_like_it_less() {
        for (accepted, gzip) in [
            (&[][..], false),
            (&[""], false),
            (&["gzip"], true),
            (&["GZIP;q=0.1"], true),
            (&["br, deflate"], false),
            (&["gzip, identity"], true),
            (&["gzip;q=0.5, identity"], false),
            (&["gzip;q=0"], false),
            (&["*"], true),
            (&["gzip;q=0, *"], false),
            (&["identity", "gzip"], true),
            (&["*;q=0"], false),
            (&["gzip;q=x"], false),
        ] {
            let found = prefers_gzip(&headers(ACCEPT_ENCODING, accepted));
            assert_eq!(found, gzip, "{accepted:?}");
        }
    }

    #[test]
    fn of_several_codings_the_one_that_is_liked_best_is_given() {
        use Coding::{Brotli, Gzip, Identity};
        for (accepted, coding) in [
            ("gzip, deflate, br, zstd", Brotli),
            ("gzip, br;q=0.9", Gzip),
            ("gzip;q=0.5, br;q=0.5", Brotli),
            ("gzip", Gzip),
            ("br", Brotli),
            ("*", Brotli),
            ("br;q=0, *", Gzip),
            ("br;q=0.5, gzip;q=0.4, identity;q=0.6", Identity),
            ("zstd", Identity),
            ("", Identity),
        ] {
            let found = preferred(&headers(ACCEPT_ENCODING, &[accepted]), &[Brotli, Gzip]);
            assert_eq!(found, coding, "{accepted:?}");
        }
    }

    #[test]
    fn a_quality_has_at_most_three_digits_and_is_at_most_one() {
        for (text, quality) in [
            ("1", Some(1000)),
            ("1.000", Some(1000)),
            ("0", Some(0)),
            ("0.", Some(0)),
            ("0.5", Some(500)),
            ("0.001", Some(1)),
            ("1.001", None),
            ("0.0001", None),
            ("", None),
            (".5", None),
            ("-0", None),
            ("0.+1", None),
        ] {
            assert_eq!(thousandths(text), quality, "{text:?}");
        }
    }
}
