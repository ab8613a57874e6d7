//! The connection of the client commands: keys, addresses, TLS, and what is said when there is no
//! answer, or one of something that only looks like a server.

use std::sync::Arc;

use crate::client::{StandIn, answer, bare, client, document, say, says};
use crate::harness::{Directory, event};

/// A page without events.
const NOTHING: &str =
    r#"{"data":[],"next_cursor":null,"prev_cursor":null,"total":0,"as_of":0,"took_ms":0}"#;

#[test]
fn what_the_server_refuses_is_said_in_its_words() {
    let directory = Directory::init();
    let server = directory.serve();
    let error = |flags: &[&str]| {
        let flags = [&["query"], flags].concat();
        say(&mut client(&server, &flags)).failure(1)
    };
    for (flags, parts) in [
        (["--filter", "actoin:is:x"], ["actoin", "did you mean"]),
        (["--range", "last_week"], ["range", "last_7_days"]),
        (["--cursor", "x"], ["cursor", ""]),
    ] {
        let error = error(&flags);
        assert!(error.starts_with("error: "), "{error}");
        assert_eq!(error.lines().count(), 1, "{error}");
        assert!(parts.iter().all(|part| error.contains(part)), "{error}");
    }
    for key in ["evident_read_0_0", "nonsense"] {
        let mut query = client(&server, &["query"]);
        let error = say(query.env("EVIDENT_API_KEY", key)).failure(1);
        assert!(error.contains("key"), "{error}");
        assert!(!error.contains(key), "{error}");
    }
    let mut query = client(&server, &["query"]);
    query.env("EVIDENT_API_KEY", &server.organization.ingest);
    assert!(say(&mut query).failure(1).starts_with("error: "));
}

#[test]
fn a_key_comes_from_the_environment_or_a_file_and_is_asked_for_without() {
    let directory = Directory::init();
    let server = directory.serve();
    server.post("/v1/events", &event("usr_0")).expect(201);
    let error = say(bare(&["query"]).env("EVIDENT_URL", server.url(""))).failure(1);
    for part in ["EVIDENT_API_KEY", "--api-key-file", "evident init"] {
        assert!(error.contains(part), "{error}");
    }
    let scratch = tempfile::tempdir().unwrap();
    let file = scratch.path().join("key");
    let flags = [
        "query",
        "--api-key-file",
        file.to_str().unwrap(),
        "--url",
        &server.url(""),
    ];
    let error = say(&mut bare(&flags)).failure(1);
    assert!(error.contains("--api-key-file"), "{error}");
    std::fs::write(&file, "\n").unwrap();
    let error = say(&mut bare(&flags)).failure(1);
    assert!(error.contains("holds no API key"), "{error}");
    std::fs::write(&file, format!("{}\n", server.organization.read)).unwrap();
    // The flags override the environment.
    let mut query = bare(&flags);
    query
        .env("EVIDENT_API_KEY", "nonsense")
        .env("EVIDENT_URL", "http://127.0.0.1:1");
    assert!(say(&mut query).success().contains("usr_0"));
}

#[test]
fn what_is_not_there_or_not_evident_is_said_to_be_so() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    let mut query = bare(&["query", "--url", &url]);
    let error = say(query.env("EVIDENT_API_KEY", "k")).failure(1);
    assert!(
        error.contains(&url) && error.contains("evident serve"),
        "{error}"
    );
    let mut query = bare(&["query", "--url", "localhost:8700"]);
    let error = say(query.env("EVIDENT_API_KEY", "k")).failure(1);
    assert!(error.contains("http://host:port"), "{error}");

    let html = "<html>\u{1b}[2J</html>";
    let hostile = r#"{"detail":"no\u001b[2J\u202e","code":"x"}"#;
    let cases = [
        (
            document("200 OK", "text/html", html),
            vec!["not as Evident", "text/html"],
        ),
        (
            document("502 Bad Gateway", "text/html", html),
            vec!["502 Bad Gateway", "text/html"],
        ),
        (
            document("200 OK", "application/json", "[]"),
            vec!["no page of events"],
        ),
        (
            document("200 OK", "application/json", "{\"data\":"),
            vec!["no page of events"],
        ),
        (
            document("400 Bad Request", "application/problem+json", hostile),
            vec!["no␛[2J<U+202E>"],
        ),
        (
            document("400 Bad Request", "application/problem+json", "{}"),
            vec!["says nothing"],
        ),
        (
            answer(
                "200 OK",
                "content-type: application/json\r\ncontent-length: 9\r\n",
                "{",
            ),
            vec!["broke off"],
        ),
        (says("SSH-2.0-OpenSSH_9.2\r\n\r\n"), vec!["not HTTP"]),
        (says(""), vec!["cannot be reached"]),
        (
            answer(
                "302 Found",
                "location: http://elsewhere.example/\r\ncontent-length: 0\r\n",
                "",
            ),
            vec!["redirects", "http://elsewhere.example/"],
        ),
    ];
    for (answer, parts) in cases {
        let server = StandIn::new(vec![answer]);
        let error = say(&mut server.client(&["query"])).failure(1);
        assert!(
            parts.iter().all(|part| error.contains(part)),
            "{parts:?}: {error}"
        );
        assert!(!error.contains('\u{1b}'), "{error:?}");
        assert!(
            server
                .asked()
                .contains("authorization: bearer evident_read_1_2")
        );
    }
}

#[test]
fn the_path_of_an_address_is_kept_and_values_are_encoded() {
    let server = StandIn::new(vec![document("200 OK", "application/json", NOTHING)]);
    let url = format!("http://{}/evident/", server.address);
    let flags = [
        "query",
        "--url",
        &url,
        "--filter",
        "user:is:Ada &+ü",
        "--week-start",
        "sunday",
    ];
    say(&mut server.client(&flags)).success();
    let head = server.asked();
    let line = head.lines().next().unwrap();
    assert_eq!(
        line,
        "get /evident/v1/events?week_start=sunday&filter=user%3ais%3aada+%26%2b%c3%bc http/1.1"
    );
    assert!(head.contains("user-agent: evident/"), "{head}");
}

#[test]
fn an_answer_that_breaks_off_says_how_to_go_on() {
    let page = |cursor: &str| {
        let event = r#"{"actor":{"id":"usr_1"},"name":"Login"}"#;
        let body = format!(
            r#"{{"data":[{event}],"next_cursor":"{cursor}","prev_cursor":null,"total":3,"as_of":3,"took_ms":0}}"#
        );
        document("200 OK", "application/json", &body)
    };
    let server = StandIn::new(vec![
        page("two"),
        page("three"),
        document(
            "503 Service Unavailable",
            "application/problem+json",
            r#"{"detail":"too slow"}"#,
        ),
    ]);
    let said = say(&mut server.client(&["query", "--all"]));
    assert_eq!(said.code, Some(1));
    assert_eq!(said.output.lines().count(), 3, "{}", said.output);
    assert!(said.errors.contains("too slow"), "{}", said.errors);
    assert!(
        said.errors
            .contains("2 events have been written; --cursor three goes on"),
        "{}",
        said.errors
    );
    let asked = [server.asked(), server.asked(), server.asked()];
    assert!(
        asked[0].starts_with("get /v1/events?limit=500 "),
        "{}",
        asked[0]
    );
    assert!(
        asked[2].starts_with("get /v1/events?limit=500&cursor=three "),
        "{}",
        asked[2]
    );

    let headers = "content-type: text/csv; charset=utf-8\r\ntransfer-encoding: chunked\r\n";
    let server = StandIn::new(vec![answer("200 OK", headers, "4\r\na,b\n\r\n")]);
    let said = say(&mut server.client(&["query", "--format", "csv"]));
    assert_eq!((said.code, &*said.output), (Some(1), "a,b\n"));
    assert!(
        said.errors.contains("broke off its answer"),
        "{}",
        said.errors
    );

    let nothing =
        r#"{"data":[],"next_cursor":"x","prev_cursor":null,"total":3,"as_of":3,"took_ms":0}"#;
    let server = StandIn::new(vec![document("200 OK", "application/json", nothing)]);
    let error = say(&mut server.client(&["query", "--all"])).failure(1);
    assert!(
        error.contains("no events, and yet there is a next"),
        "{error}"
    );
}

#[test]
fn a_key_that_travels_unencrypted_is_warned_about() {
    let answers = || document("200 OK", "application/json", NOTHING);
    let server = StandIn::new(vec![answers(), answers()]);
    let said = say(&mut server.client(&["query"]));
    assert!(!said.errors.contains("unencrypted"), "{}", said.errors);
    // All addresses of this machine, which is more than loopback.
    let url = format!("http://0.0.0.0:{}", server.address.port());
    let said = say(&mut server.client(&["query", "--url", &url]));
    assert!(
        said.errors
            .contains("warning: the API key travels to 0.0.0.0 unencrypted")
    );
    said.success();
}

#[test]
fn https_trusts_the_authorities_that_the_system_or_a_file_names() {
    let scratch = tempfile::tempdir().unwrap();
    let authority = |name: &str| {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut parameters = rcgen::CertificateParams::new(Vec::new()).unwrap();
        parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let certificate = parameters.self_signed(&key).unwrap();
        let file = scratch.path().join(name);
        std::fs::write(&file, certificate.pem()).unwrap();
        (rcgen::Issuer::new(parameters, key), file)
    };
    let (issuer, ours) = authority("ours.pem");
    let (_, others) = authority("others.pem");
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(vec!["localhost".to_owned()])
        .unwrap()
        .signed_by(&key, &issuer)
        .unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            rustls::pki_types::PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        )
        .unwrap();
    let answers = (0..2).map(|_| document("200 OK", "application/json", NOTHING));
    let server = StandIn::with_tls(answers.collect(), config);
    let url = format!("https://localhost:{}", server.address.port());
    let query = || server.client(&["query", "--url", &url]);
    let error = say(query().env("SSL_CERT_FILE", &others)).failure(1);
    assert!(error.contains("SSL_CERT_FILE"), "{error}");
    assert!(server.was_left_alone(), "the key was not sent");
    let said = say(query().env("SSL_CERT_FILE", &ours));
    assert_eq!(said.errors, "no events match (as of 0)\n");
    said.success();
}
