//! Callers who may see many projects of a segment that has many: the terms of a few are looked up one
//! by one, those of many by going through the field, as far as that is worth it. All find the same.

use super::*;

/// Rows of the one segment.
const ROWS: u32 = 1024;
/// Projects of its events.
const PROJECTS: u64 = 600;

/// Every seventh project has an id of which only the beginning and a hash are kept.
fn project(number: u64) -> String {
    let number = number % PROJECTS;
    match number % 7 {
        0 => format!("prj_{}{number:03}", "x".repeat(300)),
        _ => format!("prj_{number:03}"),
    }
}

fn in_project(number: u64) -> NewEvent {
    let members = format!(r#""project_id":"{}","#, project(number));
    try_event_of(ORGANIZATION, number, "as it was", &members).unwrap()
}

#[test]
fn a_scope_of_few_or_many_projects_finds_exactly_their_events() {
    let directory = memory_directory();
    let options = Options {
        segment_rows: ROWS,
        tail_rows: ROWS,
        ..unsigned()
    };
    let store = open(directory.path(), options);
    ensure_log(&store, ORGANIZATION);
    let rows = u64::from(ROWS);
    let events: Vec<NewEvent> = (0..rows).map(in_project).collect();
    append(&store, events).unwrap();
    store.settle();
    assert_eq!(named(directory.path()).len(), 1, "all is in one segment");
    for wanted in [0, 1, 5, 31, 32, 33, 37, 38, 100, 599, 600] {
        // Spread over all of them, among many that no event has.
        let own: Vec<String> = (0..wanted)
            .map(|n| project(n * PROJECTS / wanted))
            .collect();
        for strangers in [0, 40, 5000] {
            let strangers = (0..strangers).map(|n| format!("prj_{n:03}_"));
            let ids = own.iter().cloned().chain(strangers);
            let scope = Scope::projects(ORGANIZATION, ids).unwrap();
            let found = walked(&*store.index(), &Query::everything(scope)).unwrap();
            let mut found: Vec<u64> = found.iter().map(|event| event.index).collect();
            found.sort_unstable();
            let expected = (0..rows).filter(|number| own.contains(&project(*number)));
            assert_eq!(found, expected.collect::<Vec<u64>>(), "{wanted} projects");
        }
    }
}
