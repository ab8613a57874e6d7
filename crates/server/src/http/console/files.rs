//! The files of the console and of the viewer, each in the forms that it is sent in.
//!
//! They are in memory, under the names that they were built with, and nothing else is ever sent: whatever a path says,
//! it is a name that is known or none. A file that was compressed ahead (`.gz` and `.br` beside it) is one file in
//! several forms; each form has an entity tag from its own bytes.

use std::collections::HashMap;

use axum::http::HeaderMap;
use axum::http::HeaderValue;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use sha2::{Digest, Sha256};

use crate::http::negotiation::{self, Coding};

/// What the console's build had made when this was compiled.
static EMBEDDED: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/console.rs"));

/// How much of a digest tells two forms apart, in bytes.
const ETAG_BYTES: usize = 15;

/// The variable that names a folder to serve from instead.
#[cfg(debug_assertions)]
const VARIABLE: &str = "TEST_EVIDENT_CONSOLE";

/// Files by their names: `console/…` and `viewer/…`.
#[derive(Debug, Default)]
pub(super) struct Files(HashMap<String, File>);

/// A file.
#[derive(Debug)]
pub(super) struct File {
    pub(super) content_type: HeaderValue,
    plain: Form,
    gzip: Option<Form>,
    brotli: Option<Form>,
}

/// The bytes that are sent, and what tells them from all others.
#[derive(Debug)]
pub(super) struct Form {
    pub(super) bytes: Bytes,
    pub(super) etag: HeaderValue,
}

impl Files {
    /// What is served: what is in the binary, or what a test says.
    pub(super) fn load() -> Self {
        #[cfg(debug_assertions)]
        if let Some(folder) = std::env::var_os(VARIABLE) {
            return Self::of(read(std::path::Path::new(&folder)));
        }
        let embedded = EMBEDDED.iter();
        Self::of(embedded.map(|(name, bytes)| ((*name).to_owned(), Bytes::from_static(bytes))))
    }

    fn of(files: impl IntoIterator<Item = (String, Bytes)>) -> Self {
        let all: HashMap<String, Bytes> = files.into_iter().collect();
        let is_form = |name: &str| {
            let base = name.strip_suffix(".gz").or(name.strip_suffix(".br"));
            base.is_some_and(|base| all.contains_key(base))
        };
        let plain = all.iter().filter(|(name, _)| !is_form(name));
        let files = plain.map(|(name, bytes)| {
            let form = |ending: &str| all.get(&format!("{name}{ending}")).map(Form::of);
            let file = File {
                content_type: content_type(name),
                plain: Form::of(bytes),
                gzip: form(".gz"),
                brotli: form(".br"),
            };
            (name.clone(), file)
        });
        Self(files.collect())
    }

    /// The file of this name.
    pub(super) fn get(&self, name: &str) -> Option<&File> {
        self.0.get(name)
    }
}

impl File {
    /// The form that the client likes best, and its coding.
    pub(super) fn form(&self, headers: &HeaderMap) -> (Coding, &Form) {
        let forms = [
            self.brotli.as_ref().map(|form| (Coding::Brotli, form)),
            self.gzip.as_ref().map(|form| (Coding::Gzip, form)),
        ];
        let forms = forms.into_iter().flatten().collect::<Vec<_>>();
        let codings: Vec<Coding> = forms.iter().map(|(coding, _)| *coding).collect();
        let liked = negotiation::preferred(headers, &codings);
        let found = forms.into_iter().find(|(coding, _)| *coding == liked);
        found.unwrap_or((Coding::Identity, &self.plain))
    }
}

impl Form {
    fn of(bytes: &Bytes) -> Self {
        let digest = Sha256::digest(bytes);
        let tag = URL_SAFE_NO_PAD.encode(digest.get(..ETAG_BYTES).unwrap_or_default());
        let etag = HeaderValue::from_str(&format!("\"{tag}\""));
        Self {
            bytes: bytes.clone(),
            // Base64 is always a value; without a tag the form would merely not be kept.
            etag: etag.unwrap_or(HeaderValue::from_static("\"\"")),
        }
    }
}

/// The type by the name's ending. Clients are told not to guess, so what is not known here is not shown.
fn content_type(name: &str) -> HeaderValue {
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    HeaderValue::from_static(match ending {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "txt" => "text/plain; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "wasm" => "application/wasm",
        _ => "application/octet-stream",
    })
}

/// All that is in a folder, by the names that it has there. What cannot be read is left out, and said.
#[cfg(debug_assertions)]
fn read(folder: &std::path::Path) -> Vec<(String, Bytes)> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(at) = open.pop() {
        let entries = std::fs::read_dir(&at).map(|entries| entries.flatten().collect::<Vec<_>>());
        let entries = entries.unwrap_or_else(|error| {
            tracing::error!("{}: {error}", at.display());
            Vec::new()
        });
        for path in entries.into_iter().map(|entry| entry.path()) {
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let name = path
                .strip_prefix(folder)
                .ok()
                .and_then(|name| name.to_str());
            match (name, std::fs::read(&path)) {
                (Some(name), Ok(bytes)) => found.push((name.to_owned(), bytes.into())),
                _ => tracing::error!("{}: it cannot be read", path.display()),
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use axum::http::header::ACCEPT_ENCODING;

    use super::*;

    fn files(of: &[(&str, &'static str)]) -> Files {
        Files::of(
            of.iter()
                .map(|(name, text)| ((*name).to_owned(), Bytes::from_static(text.as_bytes()))),
        )
    }

    fn form<'f>(files: &'f Files, name: &str, accepted: &'static str) -> (Coding, &'f [u8]) {
        let accepted = (ACCEPT_ENCODING, HeaderValue::from_static(accepted));
        let (coding, form) = files
            .get(name)
            .unwrap()
            .form(&HeaderMap::from_iter([accepted]));
        (coding, &form.bytes)
    }

    #[test]
    fn what_was_compressed_ahead_is_one_file_in_several_forms() {
        let files = files(&[
            ("console/a.js", "plain"),
            ("console/a.js.gz", "gzip"),
            ("console/a.js.br", "brotli"),
            ("console/b.js", "plain"),
            ("console/b.js.gz", "gzip"),
            ("viewer/archive.gz", "an archive"),
        ]);
        assert!(files.get("console/a.js.gz").is_none());
        assert!(files.get("console/a.js.br").is_none());
        assert!(files.get("viewer/archive.gz").is_some());
        let all = "gzip, deflate, br, zstd";
        assert_eq!(
            form(&files, "console/a.js", all),
            (Coding::Brotli, &b"brotli"[..])
        );
        assert_eq!(
            form(&files, "console/a.js", "gzip"),
            (Coding::Gzip, &b"gzip"[..])
        );
        assert_eq!(
            form(&files, "console/a.js", ""),
            (Coding::Identity, &b"plain"[..])
        );
        assert_eq!(
            form(&files, "console/b.js", all),
            (Coding::Gzip, &b"gzip"[..])
        );
        assert_eq!(
            form(&files, "console/b.js", "br"),
            (Coding::Identity, &b"plain"[..])
        );
    }

    #[test]
    fn every_form_has_a_tag_of_its_own() {
        let files = files(&[
            ("a.js", "one"),
            ("a.js.gz", "two"),
            ("b.js", "one"),
            ("c.js", "three"),
        ]);
        let tag = |name: &str| files.get(name).unwrap().plain.etag.clone();
        assert_eq!(tag("a.js"), tag("b.js"));
        assert_ne!(tag("a.js"), tag("c.js"));
        let gzip = files.get("a.js").unwrap().gzip.as_ref().unwrap();
        assert_ne!(gzip.etag, tag("a.js"));
        assert_eq!(tag("a.js").len(), ETAG_BYTES / 3 * 4 + 2);
    }

    #[test]
    fn only_known_endings_have_a_type() {
        for (name, kind) in [
            ("index.html", "text/html; charset=utf-8"),
            ("assets/a-1.js", "text/javascript; charset=utf-8"),
            ("a.woff2", "font/woff2"),
            ("a.svg", "image/svg+xml"),
            ("a.exe", "application/octet-stream"),
            ("html", "application/octet-stream"),
        ] {
            assert_eq!(content_type(name), kind, "{name}");
        }
    }
}
