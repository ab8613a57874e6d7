//! How events spread over time.

use serde_json::{Value, json};

use crate::harness::{Directory, KeyOptions, Server, event};

fn record(server: &Server, events: &[(&str, &str)]) {
    let events: Vec<Value> = events
        .iter()
        .map(|(actor, at)| {
            let mut event = event(actor);
            event["occurred_at"] = json!(at);
            event
        })
        .collect();
    server
        .post("/v1/events", &json!({ "events": events }))
        .expect(201);
}

fn histogram(server: &Server, query: &str) -> Value {
    server
        .get(&format!("/v1/events/histogram?{query}"))
        .expect(200)
}

fn counts(histogram: &Value) -> Vec<u64> {
    let buckets = histogram["buckets"].as_array().unwrap().iter();
    buckets
        .map(|bucket| bucket["count"].as_u64().unwrap())
        .collect()
}

const THREE_DAYS: [(&str, &str); 5] = [
    ("ada", "2026-03-28T22:59:59.999999Z"),
    ("ada", "2026-03-28T23:00:00Z"),
    ("bob", "2026-03-29T21:59:59Z"),
    ("ada", "2026-03-29T22:00:00Z"),
    ("eve", "2026-03-31T12:00:00Z"),
];

#[test]
fn buckets_are_local_and_empty_ones_are_there() {
    let directory = Directory::init();
    let server = directory.serve();
    record(&server, &THREE_DAYS);
    // The clocks of Berlin go forward on the 29th, which has 23 hours.
    let range = "from=2026-03-28&to=2026-04-01&tz=Europe/Berlin&interval=day";
    let expected = json!({"interval": "day", "buckets": [
        {"start": "2026-03-27T23:00:00.000000Z", "end": "2026-03-28T23:00:00.000000Z", "count": 1},
        {"start": "2026-03-28T23:00:00.000000Z", "end": "2026-03-29T22:00:00.000000Z", "count": 2},
        {"start": "2026-03-29T22:00:00.000000Z", "end": "2026-03-30T22:00:00.000000Z", "count": 1},
        {"start": "2026-03-30T22:00:00.000000Z", "end": "2026-03-31T22:00:00.000000Z", "count": 1},
    ]});
    assert_eq!(histogram(&server, range), expected);
    let utc = histogram(&server, "from=2026-03-28&to=2026-04-01&interval=day");
    assert_eq!(counts(&utc), [2, 2, 0, 1]);
}

#[test]
fn only_the_range_counts_though_buckets_are_whole() {
    let directory = Directory::init();
    let server = directory.serve();
    record(&server, &THREE_DAYS);
    let week = histogram(
        &server,
        "from=2026-03-28T23:00:00Z&to=2026-03-29T22:00:00Z&interval=week",
    );
    assert_eq!(week["buckets"][0]["start"], "2026-03-23T00:00:00.000000Z");
    assert_eq!(counts(&week), [2]);
    let sunday = histogram(
        &server,
        "from=2026-03-28T23:00:00Z&to=2026-03-29T22:00:00Z&interval=week&week_start=sunday",
    );
    assert_eq!(counts(&sunday), [1, 1]);
}

#[test]
fn an_open_range_is_that_of_what_matches() {
    let directory = Directory::init();
    let server = directory.serve();
    let nothing = histogram(&server, "interval=day&split_by=category");
    assert_eq!(nothing, json!({"interval": "day", "buckets": []}));
    assert_eq!(histogram(&server, "")["buckets"], json!([]));
    record(&server, &THREE_DAYS);
    assert_eq!(counts(&histogram(&server, "interval=day")), [2, 2, 0, 1]);
    let ada = histogram(&server, "interval=day&filter=actor.id:is:ada");
    assert_eq!(counts(&ada), [2, 1]);
    let from = histogram(
        &server,
        "interval=day&from=2026-03-27&filter=actor.id:is:ada",
    );
    assert_eq!(counts(&from), [0, 2, 1]);
    let to = histogram(&server, "interval=day&to=2026-04-02");
    assert_eq!(counts(&to), [2, 2, 0, 1, 0]);
    let nobody = histogram(
        &server,
        "interval=day&from=2026-03-27&filter=actor.id:is:nobody",
    );
    assert_eq!(nobody["buckets"], json!([]));
    let bounded = "from=2026-01-01&to=2026-01-04&interval=day";
    assert_eq!(counts(&histogram(&server, bounded)), [0, 0, 0]);
}

#[test]
fn the_interval_is_chosen_and_named() {
    let directory = Directory::init();
    let server = directory.serve();
    for (query, interval) in [
        ("range=last_24_hours", "hour"),
        ("range=today&interval=auto", "hour"),
        ("range=last_90_days", "day"),
        ("range=last_year", "week"),
        ("from=2020-01-01&to=2026-01-01", "month"),
        (
            "from=2026-01-01T00:00:00Z&to=2026-01-01T01:00:00Z",
            "minute",
        ),
        ("range=today&interval=minute", "minute"),
    ] {
        let answer = histogram(&server, query);
        assert_eq!(answer["interval"], interval, "{query}");
        assert!(!counts(&answer).is_empty(), "{query}");
    }
}

#[test]
fn a_split_counts_by_value_and_adds_up() {
    let directory = Directory::init();
    let server = directory.serve();
    let mut events = Vec::new();
    for n in 0..60_u32 {
        let mut event = event(n);
        event["occurred_at"] = json!(format!("2026-01-0{}T00:00:00Z", 1 + n % 3));
        // 25 values: the first five come three times, the others twice; the last five events have none.
        if n < 55 {
            event["metadata"] = json!({"model": format!("m{:02}", n % 25)});
        }
        events.push(event);
    }
    server
        .post("/v1/events", &json!({ "events": events }))
        .expect(201);
    let answer = histogram(&server, "interval=day&split_by=metadata.model");
    let mut sums = std::collections::BTreeMap::new();
    for bucket in answer["buckets"].as_array().unwrap() {
        let split = bucket["split"].as_object().unwrap();
        let sum: u64 = split.values().map(|count| count.as_u64().unwrap()).sum();
        assert_eq!(
            sum,
            bucket["count"].as_u64().unwrap(),
            "each event has one value or none"
        );
        for (value, count) in split {
            assert_ne!(count, 0);
            *sums.entry(value.clone()).or_insert(0) += count.as_u64().unwrap();
        }
    }
    assert_eq!(sums.len(), 22);
    assert_eq!(sums["m00"], 3);
    assert_eq!(sums["m19"], 2);
    assert!(!sums.contains_key("m20"));
    assert_eq!(sums["other"], 10);
    assert_eq!(sums["missing"], 5);
    let text = server
        .get("/v1/events/histogram?interval=month&split_by=metadata.model")
        .text()
        .to_owned();
    let places = [
        "\"m00\"",
        "\"m04\"",
        "\"m05\"",
        "\"m19\"",
        "\"other\"",
        "\"missing\"",
    ];
    let places = places.map(|name| text.find(name).unwrap());
    assert!(places.is_sorted(), "the most frequent come first: {text}");
}

#[test]
fn with_a_pages_cursor_it_is_cut_where_the_page_is() {
    let directory = Directory::init();
    let server = directory.serve();
    record(&server, &THREE_DAYS);
    let page = server.get("/v1/events?limit=2").expect(200);
    let cursor = page["next_cursor"].as_str().unwrap().to_owned();
    record(
        &server,
        &[
            ("late", "2026-03-28T22:00:00Z"),
            ("new", "2026-04-20T00:00:00Z"),
        ],
    );
    let then = histogram(&server, &format!("interval=day&cursor={cursor}"));
    assert_eq!(counts(&then), [2, 2, 0, 1]);
    let now = histogram(&server, "interval=day");
    assert_eq!(counts(&now).iter().sum::<u64>(), 7);
    let path = format!("/v1/events/histogram?order=asc&cursor={cursor}");
    server.get(&path).problem(400, "foreign_cursor");
}

#[test]
fn what_a_histogram_cannot_be_is_said() {
    let directory = Directory::init();
    let server = directory.serve();
    let refused = |query: &str, code: &str| {
        let path = format!("/v1/events/histogram?{query}");
        let problem = server.get(&path).problem(400, code);
        problem["detail"].as_str().unwrap().to_owned()
    };
    let detail = refused("interval=dya", "bad_interval");
    assert!(detail.contains("did you mean \"day\""), "{detail}");
    let detail = refused(
        "from=2000-01-01&to=2026-01-01&interval=minute",
        "too_many_buckets",
    );
    assert!(detail.contains("interval=week"), "{detail}");
    refused("split_by=id", "exact_only");
    refused("split_by=request.body", "not_indexed");
    let detail = refused("split_by=categry", "unknown_field");
    assert!(detail.contains("did you mean \"category\""), "{detail}");
    let detail = refused("split=category", "unknown_parameter");
    assert!(
        detail.contains("interval, split_by, project_id"),
        "{detail}"
    );
    refused("interval=day&interval=day", "repeated_parameter");
    refused("fields=action", "unknown_parameter");
    let id = "0198c5f0-7c1e-7a3b-9f52-3d1e5a6b7c8d";
    server
        .get(&format!("/v1/events/histogram?around={id}"))
        .problem(404, "not_found");
    // As many buckets as there may be, and one more.
    let minutes = |to: &str| format!("from=2026-01-01T00:00:00Z&to={to}&interval=minute");
    assert_eq!(
        counts(&histogram(&server, &minutes("2026-01-04T11:20:00Z"))).len(),
        5_000
    );
    refused(&minutes("2026-01-04T11:20:01Z"), "too_many_buckets");
}

#[test]
fn a_key_of_a_project_counts_its_project_only() {
    let directory = Directory::init();
    let limited = KeyOptions {
        project_id: Some("prj_1"),
        ..KeyOptions::default()
    };
    let key = directory.add_key(&directory.organization.id, "read", limited);
    let server = directory.serve();
    record(&server, &THREE_DAYS);
    let mut own = event("own");
    own["project_id"] = json!("prj_1");
    own["occurred_at"] = json!("2026-03-29T00:00:00Z");
    server.post("/v1/events", &own).expect(201);
    let path = "/v1/events/histogram?interval=day&split_by=actor.id";
    let answer = server
        .request("GET", path, Some(&key), &[], b"")
        .expect(200);
    assert_eq!(
        answer["buckets"].as_array().unwrap().len(),
        1,
        "not even its ends are others'"
    );
    assert_eq!(answer["buckets"][0]["split"], json!({"own": 1}));
}
