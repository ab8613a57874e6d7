//! E-mail addresses, as people are told apart by.
//!
//! It must hold that one address is one text: in lower case, without anything that is not seen. Whether mail arrives
//! there is for mail to find out.

/// Longest address, in bytes: what SMTP can carry.
pub(crate) const MAX_EMAIL_BYTES: usize = 254;

/// Why a text is no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum EmailError {
    /// It is too long.
    #[error("expected at most {MAX_EMAIL_BYTES} bytes: check the address")]
    TooLong,
    /// It is something else.
    #[error("expected an e-mail address such as ada@example.com: check it")]
    NotOne,
}

/// The address that a text is, in lower case.
pub(crate) fn normalized_email(text: &str) -> Result<String, EmailError> {
    if text.len() > MAX_EMAIL_BYTES {
        return Err(EmailError::TooLong);
    }
    let invisible = |c: char| c.is_whitespace() || c.is_control();
    let address = text.to_lowercase();
    let mut parts = address.split('@');
    let (Some(local), Some(domain), None) = (parts.next(), parts.next(), parts.next()) else {
        return Err(EmailError::NotOne);
    };
    if local.is_empty() || domain.is_empty() || address.chars().any(invisible) {
        return Err(EmailError::NotOne);
    }
    // Some letters are longer in lower case.
    if address.len() > MAX_EMAIL_BYTES {
        return Err(EmailError::TooLong);
    }
    Ok(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_text_whatever_its_case() {
        let ada = Ok("ada@example.com".to_owned());
        assert_eq!(normalized_email("Ada@Example.COM"), ada);
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for bad in [
            "",
            "ada",
            "@",
            "ada@",
            "@b",
            "a@b@c",
            "a b@c",
            " a@b",
            "a@b\n",
            "a@\0b",
            "a@b\u{a0}",
        ] {
            assert_eq!(normalized_email(bad), Err(EmailError::NotOne), "{bad:?}");
        }
        let longest = format!("a@{}", "b".repeat(MAX_EMAIL_BYTES - 2));
        assert_eq!(normalized_email(&longest).as_ref(), Ok(&longest));
        assert_eq!(
            normalized_email(&format!("{longest}b")),
            Err(EmailError::TooLong)
        );
        // Two bytes as a capital, three in lower case.
        let grown = format!("{}@b", "\u{130}".repeat(126));
        assert_eq!(normalized_email(&grown), Err(EmailError::TooLong));
    }
}
