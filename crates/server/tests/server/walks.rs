//! The pages that a newcomer walks through, run as they stand: nothing is believed that a page says.
//!
//! It must hold that every command of these pages works, in their order, in one shell and an empty directory,
//! and that what a page shows below a command is what it prints. The rules by which a page is read are in
//! [`page`], who follows it is [`reader`].

mod page;
mod reader;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use page::{Page, Step};
use reader::Reader;

/// Commands that build and are therefore not run, and what stands for each: what it ends in.
const STANDS_FOR: [(&str, &str); 1] = [(
    "make run",
    "~/.cache/evident/target/release/evident serve --demo --data ./data",
)];

/// Blocks of commands in `docs/start.md`.
const START_BLOCKS: usize = 15;
/// Blocks of commands in `README.md`.
const README_BLOCKS: usize = 3;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A page of the repository, with its commands that build replaced.
fn page(name: &str) -> Page {
    let text = std::fs::read_to_string(repository().join(name)).unwrap();
    let mut page = Page::read(name, &text);
    for step in &mut page.steps {
        if let Step::Run { commands, .. } | Step::Serve { commands, .. } = step
            && let Some((_, other)) = STANDS_FOR.iter().find(|(known, _)| known == commands)
        {
            (*other).clone_into(commands);
        }
    }
    page
}

/// Follows a page to its end; gives what each of its blocks printed, by the line it begins in.
fn walk(page: &Page, number: u16) -> BTreeMap<usize, String> {
    let mut reader = Reader::new(number);
    let steps = page.steps.iter();
    steps
        .filter_map(|step| reader.follow(&page.name, step))
        .collect()
}

/// What the only block with this command printed.
#[track_caller]
fn printed<'p>(page: &Page, all: &'p BTreeMap<usize, String>, command: &str) -> &'p str {
    let mut found = page.steps.iter().filter_map(|step| match step {
        Step::Run { commands, line, .. } | Step::Serve { commands, line, .. } => {
            commands.contains(command).then_some(line)
        }
        Step::Stop => None,
    });
    let line = found.next().unwrap_or_else(|| panic!("no {command:?}"));
    assert!(found.next().is_none(), "{command:?} is there twice");
    &all[line]
}

#[test]
fn the_first_five_minutes_lead_to_an_event_that_is_proven() {
    let page = page("docs/start.md");
    let all = walk(&page, 0);
    assert_eq!(all.len(), START_BLOCKS, "a block was added or lost");
    let of = |command: &str| printed(&page, &all, command);
    assert!(of("--filter context.ip:is:192.0.2.66").contains("\n3 of 180 events"));
    assert_eq!(
        of("evident tail").lines().count(),
        4,
        "two events, a head, where from"
    );
    assert!(of("authority:is:Ada Obi").contains("\n1 of 1 event "));
    assert!(of("evident ingest").contains("\nrecorded    3\nduplicates  0\nrefused     0\n"));
    assert!(of("--event event.json").starts_with("proof: all holds\n"));
    assert!(of("--event changed.json").starts_with("proof: DOES NOT HOLD\n"));
}

#[test]
fn the_readme_is_tried_as_it_says() {
    let page = page("README.md");
    let all = walk(&page, 1);
    assert_eq!(all.len(), README_BLOCKS, "a block was added or lost");
    assert!(printed(&page, &all, "-d '").contains("\"leaf_hash\""));
    let found = printed(&page, &all, "filter=user:is:usr_1");
    assert!(found.contains("\"total\":1,") && found.contains("Ada Obi"));
}

#[test]
fn what_make_run_builds_and_serves_is_what_the_pages_say() {
    let home = tempfile::tempdir().unwrap();
    let mut make = Command::new("make");
    let target = make
        .args([
            "--silent",
            "--eval",
            "where-it-is-built: ; @echo \"$$CARGO_TARGET_DIR\"",
            "where-it-is-built",
        ])
        .current_dir(repository())
        .env("HOME", home.path())
        .env_remove("XDG_CACHE_HOME")
        .env_remove("CARGO_TARGET_DIR")
        .env_remove("MAKEFLAGS")
        .output()
        .unwrap();
    let target = String::from_utf8(target.stdout).unwrap();
    let expected = home.path().join(reader::TARGET_IN_HOME);
    assert_eq!(target.trim_end(), expected.to_str().unwrap());

    let script = std::fs::read_to_string(repository().join("scripts/run")).unwrap();
    assert!(script.contains("\nevident=$CARGO_TARGET_DIR/release/evident\n"));
    assert!(
        script.contains("exec \"$evident\" serve --demo --data \"$data\" --listen \"$LISTEN\"\n")
    );
    assert!(script.contains("\nreadonly LISTEN=127.0.0.1:8700\n"));
    let makefile = std::fs::read_to_string(repository().join("Makefile")).unwrap();
    assert!(makefile.contains("\nDATA = ./data\n"));
}

/// Follows a page that is made up.
fn walk_text(text: &str, number: u16) -> BTreeMap<usize, String> {
    walk(&Page::read("a page", text), number)
}

#[test]
#[should_panic(expected = "a page:5: the commands fail")]
fn a_command_that_fails_fails_its_page() {
    walk_text("```sh\ntrue\n```\n\n```sh\nfalse | cat\necho on\n```\n", 2);
}

#[test]
#[should_panic(expected = "a page:1: other things are printed")]
fn a_page_that_shows_something_else_than_is_printed_fails() {
    walk_text("```sh\necho two\n```\n\n```text\none\n```\n", 3);
}

#[test]
fn a_block_knows_what_the_ones_before_it_set() {
    let text =
        "```sh\nA=$(cat <<'END'\nan 'a'\nEND\n)\n```\n```sh\necho \"$A\" # that is it\n```\n";
    assert_eq!(walk_text(text, 4)[&7], "an 'a'\n");
}
