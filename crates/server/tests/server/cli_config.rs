//! `evident config`, held against what `evident serve` does.

use serde_json::Value;

use crate::client::say;
use crate::harness::{Directory, evident, run};

/// More than a semaphore counts.
const HUGE: &str = "18446744073709551615";

#[test]
fn what_serve_refuses_config_refuses_in_the_same_words() {
    let scratch = tempfile::tempdir().unwrap();
    let file = scratch.path().join("evident.toml");
    std::fs::write(&file, "max_tials = 3\n").unwrap();
    let file = file.to_str().unwrap();
    let cases = [
        (&["--config", file][..], &[][..], "did you mean max_tails?"),
        (&["--config", "nowhere.toml"], &[], "nowhere.toml"),
        (&[], &[("EVIDENT_CONFIG", file)], "max_tials in"),
        (&[], &[("EVIDENT_MAX_TAILS", "0")], "EVIDENT_MAX_TAILS is 0"),
        (&[], &[("EVIDENT_MAX_CONNECTIONS", HUGE)], HUGE),
        (&[], &[("EVIDENT_MAX_CONCURRENT_REQUESTS", HUGE)], HUGE),
        (&["--listen", "nonsense"], &[], "an address and a port"),
        (&["--data", ""], &[], "--data is \"\": give a directory"),
    ];
    for (flags, variables, part) in cases {
        let [serve, config] = ["serve", "config"].map(|name| {
            let mut command = evident();
            let command = command.arg(name).args(flags);
            say(command.envs(variables.iter().copied())).failure(1)
        });
        assert_eq!(serve, config);
        assert!(config.contains(part), "{config}");
    }
}

#[test]
fn config_says_which_flags_of_serve_it_takes_and_takes_those() {
    let help = |name| say(evident().args([name, "--help"])).success();
    let flags = |help: &str| -> Vec<String> {
        let lines = help.lines().map(str::trim_start);
        let flags = lines.filter(|line| line.starts_with("--"));
        let names = flags.filter_map(|line| line.split(' ').next());
        names.map(str::to_owned).collect()
    };
    let (config, serve) = (help("config"), help("serve"));
    let told = config.split("its flags").nth(1).unwrap();
    let told = told.split("its other flags").next().unwrap();
    for flag in flags(&serve) {
        let is_taken = flags(&config).contains(&flag);
        let is_told = told.contains(&flag);
        assert_eq!(is_taken, is_told || flag == "--json", "{flag}");
    }
    assert!(told.contains("--anchor"), "{told}");
}

#[test]
fn a_variable_that_is_no_text_is_refused_and_not_changed() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let mut command = evident();
    let directory = OsStr::from_bytes(b"\xff");
    let error = say(command.arg("config").env("EVIDENT_DATA", directory)).failure(1);
    assert!(error.contains("EVIDENT_DATA is not UTF-8"), "{error}");
}

#[test]
fn what_config_shows_is_what_serve_does() {
    let directory = Directory::init();
    let set = [
        ("EVIDENT_DATA", directory.path().to_str().unwrap()),
        ("EVIDENT_METRICS_LISTEN", "127.0.0.1:0"),
    ];
    let flags = ["--listen", "127.0.0.1:0"];
    let mut command = evident();
    let command = command.arg("config").args(flags).arg("--json").envs(set);
    let told: Vec<Value> = serde_json::from_str(&say(command).success()).unwrap();
    let of = |name: &str| told.iter().find(|told| told["key"] == name).unwrap();
    for (key, source, name) in [
        ("listen", "flag", "--listen"),
        ("data", "environment", "EVIDENT_DATA"),
        ("metrics_listen", "environment", "EVIDENT_METRICS_LISTEN"),
    ] {
        assert_eq!(of(key)["source"], source);
        assert_eq!(of(key)["source_name"], name);
    }
    assert_eq!(of("max_tails")["source"], "default");
    assert_eq!(of("max_tails")["source_name"], Value::Null);
    assert_eq!(of("body_timeout_ms")["unit"], "ms");
    assert_eq!(of("listen")["default"], "127.0.0.1:8700");
    let server = directory.serve_with(|command| {
        command.envs(set);
    });
    assert!(server.metrics_address.is_some());
}

#[test]
fn the_table_has_a_line_for_each_key_and_no_character_that_a_terminal_obeys() {
    let mut command = evident();
    command.args(["config", "--data", "a\u{1b}[2Jb\nc"]);
    let table = say(&mut command).success();
    let rows: Vec<&str> = table.lines().collect();
    assert!(rows[0].starts_with("KEY "), "{table}");
    assert!(rows[1].starts_with("data  ") && rows[1].contains("a␛[2Jb␊c"));
    let at = rows[0].find("MEANING").unwrap();
    for row in &rows[1..] {
        let before: String = row.chars().take(at).collect();
        assert!(before.ends_with("  "), "{row}");
    }
    let output = run(evident().args(["config", "--json"]), "");
    let told: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(rows.len(), 1 + told.len());
}
