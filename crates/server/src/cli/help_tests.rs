//! The help and the pages as a whole: that every command teaches itself by examples that work, and that
//! none is forgotten.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::Path;

use clap::{Arg, ArgAction, Command, CommandFactory};

use super::Arguments;

/// Most columns of a line of help: what a terminal has at least, so that examples can be copied.
const MAX_HELP_COLUMNS: usize = 80;
/// Commands that print something else than data: a script for a shell.
const WITHOUT_JSON: [&str; 1] = ["completions"];
/// Stands in examples for what the log's operator gives.
const VERIFIER_KEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
/// What follows the command that is looked at, or stands around it.
const SEPARATORS: [&str; 6] = ["|", ">", "<", ">>", "&&", ";"];

/// The pages of the repository that teach.
fn pages() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let docs = std::fs::read_dir(root.join("docs")).unwrap();
    let docs = docs.map(|entry| entry.unwrap().path());
    let pages: Vec<(String, String)> = docs
        .chain([root.join("README.md")])
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, std::fs::read_to_string(&path).unwrap())
        })
        .collect();
    assert!(pages.len() > 10);
    pages
}

fn page(name: &str) -> String {
    let mut pages = pages().into_iter();
    pages.find(|page| page.0 == name).unwrap().1
}

/// All commands but `help`, with the names that lead to them.
fn commands() -> Vec<Command> {
    let mut root = Arguments::command();
    root.build();
    let commands = root.get_subcommands();
    let commands = commands.filter(|command| command.get_name() != "help");
    commands.cloned().collect()
}

/// The commands of `evident` that lines of a shell hold: those that go on in the next line joined.
fn invocations(lines: &str) -> Vec<Vec<String>> {
    let joined = lines.replace("\\\n", " ");
    let known = joined
        .replace("\"$VERIFIER_KEY\"", VERIFIER_KEY)
        .replace("<(", "( ")
        .replace(')', " ) ");
    let lines = known.lines();
    let lines = lines.map(|line| line.trim().trim_start_matches("$ "));
    lines.filter_map(invocation).collect()
}

fn invocation(line: &str) -> Option<Vec<String>> {
    let words = shlex::split(line)?;
    // Assignments, pipes and what else may stand before it.
    let at = words.iter().position(|word| word == "evident")?;
    let is_begun = words[..at].last().is_none_or(|word| {
        word.contains('=') || word == "(" || word == "source" || SEPARATORS.contains(&word.as_str())
    });
    let command = words[at..].iter();
    let command = command.take_while(|word| {
        !SEPARATORS.contains(&word.as_str()) && *word != ")" && !word.starts_with("2>")
    });
    is_begun.then(|| command.cloned().collect())
}

#[track_caller]
fn is_understood(words: &[String], of: &str) {
    // A name without a command stands for all of them.
    if words.len() < 2
        || words
            .iter()
            .any(|word| word == "--help" || word.starts_with('<'))
    {
        return;
    }
    if let Err(error) = Arguments::command().try_get_matches_from(words) {
        panic!("{of}: `{}`: {error}", words.join(" "));
    }
}

fn help_of(command: &Command) -> String {
    let help = command.get_after_help().map(ToString::to_string);
    help.unwrap_or_default()
}

#[test]
fn every_command_teaches_by_examples_that_it_understands() {
    let root = Arguments::command();
    for command in commands().iter().chain([&root]) {
        let (name, help) = (command.get_name(), help_of(command));
        let examples = help.split_once("\nExamples:\n");
        let (_, examples) = examples.unwrap_or_else(|| panic!("{name} has no examples"));
        let examples = invocations(examples);
        let own = |words: &&Vec<String>| {
            name == "evident" || words.get(1).is_some_and(|word| word == name)
        };
        assert!(
            examples.iter().filter(own).count() >= 2,
            "{name}: {examples:?}"
        );
        for words in &examples {
            is_understood(words, name);
        }
        for line in help.lines() {
            assert!(line.chars().count() <= MAX_HELP_COLUMNS, "{name}: {line}");
        }
    }
}

#[test]
fn every_flag_and_argument_says_what_it_is() {
    for command in commands() {
        assert!(command.get_about().is_some(), "{}", command.get_name());
        for argument in command.get_arguments() {
            let help = argument.get_help().map(ToString::to_string);
            let help = help.unwrap_or_default();
            assert!(
                help.len() > 5,
                "{} {}",
                command.get_name(),
                argument.get_id()
            );
            // The same in all commands.
            assert!(!help.ends_with('.'), "{}: {help}", command.get_name());
        }
    }
}

#[test]
fn every_command_that_prints_data_prints_json_too() {
    let is_flag = |argument: &Arg| {
        argument.get_long() == Some("json") && matches!(argument.get_action(), ArgAction::SetTrue)
    };
    for command in commands() {
        let name = command.get_name();
        let has_json = command.get_arguments().any(is_flag);
        assert_eq!(has_json, !WITHOUT_JSON.contains(&name), "{name}");
    }
}

#[test]
fn the_page_of_the_command_line_tells_of_every_command() {
    let page = page("cli.md");
    for command in commands() {
        let name = format!("evident {}", command.get_name());
        assert!(page.contains(&format!("| `{name}` |")), "{name} has no row");
        let about = command.get_about().unwrap().to_string();
        assert!(page.contains(&about), "{name}: {about}");
    }
}

#[test]
fn the_page_and_the_help_agree_on_exit_codes() {
    let page = page("cli.md");
    let (_, table) = page.split_once("## Exit codes").unwrap();
    let help = help_of(&Arguments::command());
    let (codes, _) = help.split_once("Examples:").unwrap();
    let told = |line: &str| line.trim_start_matches("| ").chars().next()?.to_digit(10);
    let in_table: Vec<u32> = table.lines().filter_map(told).collect();
    let in_help: Vec<u32> = codes.lines().filter_map(|line| told(line.trim())).collect();
    assert_eq!(in_table, in_help);
    assert!(in_help.starts_with(&[0, 1, 2, 3]), "{in_help:?}");
}

#[test]
fn every_command_of_the_pages_is_understood() {
    let mut seen = 0;
    for (name, text) in pages() {
        for block in text.split("```sh\n").skip(1) {
            let (block, _) = block.split_once("```").unwrap();
            for words in invocations(block) {
                is_understood(&words, &name);
                seen += 1;
            }
        }
    }
    assert!(seen > 20, "only {seen} commands were found");
}

#[test]
fn a_misspelt_command_or_flag_is_answered_with_what_was_meant() {
    for (words, meant) in [
        (["evident", "qurey"], "'query'"),
        (["evident", "confg"], "'config'"),
        (["evident", "completion"], "'completions'"),
    ] {
        let error = Arguments::command()
            .try_get_matches_from(words)
            .unwrap_err();
        let text = error.to_string();
        assert!(text.contains("similar") && text.contains(meant), "{text}");
    }
    let words = ["evident", "query", "--event-typ", "x"];
    let error = Arguments::command()
        .try_get_matches_from(words)
        .unwrap_err();
    assert!(error.to_string().contains("--event-type"), "{error}");
}
