//! Where a browser goes once somebody is signed in: a path of this server's own and nothing else, or a link to our
//! sign-in could end at anybody's page.
//!
//! It must hold that no browser takes what is accepted for another host, also not after decoding it once more than it
//! should.

use percent_encoding::percent_decode_str;

/// Where browsers go that were not told where to.
pub(super) const HOME: &str = "/";
/// Longest path that is gone back to, in bytes.
const MAX_BYTES: usize = 2_048;
/// How often a path is decoded to see what it may come to mean.
const MAX_DECODINGS: usize = 4;

/// Whether a browser may be sent there.
pub(super) fn is_own_path(text: &str) -> bool {
    let is_fit = text.len() <= MAX_BYTES && text.bytes().all(|byte| byte.is_ascii_graphic());
    if !is_fit || text.contains('\\') {
        return false;
    }
    let path = text.split(['?', '#']).next().unwrap_or_default();
    let mut path = path.as_bytes().to_vec();
    for _ in 0..MAX_DECODINGS {
        if !is_plain(&path) {
            return false;
        }
        let text = String::from_utf8_lossy(&path).into_owned();
        let decoded: Vec<u8> = percent_decode_str(&text).collect();
        if decoded == path {
            return true;
        }
        path = decoded;
    }
    false
}

/// One slash in front, and none that stands next to another.
fn is_plain(path: &[u8]) -> bool {
    path.first() == Some(&b'/')
        && !path.windows(2).any(|pair| pair == b"//")
        && !path
            .iter()
            .any(|byte| *byte == b'\\' || byte.is_ascii_control())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_our_own_are_gone_back_to() {
        for path in [
            "/",
            "/events",
            "/events?filter=actor.email:is:ada@acme.example&q=//x",
            "/projects/prj_1/events#row-3",
            "/a%20b",
            "/caf%C3%A9",
        ] {
            assert!(is_own_path(path), "{path}");
        }
    }

    #[test]
    fn whatever_could_lead_elsewhere_is_not() {
        let long = format!("/{}", "x".repeat(MAX_BYTES));
        for path in [
            "",
            "events",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/%2fevil.example",
            "/%2Fevil.example",
            "/%5cevil.example",
            "/%5Cevil.example",
            "/%252fevil.example",
            "/%25252fevil.example",
            "/%2525252525252fevil.example",
            "/..//evil.example",
            "/.%2f/evil.example",
            "/\t/evil.example",
            "/%09/evil.example",
            "/%0d%0aSet-Cookie:a=b",
            "/a\r\nLocation: https://evil.example",
            "https://evil.example",
            "https:evil.example",
            "javascript:alert(1)",
            "@evil.example",
            ".evil.example",
            "/a b",
            "/é",
            &long,
        ] {
            assert!(!is_own_path(path), "{path:.60?}");
        }
    }
}
