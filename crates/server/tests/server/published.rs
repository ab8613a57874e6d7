//! The log as it is published: what a client of C2SP `tlog-tiles` downloads, and who may.

use std::io::Read as _;

use evident_ledger::Hash;
use evident_ledger::note::VerifierKey;
use evident_ledger::tile::read_bundle;
use evident_ledger::tree::Tree;
use serde_json::{Value, json};

use crate::harness::{Directory, KeyOptions, Reply, Server, batch, event, wait_for};

const BYTES: &str = "application/octet-stream";
/// Length of an entry in a bundle, with the two bytes before it.
const BUNDLED: usize = 2 + 57;

/// Records so many events and waits until a checkpoint covers them; gives back their ids.
fn record(server: &Server, count: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for from in (0..count).step_by(300) {
        let events = batch(from..count.min(from + 300));
        let answer = server.post("/v1/events?wait=checkpoint", &events);
        let answer = answer.expect(201);
        let receipts = answer["receipts"].as_array().unwrap();
        ids.extend(
            receipts
                .iter()
                .map(|r| r["id"].as_str().unwrap().to_owned()),
        );
    }
    ids
}

/// What is there under a path of the log, with the read key.
#[track_caller]
fn download(server: &Server, path: &str) -> Vec<u8> {
    let reply = server.get(&server.log_path(path));
    assert_eq!(reply.status, 200, "{path}");
    assert_eq!(reply.header("content-type"), BYTES, "{path}");
    reply.body
}

fn hashes(tile: &[u8]) -> Vec<Hash> {
    let (hashes, rest) = tile.as_chunks::<32>();
    assert!(rest.is_empty());
    hashes.iter().map(|hash| Hash(*hash)).collect()
}

fn root(leaves: &[Hash]) -> Hash {
    let mut tree = Tree::new();
    for leaf in leaves {
        tree.append(*leaf, &mut |_, _, _| ());
    }
    tree.root()
}

#[test]
fn a_client_of_tlog_tiles_rebuilds_the_signed_root_from_what_it_downloads() {
    let directory = Directory::init();
    let server = directory.serve();
    let ids = record(&server, 700);
    let key = directory.verifier_key();
    let head = server.checkpoint_of(700, &key);
    assert_eq!(head.origin, directory.founded["log"]["origin"]);

    let (mut leaves, mut entries) = (Vec::new(), Vec::new());
    for (path, width) in [("000", 256), ("001", 256), ("002.p/188", 188)] {
        let tile = download(&server, &format!("tile/0/{path}"));
        assert_eq!(tile.len(), width * 32, "{path}");
        leaves.push(hashes(&tile));
        let bundle = download(&server, &format!("tile/entries/{path}"));
        assert_eq!(bundle.len(), width * BUNDLED, "{path}");
        assert!(bundle.starts_with(&[0x00, 0x39, 0x01]));
        entries.extend(read_bundle(&bundle).unwrap());
    }
    let of_tiles = [root(&leaves[0]), root(&leaves[1])];
    assert_eq!(hashes(&download(&server, "tile/1/000.p/2")), of_tiles);
    let leaves = leaves.concat();
    assert_eq!(root(&leaves), head.root);
    let hashed: Vec<Hash> = entries.iter().map(|entry| entry.leaf_hash()).collect();
    assert_eq!(hashed, leaves);
    let named = entries
        .iter()
        .map(|entry| uuid::Uuid::from_bytes(entry.event_id).to_string());
    assert_eq!(named.collect::<Vec<_>>(), ids);
}

#[test]
fn a_partial_tile_is_there_in_every_width_that_the_checkpoint_covers() {
    let directory = Directory::init();
    let server = directory.serve();
    record(&server, 300);
    for (kind, unit) in [("0", 32), ("entries", BUNDLED)] {
        let newest = download(&server, &format!("tile/{kind}/001.p/44"));
        let full = download(&server, &format!("tile/{kind}/000"));
        assert_eq!((newest.len(), full.len()), (44 * unit, 256 * unit));
        for width in [1, 2, 43, 44] {
            let part = download(&server, &format!("tile/{kind}/001.p/{width}"));
            assert!(part == newest[..width * unit], "{kind} {width}");
        }
        // A log may still have the partial tiles of one that is full.
        for width in [1, 128, 255] {
            let part = download(&server, &format!("tile/{kind}/000.p/{width}"));
            assert!(part == full[..width * unit], "{kind} {width}");
        }
        for beyond in ["001", "001.p/45", "001.p/255", "002.p/1"] {
            let path = server.log_path(&format!("tile/{kind}/{beyond}"));
            let refused = server.get(&path);
            assert_eq!(refused.header("cache-control"), "no-store", "{beyond}");
            refused.problem(404, "not_found");
        }
    }
    assert_eq!(download(&server, "tile/1/000.p/1").len(), 32);
}

#[test]
fn a_tile_has_one_path() {
    let directory = Directory::init();
    let server = directory.serve();
    record(&server, 300);
    download(&server, "tile/0/000");
    for path in [
        "0/0",
        "0/00",
        "0/0000",
        "0/x000/000",
        "0/X000/000",
        "0/000/",
        "0//000",
        "0/000/000",
        "00/000",
        "+0/000",
        "-0/000",
        "0x0/000",
        "64/000",
        "256/000",
        "2/000",
        "1/000",
        "",
        "0/000.p/0",
        "0/000.p/256",
        "0/000.p/01",
        "0/000.p/+1",
        "0/000.p/",
        "0/000.p/1/",
        "0/000.P/1",
        "0/000.p/1.p/1",
        "0/000p/1",
        "0/x001/000",
        "0/001.p/300",
        "0/x018/x446/x744/x073/x709/x551/616",
        // Escaped, they are others.
        "0/%30%30%30",
        "%30/000",
        "0/000.p%2F1",
        "0/000%2Ep/1",
        "%65ntries/000",
        "entries/0",
        "entries/0000",
        "entries/x000/000",
        "entries/000/",
        "entries/000.p/0",
        "entries/%30%30%30",
        "Entries/000",
        "entry/000",
        "entries/entries/000",
        "data/000",
    ] {
        let reply = server.get(&server.log_path(&format!("tile/{path}")));
        assert_eq!(reply.status, 404, "{path}");
    }
    for path in ["tile/0/000?x=1", "tile/entries/000?x=1", "checkpoint?x"] {
        let reply = server.get(&server.log_path(path));
        reply.problem(400, "unknown_parameter");
    }
}

#[test]
fn nothing_that_no_checkpoint_covers_is_shown() {
    let directory = Directory::init();
    let server = directory.serve();
    let key = directory.verifier_key();
    let mut size = 0_u64;
    // An event is recorded some time before it is covered: it shows that it is held back by then.
    wait_for("a tile that was held back", || {
        server.post("/v1/events", &event(size)).expect(201);
        size += 1;
        let mut held_back = false;
        for kind in ["0", "entries"] {
            let path = server.log_path(&format!("tile/{kind}/000.p/{size}"));
            let reply = server.get(&path);
            let covered = server.checkpoint(&key).size >= size;
            assert!(reply.status == 404 || covered, "not covered, and shown");
            held_back |= reply.status == 404 && !covered;
        }
        (held_back || size > 250).then_some(())
    });
    assert!(size <= 250, "it was never seen before it was covered");
}

#[test]
fn tiles_are_kept_for_long_and_checkpoints_are_not() {
    let directory = Directory::init();
    let server = directory.serve();
    let read = server.organization.read.clone();
    record(&server, 1);
    let tiles = ["tile/0/000.p/1", "tile/entries/000.p/1"];
    let cached = |path: &str, key| {
        let reply = server.request("GET", &server.log_path(path), key, &[], b"");
        assert_eq!(reply.status, 200);
        reply.header("cache-control").to_owned()
    };
    for path in tiles {
        let private = "private, max-age=31536000, immutable";
        assert_eq!(cached(path, Some(&read)), private);
    }
    assert_eq!(cached("checkpoint", Some(&read)), "no-store");
    publish(&server, true);
    for key in [None, Some(&*read)] {
        for path in tiles {
            assert_eq!(cached(path, key), "public, max-age=31536000, immutable");
        }
        assert_eq!(cached("checkpoint", key), "no-cache");
    }
    let checkpoint = server.get(&server.log_path("checkpoint"));
    assert_eq!(
        checkpoint.header("content-type"),
        "text/plain; charset=utf-8"
    );
}

#[test]
fn bundles_are_compressed_for_those_who_accept_it() {
    let directory = Directory::init();
    let server = directory.serve();
    record(&server, 300);
    let read = server.organization.read.clone();
    let get = |path: &str, accepted: &str| {
        let headers = [("accept-encoding", accepted)];
        server.request("GET", &server.log_path(path), Some(&read), &headers, b"")
    };
    let plain = download(&server, "tile/entries/000");
    for (accepted, compressed) in [
        ("gzip", true),
        ("br;q=1, gzip;q=0.1", true),
        ("gzip, identity", true),
        ("*", true),
        ("identity", false),
        ("gzip;q=0", false),
        ("gzip;q=0.5, identity;q=1", false),
    ] {
        let reply = get("tile/entries/000", accepted);
        assert_eq!(reply.status, 200);
        assert_eq!(reply.header("vary"), "accept-encoding", "{accepted}");
        assert_eq!(reply.header("content-type"), BYTES);
        let mut body = reply.body.clone();
        if compressed {
            assert_eq!(reply.header("content-encoding"), "gzip", "{accepted}");
            assert!(reply.body.len() < plain.len());
            body.clear();
            let mut decoder = flate2::read::GzDecoder::new(&reply.body[..]);
            decoder.read_to_end(&mut body).unwrap();
        } else {
            assert!(
                !reply.headers.contains_key("content-encoding"),
                "{accepted}"
            );
        }
        assert!(body == plain, "{accepted}");
    }
    // Hashes are random: there is nothing to gain.
    let tile = get("tile/0/000", "gzip");
    assert!(!tile.headers.contains_key("content-encoding"));
    assert_eq!(tile.body.len(), 8192);
}

#[test]
fn head_says_what_get_would_send() {
    let directory = Directory::init();
    let server = directory.serve();
    record(&server, 257);
    let read = server.organization.read.clone();
    let gzip = [("accept-encoding", "gzip")];
    for (path, headers) in [
        ("checkpoint", &[][..]),
        ("tile/0/000", &[]),
        ("tile/0/001.p/1", &[]),
        ("tile/1/000.p/1", &[]),
        ("tile/entries/000", &[]),
        ("tile/entries/000", &gzip),
    ] {
        let path = server.log_path(path);
        let ask = |method| server.request(method, &path, Some(&read), headers, b"");
        let (head, get) = (ask("HEAD"), ask("GET"));
        assert_eq!(head.status, 200, "{path}");
        assert!(head.body.is_empty());
        let told: usize = head.header("content-length").parse().unwrap();
        assert_eq!(told, get.body.len(), "{path}");
        for name in ["content-type", "cache-control"] {
            assert_eq!(head.header(name), get.header(name), "{path}");
        }
        let encoding = |reply: &Reply| reply.headers.get("content-encoding").cloned();
        assert_eq!(encoding(&head), encoding(&get), "{path}");
    }
    let path = server.log_path("tile/0/001");
    let head = server.request("HEAD", &path, Some(&read), &[], b"");
    assert_eq!(head.status, 404);
}

#[track_caller]
fn publish(server: &Server, public: bool) {
    let change = json!({"log": {"public": public}});
    let path = server.organization_path();
    let answer = server.change("PATCH", &path, &change).expect(200);
    assert_eq!(answer["log"]["public"], public);
}

/// Every path of the log, with what an ordinary key of the organization gets.
fn paths(server: &Server) -> [String; 3] {
    ["checkpoint", "tile/0/000.p/1", "tile/entries/000.p/1"].map(|path| server.log_path(path))
}

#[test]
fn a_log_is_open_to_all_only_while_it_is_public() {
    let directory = Directory::init();
    let other = directory.add_organization("org_other");
    let own = directory.organization.id.clone();
    let expired = KeyOptions {
        expires_at: Some(1),
        ..KeyOptions::default()
    };
    let limited = KeyOptions {
        project_id: Some("prj_1"),
        ..KeyOptions::default()
    };
    let expired = directory.add_key(&own, "read", expired);
    let limited = directory.add_key(&own, "read", limited);
    let server = directory.serve();
    record(&server, 1);
    let ask = |server: &Server, path: &str, key: Option<&str>| -> u16 {
        server.request("GET", path, key, &[], b"").status
    };
    let keys = [
        (None, 401),
        (Some("garbage"), 401),
        (Some(expired.as_str()), 401),
        (Some(directory.organization.ingest.as_str()), 403),
        (Some(other.ingest.as_str()), 403),
        (Some(other.read.as_str()), 404),
        (Some(other.admin.as_str()), 404),
        (Some(directory.organization.read.as_str()), 200),
        (Some(directory.organization.admin.as_str()), 200),
    ];
    for path in paths(&server) {
        for (key, status) in keys {
            assert_eq!(ask(&server, &path, key), status, "{path} {key:?}");
        }
    }
    // Entries tell of the events of every project.
    for (path, status) in paths(&server).into_iter().zip([200, 200, 403]) {
        assert_eq!(ask(&server, &path, Some(&limited)), status, "{path}");
    }
    publish(&server, true);
    let all_open = |server: &Server| {
        for path in paths(server) {
            for (key, _) in keys {
                assert_eq!(ask(server, &path, key), 200, "{path} {key:?}");
            }
            assert_eq!(ask(server, &path, Some(&limited)), 200, "{path}");
        }
    };
    all_open(&server);
    // Nothing else is open by that, and no other log.
    let mut closed = vec!["/v1/log".to_owned(), "/v1/log/checkpoints".to_owned()];
    closed.push("/log/org_other/checkpoint".to_owned());
    closed.push("/log/org_nowhere/checkpoint".to_owned());
    closed.push("/log/org_other/tile/entries/000.p/1".to_owned());
    closed.push(server.organization_path());
    for path in closed {
        assert_eq!(ask(&server, &path, None), 401, "{path}");
    }
    server.kill();
    let server = directory.serve();
    all_open(&server);
    publish(&server, false);
    for path in paths(&server) {
        for (key, status) in keys {
            assert_eq!(ask(&server, &path, key), status, "{path} {key:?}");
        }
    }
}

#[test]
fn who_asks_without_a_key_cannot_tell_which_logs_there_are() {
    let directory = Directory::init();
    directory.add_organization("org_other");
    let server = directory.serve();
    let ask = |id: &str, key: Option<&str>| -> Value {
        let path = format!("/log/{id}/checkpoint");
        server.request("GET", &path, key, &[], b"").json()
    };
    let read = Some(server.organization.read.as_str());
    for key in [None, Some("garbage"), read] {
        let there = ask("org_other", key);
        assert_eq!(there, ask("org_nowhere", key));
        assert_eq!(there, ask("%FF", key), "what is not UTF-8 names none");
    }
}

#[test]
fn what_does_not_lead_to_the_signed_root_is_not_sent() {
    let directory = Directory::init();
    let server = directory.serve();
    let ids = record(&server, 300);
    assert!(server.terminate().success());
    let server = directory.serve();
    // One bit of a leaf's hash, in the full tile, after the start looked at the right edge.
    let file = format!("log/{}/0", directory.organization.id);
    let file = directory.path().join(file);
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[5 * 32] ^= 1;
    std::fs::write(&file, &bytes).unwrap();
    for path in ["tile/0/000", "tile/0/000.p/9", "tile/entries/000"] {
        let problem = server.get(&server.log_path(path));
        let problem = problem.problem(500, "log_damaged");
        let path = directory.path().to_str().unwrap();
        assert!(!problem.to_string().contains(path), "{problem}");
    }
    let path = format!("/v1/events/{}/proof", ids[5]);
    server.get(&path).problem(500, "log_damaged");
    // Whoever is refused a proof of what is recorded is told that it is.
    let mut known = event(5);
    known["id"] = json!(ids[5]);
    let refused = server.post("/v1/events?wait=checkpoint", &known);
    let problem = refused.problem(500, "log_damaged");
    let receipt = &problem["receipts"][0];
    assert_eq!(
        (&receipt["index"], &receipt["duplicate"]),
        (&json!(5), &json!(true))
    );
    // What does not depend on it is there.
    download(&server, "tile/0/001.p/44");
    download(&server, "tile/entries/001.p/44");
}

#[test]
fn the_newest_checkpoint_is_signed_and_there_from_the_beginning() {
    let directory = Directory::init();
    let server = directory.serve();
    let key: VerifierKey = directory.verifier_key();
    assert_eq!(server.checkpoint(&key).size, 0);
    server.post("/v1/events", &batch(0..3)).expect(201);
    server.checkpoint_of(3, &key);
}

#[test]
fn a_log_whose_files_cannot_be_used_is_damaged_and_not_absent() {
    let directory = Directory::init();
    let log = directory
        .path()
        .join("log")
        .join(&directory.organization.id);
    let path = log.join("checkpoint");
    let note = std::fs::read(&path).unwrap();
    std::fs::write(&path, [b"x", &note[..]].concat()).unwrap();
    let server = directory.serve_command();
    let server = Server::start(server, directory.organization.clone());
    for path in [
        server.log_path("checkpoint"),
        server.log_path("tile/0/000.p/1"),
        "/v1/log".to_owned(),
        "/v1/log/checkpoints".to_owned(),
        "/v1/log/consistency?from=0".to_owned(),
    ] {
        server.get(&path).problem(500, "log_damaged");
    }
}
