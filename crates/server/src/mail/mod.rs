//! Mail to people: plain text over SMTP, one message to one address.
//!
//! What must always hold:
//!
//! - the password goes only through TLS to a server whose certificate holds, or stays on this machine;
//! - it is in no error and no `Debug`, and neither is the URL that it comes in;
//! - nothing that a person chose, such as the name of an organization in a subject, becomes a header or
//!   another recipient;
//! - a server that is away or never answers costs a bounded time.
//!
//! A message that could not be sent is the caller's to tell: nothing is queued or tried again here.

mod server;
#[cfg(test)]
mod tests;

use std::error::Error as _;
use std::fmt;
use std::time::Duration;

use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::response::Severity;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};

pub(crate) use self::server::EXPECTED as EXPECTED_SERVER;
use self::server::MailServer;

/// How long the server may take until it is connected, of all its addresses together.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long one message may take, from looking up the server to its last answer.
const SEND_TIMEOUT: Duration = Duration::from_secs(30);
/// The longest subject, in characters. A longer one is cut.
const MAX_SUBJECT_CHARS: usize = 200;
/// How much of what a server answers is told, in characters.
const MAX_REPLY_CHARS: usize = 200;
/// What SMTP servers answer when they want other credentials, or any.
const AUTHENTICATION_CODES: std::ops::RangeInclusive<u16> = 530..=538;

/// Why a message was not sent, or none can be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum MailError {
    /// The URL is none of a mail server.
    #[error("smtp_url is not usable: give {}", EXPECTED_SERVER)]
    Server,
    /// The sender is no address.
    #[error("mail_from is not usable: give an address, such as audit@example.com")]
    Sender,
    /// The recipient is no address.
    #[error("the recipient is not a mail address: correct the address of the person")]
    Recipient,
    /// The text cannot be put into a message.
    #[error("the message cannot be written: {0}; shorten or correct its text")]
    Message(String),
    /// The server cannot be reached.
    #[error("the mail server cannot be reached: {0}; check the host and port of smtp_url")]
    Unreachable(String),
    /// The server took too long.
    #[error(
        "the mail server did not answer within {} s; check the host and port of smtp_url, and the server",
        SEND_TIMEOUT.as_secs()
    )]
    Timeout,
    /// TLS with the server fails, or it offers none.
    #[error(
        "the mail server offers no TLS that can be trusted: {0}; give the name that is in its certificate, \
         or correct the server"
    )]
    Tls(String),
    /// The server does not take the credentials.
    #[error("the mail server refused the user and password of smtp_url ({code}): correct them")]
    Authentication {
        /// What it answered.
        code: u16,
    },
    /// The server does not take the message now.
    #[error("the mail server refuses this for now ({code} {reply}): try again later")]
    Later {
        /// What it answered.
        code: u16,
        /// The words after that.
        reply: String,
    },
    /// The server takes the message never.
    #[error(
        "the mail server refused the message ({code} {reply}): check the recipient's address and mail_from"
    )]
    Refused {
        /// What it answered.
        code: u16,
        /// The words after that.
        reply: String,
    },
    /// What the server says is no SMTP.
    #[error("the mail server does not speak SMTP as it should: {0}; check the port of smtp_url")]
    Protocol(String),
}

/// A way to send mail.
pub(crate) struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    send_timeout: Duration,
}

impl fmt::Debug for Mailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mailer").finish_non_exhaustive()
    }
}

impl Mailer {
    /// Sends by the server of this URL, as this sender. Nothing is connected yet.
    pub(crate) fn new(url: &str, from: &str) -> Result<Self, MailError> {
        let server = MailServer::parse(url).ok_or(MailError::Server)?;
        let transport = server.transport().map_err(|error| of(&error))?;
        Ok(Self {
            transport: transport.timeout(Some(CONNECT_TIMEOUT)).build(),
            from: sender(from).ok_or(MailError::Sender)?,
            send_timeout: SEND_TIMEOUT,
        })
    }

    /// Sends one message of plain text to one address, and says whether the server took it.
    pub(crate) async fn send(&self, to: &str, subject: &str, text: &str) -> Result<(), MailError> {
        let to: Address = to.parse().map_err(|_| MailError::Recipient)?;
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(one_line(subject, MAX_SUBJECT_CHARS))
            .header(ContentType::TEXT_PLAIN)
            .body(text.to_owned())
            .map_err(|error| MailError::Message(error.to_string()))?;
        // The transport's own timeout is only for connecting.
        match tokio::time::timeout(self.send_timeout, self.transport.send(message)).await {
            Ok(Ok(_taken)) => Ok(()),
            Ok(Err(error)) => Err(of(&error)),
            Err(_elapsed) => Err(MailError::Timeout),
        }
    }

    /// The same with another patience than [`SEND_TIMEOUT`].
    #[cfg(test)]
    fn with_send_timeout(self, send_timeout: Duration) -> Self {
        Self {
            send_timeout,
            ..self
        }
    }
}

/// Whether this is the URL of a mail server.
pub(crate) fn is_server(url: &str) -> bool {
    MailServer::parse(url).is_some()
}

/// Whether mail can be sent in this name: an address, or a name with an address in angle brackets.
pub(crate) fn is_sender(text: &str) -> bool {
    sender(text).is_some()
}

fn sender(text: &str) -> Option<Mailbox> {
    if text.chars().any(char::is_control) {
        return None;
    }
    text.parse().ok()
}

/// A text without line breaks and other control characters, cut to a number of characters.
fn one_line(text: &str, most: usize) -> String {
    let printed = |c: char| if c.is_control() { ' ' } else { c };
    text.chars().map(printed).take(most).collect()
}

/// What the transport says, in the words of those who configure it.
fn of(error: &lettre::transport::smtp::Error) -> MailError {
    let cause = || {
        let cause = error.source().map(ToString::to_string);
        one_line(&cause.unwrap_or_default(), MAX_REPLY_CHARS)
    };
    if let Some(status) = error.status() {
        let code = u16::from(status);
        // A careless server may repeat what it refuses, so its words are left out here.
        return match status.severity {
            _ if AUTHENTICATION_CODES.contains(&code) => MailError::Authentication { code },
            Severity::TransientNegativeCompletion => MailError::Later {
                code,
                reply: cause(),
            },
            _ => MailError::Refused {
                code,
                reply: cause(),
            },
        };
    }
    if error.is_timeout() {
        MailError::Timeout
    } else if error.is_tls() || error.is_client() || is_of_handshake(error) {
        // The client itself refuses a server without STARTTLS, or without a way to authenticate.
        MailError::Tls(cause())
    } else if error.is_response() {
        MailError::Protocol(cause())
    } else {
        MailError::Unreachable(cause())
    }
}

/// Whether a connection failed by what the server showed of itself, such as its certificate.
fn is_of_handshake(error: &lettre::transport::smtp::Error) -> bool {
    let mut causes = std::iter::successors(error.source(), |&cause| cause.source());
    causes.any(|cause| {
        let within = cause.downcast_ref().and_then(std::io::Error::get_ref);
        within.is_some_and(|within| within.is::<rustls::Error>())
    })
}
