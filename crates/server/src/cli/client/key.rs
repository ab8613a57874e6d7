//! The key that a client asks with: from a file or the environment, never from an argument.

use std::io::Read;
use std::path::Path;

use ureq::http::HeaderValue;

use super::ClientError;

/// Holds the key.
pub(super) const KEY_VARIABLE: &str = "EVIDENT_API_KEY";
/// Most bytes of a key. Evident's have about a hundred.
const MAX_KEY_BYTES: usize = 1_024;

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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

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
