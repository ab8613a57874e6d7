//! `evident completions`: scripts that shells accept, and that complete.

use std::process::Command;

use crate::client::say;
use crate::harness::{evident, run};

fn script(shell: &str) -> String {
    say(evident().args(["completions", shell])).success()
}

/// Whether this machine has a shell.
fn is_there(shell: &str) -> bool {
    Command::new(shell).arg("--version").output().is_ok()
}

/// What bash would offer for the last of these words.
fn offered(words: &[&str]) -> Vec<String> {
    let word = words[words.len() - 1];
    let before = words[words.len() - 2];
    let quoted: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
    let test = format!(
        "{}\nCOMP_WORDS=({})\nCOMP_CWORD={}\n_evident evident '{word}' '{before}'\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"\n",
        script("bash"),
        quoted.join(" "),
        words.len() - 1,
    );
    let output = run(Command::new("bash").args(["--norc", "--noprofile"]), &test);
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(str::to_owned).collect()
}

#[test]
fn shells_accept_their_scripts() {
    for (shell, flag) in [("bash", "-n"), ("zsh", "-n"), ("fish", "--no-execute")] {
        if shell != "bash" && !is_there(shell) {
            continue;
        }
        let output = run(Command::new(shell).arg(flag), &script(shell));
        assert!(output.status.success(), "{shell}: {output:?}");
    }
    for shell in ["zsh", "fish", "elvish", "powershell"] {
        let script = script(shell);
        for part in ["evident", "completions", "last-event-id", "ndjson"] {
            assert!(script.contains(part), "{shell} does not know {part}");
        }
    }
}

#[test]
fn bash_completes_commands_flags_and_values() {
    assert_eq!(offered(&["evident", "que"]), ["query"]);
    let commands = offered(&["evident", "c"]);
    assert_eq!(commands, ["check", "catalog", "config", "completions"]);
    let flags = offered(&["evident", "tail", "--m"]);
    assert_eq!(flags, ["--match", "--max-events"]);
    let formats = offered(&["evident", "query", "--format", ""]);
    assert_eq!(formats, ["table", "json", "ndjson", "csv"]);
    assert_eq!(offered(&["evident", "completions", "z"]), ["zsh"]);
}

#[test]
fn files_are_offered_for_files_alone() {
    // Tests run in the directory of the package, which has this file.
    let file = "Cargo.toml";
    for (command, flag) in [
        ("query", "--result"),
        ("query", "--filter"),
        ("init", "--email"),
    ] {
        assert_eq!(offered(&["evident", command, flag, ""]), [""], "{flag}");
    }
    for (command, flag) in [
        ("serve", "--config"),
        ("query", "--api-key-file"),
        ("ingest", "--state"),
    ] {
        let files = offered(&["evident", command, flag, "Car"]);
        assert!(files.iter().any(|name| name == file), "{flag}: {files:?}");
    }
}

#[test]
fn what_help_does_not_show_is_not_offered() {
    assert_eq!(
        offered(&["evident", "serve", "--demo"]),
        ["--demo", "--demo-seed"]
    );
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = script(shell);
        assert!(!script.contains("demo-events"), "{shell}");
        // What clap itself adds is still there.
        assert!(script.contains("help") && script.contains("version"));
    }
}

#[test]
fn a_shell_that_is_not_known_is_answered_with_those_that_are() {
    let error = say(evident().args(["completions", "tcsh"])).failure(2);
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(error.contains(shell), "{error}");
    }
}
