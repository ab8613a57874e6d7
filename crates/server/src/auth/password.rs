//! Passwords: kept as argon2id hashes in the PHC format, whose parameters travel with each hash.

use argon2::Argon2;
use argon2::password_hash::PasswordHasher;

/// Longest password, in bytes. Hashing longer ones would only help to keep the server busy.
const MAX_PASSWORD_BYTES: usize = 1024;

/// Why a password cannot be taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PasswordError {
    /// There is none.
    #[error(
        "the password is empty: pipe it to standard input, for example from a password manager"
    )]
    Empty,
    /// It is too long.
    #[error("the password has more than {MAX_PASSWORD_BYTES} bytes: choose a shorter one")]
    TooLong,
    /// Hashing failed.
    #[error("the password could not be hashed: {0}; see that the machine has memory to spare")]
    Hash(argon2::password_hash::Error),
}

/// The hash to keep of a password: argon2id with the parameters that OWASP recommends.
pub(crate) fn hash_password(password: &str) -> Result<String, PasswordError> {
    if password.is_empty() {
        return Err(PasswordError::Empty);
    }
    if password.len() > MAX_PASSWORD_BYTES {
        return Err(PasswordError::TooLong);
    }
    let hash = Argon2::default()
        .hash_password(password.as_bytes())
        .map_err(PasswordError::Hash)?;
    Ok(hash.to_string())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use argon2::password_hash::PasswordVerifier;
    use argon2::password_hash::phc::PasswordHash;

    use super::*;

    #[test]
    fn a_hash_is_argon2id_salted_and_verifies_its_password_alone() {
        let hash = hash_password("correct horse").unwrap();
        assert!(hash.starts_with("$argon2id$v=19$"));
        assert_ne!(hash, hash_password("correct horse").unwrap());
        let parsed = PasswordHash::new(&hash).unwrap();
        assert!(
            Argon2::default()
                .verify_password(b"correct horse", &parsed)
                .is_ok()
        );
        assert!(
            Argon2::default()
                .verify_password(b"correct horsf", &parsed)
                .is_err()
        );
    }

    #[test]
    fn an_empty_or_endless_password_is_refused() {
        assert!(matches!(hash_password(""), Err(PasswordError::Empty)));
        let long = "x".repeat(MAX_PASSWORD_BYTES + 1);
        assert!(matches!(hash_password(&long), Err(PasswordError::TooLong)));
    }
}
