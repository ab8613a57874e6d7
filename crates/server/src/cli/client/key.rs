//! The key that a client asks with: from a file or the environment, never from an argument.

use std::io::Read;
use std::path::Path;

use ureq::http::HeaderValue;

use super::ClientError;

/// Holds the key.
pub(super) const KEY_VARIABLE: &str = "EVIDENT_API_KEY";
/// Most bytes of a key. Evident's have about a hundred.
const MAX_KEY_BYTES: usize = 1_024;
/// What stands before an organization's id in the address of its log.
const LOG_SEGMENT: &str = "/log/org_";
/// Digits of an organization's id.
const ID_HEX_DIGITS: usize = 32;

/// A key and where it was found.
pub(super) struct Key {
    text: String,
    from: String,
}

impl Key {
    /// The key in this file, or else in the environment.
    pub(super) fn find(file: Option<&Path>) -> Result<Option<Self>, ClientError> {
        match file {
            Some(path) => Self::of_file(path).map(Some),
            None => Ok(Self::of_environment()),
        }
    }

    /// The key for whatever is served at an address with this path. The environment's goes to a log of
    /// Evident's alone: any other reader of the same shell may be pointed at anybody's.
    pub(super) fn for_log(file: Option<&Path>, path: &str) -> Result<Option<Self>, ClientError> {
        match file {
            None if !is_evidents_log(path) => Ok(None),
            file => Self::find(file),
        }
    }

    fn of_file(path: &Path) -> Result<Self, ClientError> {
        let mut text = String::new();
        // One byte more tells a key that is too long from one that just fits.
        let most = MAX_KEY_BYTES as u64 + 1;
        std::fs::File::open(path)
            .and_then(|file| file.take(most).read_to_string(&mut text))
            .map_err(|source| ClientError::KeyFile {
                path: path.to_owned(),
                source,
            })?;
        Ok(Self {
            text,
            from: path.display().to_string(),
        })
    }

    fn of_environment() -> Option<Self> {
        let text = std::env::var_os(KEY_VARIABLE).filter(|text| !text.is_empty())?;
        Some(Self {
            text: text.to_string_lossy().into_owned(),
            from: KEY_VARIABLE.to_owned(),
        })
    }

    /// What says the key to the server.
    pub(super) fn bearer(&self) -> Result<HeaderValue, ClientError> {
        let text = self.text.trim();
        let is_key = !text.is_empty()
            && text.len() <= MAX_KEY_BYTES
            && text.bytes().all(|byte| byte.is_ascii_graphic());
        let value = Some(text)
            .filter(|_| is_key)
            .and_then(|text| HeaderValue::try_from(format!("Bearer {text}")).ok());
        let Some(mut value) = value else {
            return Err(ClientError::BadKey {
                from: self.from.clone(),
            });
        };
        value.set_sensitive(true);
        Ok(value)
    }
}

/// Whether a path is that of an organization's log.
fn is_evidents_log(path: &str) -> bool {
    let id = path.trim_end_matches('/').rsplit_once(LOG_SEGMENT);
    id.is_some_and(|(_, id)| {
        id.len() == ID_HEX_DIGITS && id.bytes().all(|digit| digit.is_ascii_hexdigit())
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn only_the_address_of_an_organizations_log_is_one_of_evidents() {
        let id = "0190a1b2c3d4e5f60190a1b2c3d4e5f6";
        for good in [
            format!("/log/org_{id}"),
            format!("/log/org_{id}/"),
            format!("/evident/log/org_{id}"),
        ] {
            assert!(is_evidents_log(&good), "{good}");
        }
        for bad in [
            "/".to_owned(),
            "/log/org_1".to_owned(),
            "/log/org_".to_owned(),
            format!("/log/{id}"),
            format!("/org_{id}"),
            format!("/log/org_{id}0"),
            format!("/log/org_{}x", &id[1..]),
            format!("/log/org_{id}/tile"),
            format!("/catalog/org_{id}"),
        ] {
            assert!(!is_evidents_log(&bad), "{bad}");
        }
    }

    #[test]
    fn a_key_is_one_word_and_never_shown() {
        let bearer = |text: &str| {
            let key = Key {
                text: text.to_owned(),
                from: "the file".to_owned(),
            };
            key.bearer()
        };
        let value = bearer("evident_read_1_2\n").unwrap();
        assert_eq!(value, "Bearer evident_read_1_2");
        assert!(!format!("{value:?}").contains("evident_read"));
        for bad in [
            "",
            " \n",
            "two words",
            "ké",
            "a\nb",
            &"x".repeat(MAX_KEY_BYTES + 1),
        ] {
            let error = bearer(bad).unwrap_err().to_string();
            assert!(error.contains("the file holds no API key"), "{error}");
        }
    }
}
