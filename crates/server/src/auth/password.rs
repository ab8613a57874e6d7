//! Passwords: which ones are taken, and how they are kept.
//!
//! They are kept as argon2id hashes in the PHC format, whose parameters travel with each hash. What
//! must always hold:
//!
//! - a password is brought to Unicode's form NFC before it is judged, hashed or compared. One keyboard
//!   sends `é` as one character, another as two; without this somebody is locked out by a change of
//!   machine. NFC changes nothing that can be told apart by eye, unlike NFKC, and leaves ASCII alone;
//! - an account that is not there, or has no password, costs as much as one that has ([`absent`]);
//! - nothing here is printed but the reason for a refusal.
//!
//! All of this keeps a core busy: requests go through [`Hasher`](super::hasher::Hasher).

use std::borrow::Cow;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Argon2, Params};
use unicode_normalization::UnicodeNormalization;

/// Fewest characters of a new password. NIST SP 800-63B asks for 8 beside a second factor and 15
/// without; length matters less here, as guessable passwords are refused whatever their length.
pub(crate) const MIN_CHARS: usize = 12;
/// Longest password, in bytes. Hashing longer ones would only help to keep the server busy.
const MAX_PASSWORD_BYTES: usize = 1024;
/// Fewest guesses that an attacker who knows the habits of people should need. Argon2id with our
/// parameters lets a good graphics card try in the order of a thousand passwords a second, so whoever
/// steals the database spends months on one account; signing in is slowed far below that.
const MIN_GUESSES: u64 = 10_000_000_000;
/// How much of a password is judged, in characters. The time grows with the square of the length, and
/// with every digit and sign that may stand for a letter; the worst takes about as long as a few hashes.
/// The start of a password is hardly ever harder to guess than all of it.
const MAX_JUDGED_CHARS: usize = 32;
/// How much of each thing known about a person is looked for, in characters.
const MAX_ABOUT_CHARS: usize = 128;
/// How many words known about a person are looked for.
const MAX_ABOUT_WORDS: usize = 32;
/// Shortest part of a name or an address that is looked for, in characters.
const MIN_ABOUT_CHARS: usize = 3;
/// What anybody would try first here.
const PRODUCT: &str = "evident";
/// Most memory that a stored hash may ask for, in KiB. Ours ask for 19 MiB.
const MAX_MEMORY_KIB: u32 = 256 * 1024;
/// Most passes over the memory that a stored hash may ask for. Ours ask for 2.
const MAX_PASSES: u32 = 16;

/// Why a password cannot be taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PasswordError {
    /// There is none.
    #[error(
        "the password is empty: pipe it to standard input, for example from a password manager"
    )]
    Empty,
    /// It is too short.
    #[error(
        "the password has fewer than {MIN_CHARS} characters: choose a longer one, such as four random words"
    )]
    TooShort,
    /// It is too long.
    #[error("the password has more than {MAX_PASSWORD_BYTES} bytes: choose a shorter one")]
    TooLong,
    /// It is easy to guess.
    #[error(
        "the password is easy to guess: avoid names, dates, common passwords and repetition; choose four random words or let a password manager make one"
    )]
    Guessable,
    /// Hashing failed.
    #[error("the password could not be hashed: {0}; see that the machine has memory to spare")]
    Hash(argon2::password_hash::Error),
}

/// Whether a password may be somebody's new one. `about` is what others know of the person: the
/// e-mail address, the name, the organization.
pub(crate) fn check_new(password: &str, about: &[&str]) -> Result<(), PasswordError> {
    if password.len() > MAX_PASSWORD_BYTES {
        return Err(PasswordError::TooLong);
    }
    let password = normalized(password);
    if password.chars().count() < MIN_CHARS {
        return Err(PasswordError::TooShort);
    }
    let judged = start(&password, MAX_JUDGED_CHARS);
    let words = words_about(about);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    if zxcvbn::zxcvbn(judged, &words).guesses() < MIN_GUESSES {
        return Err(PasswordError::Guessable);
    }
    Ok(())
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
        .hash_password(normalized(password).as_bytes())
        .map_err(PasswordError::Hash)?;
    Ok(hash.to_string())
}

/// Whether a hash was made of this password. A hash that is none, or that asks for more work than any
/// of ours, is of no password.
pub(crate) fn verify(hash: &str, password: &str) -> bool {
    // This tells of the password alone, not of the account.
    if password.len() > MAX_PASSWORD_BYTES {
        return false;
    }
    let Ok(hash) = PasswordHash::new(hash) else {
        return false;
    };
    if !is_affordable(&hash) {
        return false;
    }
    // The outputs are compared in constant time.
    Argon2::default()
        .verify_password(normalized(password).as_bytes(), &hash)
        .is_ok()
}

/// A hash of no known password, that takes as long to compare as one of ours: for accounts that are
/// not there. Whoever compares with it answers "no" whatever comes of it.
pub(crate) const fn absent() -> &'static str {
    "$argon2id$v=19$m=19456,t=2,p=1$ZXZpZGVudC1hYnNlbnQtMQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
}

fn is_affordable(hash: &PasswordHash) -> bool {
    hash.algorithm.as_str() == "argon2id"
        && Params::try_from(hash)
            .is_ok_and(|params| params.m_cost() <= MAX_MEMORY_KIB && params.t_cost() <= MAX_PASSES)
}

fn normalized(password: &str) -> Cow<'_, str> {
    if unicode_normalization::is_nfc(password) {
        Cow::Borrowed(password)
    } else {
        Cow::Owned(password.nfc().collect())
    }
}

/// At most as many characters from the start of a text.
fn start(text: &str, chars: usize) -> &str {
    let end = text
        .char_indices()
        .nth(chars)
        .map_or(text.len(), |(at, _)| at);
    &text[..end]
}

/// What is known about a person, as a whole, in parts and run together: of `Ada Obi` also `Ada`, `Obi`
/// and `AdaObi`.
fn words_about(about: &[&str]) -> Vec<String> {
    let mut words = vec![PRODUCT.to_owned()];
    for known in about {
        let known: String = start(known, MAX_ABOUT_CHARS).nfc().collect();
        let parts = known.split(|c: char| !c.is_alphanumeric());
        let parts = parts.filter(|part| part.chars().count() >= MIN_ABOUT_CHARS);
        words.extend(parts.map(str::to_owned));
        words.push(known.chars().filter(|c| c.is_alphanumeric()).collect());
        words.push(known);
    }
    words.retain(|word| !word.is_empty());
    words.truncate(MAX_ABOUT_WORDS);
    words
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::time::{Duration, Instant};

    use super::*;

    const ADA: [&str; 3] = ["ada.obi@northwind.example", "Ada Obi", "Northwind"];

    #[test]
    fn a_hash_is_argon2id_salted_and_verifies_its_password_alone() {
        let hash = hash_password("correct horse").unwrap();
        assert!(hash.starts_with("$argon2id$v=19$"));
        assert_ne!(hash, hash_password("correct horse").unwrap());
        assert!(verify(&hash, "correct horse"));
        for other in ["correct horsf", "correct hors", "correct horse ", ""] {
            assert!(!verify(&hash, other), "{other}");
        }
    }

    #[test]
    fn an_empty_or_endless_password_is_refused() {
        assert!(matches!(hash_password(""), Err(PasswordError::Empty)));
        let long = "x".repeat(MAX_PASSWORD_BYTES + 1);
        assert!(matches!(hash_password(&long), Err(PasswordError::TooLong)));
        assert!(matches!(check_new(&long, &[]), Err(PasswordError::TooLong)));
        assert!(!verify(absent(), &long));
    }

    #[test]
    fn composed_and_decomposed_letters_are_one_password() {
        let hash = hash_password("caf\u{e9} au lait").unwrap();
        assert!(verify(&hash, "cafe\u{301} au lait"));
        let hash = hash_password("cafe\u{301} au lait").unwrap();
        assert!(verify(&hash, "caf\u{e9} au lait"));
        // What can be told apart by eye stays apart.
        let hash = hash_password("x\u{b2} and y").unwrap();
        assert!(!verify(&hash, "x2 and y"));
    }

    #[test]
    fn garbage_and_hashes_that_cost_too_much_verify_nothing() {
        let hash = hash_password("correct horse").unwrap();
        let begun = Instant::now();
        for bad in [
            String::new(),
            "$".to_owned(),
            "correct horse".to_owned(),
            hash[..hash.len() / 2].to_owned(),
            hash.replace("argon2id", "argon2d"),
            hash.replace("argon2id", "scrypt"),
            hash.replace("m=19456", "m=4294967295"),
            hash.replace("t=2", "t=4294967295"),
            hash.replace("$v=19", "$v=99"),
            format!("{hash}{}", "A".repeat(10_000)),
            hash.rsplit_once('$').unwrap().0.to_owned(),
        ] {
            assert!(!verify(&bad, "correct horse"), "{bad:.80}");
        }
        assert!(begun.elapsed() < Duration::from_secs(20));
    }

    #[test]
    fn the_absent_hash_has_the_shape_of_ours_and_matches_nothing_that_is_tried() {
        let ours = hash_password("correct horse").unwrap();
        let (ours, absent) = (
            PasswordHash::new(&ours).unwrap(),
            PasswordHash::new(absent()).unwrap(),
        );
        assert_eq!(ours.algorithm, absent.algorithm);
        assert_eq!(ours.version, absent.version);
        assert_eq!(ours.params, absent.params);
        let output = |hash: &PasswordHash| hash.hash.as_ref().unwrap().as_bytes().len();
        assert_eq!(output(&ours), output(&absent));
        let salt = |hash: &PasswordHash| hash.salt.as_ref().unwrap().len();
        assert_eq!(salt(&ours), salt(&absent));
        assert!(!verify(super::absent(), "correct horse"));
        assert!(!verify(super::absent(), ""));
    }

    #[test]
    fn length_is_counted_in_characters_after_composing() {
        let eleven = "kötzXq9!vbü";
        assert_eq!(eleven.chars().count(), 11);
        let short = |text: &str| matches!(check_new(text, &[]), Err(PasswordError::TooShort));
        assert!(short(eleven));
        assert!(short(&eleven.nfd().collect::<String>()));
        assert!(short(""));
        assert!(check_new("kötzXq9!vbüW", &[]).is_ok());
    }

    #[test]
    fn what_is_easy_to_guess_is_refused() {
        for password in [
            "password1234",
            "Password1234!",
            "P@ssw0rd2024!",
            "qwertyuiop12",
            "123456789012",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "abcabcabcabcabc",
            "passwordpasswordpassword",
            "letmeinletmein",
            "evident12345",
            "Evidentevident!",
            "ada.obi@northwind.example",
            "AdaObi2024!!",
            "northwind1234",
            "dniwhtron1234",
            "N0rthw1nd2026",
        ] {
            let refused = check_new(password, &ADA);
            assert!(
                matches!(refused, Err(PasswordError::Guessable)),
                "{password}"
            );
        }
    }

    #[test]
    fn what_takes_long_to_guess_is_taken() {
        for password in [
            "plover cactus anvil rhubarb",
            "gT7#kq2Lw9!x",
            "зимний кактус наковальня",
            "ひまわりのたねをたべるねこ",
            "x9Kd02mQpz71Ls",
        ] {
            check_new(password, &ADA).unwrap();
        }
    }

    #[test]
    fn only_the_start_is_judged_which_bounds_the_time() {
        // Signs that stand for letters are what takes longest.
        let about = vec!["a1!@4".repeat(1000); 100];
        let about: Vec<&str> = about.iter().map(String::as_str).collect();
        let signs: String = "4@8({[<369&#!1/|0$5+7%2"
            .chars()
            .cycle()
            .take(340)
            .collect();
        assert!(check_new(&signs, &about).is_ok());
        let end = "gT7#kq2Lw9!x";
        assert!(check_new(end, &about).is_ok());
        let late = format!("{}{end}", "a".repeat(MAX_JUDGED_CHARS));
        assert!(matches!(
            check_new(&late, &about),
            Err(PasswordError::Guessable)
        ));
    }

    #[test]
    fn what_is_known_about_a_person_is_looked_for_in_bounded_words() {
        let words = words_about(&["ada.obi@northwind.example", "Ada Obi"]);
        for word in [
            "evident",
            "ada",
            "northwind",
            "adaobinorthwindexample",
            "AdaObi",
            "Ada Obi",
        ] {
            assert!(words.iter().any(|known| known == word), "{word}");
        }
        let many = words_about(&vec!["x".repeat(10_000).as_str(); 100]);
        assert_eq!(many.len(), MAX_ABOUT_WORDS);
        assert!(
            many.iter()
                .all(|word| word.chars().count() <= MAX_ABOUT_CHARS)
        );
    }

    #[test]
    fn no_error_repeats_the_password() {
        for password in ["hunter2", "passwordpassword", &"x".repeat(2000)] {
            let error = check_new(password, &[]).unwrap_err();
            assert!(!format!("{error} {error:?}").contains(password));
        }
    }
}
