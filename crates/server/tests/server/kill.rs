//! `kill -9` under load, again and again on one directory: what was acknowledged is there once,
//! where its receipt says, and every head that was ever served is a head of the log.
//!
//! `EVIDENT_TEST_KILLS` says how often (a long run: hundreds).

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use evident_ledger::Hash;
use evident_ledger::checkpoint::Checkpoint;
use evident_ledger::note::VerifierKey;
use evident_ledger::tree::Tree;
use serde_json::{Value, json};

use crate::harness::{Client, Directory, Server, wait_for};

/// Kills in a usual run.
const USUAL_KILLS: u64 = 6;
/// In a long run, how many kills lie between two readings of the whole log.
const KILLS_BETWEEN_READS: u64 = 20;
/// Connections that send at the same time.
const SENDERS: u64 = 4;
/// Events in the largest batch.
const LARGEST_BATCH: u64 = 24;
/// A round's server is killed after so many acknowledgements, and up to as many more.
const ACKNOWLEDGEMENTS: u64 = 30;

/// What one event's receipt said.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    index: u64,
    leaf_hash: String,
}

/// All that the clients know: written down before the next request is sent.
#[derive(Default)]
struct Journal {
    sent: Mutex<Vec<String>>,
    acknowledged: Mutex<HashMap<String, Place>>,
    count: AtomicU64,
}

impl Journal {
    fn acknowledge(&self, receipts: &Value) {
        let mut acknowledged = lock(&self.acknowledged);
        for receipt in receipts["receipts"].as_array().unwrap() {
            let place = Place {
                index: receipt["index"].as_u64().unwrap(),
                leaf_hash: receipt["leaf_hash"].as_str().unwrap().to_owned(),
            };
            let id = receipt["id"].as_str().unwrap().to_owned();
            if let Some(known) = acknowledged.insert(id, place.clone()) {
                assert_eq!(known, place, "a second receipt says otherwise");
            }
        }
        self.count.fetch_add(1, Ordering::SeqCst);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn event(id: &str) -> Value {
    json!({
        "id": id,
        "action": "project.updated",
        "actor": {"type": "user", "id": format!("usr_{}", &id[34..])},
        "occurred_at": "2026-01-05T09:30:00Z",
        "metadata": {"padding": "x".repeat(200)},
    })
}

/// Sends batches of new ids until the server is gone. Nothing else may end it.
fn send_until_killed(client: &Client, journal: &Journal, round: u64, sender: u64) {
    let mut number = 0;
    loop {
        let size = (number * 7 + sender * 5 + round) % LARGEST_BATCH + 1;
        let ids: Vec<String> = (0..size)
            .map(|place| {
                format!("00000000-0000-4000-8000-{round:03x}{sender:01x}{number:05x}{place:03x}")
            })
            .collect();
        lock(&journal.sent).extend(ids.iter().cloned());
        let events: Vec<Value> = ids.iter().map(|id| event(id)).collect();
        match client.post("/v1/events", &json!({ "events": events })) {
            Ok(reply) => journal.acknowledge(&reply.expect(201)),
            Err(_) => return,
        }
        number += 1;
    }
}

fn checkpoint(server: &Server, key: &VerifierKey) -> Checkpoint {
    let path = format!("/log/{}/checkpoint", server.organization.id);
    let reply = server.get(&path);
    assert_eq!(reply.status, 200);
    Checkpoint::open(&reply.body, key).unwrap()
}

/// Every event on the log by its place, read page by page.
fn read_all(server: &Server) -> HashMap<String, u64> {
    let mut found = HashMap::new();
    let mut path = "/v1/events?range=all_time&limit=500".to_owned();
    loop {
        let page = server.get(&path).expect(200);
        for event in page["data"].as_array().unwrap() {
            let id = event["id"].as_str().unwrap().to_owned();
            let again = found.insert(id.clone(), event["index"].as_u64().unwrap());
            assert_eq!(again, None, "{id} is there twice");
        }
        match page["next_cursor"].as_str() {
            Some(cursor) => path = format!("/v1/events?range=all_time&limit=500&cursor={cursor}"),
            None => {
                assert_eq!(page["total"], found.len());
                return found;
            }
        }
    }
}

/// Sends again what was sent and never answered, and checks the whole log against what is known.
fn check(server: &Server, journal: &Journal, heads: &[Checkpoint], key: &VerifierKey) {
    let found = read_all(server);
    let acknowledged = lock(&journal.acknowledged).clone();
    for (id, place) in &acknowledged {
        assert_eq!(found.get(id), Some(&place.index), "{id} was acknowledged");
    }
    let sent: HashSet<String> = lock(&journal.sent).iter().cloned().collect();
    assert!(
        found.keys().all(|id| sent.contains(id)),
        "an event that nobody sent"
    );
    let unanswered: Vec<&String> = sent
        .iter()
        .filter(|id| !acknowledged.contains_key(*id))
        .collect();
    for ids in unanswered.chunks(500) {
        let events: Vec<Value> = ids.iter().map(|id| event(id)).collect();
        let receipts = server
            .post("/v1/events", &json!({ "events": events }))
            .expect(201);
        for receipt in receipts["receipts"].as_array().unwrap() {
            let was_there = found.contains_key(receipt["id"].as_str().unwrap());
            assert_eq!(receipt["duplicate"], was_there, "{receipt}");
        }
        journal.acknowledge(&receipts);
    }
    let mut leaves: Vec<Place> = lock(&journal.acknowledged).values().cloned().collect();
    leaves.sort_by_key(|place| place.index);
    let mut tree = Tree::new();
    let mut roots = vec![tree.root()];
    for (number, place) in leaves.iter().enumerate() {
        assert_eq!(place.index, number as u64, "indexes have no gap");
        tree.append(
            Hash::from_base64(&place.leaf_hash).unwrap(),
            &mut |_, _, _| {},
        );
        roots.push(tree.root());
    }
    let signed = wait_for("a head over every leaf", || {
        Some(checkpoint(server, key)).filter(|head| head.size == tree.size())
    });
    for head in heads.iter().chain([&signed]) {
        let root = roots[usize::try_from(head.size).unwrap()];
        assert_eq!(head.root, root, "the head at size {}", head.size);
    }
}

#[test]
fn kill_9_under_load_loses_nothing_that_was_acknowledged() {
    let kills = std::env::var("EVIDENT_TEST_KILLS")
        .ok()
        .map_or(USUAL_KILLS, |kills| kills.parse().unwrap());
    let directory = Directory::init();
    let key = directory.founded["log"]["verifier_key"].as_str().unwrap();
    let key = VerifierKey::parse(key).unwrap();
    let journal = Journal::default();
    let mut heads: Vec<Checkpoint> = Vec::new();
    for round in 0..kills {
        let server = directory.serve();
        let before = journal.count.load(Ordering::SeqCst);
        let enough = before + ACKNOWLEDGEMENTS + round * 13 % ACKNOWLEDGEMENTS;
        let signed_before = checkpoint(&server, &key).size;
        std::thread::scope(|scope| {
            for sender in 0..SENDERS {
                let (client, journal) = (server.client(), &journal);
                scope.spawn(move || send_until_killed(&client, journal, round, sender));
            }
            // Every other round ends before a head is signed over its events.
            wait_for("acknowledgements and a head", || {
                let head = checkpoint(&server, &key);
                let grown = head.size > signed_before || round % 2 == 1;
                if heads.last() != Some(&head) {
                    heads.push(head);
                }
                (grown && journal.count.load(Ordering::SeqCst) >= enough).then_some(())
            });
            server.kill();
        });
        let server = directory.serve();
        let size = checkpoint(&server, &key).size;
        assert!(
            heads.iter().all(|head| head.size <= size),
            "the log only grows"
        );
        // Reading the whole log takes its time as it grows: a long run does so now and then.
        if round < USUAL_KILLS || round % KILLS_BETWEEN_READS == 0 || round + 1 == kills {
            check(&server, &journal, &heads, &key);
        }
        server.kill();
    }
    assert!(
        heads.len() as u64 > kills,
        "heads were signed while events came in"
    );
}
