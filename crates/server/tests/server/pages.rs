//! Reading in pages: cursors, and what they must not be fooled by.

use evident_event::time::Timestamp;
use serde_json::{Value, json};

use crate::harness::{Directory, Server, batch, event, wait_for};

/// The ids of a page.
fn ids(page: &Value) -> Vec<String> {
    let events = page["data"].as_array().unwrap().iter();
    events
        .map(|event| event["id"].as_str().unwrap().to_owned())
        .collect()
}

fn cursor<'a>(page: &'a Value, which: &str) -> Option<&'a str> {
    page[which].as_str()
}

/// Events whose times neither follow their indexes nor are all distinct.
fn fill(server: &Server, count: u32) {
    let events: Vec<Value> = (0..count)
        .map(|n| {
            let mut event = event(n);
            event["occurred_at"] = json!(format!("2026-01-01T00:00:{:02}Z", n * 7 % 30));
            event
        })
        .collect();
    server
        .post("/v1/events", &json!({ "events": events }))
        .expect(201);
}

/// All pages from the first on, as `(ids, last page)`, doing something before each next one.
fn walk(server: &Server, query: &str, mut between: impl FnMut()) -> (Vec<String>, Value) {
    let mut page = server.get(&format!("/v1/events?{query}")).expect(200);
    assert_eq!(page["prev_cursor"], Value::Null);
    let (total, as_of) = (page["total"].clone(), page["as_of"].clone());
    let mut all = ids(&page);
    while let Some(next) = cursor(&page, "next_cursor") {
        between();
        page = server
            .get(&format!("/v1/events?{query}&cursor={next}"))
            .expect(200);
        assert_eq!(page["total"], total, "the total does not move");
        assert_eq!(page["as_of"], as_of, "nor does the cut");
        assert!(!ids(&page).is_empty());
        all.extend(ids(&page));
    }
    (all, page)
}

#[test]
fn pages_cover_everything_once_in_both_orders() {
    let directory = Directory::init();
    let server = directory.serve();
    fill(&server, 95);
    let (descending, _) = walk(&server, "limit=10", || ());
    assert_eq!(descending.len(), 95);
    let whole = server.get("/v1/events?limit=500").expect(200);
    assert_eq!(descending, ids(&whole));
    assert_eq!(whole["next_cursor"], Value::Null);
    let (mut ascending, _) = walk(&server, "limit=7&order=asc", || ());
    ascending.reverse();
    assert_eq!(ascending, descending, "each order is the other's reverse");
}

#[test]
fn the_way_back_shows_the_same_pages() {
    let directory = Directory::init();
    let server = directory.serve();
    fill(&server, 40);
    let (all, mut page) = walk(&server, "limit=10", || ());
    let mut back = ids(&page);
    while let Some(previous) = cursor(&page, "prev_cursor") {
        page = server
            .get(&format!("/v1/events?limit=10&cursor={previous}"))
            .expect(200);
        back.splice(0..0, ids(&page));
        assert!(page["next_cursor"].is_string(), "there is a page after it");
    }
    assert_eq!(back, all);
}

#[test]
fn events_that_arrive_meanwhile_enter_no_page_and_no_total() {
    let directory = Directory::init();
    let server = directory.serve();
    fill(&server, 30);
    let expected = ids(&server.get("/v1/events?limit=500").expect(200));
    let mut late = 0;
    let (seen, _) = walk(&server, "limit=4", || {
        late += 1;
        let mut before = event(format!("before-{late}"));
        before["occurred_at"] = json!("2020-01-01T00:00:00Z");
        let mut amid = event(format!("amid-{late}"));
        amid["occurred_at"] = json!("2026-01-01T00:00:15Z");
        let events = json!({"events": [before, amid, event(format!("now-{late}"))]});
        server.post("/v1/events", &events).expect(201);
    });
    assert!(late > 5);
    assert_eq!(seen, expected);
    let fresh = server.get("/v1/events?limit=1").expect(200);
    assert_eq!(fresh["total"], 30 + 3 * late);
}

#[test]
fn a_cursor_survives_a_restart() {
    let directory = Directory::init();
    let server = directory.serve();
    fill(&server, 20);
    let first = server.get("/v1/events?limit=5").expect(200);
    let next = cursor(&first, "next_cursor").unwrap().to_owned();
    let path = format!("/v1/events?limit=5&cursor={next}");
    let before = server.get(&path).expect(200);
    assert!(server.terminate().success());
    let server = directory.serve();
    let after = server.get(&path).expect(200);
    assert_eq!(before["data"], after["data"]);
    assert_eq!(before["next_cursor"], after["next_cursor"]);
}

#[test]
fn a_relative_range_is_taken_from_the_cursor() {
    const DAY_MICROS: i64 = 24 * 60 * 60 * 1_000_000;
    const SOON_MICROS: i64 = 1_500_000;
    let directory = Directory::init();
    let server = directory.serve();
    let since_epoch = std::time::UNIX_EPOCH.elapsed().unwrap();
    let now = i64::try_from(since_epoch.as_micros()).unwrap();
    let mut leaving = event("about to leave the last 24 hours");
    let at = Timestamp::from_micros(now - DAY_MICROS + SOON_MICROS);
    leaving["occurred_at"] = json!(at.to_string());
    let events = json!({"events": [leaving, event("b"), event("c")]});
    server.post("/v1/events", &events).expect(201);
    let first = server
        .get("/v1/events?range=last_24_hours&limit=2")
        .expect(200);
    assert_eq!(first["total"], 3);
    wait_for("the oldest event to leave the last 24 hours", || {
        let fresh = server
            .get("/v1/events?range=last_24_hours&limit=2")
            .expect(200);
        (fresh["total"] == 2).then_some(())
    });
    let next = cursor(&first, "next_cursor").unwrap();
    let path = format!("/v1/events?range=last_24_hours&limit=2&cursor={next}");
    let second = server.get(&path).expect(200);
    assert_eq!(second["total"], 3, "the range is the first page's");
    assert_eq!(second["data"][0]["occurred_at"], at.to_string());
}

#[test]
fn a_filtered_page_counts_what_it_would_show() {
    let directory = Directory::init();
    let server = directory.serve();
    server
        .post("/v1/events", &batch(["ada", "bob", "ada", "eve", "ada"]))
        .expect(201);
    let page = server
        .get("/v1/events?filter=actor.id:is:ada&limit=2")
        .expect(200);
    assert_eq!(page["total"], 3);
    assert_eq!(page["data"].as_array().unwrap().len(), 2);
    let next = cursor(&page, "next_cursor").unwrap();
    let path = format!("/v1/events?filter=actor.id:is:ada&limit=2&cursor={next}");
    let page = server.get(&path).expect(200);
    assert_eq!(page["data"].as_array().unwrap().len(), 1);
    let page = server
        .get("/v1/events?action=guardrail.*&result=failed")
        .expect(200);
    assert_eq!(page["total"], 0);
    assert_eq!(page["data"], json!([]));
}

#[test]
fn a_cursor_of_another_question_or_scope_is_refused() {
    let directory = Directory::init();
    let other = directory.add_organization("org_other");
    let server = directory.serve();
    fill(&server, 10);
    let page = server.get("/v1/events?limit=2").expect(200);
    let next = cursor(&page, "next_cursor").unwrap();
    let changed_limit = server.get(&format!("/v1/events?limit=3&cursor={next}"));
    assert_eq!(
        changed_limit.expect(200)["data"].as_array().unwrap().len(),
        3
    );
    for query in [
        "order=asc",
        "result=failed",
        "range=today",
        "filter=actor.id:is:1",
    ] {
        let reply = server.get(&format!("/v1/events?{query}&cursor={next}"));
        reply.problem(400, "foreign_cursor");
    }
    let path = format!("/v1/events?limit=2&cursor={next}");
    let reply = server.request("GET", &path, Some(&other.read), &[], b"");
    reply.problem(400, "foreign_cursor");
    let cut = &next[..next.len() - 4];
    for bad in [cut, "AAAA", "%F0%9F", "x"] {
        server
            .get(&format!("/v1/events?cursor={bad}"))
            .problem(400, "bad_cursor");
    }
}

#[test]
fn the_limit_is_50_unless_given_and_at_most_500() {
    let directory = Directory::init();
    let server = directory.serve();
    server.post("/v1/events", &batch(0..600)).expect(201);
    let length = |query: &str| {
        let page = server.get(&format!("/v1/events{query}")).expect(200);
        page["data"].as_array().unwrap().len()
    };
    assert_eq!(length(""), 50);
    assert_eq!(length("?limit=500"), 500);
    for bad in ["0", "501", "-1", "x", ""] {
        server
            .get(&format!("/v1/events?limit={bad}"))
            .problem(400, "bad_limit");
    }
}

#[test]
fn a_page_of_very_large_events_ends_early_and_goes_on() {
    let directory = Directory::init();
    let server = directory.serve();
    for part in 0..3 {
        let large = |n: usize| {
            let mut event = event(part * 40 + n);
            event["request"] = json!({"body": "x".repeat(250 * 1024)});
            event
        };
        let events: Vec<Value> = (0..40).map(large).collect();
        server
            .post("/v1/events", &json!({ "events": events }))
            .expect(201);
    }
    let first = server.get("/v1/events?limit=500");
    assert!(first.body.len() <= 17 * 1024 * 1024, "{}", first.body.len());
    let first = first.expect(200);
    assert_eq!(first["total"], 120);
    assert!(first["data"].as_array().unwrap().len() < 120);
    let (all, last) = walk(&server, "limit=500", || ());
    assert_eq!(all.len(), 120);
    let previous = cursor(&last, "prev_cursor").unwrap();
    let back = server
        .get(&format!("/v1/events?limit=500&cursor={previous}"))
        .expect(200);
    let back = ids(&back);
    let end = all.len() - ids(&last).len();
    assert_eq!(
        back,
        all[end - back.len()..end],
        "the page just before the last"
    );
}

#[test]
fn what_a_query_does_not_know_is_named() {
    let directory = Directory::init();
    let server = directory.serve();
    let problem = server
        .get("/v1/events?limitt=5")
        .problem(400, "unknown_parameter");
    assert!(
        problem["detail"].as_str().unwrap().contains("limit"),
        "{problem}"
    );
    let problem = server
        .get("/v1/events?filter=actr.id:is:x")
        .problem(400, "unknown_field");
    assert!(
        problem["detail"].as_str().unwrap().contains("actor"),
        "{problem}"
    );
    server
        .get("/v1/events?filter=request.body:is:x")
        .problem(400, "not_indexed");
    server
        .get("/v1/events?interval=day")
        .problem(400, "unknown_parameter");
    server.get("/v1/events?around=x").problem(400, "bad_around");
    server.get("/v1/events/not-a-uuid").problem(400, "bad_id");
    server.get("/v1/events/%ff").problem(400, "bad_path");
    let id = "0198c5f0-7c1e-7a3b-9f52-3d1e5a6b7c8d";
    server
        .get(&format!("/v1/events/{id}"))
        .problem(404, "not_found");
}

#[test]
fn a_page_around_an_event_has_it_in_its_middle_and_goes_both_ways() {
    let directory = Directory::init();
    let server = directory.serve();
    fill(&server, 41);
    for order in ["desc", "asc"] {
        let all = ids(&server
            .get(&format!("/v1/events?order={order}&limit=500"))
            .expect(200));
        for (at, first) in [
            (0, 0),
            (1, 0),
            (4, 0),
            (5, 0),
            (6, 1),
            (20, 15),
            (36, 31),
            (40, 31),
        ] {
            let path = format!("/v1/events?order={order}&limit=10&around={}", all[at]);
            let page = server.get(&path).expect(200);
            assert_eq!(ids(&page), all[first..first + 10], "around {at}");
            assert_eq!(page["total"], 41);
            let beside = |which: &str| match cursor(&page, which) {
                None => Vec::new(),
                Some(cursor) => {
                    let path = format!("/v1/events?order={order}&limit=10&cursor={cursor}");
                    ids(&server.get(&path).expect(200))
                }
            };
            assert_eq!(beside("prev_cursor"), all[first.saturating_sub(10)..first]);
            assert_eq!(beside("next_cursor"), all[first + 10..(first + 20).min(41)]);
        }
    }
}

#[test]
fn a_page_around_an_event_that_does_not_match_is_of_its_neighbours() {
    let directory = Directory::init();
    let server = directory.serve();
    fill(&server, 30);
    let all = ids(&server.get("/v1/events?limit=500&order=asc").expect(200));
    let others = "order=asc&limit=500&filter=actor.id:is_not:15";
    let without = ids(&server.get(&format!("/v1/events?{others}")).expect(200));
    let at = all.iter().position(|id| !without.contains(id)).unwrap();
    let path = format!(
        "/v1/events?order=asc&limit=6&filter=actor.id:is_not:15&around={}",
        all[at]
    );
    assert_eq!(ids(&server.get(&path).expect(200)), without[at - 3..at + 3]);
}

#[test]
fn around_what_the_caller_cannot_see_there_is_nothing() {
    let directory = Directory::init();
    let other = directory.add_organization("org_other");
    let server = directory.serve();
    fill(&server, 3);
    let all = ids(&server.get("/v1/events").expect(200));
    let path = format!("/v1/events?around={}", all[0]);
    let reply = server.request("GET", &path, Some(&other.read), &[], b"");
    let foreign = reply.problem(404, "not_found");
    let nobody = "0198c5f0-7c1e-7a3b-9f52-3d1e5a6b7c8d";
    let nowhere = server.get(&format!("/v1/events?around={nobody}"));
    assert_eq!(
        foreign["detail"],
        nowhere.problem(404, "not_found")["detail"]
    );
    let page = server.get("/v1/events?limit=1").expect(200);
    let next = cursor(&page, "next_cursor").unwrap();
    let both = format!("/v1/events?around={}&cursor={next}", all[0]);
    server.get(&both).problem(400, "bad_around");
}

#[test]
fn a_cursor_of_a_log_that_was_longer_is_expired() {
    let directory = Directory::init();
    let server = directory.serve();
    fill(&server, 10);
    assert!(server.terminate().success());
    let backup = tempfile::tempdir().unwrap();
    let copied = backup.path().join("data");
    let mut copy = std::process::Command::new("cp");
    copy.arg("-a").arg(directory.path()).arg(&copied);
    assert!(copy.status().unwrap().success());
    let server = directory.serve();
    fill(&server, 10);
    let page = server.get("/v1/events?limit=5").expect(200);
    let next = cursor(&page, "next_cursor").unwrap().to_owned();
    assert!(server.terminate().success());
    std::fs::remove_dir_all(directory.path()).unwrap();
    std::fs::rename(&copied, directory.path()).unwrap();
    let server = directory.serve();
    for path in ["", "/histogram", "/tail", "/export.csv", "/completions"] {
        server
            .get(&format!("/v1/events{path}?cursor={next}"))
            .problem(400, "expired_cursor");
    }
}

#[test]
fn a_question_that_takes_too_long_is_given_up_with_advice() {
    let directory = Directory::init();
    let server = directory.serve_with(|command| {
        command.env("EVIDENT_QUERY_TIMEOUT_MS", "1");
    });
    for _ in 0..3 {
        server.post("/v1/events", &batch(0..5_000)).expect(201);
    }
    for path in [
        "?",
        "/histogram?",
        "/facets?fields=actor.id&",
        "/completions?field=actor.id&",
        "/export.csv?",
    ] {
        let ask = |rest: &str| {
            let reply = server.get(&format!("/v1/events{path}{rest}"));
            let problem = reply.problem(503, "query_deadline");
            problem["detail"].as_str().unwrap().to_owned()
        };
        let detail = ask("q=nothing");
        assert!(
            detail.contains("narrower range") && !detail.contains("quotes"),
            "{detail}"
        );
        let detail = ask("q=%22a%20b%22");
        assert!(
            detail.contains("narrower range") && detail.contains("quotes"),
            "{detail}"
        );
    }
    let read = server.organization.read.clone();
    let refused = server.tail("?q=nothing", &read, Some(0)).err().unwrap();
    refused.problem(503, "query_deadline");
}
