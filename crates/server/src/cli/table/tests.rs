//! The table's tests: widths, hostile text, colours.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use serde_json::json;
use unicode_width::UnicodeWidthStr;

use super::*;

const ADA: &str = r#"{
    "occurred_at": "2026-02-13T10:28:22.120000Z", "name": "Guardrail updated",
    "actor": {"type": "user", "id": "usr_1", "name": "Ada Obi"}, "result": "success",
    "event_type": "Policy Changes", "description": "Ada Obi updated guardrail No secrets",
    "targets": [{"type": "guardrail", "id": "g_7", "name": "No secrets"}]
}"#;

fn event(json: &str) -> Event {
    serde_json::from_str(json).unwrap()
}

fn utc() -> Clock {
    Clock::new(None)
}

fn rows(mut table: Table, events: &[Event]) -> String {
    let mut text = String::new();
    for event in events {
        table.row(event, &mut text);
    }
    text
}

fn measured(events: &[Event], width: usize) -> String {
    rows(Table::measured(events, width, false, utc()), events)
}

fn fitted(text: &str, width: usize) -> (String, usize) {
    let mut into = String::from("> ");
    let used = fit(text, width, &mut into);
    (into[2..].to_owned(), used)
}

#[test]
fn a_wide_terminal_shows_everything_and_no_more_than_needed() {
    let text = measured(&[event(ADA)], 200);
    assert_eq!(
        text,
        "\
TIME                  EVENT              USER     RESULT   TYPE            TARGET                DESCRIPTION
2026-02-13T10:28:22Z  Guardrail updated  Ada Obi  success  Policy Changes  guardrail No secrets  Ada Obi updated guardrail No secrets
"
    );
}

#[test]
fn a_narrow_terminal_cuts_cells_and_then_drops_the_least_important_columns() {
    let heads = |width: usize| {
        let text = measured(&[event(ADA)], width);
        let head = text.lines().next().unwrap();
        let heads: Vec<String> = head.split_whitespace().map(str::to_owned).collect();
        heads.join(" ")
    };
    assert_eq!(heads(100), "TIME EVENT USER RESULT TYPE TARGET DESCRIPTION");
    assert_eq!(heads(90), "TIME EVENT USER RESULT TYPE DESCRIPTION");
    assert_eq!(heads(75), "TIME EVENT USER RESULT DESCRIPTION");
    assert_eq!(heads(55), "TIME EVENT USER RESULT");
    assert_eq!(heads(45), "TIME EVENT USER");
    assert_eq!(heads(34), "TIME EVENT");
    assert_eq!(heads(33), "TIME");
    let text = measured(&[event(ADA)], 100);
    assert!(text.contains('…'), "{text}");
    assert_eq!(measured(&[event(ADA)], 10), "TIME\n2026-02-1…\n");
}

#[test]
fn what_a_column_does_not_need_another_one_gets() {
    let mut short = event(ADA);
    short.name = "Login".to_owned();
    short.targets.clear();
    let text = measured(&[short], 110);
    assert!(
        text.ends_with("  Ada Obi updated guardrail No secrets\n"),
        "{text}"
    );
}

#[test]
fn a_cell_is_cut_where_its_columns_end() {
    assert_eq!(fitted("abcdef", 6), ("abcdef".to_owned(), 6));
    assert_eq!(fitted("abcdefg", 6), ("abcde…".to_owned(), 6));
    assert_eq!(fitted("abc", 0), (String::new(), 0));
    assert_eq!(fitted("abc", 1), ("…".to_owned(), 1));
    assert_eq!(fitted("", 3), (String::new(), 0));
    // Wide characters: there may be one column less.
    assert_eq!(fitted("日本語", 6), ("日本語".to_owned(), 6));
    assert_eq!(fitted("日本語", 5), ("日本…".to_owned(), 5));
    assert_eq!(fitted("日本語", 4), ("日…".to_owned(), 3));
    assert_eq!(fitted("日", 1), ("…".to_owned(), 1));
    // An accent stays with its letter.
    assert_eq!(
        fitted("e\u{301}e\u{301}e\u{301}", 2),
        ("e\u{301}…".to_owned(), 2)
    );
    // What is shown by number takes the columns of the number.
    assert_eq!(fitted("\u{202e}x", 9), ("<U+202E>x".to_owned(), 9));
    assert_eq!(fitted("\u{202e}x", 8), ("<U+202E…".to_owned(), 8));
    assert_eq!(fitted("\n\x1b", 2), ("␊␛".to_owned(), 2));
}

#[test]
fn columns_stand_below_each_other_whatever_their_characters() {
    let mut wide = event(ADA);
    wide.actor.name = Some("李 小龍".to_owned());
    wide.name = "\u{1b}]0;pwned\u{7}".to_owned();
    let text = measured(&[event(ADA), wide], 140);
    let place = |line: &str| {
        let before = &line[..line.find("  Policy Changes").unwrap()];
        before.width()
    };
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(place(lines[1]), place(lines[2]), "{text}");
}

#[test]
fn colours_are_around_known_words_only_and_change_no_place() {
    let mut odd = event(ADA);
    odd.result = "excellent".to_owned();
    let events = [event(ADA), odd];
    let plain = measured(&events, 140);
    assert!(!plain.contains('\x1b'));
    let colored = rows(Table::measured(&events, 140, true, utc()), &events);
    assert!(colored.contains("\x1b[32msuccess\x1b[0m"), "{colored}");
    assert!(colored.contains("\x1b[35mPolicy Changes\x1b[0m"));
    assert!(!colored.contains("mexcellent"));
    let uncolored = ["\x1b[32m", "\x1b[35m", "\x1b[0m"]
        .iter()
        .fold(colored, |text, color| text.replace(color, ""));
    assert_eq!(uncolored, plain);
}

#[test]
fn the_head_says_the_offset_and_comes_again_when_it_changes() {
    let at = |time: &str| {
        let mut event = event(ADA);
        event.occurred_at = time.to_owned();
        event
    };
    let events = [
        at("2026-03-29T00:59:59Z"),
        at("2026-03-29T01:00:00Z"),
        at("2026-03-29T01:00:01Z"),
    ];
    let berlin = Clock::new(Some("Europe/Berlin"));
    let text = rows(Table::measured(&events, 100, false, berlin), &events);
    let begins: Vec<&str> = text.lines().map(|line| &line[..19]).collect();
    assert_eq!(
        begins,
        [
            "TIME (+01:00)      ",
            "2026-03-29T01:59:59",
            "TIME (+02:00)      ",
            "2026-03-29T03:00:00",
            "2026-03-29T03:00:01",
        ]
    );
}

#[test]
fn a_table_that_is_not_measured_fits_too() {
    for width in [1, 20, 60, 80, 100, 160, 1000] {
        let text = rows(
            Table::unmeasured(width, false, utc()),
            &[event(ADA), Event::default()],
        );
        assert_eq!(text.lines().count(), 3);
        assert!(text.lines().all(|line| line.width() <= width), "{text}");
    }
}

/// Text as somebody sends it who wants to do harm.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<char>().prop_map(String::from),
        "[a-z ]{0,12}",
        Just("\u{1b}[31m".to_owned()),
        Just("\u{202e}".to_owned()),
        Just("日本".to_owned()),
        Just("e\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}".to_owned()),
        Just("\n".to_owned()),
        Just("👩\u{200d}🚀".to_owned()),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn no_line_is_too_wide_and_none_obeys(
        texts in prop::collection::vec(hostile(), 6),
        width in 1..220_usize,
        is_measured: bool,
    ) {
        let event: Event = serde_json::from_value(json!({
            "occurred_at": texts[0], "name": texts[1], "actor": {"id": texts[2]},
            "result": texts[3], "event_type": texts[4],
            "targets": [{"type": texts[5], "id": texts[0]}], "description": texts[1],
        })).unwrap();
        let events = [event];
        let table = if is_measured {
            Table::measured(&events, width, false, utc())
        } else {
            Table::unmeasured(width, false, utc())
        };
        let text = rows(table, &events);
        prop_assert_eq!(text.lines().count(), 2);
        for line in text.lines() {
            let columns: usize = line.chars().map(columns).sum();
            prop_assert!(columns <= width, "{columns} of {width}: {line:?}");
            prop_assert!(line.chars().all(|c| shown(&c.to_string()).eq([c])), "{line:?}");
        }
    }
}
