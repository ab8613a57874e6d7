//! The demo: what it prints works as it stands, it goes on where it was left, and it keeps away from what is real.

use std::collections::HashSet;
use std::fs::File;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use evident_activity::demo::{DEFAULT_SEED, Demo};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::harness::{Directory, evident, run, wait_for};

/// Events of a small demo's year, beside the incidents.
const FEW: u32 = 2_000;
/// So many that the first batch is recorded long before the last one.
const SOME: u32 = 30_000;
/// The last line that is printed begins so.
const LAST_LINE: &str = "serve --data ./evident-data\n";

/// `evident serve --demo` on a directory; killed when dropped.
struct Served {
    child: Child,
    directory: PathBuf,
    printed: PathBuf,
    log: PathBuf,
}

impl Served {
    fn start(directory: &Path, events: u32) -> Self {
        Self::start_by(demo(directory, events), directory)
    }

    fn start_by(mut command: Command, directory: &Path) -> Self {
        let beside = |end: &str| {
            let name = directory.file_name().unwrap().to_string_lossy();
            directory.with_file_name(format!("{name}.{end}"))
        };
        let (printed, log) = (beside("printed"), beside("log"));
        let child = command
            .stdin(Stdio::null())
            .stdout(File::create(&printed).unwrap())
            .stderr(File::create(&log).unwrap())
            .spawn()
            .unwrap();
        Self {
            child,
            directory: directory.to_owned(),
            printed,
            log,
        }
    }

    /// Waits until the year is recorded; gives what was printed.
    fn filled(&self) -> String {
        wait_for("the demo to be filled", || {
            let printed = self.printed();
            printed
                .trim_end()
                .ends_with(LAST_LINE.trim_end())
                .then_some(printed)
        })
    }

    fn printed(&self) -> String {
        std::fs::read_to_string(&self.printed).unwrap()
    }

    fn url(&self) -> String {
        wait_for("the address", || {
            let printed = self.printed();
            let line = printed
                .strip_suffix('\n')
                .and_then(|text| text.lines().next())?;
            Some(line.strip_prefix("listening on ")?.to_owned())
        })
    }

    fn keys(&self) -> Value {
        let keys = std::fs::read(self.directory.join("demo.json")).unwrap();
        serde_json::from_slice(&keys).unwrap()
    }

    /// `evident query` with the demo's read key.
    fn query(&self, flags: &[&str]) -> Output {
        let mut command = evident();
        command.env("EVIDENT_URL", self.url());
        command.env(
            "EVIDENT_API_KEY",
            self.keys()["keys"]["read"].as_str().unwrap(),
        );
        run(command.arg("query").args(flags), "")
    }

    /// Every event on the log, in its order.
    fn events(&self) -> Vec<Value> {
        let output = self.query(&["--all", "--order", "asc", "--format", "ndjson"]);
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let text = String::from_utf8(output.stdout).unwrap();
        let events = text.lines().map(|line| serde_json::from_str(line).unwrap());
        events.collect()
    }

    /// Waits until there is an event more than there are.
    fn one_more(&self) {
        let total = || json(&self.query(&["--limit", "1", "--json"]))["total"].as_u64();
        let before = total();
        wait_for("another event", || (total() > before).then_some(()));
    }

    /// The demo that the directory tells: the time of its founding is in the organization's id.
    fn model(&self, events: u32) -> Demo {
        let keys = self.keys();
        let id = keys["organization_id"].as_str().unwrap();
        let millis = i64::from_str_radix(&id["org_".len()..][..12], 16).unwrap();
        Demo::new(DEFAULT_SEED, millis * 1000, events)
    }

    /// Asserts that the log has every event of the demo up to the newest one, each once, and no other.
    fn assert_exact(&self, events: u32) -> usize {
        let recorded = self.events();
        let text = |event: &Value, name: &str| event[name].as_str().unwrap().to_owned();
        let newest = recorded
            .iter()
            .map(|event| text(event, "occurred_at"))
            .max()
            .unwrap();
        let model = self.model(events);
        let expected: HashSet<String> = model
            .events_between(model.start(), i64::MAX)
            .map(|event| serde_json::from_str::<Value>(&event.text).unwrap())
            .take_while(|event| text(event, "occurred_at") <= newest)
            .map(|event| text(&event, "id"))
            .collect();
        let ids: HashSet<String> = recorded.iter().map(|event| text(event, "id")).collect();
        assert_eq!(ids.len(), recorded.len(), "an event is there twice");
        assert!(
            ids == expected,
            "{} events, expected {}",
            ids.len(),
            expected.len()
        );
        recorded.len()
    }

    fn terminate(mut self) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        kill_process(pid, Signal::TERM).unwrap();
        let status = wait_for("its end", || self.child.try_wait().unwrap());
        assert!(status.success(), "{status}");
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn serve(directory: &Path) -> Command {
    let mut command = evident();
    command.args(["serve", "--listen", "127.0.0.1:0", "--data"]);
    command.arg(directory);
    command
}

/// `evident serve --demo` with a year of about so many events.
fn demo(directory: &Path, events: u32) -> Command {
    let mut command = serve(directory);
    command.args(["--demo", "--demo-events", &events.to_string()]);
    command
}

/// Runs lines in a shell, as whoever pastes them.
fn paste(lines: &str) -> Output {
    run(Command::new("sh").args(["-c", lines]), "")
}

fn json(output: &Output) -> Value {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The lines that are printed to be pasted, without their indentation.
fn pasted<'t>(printed: &'t str, with: &str) -> Vec<&'t str> {
    let lines = printed.lines().filter_map(|line| line.strip_prefix("  "));
    lines
        .map(str::trim)
        .filter(|line| line.contains(with))
        .collect()
}

#[test]
fn every_line_that_is_printed_works_and_shows_what_it_promises() {
    let temporary = tempfile::tempdir().unwrap();
    let served = Served::start(&temporary.path().join("data"), FEW);
    let printed = served.filled();
    assert!(
        printed.starts_with("listening on http://127.0.0.1:"),
        "{printed}"
    );

    let curl = pasted(&printed, "curl ");
    assert_eq!(curl.len(), 2, "{printed}");
    let answer = json(&paste(curl[0]));
    assert_eq!(answer["data"][0]["result"], "denied");
    assert_eq!(answer["total"], 61);
    let signed_in = json(&paste(curl[1]));
    assert_eq!(signed_in["user"]["email"], "owner@quillmere.example");

    let exports = pasted(&printed, "export ").join("\n");
    let queries = pasted(&printed, " query ");
    let incidents = served.model(FEW);
    let incidents = incidents.incidents();
    assert_eq!(queries.len(), 1 + incidents.len());
    assert!(
        paste(&format!("{exports}\n{}", queries[0]))
            .status
            .success()
    );
    for (query, incident) in queries[1..].iter().zip(incidents) {
        let answer = json(&paste(&format!("{exports}\n{query} --json --limit 1")));
        assert_eq!(answer["total"], incident.events, "{query}");
        assert!(printed.contains(incident.title));
    }
    let tail = pasted(&printed, " tail");
    let output = paste(&format!(
        "{exports}\n{} --max-events 2 --last-event-id 0 --json",
        tail[0]
    ));
    assert_eq!(
        output.stdout.iter().filter(|byte| **byte == b'\n').count(),
        2
    );
}

#[test]
fn the_keys_are_in_a_file_of_the_owner_and_work() {
    let temporary = tempfile::tempdir().unwrap();
    let served = Served::start(&temporary.path().join("data"), FEW);
    let printed = served.filled();
    let file = served.directory.join("demo.json");
    assert_eq!(
        std::fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let keys = served.keys();
    for kind in ["ingest", "read"] {
        assert!(printed.contains(keys["keys"][kind].as_str().unwrap()));
    }
    assert!(!printed.contains(keys["keys"]["admin"].as_str().unwrap()));
    assert!(printed.contains(file.to_str().unwrap()));
    let record = format!(
        "curl -sS {}/v1/events -H 'authorization: Bearer {}' -H 'content-type: application/json' -d '{}'",
        served.url(),
        keys["keys"]["ingest"].as_str().unwrap(),
        r#"{"action":"user.login","actor":{"type":"user","id":"usr_mine"}}"#,
    );
    assert!(json(&paste(&record))["receipts"][0]["index"].is_u64());
    let mine = served.query(&["--filter", "actor.id:is:usr_mine", "--json"]);
    assert_eq!(json(&mine)["total"], 1);
}

#[test]
fn its_projects_are_there_by_name_and_have_its_events() {
    let temporary = tempfile::tempdir().unwrap();
    let served = Served::start(&temporary.path().join("data"), FEW);
    served.filled();
    let list = format!(
        "curl -sS {}/v1/projects -H 'authorization: Bearer {}'",
        served.url(),
        served.keys()["keys"]["admin"].as_str().unwrap(),
    );
    let listed = json(&paste(&list));
    let listed: HashSet<&str> = listed["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|project| project["id"].as_str().unwrap())
        .collect();
    assert_eq!(listed.len(), 14);
    let events = served.events();
    let used: HashSet<&str> = events
        .iter()
        .filter_map(|event| event["project_id"].as_str())
        .collect();
    assert!(!used.is_empty());
    assert!(used.is_subset(&listed), "{used:?} and {listed:?}");
}

#[test]
fn a_restart_goes_on_and_doubles_nothing() {
    let temporary = tempfile::tempdir().unwrap();
    let directory = temporary.path().join("data");
    let served = Served::start(&directory, FEW);
    served.filled();
    let before = served.assert_exact(FEW);
    assert!(before > FEW as usize);
    let keys = served.keys();
    served.terminate();

    let again = Served::start(&directory, FEW);
    let printed = again.filled();
    assert_eq!(again.keys(), keys);
    assert!(printed.contains(keys["keys"]["read"].as_str().unwrap()));
    // What happens from now on comes by itself.
    again.one_more();
    again.assert_exact(FEW);
}

#[test]
fn killed_while_it_fills_it_is_completed_by_the_next_start() {
    let temporary = tempfile::tempdir().unwrap();
    let directory = temporary.path().join("data");
    let served = Served::start(&directory, SOME);
    served.url();
    wait_for("the first events", || {
        let answer = json(&served.query(&["--limit", "1", "--json"]));
        (answer["total"].as_u64()? > 0).then_some(())
    });
    let printed = served.printed();
    drop(served);
    assert!(
        !printed.contains("ready"),
        "it was filled before it was killed"
    );

    let again = Served::start(&directory, SOME);
    again.filled();
    let count = again.assert_exact(SOME);
    assert!(count > SOME as usize, "{count}");
}

/// The server itself, traced, with writes to this file failing as `how` says.
fn with_faults(command: &Command, file: &Path, how: &str) -> Command {
    let mut traced = Command::new("strace");
    traced.args(["--daemonize", "--follow-forks", "--quiet=all"]);
    traced.args(["--output=/dev/null", "--trace=pwrite64"]);
    traced.arg(format!("--inject=pwrite64:{how}"));
    traced.arg("--trace-path").arg(file);
    traced.arg(command.get_program()).args(command.get_args());
    traced
}

#[test]
fn a_full_disk_holds_it_up_and_does_not_end_it() {
    let temporary = tempfile::tempdir().unwrap();
    let directory = temporary.path().join("data");
    let served = Served::start(&directory, FEW);
    served.filled();
    served.one_more();
    served.terminate();

    // A thread's first write is let through, recovery's of the event that came last among them. Then there is
    // no room, twice.
    let wal = directory.join("wal/0000000000000000.wal");
    let command = with_faults(&demo(&directory, FEW), &wal, "error=ENOSPC:when=2..3");
    let again = Served::start_by(command, &directory);
    let warnings = || {
        let log = std::fs::read_to_string(&again.log).unwrap();
        let warnings = log.lines().filter(|line| line.contains("not recorded yet"));
        warnings.count()
    };
    wait_for("the disk to be full twice", || {
        (warnings() == 2).then_some(())
    });
    again.one_more();
    again.assert_exact(FEW);
    assert_eq!(warnings(), 2);
}

#[test]
fn the_queries_of_its_page_find_something() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/demo.md");
    let page = std::fs::read_to_string(page).unwrap();
    let queries: Vec<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("evident query "))
        .collect();
    assert!(queries.len() > 8, "{queries:?}");
    let temporary = tempfile::tempdir().unwrap();
    let served = Served::start(&temporary.path().join("data"), FEW);
    served.filled();
    let exports = pasted(&served.printed(), "export ").join("\n");
    for query in queries {
        let binary = env!("CARGO_BIN_EXE_evident");
        let output = paste(&format!("{exports}\n{binary} query {query}"));
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{query}: {told}");
        let shown = String::from_utf8_lossy(&output.stdout);
        let is_empty = told.starts_with("0 of") || shown.contains("\"total\":0,");
        assert!(!is_empty && !shown.is_empty(), "{query}: {told}");
    }
}

/// What a start that is refused says.
fn refused(command: &mut Command) -> String {
    let output = run(command, "");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn what_is_real_stays_real_and_a_demo_stays_a_demo() {
    let real = Directory::init();
    let told = refused(serve(real.path()).arg("--demo"));
    assert!(told.contains("holds a real organization"), "{told}");
    assert!(
        told.contains("evident serve --demo --data ./demo-data"),
        "{told}"
    );
    assert!(!real.path().join("demo.json").exists());
    let server = real.serve();
    assert_eq!(server.get("/v1/events").expect(200)["total"], 0);

    let temporary = tempfile::tempdir().unwrap();
    let directory = temporary.path().join("data");
    let served = Served::start(&directory, FEW);
    served.filled();
    served.terminate();
    let told = refused(&mut serve(&directory));
    assert!(told.contains("was made for the demo"), "{told}");
    assert!(told.contains("evident init"), "{told}");
    let told = refused(serve(&directory).args(["--demo", "--demo-seed", "7"]));
    assert!(told.contains("the seed 42"), "{told}");
    // Without its keys it cannot go on, and it stays a demo.
    std::fs::remove_file(directory.join("demo.json")).unwrap();
    let told = refused(serve(&directory).arg("--demo"));
    assert!(
        told.contains("demo.json") && told.contains("start the demo anew"),
        "{told}"
    );
    let told = refused(&mut serve(&directory));
    assert!(told.contains("was made for the demo"), "{told}");
}

#[test]
fn the_demo_listens_on_this_machine_only_and_makes_nothing_where_it_may_not() {
    let temporary = tempfile::tempdir().unwrap();
    let directory = temporary.path().join("data");
    let flags = |listen: &str| {
        let mut command = evident();
        command.args(["serve", "--demo", "--listen", listen, "--data"]);
        command.arg(&directory);
        command
    };
    for listen in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
        let told = refused(&mut flags(listen));
        assert!(
            told.contains("listen is") && told.contains("127.0.0.1:8700"),
            "{told}"
        );
    }
    let told = refused(flags("127.0.0.1:0").env("EVIDENT_METRICS_LISTEN", "0.0.0.0:0"));
    assert!(told.contains("metrics_listen is 0.0.0.0:0"), "{told}");
    assert!(!directory.exists());
}

#[test]
fn neither_a_taken_port_nor_a_directory_of_other_files_is_set_up() {
    let temporary = tempfile::tempdir().unwrap();
    let directory = temporary.path().join("data");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut command = evident();
    command.args(["serve", "--demo", "--data"]).arg(&directory);
    command.args(["--listen", &taken.local_addr().unwrap().to_string()]);
    let told = refused(&mut command);
    assert!(told.contains("cannot listen on 127.0.0.1:"), "{told}");
    assert!(!directory.exists());

    std::fs::create_dir(&directory).unwrap();
    std::fs::write(directory.join("letter.txt"), "mine").unwrap();
    let told = refused(&mut demo(&directory, FEW));
    assert!(told.contains("is not empty"), "{told}");
    assert_eq!(std::fs::read_dir(&directory).unwrap().count(), 1);
}
