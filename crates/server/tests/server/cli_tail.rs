//! `evident tail`: the real binary against a real server, and against one that breaks off.

use std::io::{BufRead, BufReader, Lines};
use std::net::SocketAddr;
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};
use std::sync::mpsc;

use serde_json::{Value, json};

use crate::client::{Answer, Said, StandIn, answer, bare, client, document, say, say_on_terminal};
use crate::harness::{AUDIT_READS, Directory, PATIENCE, Server, batch, event, evident, wait_for};

/// A tail that is running; ended when dropped.
struct Following {
    child: Child,
    output: Option<Lines<BufReader<ChildStdout>>>,
    errors: Lines<BufReader<ChildStderr>>,
}

impl Following {
    /// Starts it, and waits until it says that it follows.
    fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap()).lines();
        let errors = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut following = Self {
            child,
            output: Some(output),
            errors,
        };
        let said = following.complaint();
        assert!(said.starts_with("following http://"), "{said}");
        following
    }

    fn line(&mut self) -> String {
        self.output
            .as_mut()
            .unwrap()
            .next()
            .expect("the output ended")
            .unwrap()
    }

    fn lines(&mut self, count: usize) -> Vec<String> {
        (0..count).map(|_| self.line()).collect()
    }

    fn complaint(&mut self) -> String {
        in_words(&self.errors.next().expect("it ended").unwrap())
    }

    fn wait(&mut self) -> Option<i32> {
        let child = &mut self.child;
        wait_for("the end of the tail", || child.try_wait().unwrap()).code()
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a line of JSON on standard error says, as it is said without `--json`.
fn in_words(line: &str) -> String {
    let said: Value = serde_json::from_str(line).unwrap();
    let (tone, said) = said.as_object().unwrap().iter().next().unwrap();
    let message = said["message"].as_str().unwrap();
    match tone.as_str() {
        "note" => message.to_owned(),
        tone => format!("{tone}: {message}"),
    }
}

fn actor(line: &str) -> String {
    let event: Value = serde_json::from_str(line).unwrap();
    event["actor"]["id"].as_str().unwrap().to_owned()
}

fn actors(lines: &[String]) -> Vec<String> {
    lines.iter().map(|line| actor(line)).collect()
}

fn names(numbers: std::ops::Range<u32>) -> Vec<String> {
    numbers.map(|n| n.to_string()).collect()
}

/// The server of a directory on an address of its own.
fn serve_at(directory: &Directory, address: SocketAddr) -> Server {
    let mut command = evident();
    command
        .env(AUDIT_READS, "false")
        .args(["serve", "--listen", &address.to_string(), "--data"])
        .arg(directory.path());
    let server = Server::start(command, directory.organization.clone());
    server.wait_until_ready();
    server
}

/// The answer that a tail gets, with this stream.
fn stream(messages: &str) -> Answer {
    answer("200 OK", "content-type: text/event-stream\r\n", messages)
}

/// The message of an event.
fn message(index: u32) -> String {
    format!("id: {index}\ndata: {{\"actor\":{{\"id\":\"{index}\"}},\"name\":\"Login\"}}\n\n")
}

#[test]
fn events_are_shown_as_they_are_recorded_exactly_as_they_are_kept() {
    let directory = Directory::init();
    let server = directory.serve();
    server.post("/v1/events", &batch(0..3)).expect(201);
    let mut all = Following::start(&mut client(&server, &["tail", "--json"]));
    let some = ["tail", "--format", "ndjson", "--filter", "actor.id:is:4"];
    let mut some = Following::start(&mut client(&server, &some));
    server.post("/v1/events", &batch(3..5)).expect(201);
    let receipts = server.post("/v1/events", &event(5)).expect(201);
    let lines = all.lines(3);
    assert_eq!(actors(&lines), names(3..6), "none from before");
    assert_eq!(actor(&some.line()), "4");
    let id = receipts["receipts"][0]["id"].as_str().unwrap();
    let kept = server.get(&format!("/v1/events/{id}"));
    assert_eq!(lines[2], kept.text());
}

#[test]
fn a_tail_begins_where_it_is_told_and_ends_when_it_has_enough() {
    let directory = Directory::init();
    let server = directory.serve();
    server.post("/v1/events", &batch(0..10)).expect(201);
    let flags = [
        "tail",
        "--json",
        "--last-event-id",
        "3",
        "--max-events",
        "4",
    ];
    let said = say(&mut client(&server, &flags));
    assert!(said.errors.contains(", after event 3"), "{}", said.errors);
    let lines: Vec<String> = said.success().lines().map(str::to_owned).collect();
    assert_eq!(actors(&lines), names(4..8));
}

#[test]
fn a_tail_outlives_its_server_and_misses_and_doubles_nothing() {
    let directory = Directory::init();
    let mut server = directory.serve();
    let address = server.address;
    let mut following = Following::start(&mut client(&server, &["tail", "--json"]));
    for round in 0..3 {
        server
            .post("/v1/events", &batch(round * 20..round * 20 + 10))
            .expect(201);
        let seen = following.lines(10);
        assert_eq!(actors(&seen), names(round * 20..round * 20 + 10));
        if round == 1 {
            server.kill();
        } else {
            assert!(server.terminate().success());
        }
        server = serve_at(&directory, address);
        // Whether the tail is back by then or not makes no difference.
        server
            .post("/v1/events", &batch(round * 20 + 10..round * 20 + 20))
            .expect(201);
        let seen = following.lines(10);
        assert_eq!(actors(&seen), names(round * 20 + 10..round * 20 + 20));
    }
    let said = following.complaint();
    assert!(said.contains("trying again in "), "{said}");
}

#[test]
fn a_broken_message_is_asked_for_again_and_a_heartbeat_counts() {
    let server = StandIn::new(vec![
        stream(&format!(
            "retry: 100\n\n{}id: 2\ndata: {{\"actor\"",
            message(1)
        )),
        stream(&format!("{}{}", message(2), "id: 41\n\n: here\n\n")),
        document(
            "503 Service Unavailable",
            "application/problem+json",
            r#"{"detail":"a moment"}"#,
        ),
        document("502 Bad Gateway", "text/html", "<html>"),
        stream(&(message(42) + &message(43))),
    ]);
    let mut following =
        Following::start(&mut server.client(&["tail", "--json", "--max-events", "3"]));
    assert_eq!(actors(&following.lines(3)), ["1", "2", "42"]);
    assert_eq!(following.wait(), Some(0));
    let heads: Vec<String> = (0..5).map(|_| server.asked()).collect();
    assert!(
        heads[0].starts_with("get /v1/events/tail http/1.1"),
        "{}",
        heads[0]
    );
    assert!(
        heads[0].contains("accept: text/event-stream"),
        "{}",
        heads[0]
    );
    assert!(!heads[0].contains("last-event-id"), "{}", heads[0]);
    assert!(
        heads[1].contains("\r\nlast-event-id: 1\r\n"),
        "{}",
        heads[1]
    );
    for head in &heads[2..] {
        assert!(head.contains("\r\nlast-event-id: 41\r\n"), "{head}");
    }
    let complaints: Vec<String> = following
        .errors
        .by_ref()
        .map_while(Result::ok)
        .map(|line| in_words(&line))
        .collect();
    let said = complaints.join("\n");
    assert!(said.contains("trying again in 0.1 s"), "{said}");
    assert!(said.contains("a moment"), "{said}");
    assert!(said.contains("502 Bad Gateway"), "{said}");
    assert!(said.contains("again, after event 41"), "{said}");
}

#[test]
fn a_connection_without_an_id_is_not_said_to_have_missed_nothing() {
    let server = StandIn::new(vec![stream("retry: 100\n\n"), stream(&message(1))]);
    let said = say(&mut server.client(&["tail", "--json", "--max-events", "1"]));
    assert!(said.errors.contains("may be missing"), "{}", said.errors);
    assert_eq!(actor(&said.success()), "1");
}

#[test]
fn what_the_server_refuses_ends_it() {
    let directory = Directory::init();
    let server = directory.serve();
    let error = say(&mut client(&server, &["tail", "--filter", "actoin:is:x"])).failure(1);
    assert!(error.contains("did you mean"), "{error}");
    let mut tail = client(&server, &["tail"]);
    assert!(
        say(tail.env("EVIDENT_API_KEY", "x"))
            .failure(1)
            .contains("key")
    );

    let gone = || {
        document(
            "403 Forbidden",
            "application/problem+json",
            r#"{"detail":"no more"}"#,
        )
    };
    let server = StandIn::new(vec![
        stream(&format!("retry: 100\n\n{}", message(1))),
        gone(),
    ]);
    let said = say(&mut server.client(&["tail", "--json"]));
    assert_eq!(said.code, Some(1));
    assert_eq!(actor(&said.output), "1");
    assert!(
        said.errors.contains(r#"{"error":{"message":"no more""#),
        "{}",
        said.errors
    );
}

#[test]
fn a_tail_that_was_never_connected_does_not_wait() {
    let server = StandIn::new(vec![
        document(
            "503 Service Unavailable",
            "application/problem+json",
            r#"{"detail":"busy"}"#,
        ),
        document("200 OK", "application/json", "{}"),
        stream("data: <html>\n\n"),
    ]);
    let error = || say(&mut server.client(&["tail"])).failure(1);
    assert!(error().starts_with("error: busy"));
    assert!(error().contains("not as Evident"));
    let error = error();
    assert!(error.contains("what it calls an event is none"), "{error}");
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    let mut tail = bare(&["tail", "--url", &url]);
    assert!(
        say(tail.env("EVIDENT_API_KEY", "k"))
            .failure(1)
            .contains("cannot be reached")
    );
}

#[test]
fn a_table_has_one_head_and_lets_nothing_hostile_through() {
    let hostile = json!({
        "occurred_at": "2026-02-13T10:28:22.120000Z", "name": "\u{1b}[2J", "result": "denied",
        "actor": {"id": "\u{9b}\u{202e}x"}, "event_type": "Policy Changes",
        "description": "a\nb".repeat(99),
    });
    let text = format!("id: 1\ndata: {hostile}\n\nid: 2\ndata: {hostile}\n\n");
    let server = StandIn::new((0..3).map(|_| stream(&text)).collect());
    let flags = ["tail", "--max-events", "2", "--tz", "Asia/Tokyo"];
    let lines = |said: Said| -> Vec<String> { said.success().lines().map(str::to_owned).collect() };
    let piped = lines(say(&mut server.client(&flags)));
    assert_eq!(piped.len(), 3, "{piped:?}");
    assert!(piped[0].starts_with("TIME (+09:00)"), "{piped:?}");
    assert!(piped[1].starts_with("2026-02-13T19:28:22 "), "{piped:?}");
    let terminal = lines(say_on_terminal(&mut server.client(&flags), 90));
    assert!(
        terminal[1].contains("\u{1b}[31mdenied\u{1b}[0m"),
        "{terminal:?}"
    );
    for line in piped.iter().chain(&terminal) {
        let plain = line.replace("\u{1b}[31m", "").replace("\u{1b}[35m", "");
        let plain = plain.replace("\u{1b}[0m", "");
        assert!(!plain.contains(char::is_control), "{plain:?}");
        assert!(!plain.contains('\u{202e}'), "{plain:?}");
        assert!(
            unicode_width::UnicodeWidthStr::width(&*plain) <= 100,
            "{plain}"
        );
    }
    let flags = ["tail", "--max-events", "1", "--json"];
    let shown = say_on_terminal(&mut server.client(&flags), 90).success();
    assert!(shown.contains("\\u009b\\u202ex"), "{shown}");
    assert!(
        !shown.contains(['\u{1b}', '\u{9b}', '\u{202e}']),
        "{shown:?}"
    );
}

#[test]
fn a_reader_that_has_seen_enough_ends_it_by_the_next_sign_of_life() {
    let (beat, beats) = mpsc::channel::<()>();
    let server = StandIn::new(vec![Box::new(move |to| {
        stream(&message(1))(to);
        beats.recv_timeout(PATIENCE).unwrap();
        // The command goes away, and the connection with it.
        let _ = to.write_all(b": still here\n\n");
        let mut rest = Vec::new();
        let _ = to.read_to_end(&mut rest);
    })]);
    let mut following = Following::start(&mut server.client(&["tail", "--json"]));
    assert_eq!(actor(&following.line()), "1");
    drop(following.output.take());
    beat.send(()).unwrap();
    assert_eq!(following.wait(), Some(0));
    assert!(following.errors.next().is_none());
}
