//! How a page is read.
//!
//! Each ` ```sh ` block is a step, and a ` ```text ` block below it shows what it prints. A comment, which
//! renders as nothing, says what is particular about the next block, or to do before it:
//!
//! - `<!-- serves -->`: it starts a server, in a terminal of its own, and does not end;
//! - `<!-- stops -->`: Ctrl-C in that terminal;
//! - `<!-- both terminals -->`: it is entered in both.
//!
//! In what is shown, `…` stands for anything within its line and a line of it for any lines, and every time is
//! as good as any other. Nothing else may differ.

use evident_event::time::Timestamp;

/// What may be done.
#[derive(Debug)]
pub(super) enum Step {
    /// Commands that come to an end.
    Run {
        commands: String,
        shown: Option<String>,
        /// Where the block begins.
        line: usize,
        /// Whether the server's terminal gets them too.
        in_both: bool,
    },
    /// A server, which stays.
    Serve {
        commands: String,
        shown: Option<String>,
        /// Where the block begins.
        line: usize,
    },
    /// Ctrl-C for the server.
    Stop,
}

/// What a page tells to do.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) name: String,
    pub(super) steps: Vec<Step>,
}

impl Page {
    /// Reads a page; panics at what the rules do not know.
    pub(super) fn read(name: &str, text: &str) -> Self {
        let mut steps = Vec::new();
        let mut particular = None;
        let mut lines = text.lines().zip(1..);
        while let Some((line, number)) = lines.next() {
            let at = format!("{name}:{number}");
            if line == "<!-- stops -->" {
                steps.push(Step::Stop);
            } else if line.trim_start().starts_with("<!--") {
                assert_eq!(particular, None, "{at}: two comments for one block");
                particular = Some(line);
            }
            let Some(kind) = line.trim_start().strip_prefix("```") else {
                continue;
            };
            let inside = lines.by_ref().map(|(line, _)| line);
            let inside: Vec<&str> = inside.take_while(|line| *line != "```").collect();
            let inside = inside.join("\n");
            match (kind, particular.take()) {
                ("sh", None) => steps.push(run(inside, number, false)),
                ("sh", Some("<!-- both terminals -->")) => steps.push(run(inside, number, true)),
                ("sh", Some("<!-- serves -->")) => steps.push(Step::Serve {
                    commands: inside,
                    shown: None,
                    line: number,
                }),
                ("text", None) => match steps.last_mut() {
                    Some(Step::Run { shown, .. } | Step::Serve { shown, .. })
                        if shown.is_none() =>
                    {
                        *shown = Some(inside);
                    }
                    _ => panic!("{at}: there are no commands that print this"),
                },
                (kind, comment) => {
                    panic!("{at}: nobody knows what {kind:?} with {comment:?} means")
                }
            }
        }
        assert_eq!(particular, None, "{name}: a comment without its block");
        Self {
            name: name.to_owned(),
            steps,
        }
    }
}

fn run(commands: String, line: usize, in_both: bool) -> Step {
    Step::Run {
        commands,
        shown: None,
        line,
        in_both,
    }
}

/// Whether something is printed that is as the page shows it.
pub(super) fn is_as_shown(shown: &str, printed: &str) -> bool {
    let (shown, printed) = (without_times(shown), without_times(printed));
    let shown: Vec<&str> = shown.lines().map(str::trim_end).collect();
    let printed: Vec<&str> = printed.lines().map(str::trim_end).collect();
    lines_match(&shown, &printed)
}

fn lines_match(shown: &[&str], printed: &[&str]) -> bool {
    match (shown.split_first(), printed.split_first()) {
        (None, next) => next.is_none(),
        (Some((&"…", rest)), _) => (0..=printed.len()).any(|n| lines_match(rest, &printed[n..])),
        (Some((line, rest)), Some((next, others))) => {
            line_matches(line, next) && lines_match(rest, others)
        }
        (Some(_), None) => false,
    }
}

fn line_matches(shown: &str, printed: &str) -> bool {
    let Some((before, after)) = shown.split_once('…') else {
        return shown == printed;
    };
    printed.strip_prefix(before).is_some_and(|printed| {
        let mut ends = printed.char_indices().map(|(at, _)| at);
        ends.any(|at| line_matches(after, &printed[at..])) || line_matches(after, "")
    })
}

/// The text with every time replaced by one and the same.
fn without_times(text: &str) -> String {
    let words = text.split_inclusive([' ', '"', '\n']);
    let masked = words.map(|word| {
        let bare = word.trim_end_matches([' ', '"', '\n']);
        match Timestamp::parse_rfc3339(bare) {
            Ok(_) => word.replacen(bare, "<time>", 1),
            Err(_) => word.to_owned(),
        }
    });
    masked.collect()
}

#[test]
fn only_what_is_left_out_and_times_may_differ() {
    for (shown, printed) in [
        ("one\ntwo", "one\ntwo\n"),
        ("a … c", "a b c"),
        ("…c", "abc"),
        ("a…", "a"),
        ("a…b…", "a 1 b 2 b"),
        ("a…", "a…"),
        ("one\n…", "one"),
        ("one\n…\nfour", "one\ntwo\nthree\nfour"),
        ("at 2026-11-10T03:27:04Z  x", "at 2027-01-01T00:00:00Z  x"),
        (
            "{\"at\":\"2026-11-10T03:27:04.5Z\"}",
            "{\"at\":\"2027-01-01T00:00:00Z\"}",
        ),
    ] {
        assert!(is_as_shown(shown, printed), "{shown:?} {printed:?}");
    }
    for (shown, printed) in [
        ("one", "two"),
        ("one", "one\ntwo"),
        ("one\ntwo", "one"),
        ("a…c", "a\nc"),
        ("a…c", "a b"),
        ("a  b", "a b"),
        ("3 events", "4 events"),
        ("one\n…\nfour", "one\ntwo"),
        ("at 2026-11-10T03:27:04Z", "at noon"),
    ] {
        assert!(!is_as_shown(shown, printed), "{shown:?} {printed:?}");
    }
}

#[test]
#[should_panic(expected = "a:1: nobody knows what \"bash\"")]
fn a_block_of_another_kind_does_not_slip_through() {
    Page::read("a", "```bash\nfalse\n```\n");
}

#[test]
#[should_panic(expected = "a:3: nobody knows what \"sh\" with Some(\"<!-- server -->\")")]
fn a_misspelt_comment_does_not_slip_through() {
    Page::read("a", "<!-- server -->\n\n```sh\nfalse\n```\n");
}
