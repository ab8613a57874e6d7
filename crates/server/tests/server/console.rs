//! The console's pages and files, as the server serves them. What is in them is made up here.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::harness::fresh::{Fresh, wishes};
use crate::harness::{Directory, Reply, Server, exchange, wait_for};

/// Names the folder that is served instead of what is in the binary.
const BUILT: &str = "TEST_EVIDENT_CONSOLE";

const INDEX: &str = "<!doctype html><title>The console</title>";
const SCRIPT: &str = "console.log('the script');";
const FILES: [(&str, &str); 12] = [
    ("console/index.html", INDEX),
    ("console/index.html.br", "the page, in brotli"),
    ("console/favicon.svg", "<svg/>"),
    ("console/assets/main-1a2b.js", SCRIPT),
    ("console/assets/main-1a2b.js.gz", "the script, in gzip"),
    ("console/assets/main-1a2b.js.br", "the script, in brotli"),
    ("console/assets/main-3c4d.css", "body {}"),
    ("console/assets/inter-5e6f.woff2", "a font"),
    ("viewer/evident-log.js", "the viewer"),
    ("viewer/evident-log.js.gz", "the viewer, in gzip"),
    ("viewer/evident-log.css", "the viewer's styles"),
    (
        "viewer/example.html",
        "<!doctype html><title>An example</title>",
    ),
];

/// A console that has been built, and beside it a file that nobody may have.
fn built() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in FILES {
        let path = folder.path().join("dist").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    fs::write(folder.path().join("secret.txt"), "a secret").unwrap();
    folder
}

fn from(folder: &Path) -> impl Fn(&mut Command) {
    let folder = folder.join("dist");
    move |command| {
        command.env(BUILT, &folder);
    }
}

fn serve(directory: &Directory, folder: &TempDir) -> Server {
    directory.serve_with(from(folder.path()))
}

fn get_with(server: &Server, path: &str, headers: &[(&str, &str)]) -> Reply {
    server.request("GET", path, None, headers, b"")
}

fn get(server: &Server, path: &str) -> Reply {
    get_with(server, path, &[("accept-encoding", "identity")])
}

/// What the headers of every page and file must say.
#[track_caller]
fn assert_protected(reply: &Reply) {
    let policy = reply.header("content-security-policy");
    for directive in [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ] {
        assert!(policy.split("; ").any(|one| one == directive), "{policy}");
    }
    assert!(
        !policy.contains("unsafe") && !policy.contains("http"),
        "{policy}"
    );
    assert_eq!(reply.header("x-content-type-options"), "nosniff");
    assert_eq!(reply.header("referrer-policy"), "no-referrer");
    assert_eq!(reply.header("cross-origin-opener-policy"), "same-origin");
    assert!(reply.header("permissions-policy").contains("camera=()"));
}

#[test]
fn every_path_that_could_be_a_page_is_the_console() {
    let (directory, folder) = (Directory::init(), built());
    let server = serve(&directory, &folder);
    for path in [
        "/",
        "/login",
        "/setup",
        "/events?range=today",
        "/catalog/user.login",
        "/settings/members/",
        "/a/very/long/way",
        "/%E2%9C%93",
    ] {
        let reply = get(&server, path);
        assert_eq!((reply.status, reply.text()), (200, INDEX), "{path}");
        assert_eq!(reply.header("content-type"), "text/html; charset=utf-8");
        assert_eq!(reply.header("cache-control"), "no-cache");
        assert_eq!(reply.header("cross-origin-resource-policy"), "same-origin");
        assert_protected(&reply);
    }
    // A cookie, a key, or an origin changes nothing.
    let key = server.organization.read.clone();
    let headers = [
        ("origin", "https://evil.example"),
        ("cookie", "evident_session=x"),
    ];
    let reply = server.request("GET", "/", Some(&key), &headers, b"");
    assert_eq!(reply.status, 200);
    assert!(!reply.headers.contains_key("access-control-allow-origin"));
}

#[test]
fn files_have_their_types_and_are_kept_for_as_long_as_their_names_allow() {
    let (directory, folder) = (Directory::init(), built());
    let server = serve(&directory, &folder);
    let year = "public, max-age=31536000, immutable";
    for (path, text, kind, kept) in [
        (
            "/assets/main-1a2b.js",
            SCRIPT,
            "text/javascript; charset=utf-8",
            year,
        ),
        (
            "/assets/main-3c4d.css",
            "body {}",
            "text/css; charset=utf-8",
            year,
        ),
        ("/assets/inter-5e6f.woff2", "a font", "font/woff2", year),
        ("/favicon.svg", "<svg/>", "image/svg+xml", "no-cache"),
        ("/index.html", INDEX, "text/html; charset=utf-8", "no-cache"),
    ] {
        let reply = get(&server, path);
        assert_eq!((reply.status, reply.text()), (200, text), "{path}");
        assert_eq!(reply.header("content-type"), kind, "{path}");
        assert_eq!(reply.header("cache-control"), kept, "{path}");
        assert_protected(&reply);
    }
    for path in [
        "/assets/main-0000.js",
        "/assets/",
        "/assets/index.html",
        "/assets/main-1a2b.js.gz",
        "/assets/main-1a2b.js/",
        "/robots.txt",
        "/embed/",
        "/embed/index.html",
        "/embed/evident-log.js.gz",
    ] {
        let reply = get(&server, path);
        assert_eq!(reply.header("cache-control"), "no-store", "{path}");
        reply.problem(404, "not_found");
    }
}

#[test]
fn a_file_comes_in_the_form_that_is_liked_best_and_each_has_a_tag() {
    let (directory, folder) = (Directory::init(), built());
    let server = serve(&directory, &folder);
    let mut tags = Vec::new();
    for (accepted, coding, text) in [
        (
            "gzip, deflate, br, zstd",
            Some("br"),
            "the script, in brotli",
        ),
        ("gzip", Some("gzip"), "the script, in gzip"),
        ("gzip;q=0, br;q=0", None, SCRIPT),
    ] {
        let ask = |more: &[(&str, &str)]| {
            let headers = [&[("accept-encoding", accepted)], more].concat();
            // The answer's bytes as they came: no client may take the coding off.
            let lines: String = headers
                .iter()
                .map(|(name, value)| format!("{name}: {value}\r\n"))
                .collect();
            let path = "/assets/main-1a2b.js";
            let request =
                format!("GET {path} HTTP/1.1\r\nhost: x\r\n{lines}connection: close\r\n\r\n");
            exchange(server.address, request.as_bytes())
        };
        let answer = ask(&[]);
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let header = |name: &str| {
            let mut lines = head.lines();
            let start = format!("{name}: ");
            lines
                .find_map(|line| line.strip_prefix(&start))
                .map(str::to_owned)
        };
        assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
        assert_eq!(header("content-encoding").as_deref(), coding, "{accepted}");
        assert_eq!(header("vary").as_deref(), Some("accept-encoding"));
        assert_eq!(header("content-length"), Some(text.len().to_string()));
        assert_eq!(body, text, "{accepted}");
        let tag = header("etag").unwrap();
        let again = ask(&[("if-none-match", &tag)]);
        assert!(again.starts_with("HTTP/1.1 304 "), "{again}");
        assert!(again.contains(&format!("etag: {tag}\r\n")), "{again}");
        assert!(
            again.contains("cache-control: public, max-age=31536000"),
            "{again}"
        );
        assert!(
            again.contains("content-security-policy: default-src"),
            "{again}"
        );
        assert!(again.ends_with("\r\n\r\n"), "a body came: {again}");
        assert!(ask(&[("if-none-match", "\"other\"")]).starts_with("HTTP/1.1 200 "));
        tags.push(tag);
    }
    tags.sort();
    tags.dedup();
    assert_eq!(tags.len(), 3, "the forms have the same tag");
}

#[test]
fn the_page_is_asked_for_again_and_not_sent_again() {
    let (directory, folder) = (Directory::init(), built());
    let server = serve(&directory, &folder);
    let first = get(&server, "/");
    let plain = ("accept-encoding", "identity");
    let known = ("if-none-match", first.header("etag"));
    let again = get_with(&server, "/events", &[plain, known]);
    assert_eq!((again.status, again.text()), (304, ""));
    assert_eq!(again.header("etag"), first.header("etag"));
    assert_protected(&again);
    drop(server);
    // Another build is another page.
    fs::write(folder.path().join("dist/console/index.html"), "<title>New").unwrap();
    let server = serve(&directory, &folder);
    let newer = get_with(&server, "/", &[plain, known]);
    assert_eq!((newer.status, newer.text()), (200, "<title>New"));
}

#[test]
fn the_viewer_is_for_every_page_and_its_example_for_none() {
    let (directory, folder) = (Directory::init(), built());
    let server = serve(&directory, &folder);
    for (path, text) in [
        ("/embed/evident-log.js", "the viewer"),
        ("/embed/evident-log.css", "the viewer's styles"),
    ] {
        let reply = get(&server, path);
        assert_eq!((reply.status, reply.text()), (200, text));
        assert_eq!(reply.header("access-control-allow-origin"), "*");
        assert_eq!(reply.header("cross-origin-resource-policy"), "cross-origin");
        assert_eq!(reply.header("cache-control"), "public, max-age=300");
        assert_protected(&reply);
        let known = [
            ("accept-encoding", "identity"),
            ("if-none-match", reply.header("etag")),
        ];
        let again = get_with(&server, path, &known);
        assert_eq!(again.status, 304);
        assert_eq!(again.header("access-control-allow-origin"), "*");
    }
    let example = get(&server, "/embed/example");
    assert_eq!(example.status, 200);
    assert!(example.text().contains("An example"));
    assert_eq!(example.header("cache-control"), "no-cache");
    assert!(!example.headers.contains_key("access-control-allow-origin"));
    assert_protected(&example);
}

#[test]
fn no_path_leads_out_of_what_was_built() {
    let (directory, folder) = (Directory::init(), built());
    let server = serve(&directory, &folder);
    for path in [
        "/assets/../../../secret.txt",
        "/assets/..%2f..%2f..%2fsecret.txt",
        "/assets/%2e%2e/%2e%2e/%2e%2e/secret.txt",
        "/assets/..\\..\\..\\secret.txt",
        "/assets//../secret.txt",
        "/embed/../../secret.txt",
        "/embed/..%2f..%2fsecret.txt",
        "/..%2fsecret.txt",
        "/../secret.txt",
        "/.././secret.txt",
        "/%2e%2e%2fsecret.txt",
        "/assets/main-1a2b.js%00.css",
        "/console/../../secret.txt",
        "//secret.txt",
        "/secret.txt",
    ] {
        // Clients would tidy some of these up first.
        let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        let answer = exchange(server.address, request.as_bytes());
        assert!(!answer.contains("a secret"), "{path}: {answer}");
        let is_page = answer.contains(INDEX) || answer.contains("content-encoding: br");
        assert!(
            answer.starts_with("HTTP/1.1 404 ") || is_page,
            "{path}: {answer}"
        );
    }
}

#[test]
fn pages_are_only_read() {
    let (directory, folder) = (Directory::init(), built());
    let server = serve(&directory, &folder);
    for path in [
        "/",
        "/login",
        "/assets/main-1a2b.js",
        "/embed/evident-log.js",
    ] {
        for method in ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
            let reply = server.request(method, path, None, &[], b"");
            assert_eq!(reply.header("allow"), "GET, HEAD", "{method} {path}");
            reply.problem(405, "method_not_allowed");
        }
        let whole = get(&server, path);
        let headers = [("accept-encoding", "identity")];
        let head = server.request("HEAD", path, None, &headers, b"");
        assert_eq!((head.status, head.text()), (200, ""), "{path}");
        for name in ["content-type", "content-length", "etag", "cache-control"] {
            assert_eq!(head.header(name), whole.header(name), "{name} of {path}");
        }
    }
    let reply = server.request("POST", "/assets/nothing.js", None, &[], b"");
    reply.problem(404, "not_found");
}

#[test]
fn no_page_stands_where_the_api_is() {
    let (directory, folder) = (Directory::init(), built());
    let server = serve(&directory, &folder);
    for path in [
        "/v1",
        "/v1/",
        "/v1/nothing",
        "/v1/events/a/b",
        "/log",
        "/log/x/tile",
        "/healthz/x",
        "/metrics/x",
        "/openapi.json/x",
        "/docs/nothing",
        "/.git/config",
        "/.well-known/security.txt",
    ] {
        get(&server, path).problem(404, "not_found");
    }
    assert_eq!(get(&server, "/healthz").text(), "ok\n");
    assert_eq!(get(&server, "/readyz").expect(200)["ready"], true);
    get(&server, "/v1/events").problem(401, "unauthenticated");
    get(&server, "/metrics").problem(401, "unauthenticated");
    let document = get(&server, "/openapi.json").expect(200);
    let paths = document["paths"].as_object().unwrap();
    for path in ["/", "/assets/", "/embed/"] {
        assert!(
            !paths
                .keys()
                .any(|known| known == path || path.len() > 1 && known.starts_with(path))
        );
    }
    let api = server.get("/v1/events");
    let policy = api.header("content-security-policy");
    assert!(
        policy.starts_with("default-src 'none'; frame-ancestors"),
        "{policy}"
    );
    assert_eq!(api.header("cross-origin-resource-policy"), "same-origin");
}

#[test]
fn logs_and_metrics_have_one_name_for_all_pages_and_files() {
    let (directory, folder) = (Directory::init(), built());
    let server = serve(&directory, &folder);
    for path in [
        "/",
        "/events/1",
        "/events/2",
        "/assets/main-1a2b.js",
        "/assets/gone.js",
    ] {
        get(&server, path);
    }
    let routes = wait_for("the lines in the log", || {
        let log = server.log();
        let lines = log
            .iter()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let routes: Vec<Value> = lines
            .filter(|line| line["message"] == "request" && line["route"] != "/readyz")
            .map(|line| line["route"].clone())
            .collect();
        (routes.len() == 5).then_some(routes)
    });
    assert!(
        routes.iter().all(|route| route == "(console)"),
        "{routes:?}"
    );
    let metrics = server.get("/metrics");
    let line = r#"evident_http_requests_total{method="GET",route="(console)",status="200"} 4"#;
    assert!(metrics.text().contains(line), "{}", metrics.text());
    assert!(!metrics.text().contains("main-1a2b"));
}

#[test]
fn a_server_that_nobody_has_set_up_shows_the_console_and_goes_on_showing_it() {
    let (fresh, folder) = (Fresh::new(), built());
    let (server, token) = fresh.serve_waiting_with(from(folder.path()));
    let shown = |server: &Server| {
        for (path, text) in [
            ("/setup", INDEX),
            ("/", INDEX),
            ("/assets/main-1a2b.js", SCRIPT),
        ] {
            let reply = get(server, path);
            assert_eq!((reply.status, reply.text()), (200, text), "{path}");
            assert_protected(&reply);
        }
        server
            .request("POST", "/", None, &[], b"")
            .problem(405, "method_not_allowed");
    };
    shown(&server);
    get(&server, "/assets/gone.js").problem(404, "not_found");
    get(&server, "/v1/events").problem(503, "setup_needed");
    server.set_up(&wishes(&token, "Acme AI")).expect(201);
    server.wait_until_ready();
    shown(&server);
}

#[test]
fn a_binary_without_the_console_says_how_to_build_it() {
    let nothing = tempfile::tempdir().unwrap();
    let directory = Directory::init();
    let server = serve(&directory, &nothing);
    let fresh = Fresh::new();
    let (waiting, _) = fresh.serve_waiting_with(from(nothing.path()));
    for server in [&server, &waiting] {
        for path in ["/", "/setup", "/embed/example"] {
            let page = get(server, path);
            assert_eq!(page.status, 503, "{path}");
            assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
            assert_eq!(page.header("cache-control"), "no-store");
            assert_protected(&page);
            let text = page.text();
            assert!(text.contains("make run"), "{text}");
            // It needs nothing that its policy forbids, or that is not there.
            for forbidden in [
                "<script", "<style", "style=", "<link", "<img", "http:", "https:",
            ] {
                assert!(!text.contains(forbidden), "{forbidden}");
            }
        }
        get(server, "/assets/main.js").problem(404, "not_found");
    }
    let head = server.request("HEAD", "/", None, &[], b"");
    assert_eq!((head.status, head.text()), (503, ""));
    assert_eq!(server.get("/v1/events").status, 200);
    let log = server.log().join("\n");
    assert!(log.contains("without the console"), "{log}");
}
