//! What a body may be wrapped in, and bodies that are made to burst.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::harness::{Directory, Server, batch, event};

const MIB: usize = 1024 * 1024;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 3).unwrap()
}

#[test]
fn every_form_comes_in_every_encoding() {
    let directory = Directory::init();
    let server = directory.serve();
    let lines: String = (0..3).map(|n| event(n).to_string() + "\n").collect();
    let forms = [
        ("application/json", event("one").to_string(), 1),
        (
            "application/json; charset=utf-8",
            batch(0..3).to_string(),
            3,
        ),
        ("Application/X-NDJSON", lines, 3),
    ];
    let mut total = 0;
    for (content_type, body, count) in &forms {
        let body = body.as_bytes();
        for (encoding, bytes) in [
            ("identity", body.to_vec()),
            ("gzip", gzip(body)),
            ("Zstd", zstd(body)),
        ] {
            let headers = [
                ("content-type", *content_type),
                ("content-encoding", encoding),
            ];
            let answer = server
                .post_bytes("/v1/events", &headers, &bytes)
                .expect(201);
            assert_eq!(answer["receipts"].as_array().unwrap().len(), *count);
            total += count;
        }
    }
    let bare = server.post_bytes("/v1/events", &[], event("bare").to_string().as_bytes());
    bare.expect(201);
    assert_eq!(server.get("/v1/events").expect(200)["total"], total + 1);
}

#[test]
fn what_is_not_understood_is_415() {
    let directory = Directory::init();
    let server = directory.serve();
    let body = event("ada").to_string();
    for content_type in [
        "text/plain",
        "application/jsonl",
        "",
        "application/json-seq",
    ] {
        let headers = [("content-type", content_type)];
        let reply = server.post_bytes("/v1/events", &headers, body.as_bytes());
        reply.problem(415, "unsupported_media_type");
    }
    for encoding in ["br", "deflate", "gzip, gzip", "x"] {
        let headers = [("content-encoding", encoding)];
        let reply = server.post_bytes("/v1/events", &headers, body.as_bytes());
        assert_eq!(reply.header("accept-encoding"), "gzip, zstd");
        reply.problem(415, "unsupported_encoding");
    }
}

#[test]
fn an_encoding_that_does_not_hold_is_400() {
    let directory = Directory::init();
    let server = directory.serve();
    let body = batch(0..50).to_string();
    let cut = |mut bytes: Vec<u8>| {
        bytes.truncate(bytes.len() - 5);
        bytes
    };
    for (encoding, bytes) in [
        ("gzip", body.clone().into_bytes()),
        ("zstd", body.clone().into_bytes()),
        ("gzip", cut(gzip(body.as_bytes()))),
        ("zstd", cut(zstd(body.as_bytes()))),
        ("gzip", zstd(body.as_bytes())),
    ] {
        let headers = [("content-encoding", encoding)];
        let reply = server.post_bytes("/v1/events", &headers, &bytes);
        reply.problem(400, "malformed_encoding");
    }
    assert_eq!(server.get("/v1/events").expect(200)["total"], 0);
}

/// A few KiB that become a GiB.
fn bombs() -> [(&'static str, Vec<u8>); 2] {
    let zeros = vec![b' '; 4 * MIB];
    let mut gz = GzEncoder::new(Vec::new(), Compression::best());
    let mut zs = zstd::stream::write::Encoder::new(Vec::new(), 3).unwrap();
    for _ in 0..256 {
        gz.write_all(&zeros).unwrap();
        zs.write_all(&zeros).unwrap();
    }
    [
        ("gzip", gz.finish().unwrap()),
        ("zstd", zs.finish().unwrap()),
    ]
}

fn throw(server: &Server, bombs: &[(&str, Vec<u8>)]) {
    for (encoding, bytes) in bombs {
        assert!(bytes.len() < 2 * MIB, "a bomb is small on the wire");
        let headers = [("content-encoding", *encoding)];
        let reply = server.post_bytes("/v1/events", &headers, bytes);
        reply.problem(413, "body_too_large");
    }
}

#[test]
fn bombs_cost_bounded_memory_and_the_server_stays_up() {
    const MOST_GROWTH: u64 = 200 * MIB as u64;
    let directory = Directory::init();
    let server = directory.serve();
    let bombs = bombs();
    let before = server.peak_resident_bytes();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| throw(&server, &bombs));
        }
    });
    let growth = server.peak_resident_bytes() - before;
    assert!(
        growth < MOST_GROWTH,
        "16 GiB of bombs grew the server by {growth} bytes"
    );
    server.post("/v1/events", &event("after")).expect(201);
}
