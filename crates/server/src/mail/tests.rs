//! Mail, sent to a real server: what arrives, what cannot be smuggled in, and how failures are told.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../../tests/harness/smtp.rs"]
mod smtp;

use std::net::TcpListener;
use std::time::{Duration, Instant};

use self::smtp::MailServer as Server;
use super::*;

const FROM: &str = "Evident <audit@example.com>";
const PASSWORD: &str = "Xs3cr3tX";

fn mailer(port: u16) -> Mailer {
    Mailer::new(&format!("smtp://127.0.0.1:{port}"), FROM).unwrap()
}

fn mailer_as_user(port: u16, query: &str) -> Mailer {
    let url = format!("smtp://evident:{PASSWORD}@127.0.0.1:{port}{query}");
    Mailer::new(&url, FROM).unwrap()
}

/// The text of an error, which says what to do and holds no password.
fn told(error: &MailError) -> String {
    let text = format!("{error} {error:?}");
    assert!(!text.contains(PASSWORD), "{text}");
    error.to_string()
}

#[tokio::test]
async fn a_message_arrives_as_plain_text_with_its_subject() {
    let server = Server::start(&[]);
    let text = "Hello Zoë,\n\n.a line that begins with a dot\nhttps://audit.example.com/x?y=z\n";
    let mailer = mailer(server.port);
    mailer
        .send("ann@example.com", "You are invited", text)
        .await
        .unwrap();
    let mail = server.mail();
    assert_eq!(
        (mail.from.as_str(), &mail.to[..]),
        ("audit@example.com", &["ann@example.com".to_owned()][..])
    );
    assert_eq!(mail.header("Subject"), ["You are invited"]);
    assert_eq!(mail.header("To"), ["ann@example.com"]);
    assert!(mail.header("From")[0].contains("<audit@example.com>"));
    assert_eq!(mail.header("Content-Type"), ["text/plain; charset=utf-8"]);
    assert_eq!(mail.header("Date").len(), 1);
    assert!(
        mail.body.contains("\n.a line that begins with a dot\n"),
        "{}",
        mail.body
    );
    assert!(
        mail.body.contains("https://audit.example.com/x?y=3Dz") || mail.body.contains("/x?y=z")
    );
    assert_eq!((mail.user, mail.tls), (None, false));
}

#[tokio::test]
async fn line_breaks_add_neither_headers_nor_recipients() {
    let server = Server::start(&[]);
    let mailer = mailer(server.port);
    for break_ in ["\r\n", "\n", "\r", "\u{85}", "\u{2028}", "\0"] {
        for to in [
            format!("ann@example.com{break_}Bcc: eve@example.com"),
            format!("ann@example.com{break_}RCPT TO:<eve@example.com>"),
            format!("\"a{break_}b\"@example.com"),
        ] {
            let refused = mailer.send(&to, "s", "t").await;
            assert_eq!(refused, Err(MailError::Recipient), "{to:?}");
        }
        let from = format!("Evident{break_}Bcc: eve@example.com <audit@example.com>");
        if break_ != "\u{2028}" {
            assert!(!is_sender(&from), "{from:?}");
        }
        let subject = format!("of Acme{break_}Bcc: eve@example.com{break_}{break_}body");
        mailer.send("ann@example.com", &subject, "t").await.unwrap();
        let mail = server.mail();
        assert_eq!(mail.to, ["ann@example.com"]);
        assert_eq!(mail.header("Bcc"), [""; 0]);
        assert_eq!(mail.header("Subject").len(), 1);
        assert_eq!(mail.body.trim_end(), "t");
    }
    for to in [
        "",
        "ann",
        "a@b, c@d",
        "Ann <ann@example.com>",
        "ann@example.com>",
    ] {
        assert_eq!(
            mailer.send(to, "s", "t").await,
            Err(MailError::Recipient),
            "{to}"
        );
    }
    assert!(server.has_no_mail());
}

#[tokio::test]
async fn a_long_subject_is_cut() {
    let server = Server::start(&[]);
    let mailer = mailer(server.port);
    mailer
        .send("ann@example.com", &"x".repeat(10_000), "t")
        .await
        .unwrap();
    let mail = server.mail();
    let length = mail.header("Subject")[0].replace(' ', "").len();
    assert_eq!(length, MAX_SUBJECT_CHARS);
}

#[tokio::test]
async fn who_has_the_password_may_send_and_nobody_else() {
    let server = Server::start(&["--user", "evident", "--password", PASSWORD]);
    mailer_as_user(server.port, "")
        .send("ann@example.com", "s", "t")
        .await
        .unwrap();
    assert_eq!(server.mail().user.as_deref(), Some("evident"));
    let error = mailer(server.port)
        .send("ann@example.com", "s", "t")
        .await
        .unwrap_err();
    assert_eq!(error, MailError::Authentication { code: 530 });

    let other = Server::start(&["--user", "evident", "--password", "another"]);
    let mailer = mailer_as_user(other.port, "");
    let error = mailer.send("ann@example.com", "s", "t").await.unwrap_err();
    assert_eq!(error, MailError::Authentication { code: 535 });
    assert!(told(&error).ends_with("correct them"));
    assert!(other.has_no_mail());
    assert_eq!(format!("{mailer:?}"), "Mailer { .. }");
}

#[tokio::test]
async fn a_refused_recipient_and_a_deferred_one_are_told_apart() {
    let server = Server::start(&["--refuse", "no@example.com", "--defer", "later@example.com"]);
    let mailer = mailer(server.port);
    let error = mailer.send("no@example.com", "s", "t").await.unwrap_err();
    assert!(
        matches!(error, MailError::Refused { code: 550, .. }),
        "{error}"
    );
    assert!(told(&error).contains("nobody has this address"));
    let error = mailer
        .send("later@example.com", "s", "t")
        .await
        .unwrap_err();
    assert!(
        matches!(error, MailError::Later { code: 451, .. }),
        "{error}"
    );
    // Neither spoils what is sent afterwards.
    mailer.send("ann@example.com", "s", "t").await.unwrap();
    assert_eq!(server.mail().to, ["ann@example.com"]);
}

#[tokio::test]
async fn a_server_that_is_away_is_told_as_such() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let mailer = mailer_as_user(port, "");
    let error = mailer.send("ann@example.com", "s", "t").await.unwrap_err();
    assert!(matches!(error, MailError::Unreachable(_)), "{error}");
    assert!(told(&error).contains("check the host and port"));
}

#[tokio::test]
async fn a_server_that_never_answers_costs_a_bounded_time() {
    // Accepted by the kernel, and read by nobody.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let mailer = mailer_as_user(port, "").with_send_timeout(Duration::from_millis(200));
    let before = Instant::now();
    let error = mailer.send("ann@example.com", "s", "t").await.unwrap_err();
    assert_eq!(error, MailError::Timeout);
    assert!(before.elapsed() < CONNECT_TIMEOUT);
    told(&error);
}

#[tokio::test]
async fn the_password_does_not_go_to_a_server_without_tls_where_tls_is_required() {
    let server = Server::start(&["--user", "evident", "--password", PASSWORD]);
    let mailer = mailer_as_user(server.port, "?tls=required");
    let error = mailer.send("ann@example.com", "s", "t").await.unwrap_err();
    assert!(matches!(error, MailError::Tls(_)), "{error:?}");
    told(&error);
    assert!(server.has_no_mail());
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let (chain, key) = (directory.path().join("chain"), directory.path().join("key"));
    std::fs::write(&chain, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let paths = [chain.to_str().unwrap(), key.to_str().unwrap()];
    let server = Server::start(&["--certificate", paths[0], paths[1]]);
    let mailer = mailer_as_user(server.port, "?tls=required");
    let error = mailer.send("ann@example.com", "s", "t").await.unwrap_err();
    assert!(matches!(error, MailError::Tls(_)), "{error:?}");
    told(&error);
    assert!(server.has_no_mail());
}

#[test]
fn a_mailer_needs_a_server_and_a_sender() {
    let url = format!("smtp://evident:{PASSWORD}@mail.example.com?tls=none");
    let error = Mailer::new(&url, FROM).unwrap_err();
    assert!(told(&error).contains("give a URL such as smtp://"));
    let error = Mailer::new("smtp://127.0.0.1", "audit").unwrap_err();
    assert!(told(&error).contains("give an address"));
}
