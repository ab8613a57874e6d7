//! What a key may see, in every way of seeing it: compared with what a few lines say of all that was recorded.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::harness::{Directory, KeyOptions, Server, event};

/// What nobody outside of its scope may ever see.
const SECRET: &str = "only-for-others";

/// The texts that every way of reading gives to a key, and the totals that it tells.
fn all_that_is_read(server: &Server, key: &str) -> (String, [Value; 4]) {
    let get = |path: &str| server.request("GET", path, Some(key), &[], b"");
    let list = get("/v1/events?limit=500");
    let histogram = get("/v1/events/histogram?interval=month&split_by=description");
    let facets = get("/v1/events/facets?fields=description,actor.id");
    let completions = get("/v1/events/completions?field=description");
    let names = get("/v1/events/completions?prefix=metadata.");
    let csv = get("/v1/events/export.csv?columns=description,metadata");
    let mut tail = server.tail("", key, Some(0)).unwrap();
    let event = tail.next_event().unwrap();
    let replies = [&list, &histogram, &facets, &completions, &names, &csv];
    let mut texts: Vec<String> = replies.map(|reply| reply.text().to_owned()).into();
    texts.push(event.to_string());
    let rows = csv.text().matches("\r\n").count();
    let totals = [
        list.json()["total"].clone(),
        histogram.json()["buckets"][0]["count"].clone(),
        facets.json()["facets"]["description"]["values"][0]["count"].clone(),
        json!(rows - 1),
    ];
    (texts.join("\n"), totals)
}

#[test]
fn a_key_of_a_project_reads_its_project_only_in_every_way() {
    const EVENTS: usize = 40;
    let directory = Directory::init();
    let limited = KeyOptions {
        project_id: Some("prj_1"),
        ..KeyOptions::default()
    };
    let key = directory.add_key(&directory.organization.id, "read", limited);
    let server = directory.serve();
    let at = |project: Option<&str>, text: &str| {
        let mut event = event(text);
        event["description"] = json!(text);
        event["occurred_at"] = json!("2026-01-01T00:00:00Z");
        event["metadata"] = json!({ text: text });
        if let Some(project) = project {
            event["project_id"] = json!(project);
        }
        event
    };
    let mut events = vec![
        at(Some("prj_2"), SECRET),
        at(None, SECRET),
        at(Some("prj_1"), "own"),
    ];
    events.resize(EVENTS, at(Some("prj_10"), SECRET));
    server
        .post("/v1/events", &json!({ "events": events }))
        .expect(201);
    let (texts, totals) = all_that_is_read(&server, &key);
    assert!(!texts.contains(SECRET), "{texts}");
    assert!(texts.contains("own"));
    assert_eq!(totals, [1, 1, 1, 1].map(|total| json!(total)));
    let read = server.organization.read.clone();
    let (texts, totals) = all_that_is_read(&server, &read);
    assert!(texts.contains(SECRET));
    // The export before this one is on the log too, at another time and without a description.
    assert_eq!(
        totals,
        [EVENTS + 1, EVENTS, EVENTS - 1, EVENTS + 1].map(|total| json!(total))
    );
}

/// How many events each organization records.
const RECORDED: usize = 60;
/// The projects of either organization: two of them begin alike, and both organizations have them.
const PROJECTS: [&str; 4] = ["prj_1", "prj_10", "prj_2", "prj_3"];

/// An event that was recorded, as far as it matters here.
#[derive(Debug, Clone)]
struct Recorded {
    organization: usize,
    project: Option<&'static str>,
    id: String,
    /// Found in its description, its actor's id and the name of a member of its metadata.
    mark: String,
}

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }
}

/// Records into both organizations, each event with a mark of its own.
fn record(server: &Server, keys: [&str; 2], dice: &mut Dice) -> Vec<Recorded> {
    let mut recorded = Vec::new();
    for (organization, key) in keys.iter().enumerate() {
        let mut events = Vec::new();
        for number in 0..RECORDED {
            let project = PROJECTS.get(dice.below(PROJECTS.len() + 1)).copied();
            let mark = format!("mark{organization}x{number}x");
            let mut event = event(&mark);
            event["description"] = json!(mark);
            event["occurred_at"] = json!("2026-01-01T00:00:00Z");
            event["metadata"] = json!({ &mark: 1 });
            if let Some(project) = project {
                event["project_id"] = json!(project);
            }
            events.push(event);
            recorded.push(Recorded {
                organization,
                project,
                id: String::new(),
                mark,
            });
        }
        let body = json!({ "events": events }).to_string();
        let path = "/v1/events?wait=checkpoint";
        let answer = server.request("POST", path, Some(key), &[], body.as_bytes());
        let answer = answer.expect(201);
        let own = recorded.iter_mut().skip(organization * RECORDED);
        for (recorded, receipt) in own.zip(answer["receipts"].as_array().unwrap()) {
            recorded.id = receipt["id"].as_str().unwrap().to_owned();
        }
    }
    recorded
}

/// The marks in a text.
fn marks(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for part in text.split("mark").skip(1) {
        let mut pieces = part.split('x');
        if let (Some(organization), Some(number)) = (pieces.next(), pieces.next()) {
            found.insert(format!("mark{organization}x{number}x"));
        }
    }
    found
}

/// Asks in every way that counts or lists, and compares with what there is to be seen.
fn assert_sees_exactly(server: &Server, key: &str, query: &str, visible: &[&Recorded]) {
    let expected: BTreeSet<String> = visible.iter().map(|event| event.mark.clone()).collect();
    let get = |path: &str| {
        let separator = if path.contains('?') { '&' } else { '?' };
        let path = format!("{path}{separator}{query}");
        let reply = server.request("GET", &path, Some(key), &[], b"");
        assert_eq!(reply.status, 200, "{path}: {}", reply.text());
        reply
    };
    let list = get("/v1/events?limit=500&action=guardrail.updated");
    assert_eq!(marks(list.text()), expected, "{query}");
    assert_eq!(list.json()["total"], expected.len(), "{query}");
    let csv = get("/v1/events/export.csv?columns=description,metadata&action=guardrail.updated");
    assert_eq!(marks(csv.text()), expected, "{query}");
    let histogram =
        get("/v1/events/histogram?interval=month&split_by=description&action=guardrail.updated");
    assert!(marks(histogram.text()).is_subset(&expected), "{query}");
    let buckets = histogram.json()["buckets"].clone();
    let counts = buckets.as_array().unwrap().iter();
    let count: u64 = counts.map(|bucket| bucket["count"].as_u64().unwrap()).sum();
    assert_eq!(count, expected.len() as u64, "{query}");
    let facets =
        get("/v1/events/facets?fields=description,project_id&limit=500&action=guardrail.updated");
    assert_eq!(marks(facets.text()), expected, "{query}");
    let facets = facets.json();
    assert_eq!(facets["facets"]["description"]["distinct"], expected.len());
    let mut projects: BTreeMap<&str, u64> = BTreeMap::new();
    for project in visible.iter().filter_map(|event| event.project) {
        *projects.entry(project).or_default() += 1;
    }
    let counted = facets["facets"]["project_id"]["values"].as_array().unwrap();
    let counted: BTreeMap<&str, u64> = counted
        .iter()
        .map(|value| {
            (
                value["value"].as_str().unwrap(),
                value["count"].as_u64().unwrap(),
            )
        })
        .collect();
    assert_eq!(counted, projects, "{query}");
    let values = get("/v1/events/completions?field=description&prefix=mark&limit=500");
    assert_eq!(marks(values.text()), expected, "{query}");
    let names = get("/v1/events/completions?prefix=metadata.mark&limit=500");
    assert_eq!(marks(names.text()), expected, "{query}");
    assert_eq!(
        tailed(server, key, query, expected.len()),
        expected,
        "{query}"
    );
}

/// The marks of the first events that a tail gives from the beginning of the log on.
fn tailed(server: &Server, key: &str, query: &str, count: usize) -> BTreeSet<String> {
    let query = format!("?action=guardrail.updated&{query}");
    let mut tail = server.tail(&query, key, Some(-1)).unwrap();
    let events = (0..count).map(|_| tail.next_event().unwrap().to_string());
    let events: Vec<String> = events.collect();
    marks(&events.join("\n"))
}

/// Asks for single events: there are those that may be seen, and no others.
fn assert_finds_exactly(server: &Server, key: &str, all: &[Recorded], visible: &[&Recorded]) {
    for event in all {
        let is_visible = visible.iter().any(|seen| seen.id == event.id);
        let expected = if is_visible { 200 } else { 404 };
        for path in [
            format!("/v1/events/{}", event.id),
            format!("/v1/events/{}/proof", event.id),
            format!("/v1/events?around={}", event.id),
        ] {
            let reply = server.request("GET", &path, Some(key), &[], b"");
            assert_eq!(reply.status, expected, "{path} of {event:?}");
            assert!(is_visible || marks(reply.text()).is_empty(), "{path}");
        }
    }
}

#[test]
fn every_key_sees_what_is_in_its_scope_in_every_way_and_nothing_beside_it() {
    let directory = Directory::init();
    let other = directory.add_organization("org_other");
    let ids = [directory.organization.id.clone(), other.id.clone()];
    let mut keys = Vec::new();
    for (organization, id) in ids.iter().enumerate() {
        for project_id in [None, Some("prj_1"), Some("prj_10"), Some("prj_none")] {
            let options = KeyOptions {
                project_id,
                ..KeyOptions::default()
            };
            keys.push((
                organization,
                project_id,
                directory.add_key(id, "read", options),
            ));
        }
    }
    let server = directory.serve();
    let mut dice = Dice(7);
    let recorders = [server.organization.ingest.as_str(), other.ingest.as_str()];
    let all = record(&server, recorders, &mut dice);
    for (organization, limit, key) in &keys {
        let sees = |event: &&Recorded| {
            event.organization == *organization && (limit.is_none() || event.project == *limit)
        };
        let visible: Vec<&Recorded> = all.iter().filter(sees).collect();
        assert_sees_exactly(&server, key, "", &visible);
        assert_finds_exactly(&server, key, &all, &visible);
        for project in ["prj_1", "prj_2", "prj_never"] {
            let query = format!("project_id={project}");
            if limit.is_none_or(|limit| limit == project) {
                let within = visible
                    .iter()
                    .filter(|event| event.project == Some(project));
                let within: Vec<&Recorded> = within.copied().collect();
                assert_sees_exactly(&server, key, &query, &within);
            } else {
                assert_refused(&server, key, &query);
            }
        }
    }
}

/// A project that may not be seen is refused in the same words, whether there is one or not.
fn assert_refused(server: &Server, key: &str, query: &str) {
    for way in [
        "?",
        "/histogram?",
        "/facets?fields=action&",
        "/completions?field=action&",
        "/tail?",
        "/export.csv?",
    ] {
        let path = format!("/v1/events{way}{query}");
        let reply = server.request("GET", &path, Some(key), &[], b"");
        assert!(marks(reply.text()).is_empty(), "{path}");
        let problem: Value = reply.problem(403, "project_not_allowed");
        assert!(
            !problem["detail"].as_str().unwrap().contains("prj_"),
            "{path}"
        );
    }
}
