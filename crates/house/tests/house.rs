//! The rules of the house, applied to this repository.
//!
//! Every rule has three parts: what holds here, an example that it must let pass and one that it
//! must catch, so that a rule that has gone blind fails too.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::Path;
use std::sync::LazyLock;

use evident_house::Finding;
use evident_house::rules::{Repository, durable, layers, shape, words};
use evident_house::tree::{self, File};

static HERE: LazyLock<Repository> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    Repository::of(tree::read(&root).expect("the repository can be read"))
});

type Rule = fn(&Repository) -> Vec<Finding>;

fn holds(rule: Rule, advice: &str) {
    let findings = rule(&HERE);
    let list: Vec<String> = findings.iter().map(|f| format!("  {f}")).collect();
    assert!(findings.is_empty(), "\n{advice}\n{}\n", list.join("\n"));
}

fn example(files: &[(&str, &str)]) -> Repository {
    let files = files.iter().map(|(path, text)| File {
        path: (*path).to_owned(),
        text: (*text).to_owned(),
    });
    Repository::of(files.collect())
}

#[track_caller]
fn passes(rule: Rule, files: &[(&str, &str)]) {
    assert_eq!(rule(&example(files)), []);
}

/// The rule finds exactly `what`, all of it in the last of the files.
#[track_caller]
fn catches(rule: Rule, files: &[(&str, &str)], what: &[&str]) {
    let findings = rule(&example(files));
    let found: Vec<&str> = findings.iter().map(|f| f.what.as_str()).collect();
    assert_eq!(found, what);
    let (file, _) = files.last().unwrap();
    assert!(findings.iter().all(|finding| finding.file == *file));
}

#[test]
fn the_repository_is_read() {
    for file in ["Makefile", "README.md", "crates/house/tests/house.rs"] {
        assert!(HERE.files.iter().any(|known| known.path == file), "{file}");
    }
    for folder in ["event", "ledger", "store", "server"] {
        let mut modules = HERE.modules.iter();
        assert!(modules.any(|module| module.folder == folder && module.in_product));
        assert!(HERE.manifests().contains_key(folder), "{folder}");
    }
}

#[test]
fn crates_depend_downwards() {
    holds(
        layers::crates,
        "Crates depend downwards only: event and ledger on none of ours, activity on event, store and client \
         on event and ledger, server on all of these, nothing on server. Move the code to the crate that may \
         know it, or hand it in as a parameter. (The list is in rules/layers.rs.)",
    );
}

#[test]
fn crates_depend_downwards_examples() {
    let rule = layers::crates;
    let store = "crates/store/Cargo.toml";
    let event = "crates/event/Cargo.toml";
    let root = (
        "Cargo.toml",
        "[workspace.dependencies]\nevident-event = {}\nx = { package = \"evident-server\" }",
    );
    passes(
        rule,
        &[
            root,
            (
                store,
                "[dependencies]\nevident-event.workspace = true\nserde = \"1\"",
            ),
        ],
    );
    let ledger = "crates/ledger/Cargo.toml";
    catches(
        rule,
        &[(ledger, "[dependencies]\nevident-event = {}")],
        &["depends on evident-event"],
    );
    catches(
        rule,
        &[(event, "[dev-dependencies]\nevident-store = {}")],
        &["depends on evident-store"],
    );
    let target = "[target.'cfg(unix)'.dependencies]\nevident-server = {}";
    catches(rule, &[(store, target)], &["depends on evident-server"]);
    let renamed = "[build-dependencies]\nx.workspace = true";
    catches(
        rule,
        &[root, (store, renamed)],
        &["depends on evident-server"],
    );
    let direct = "[dependencies]\ny = { package = \"evident-server\" }";
    catches(
        rule,
        &[("crates/house/Cargo.toml", direct)],
        &["depends on evident-server"],
    );
}

#[test]
fn event_and_ledger_are_pure() {
    holds(
        layers::purity,
        "activity, event and ledger read no clock, file, socket, environment or randomness, and never wait: \
         the same input gives the same output, for ever. Take the value as a parameter; the \
         server, which may look, hands it in.",
    );
}

#[test]
fn event_and_ledger_are_pure_examples() {
    let rule = layers::purity;
    let file = "crates/event/src/a.rs";
    passes(
        rule,
        &[(
            file,
            "//! `std::fs::read`\nuse std::time::Duration; const A: &str = \"tokio::x\";",
        )],
    );
    passes(
        rule,
        &[(
            file,
            "#[cfg(test)] mod tests { use std::fs; async fn a() { fs::read(b) } }",
        )],
    );
    passes(rule, &[("crates/event/tests/a.rs", "use std::fs;")]);
    passes(
        rule,
        &[(
            file,
            "use std::net::{self, IpAddr}; fn a(b: net::Ipv6Addr) {}",
        )],
    );
    passes(
        rule,
        &[("crates/server/src/a.rs", "use std::fs; async fn a() {}")],
    );
    catches(
        rule,
        &[(file, "use std::{net::TcpStream, fmt};")],
        &["std::net::TcpStream"],
    );
    catches(
        rule,
        &[(file, "fn a() { std::time::Instant::now() }")],
        &["std::time::Instant::now"],
    );
    catches(
        rule,
        &[(file, "use jiff::Timestamp as T; fn a() { T::now() }")],
        &["jiff::Timestamp::now"],
    );
    catches(
        rule,
        &[("crates/ledger/src/a.rs", "async fn a() { b.await }")],
        &["async", "await"],
    );
    catches(
        rule,
        &[(file, "fn a() { getrandom::fill(b) }")],
        &["getrandom::fill"],
    );
    catches(rule, &[(file, "use std::time::*;")], &["std::time::*"]);
    catches(
        rule,
        &[(file, "#[cfg(not(test))] use rand::Rng;")],
        &["rand::Rng"],
    );
}

#[test]
fn modules_of_the_server_keep_their_layers() {
    holds(
        layers::server,
        "In the server, http, cli and demo call features, features call acts, auth and control but not each \
         other, and app.rs alone wires: it is named by cli and the crate's root only. What two \
         features share belongs below them; what joins them belongs in app.rs. What is none of these \
         (configuration, metrics) names none of these but acts, auth and control.",
    );
}

#[test]
fn modules_of_the_server_keep_their_layers_examples() {
    let rule = layers::server;
    let capture = "crates/server/src/capture/door.rs";
    passes(
        rule,
        &[(
            capture,
            "use crate::{auth, control::Outbox, capture::x, config}; use super::y;",
        )],
    );
    passes(
        rule,
        &[(
            "crates/server/src/http/events.rs",
            "use crate::{capture, query, export};",
        )],
    );
    passes(
        rule,
        &[(
            "crates/server/src/app.rs",
            "use crate::{capture, query, http, stream};",
        )],
    );
    passes(
        rule,
        &[(
            "crates/server/src/main.rs",
            "mod cli; mod query; fn main() { cli::run() }",
        )],
    );
    passes(
        rule,
        &[(capture, "#[cfg(test)] mod tests { use crate::query; }")],
    );
    let demo = "crates/server/src/demo/feed.rs";
    passes(rule, &[(demo, "use crate::{auth, capture};")]);
    catches(rule, &[(demo, "use crate::http;")], &["crate::http"]);
    catches(rule, &[(capture, "use crate::demo;")], &["crate::demo"]);
    catches(
        rule,
        &[(capture, "use crate::query::plan;")],
        &["crate::query::plan"],
    );
    catches(
        rule,
        &[(capture, "use super::super::{stream, auth};")],
        &["crate::stream"],
    );
    catches(
        rule,
        &[(capture, "fn a(b: crate::http::State) {}")],
        &["crate::http::State"],
    );
    let http = "crates/server/src/http/mod.rs";
    catches(
        rule,
        &[(http, "use crate::app::App;")],
        &["crate::app::App"],
    );
    let main = "crates/server/src/main.rs";
    catches(
        rule,
        &[(main, "mod query; fn main() { query::run() }")],
        &["crate::query::run"],
    );
}

#[test]
fn only_auth_says_what_may_be_seen() {
    let rule = layers::scopes;
    holds(
        rule,
        "What a caller may see comes from its credentials: ask Authorized<Read> for its scope.",
    );
    let made = "use evident_event::query::Scope; fn a() { Scope::organization(b) }";
    passes(rule, &[("crates/server/src/auth/mod.rs", made)]);
    passes(
        rule,
        &[(
            "crates/server/src/query/mod.rs",
            "use evident_event::query::Scope; fn a(b: Scope) { c(b.project_id()) }",
        )],
    );
    catches(
        rule,
        &[("crates/server/src/query/mod.rs", made)],
        &["evident_event::query::Scope::organization"],
    );
    let made = "use evident_event::query::Scope; fn a() { Scope::projects(b, c) }";
    catches(
        rule,
        &[("crates/server/src/query/mod.rs", made)],
        &["evident_event::query::Scope::projects"],
    );
}

#[test]
fn only_durable_writes() {
    holds(
        durable::writes,
        "Only crates/store/src/durable.rs (or durable/) creates, writes, syncs, renames and removes \
         files: every promise about crashes is kept there, and tested there. Call it; if it lacks \
         what you need, add it to it under a name of its own.",
    );
}

#[test]
fn only_durable_writes_examples() {
    let rule = durable::writes;
    let wal = "crates/store/src/wal.rs";
    passes(
        rule,
        &[(
            "crates/store/src/durable.rs",
            "use std::fs; fn a() { fs::write(b, c) }",
        )],
    );
    let build = "use std::fs; fn a() { fs::copy(b, c) }";
    passes(rule, &[("crates/server/build.rs", build)]);
    let file = "crates/server/src/build.rs";
    catches(rule, &[(file, build)], &["std::fs::copy"]);
    let file = "crates/store/src/durable/file.rs";
    passes(rule, &[(file, "fn a() { b.sync_data() }")]);
    passes(
        rule,
        &[(
            wal,
            "use std::fs::{self, File}; fn a() { File::open(b); fs::read(c) }",
        )],
    );
    passes(
        rule,
        &[(
            wal,
            "fn a() { stream.write_all(b); map.rename(c); \"fs::write\" }",
        )],
    );
    passes(
        rule,
        &[
            (wal, "#[cfg(test)] mod tests;"),
            ("crates/store/src/wal/tests.rs", "use tempfile::a;"),
        ],
    );
    passes(
        rule,
        &[(
            "crates/store/tests/a.rs",
            "fn a() { std::fs::remove_file(b) }",
        )],
    );
    catches(
        rule,
        &[(wal, "use std::fs::File; fn a() { File::create(b) }")],
        &["std::fs::File::create"],
    );
    catches(
        rule,
        &[(wal, "use std::fs as f; fn a() { f::rename(b, c) }")],
        &["std::fs::rename"],
    );
    catches(
        rule,
        &[(wal, "fn a() { file.set_len(1); b.sync_all() }")],
        &["set_len", "sync_all"],
    );
    catches(
        rule,
        &[(wal, "use std::fs::OpenOptions;")],
        &["std::fs::OpenOptions"],
    );
    catches(
        rule,
        &[("crates/server/src/a.rs", "fn a() { tokio::fs::write(b) }")],
        &["tokio::fs::write"],
    );
    // A name is no alibi: what `#[cfg(test)]` does not guard is the product's.
    let lookalike = (
        "crates/store/src/wal/tests.rs",
        "fn a() { std::fs::write(b, c) }",
    );
    catches(rule, &[(wal, "mod tests;"), lookalike], &["std::fs::write"]);
    let durability = ("crates/store/src/durability.rs", "fn a() { b.sync_all() }");
    catches(rule, &[durability], &["sync_all"]);
}

#[test]
fn source_files_are_short() {
    holds(
        shape::length,
        "A source file has at most 600 lines. Split it where its subject divides; move its tests \
         to a file of their own.",
    );
}

#[test]
fn source_files_are_short_examples() {
    let lines = |count: usize| "//! a\n".repeat(count);
    let most = lines(shape::MAX_FILE_LINES);
    let more = lines(shape::MAX_FILE_LINES + 1);
    passes(
        shape::length,
        &[
            ("a.rs", &most),
            ("b.md", &more),
            ("c.json", &more),
            ("d.toml", &more),
            ("e.d.ts", &more),
        ],
    );
    for file in ["a.rs", "a.ts", "a.tsx", "a.py", "a.go", "a.css"] {
        catches(shape::length, &[(file, &more)], &["601 lines"]);
    }
}

#[test]
fn modules_say_what_holds() {
    holds(
        shape::module_docs,
        "A module opens with a `//!` comment: why it exists and what must always hold in it. Write \
         it before anything else in the file.",
    );
}

#[test]
fn modules_say_what_holds_examples() {
    let bare = "const A: u8 = 1;\n".repeat(shape::MAX_UNDOCUMENTED_LINES + 1);
    let few = "const A: u8 = 1;\n".repeat(shape::MAX_UNDOCUMENTED_LINES);
    let documented = format!("//! Why.\n{bare}");
    let late = format!("use a;\n//! Why.\n{bare}");
    let file = "crates/event/src/a.rs";
    passes(
        shape::module_docs,
        &[(file, &documented), ("crates/event/src/b.rs", &few)],
    );
    passes(
        shape::module_docs,
        &[("crates/event/tests/a.rs", &bare), ("a.ts", &bare)],
    );
    for text in [bare, late] {
        let what = "does not open with a `//!` comment";
        catches(shape::module_docs, &[(file, &text)], &[what]);
    }
}

#[test]
fn nothing_is_left_for_later() {
    holds(
        words::loose_ends,
        "Nothing half done is merged: finish it, leave it out, or write it down outside the code. \
         A test that cannot run does not exist.",
    );
}

#[test]
fn nothing_is_left_for_later_examples() {
    let rule = words::loose_ends;
    let file = "crates/event/src/a.rs";
    passes(
        rule,
        &[(
            file,
            "fn a() { todo(); let ignore = b[ignore]; } // todo! in a comment",
        )],
    );
    passes(
        rule,
        &[(file, concat!("const A: &str = \"mktemp XX", "XXXX\";"))],
    );
    passes(rule, &[("docs/a.md", concat!("No ", "TO", "DO here"))]);
    catches(rule, &[(file, "fn a() { todo!() }")], &["todo!"]);
    catches(
        rule,
        &[(file, "fn a() { unimplemented ! (\"b\") }")],
        &["unimplemented!"],
    );
    catches(
        rule,
        &[(file, "#[test] #[ignore = \"slow\"] fn a() {}")],
        &["#[ignore]"],
    );
    catches(
        rule,
        &[(file, "#[test] #[cfg_attr(unix, ignore)] fn a() {}")],
        &["#[ignore]"],
    );
    for (file, mark) in [
        (file, concat!("FIX", "ME")),
        ("a.tsx", concat!("TO", "DO")),
        ("scripts/a", concat!("XX", "X")),
    ] {
        catches(rule, &[(file, &format!("// {mark}: later"))], &[mark]);
    }
}

#[test]
fn tests_do_not_sleep() {
    holds(
        words::sleeping_tests,
        "A test waits for what it needs (a channel, a join, a notification, a paused clock), never \
         for a time: a sleep is too short on a busy machine and too long on all others.",
    );
}

#[test]
fn tests_do_not_sleep_examples() {
    let rule = words::sleeping_tests;
    let file = "crates/store/src/a.rs";
    passes(
        rule,
        &[(file, "use std::thread; fn a() { thread::sleep(b) }")],
    );
    passes(
        rule,
        &[(
            file,
            "#[cfg(test)] mod tests { fn a() { thread::spawn(b) } }",
        )],
    );
    catches(
        rule,
        &[(
            file,
            "use std::thread; #[cfg(test)] mod tests { use super::*; fn a() { thread::sleep(b) } }",
        )],
        &["std::thread::sleep"],
    );
    catches(
        rule,
        &[(
            "crates/server/tests/a.rs",
            "use tokio::time; async fn a() { time::sleep(b).await }",
        )],
        &["tokio::time::sleep"],
    );
}

#[test]
fn no_path_of_a_machine() {
    holds(
        words::machine_paths,
        "An absolute path into somebody's home or workplace works on one machine. Derive it from \
         the repository's root, the environment or the configuration.",
    );
}

#[test]
fn no_path_of_a_machine_examples() {
    let rule = words::machine_paths;
    let home = concat!("/ho", "me/");
    let root = concat!("/ro", "ot/");
    let work = concat!("/wo", "rk/");
    let address = format!("https://example.com{home}a $HOME{work} ./docs{work}b ~{work}");
    passes(rule, &[("a.md", &address)]);
    for folder in [home, root, work] {
        let text = format!("cd {folder}a && make");
        catches(rule, &[("scripts/a", &text)], &[folder]);
        catches(
            rule,
            &[("a.rs", &format!("const A: &str = \"{folder}b\";"))],
            &[folder],
        );
    }
}

#[test]
fn no_talk_about_the_making() {
    holds(
        words::talk,
        "The repository speaks of the product. How a change came about belongs in its commit \
         message or nowhere.",
    );
}

#[test]
fn no_talk_about_the_making_examples() {
    let rule = words::talk;
    passes(
        rule,
        &[(
            "a.md",
            "Ends this session of the agent; see SECURITY.md for issues.",
        )],
    );
    let said = concat!("As Ins", "tructed");
    let found = said.to_lowercase();
    catches(
        rule,
        &[("a.md", &format!("{said}, this is done."))],
        &[&found],
    );
    let issue = concat!("issue", " #");
    catches(rule, &[("a.rs", &format!("// see {issue}12"))], &[issue]);
}
