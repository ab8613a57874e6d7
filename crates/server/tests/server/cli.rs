//! The command line: setting up, and what is refused before a server starts.

use serde_json::Value;

use crate::harness::{Directory, evident, run};

fn error_of(arguments: &[&str], input: &str) -> String {
    let output = run(evident().args(arguments), input);
    assert!(!output.status.success(), "{arguments:?} should fail");
    assert!(
        output.stdout.is_empty(),
        "an error prints nothing on standard output"
    );
    String::from_utf8(output.stderr).unwrap()
}

/// The names of an object's members, in the order in which they were printed.
fn names(value: &Value) -> Vec<&str> {
    value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

#[test]
fn init_prints_exactly_what_the_contract_says() {
    let directory = Directory::init();
    let founded = &directory.founded;
    let mut members = names(founded);
    members.sort_unstable();
    assert_eq!(members, ["keys", "log", "organization_id", "owner"]);
    assert_eq!(names(&founded["owner"]).len(), 2);
    assert_eq!(founded["owner"]["email"], "ada@example.com");
    assert!(founded["owner"]["id"].as_str().unwrap().starts_with("usr_"));
    let organization = founded["organization_id"].as_str().unwrap();
    assert!(organization.starts_with("org_"));
    assert_eq!(names(&founded["keys"]).len(), 3);
    for kind in ["ingest", "read", "admin"] {
        let key = founded["keys"][kind].as_str().unwrap();
        assert!(key.starts_with(&format!("evident_{kind}_")), "{key}");
        let secret = key.rsplit('_').next().unwrap();
        assert!(secret.len() * 4 >= 256, "at least 256 bits in hex");
    }
    assert_eq!(names(&founded["log"]).len(), 2);
    let origin = founded["log"]["origin"].as_str().unwrap();
    assert_eq!(origin, format!("evident.localhost/{organization}"));
    let verifier = founded["log"]["verifier_key"].as_str().unwrap();
    let verifier = evident_ledger::note::VerifierKey::parse(verifier).unwrap();
    assert_eq!(verifier.name(), origin);
}

#[test]
fn init_for_people_shows_the_keys_and_the_next_command() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("d");
    let mut command = evident();
    command.args([
        "init",
        "--organization",
        "Acme",
        "--email",
        "a@b.c",
        "--instance",
    ]);
    command
        .args(["audit.acme.example", "--password-stdin", "--data"])
        .arg(&data);
    for weak in ["short\n", "password12345678\n"] {
        let output = run(&mut command, weak);
        assert!(!output.status.success());
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(error.contains("the password"), "{error}");
        assert!(!data.exists(), "nothing was made");
    }
    let output = run(&mut command, "correct horse battery\n");
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    for part in [
        "evident_ingest_",
        "evident_read_",
        "evident_admin_",
        "evident serve --data",
    ] {
        assert!(text.contains(part), "{text}");
    }
    assert!(text.contains("audit.acme.example/org_"), "{text}");
}

#[cfg(unix)]
#[test]
fn what_init_makes_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let directory = Directory::init();
    for entry in std::fs::read_dir(directory.path()).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{:?}", entry.path());
    }
}

#[test]
fn no_secret_is_kept_in_the_directory() {
    let directory = Directory::init();
    drop(directory.serve());
    let organization = &directory.organization;
    let keys = [
        &organization.ingest,
        &organization.read,
        &organization.admin,
    ];
    let secrets: Vec<&str> = keys
        .iter()
        .map(|key| key.rsplit('_').next().unwrap())
        .chain(["correct horse battery"])
        .collect();
    for name in ["control.db", "control.db-wal"] {
        let Ok(bytes) = std::fs::read(directory.path().join(name)) else {
            continue;
        };
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        for secret in &secrets {
            assert!(!text.contains(secret), "{name} holds a secret");
        }
    }
}

#[test]
fn a_second_init_is_refused_and_changes_nothing() {
    let directory = Directory::init();
    let path = directory.path().to_str().unwrap();
    let arguments = [
        "init",
        "--organization",
        "X",
        "--email",
        "x@y.z",
        "--password-stdin",
    ];
    let error = error_of(
        &[&arguments[..], &["--data", path]].concat(),
        "correct horse battery",
    );
    assert!(error.contains("has an organization already"), "{error}");
    let server = directory.serve();
    server.get("/v1/events").expect(200);
}

#[test]
fn init_says_which_argument_is_wrong() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("d");
    let path = path.to_str().unwrap();
    let init = |organization, email, instance, password| {
        let data = ["init", "--data", path, "--password-stdin"];
        let names = [
            "--organization",
            organization,
            "--email",
            email,
            "--instance",
            instance,
        ];
        error_of(&[&data[..], &names].concat(), password)
    };
    assert!(init(" ", "a@b.c", "x", "p").contains("--organization"));
    assert!(init("A", "nobody", "x", "p").contains("--email"));
    assert!(init("A", "a@b.c", "Not a name", "p").contains("--instance"));
    assert!(init("A", "a@b.c", "x", "\n").contains("password is empty"));
    assert!(init("A", "a@b.c", "x", &"p".repeat(5000)).contains("password"));
    assert!(!std::path::Path::new(path).exists(), "nothing was made");
}

#[test]
fn serve_makes_no_directory_where_it_cannot_listen() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("nowhere");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let data = path.to_str().unwrap();
    let error = error_of(&["serve", "--data", data, "--listen", &address], "");
    assert!(error.contains(&address), "{error}");
    assert!(!path.exists());
}

#[test]
fn a_second_server_on_the_same_directory_is_refused() {
    let directory = Directory::init();
    let server = directory.serve();
    let output = run(&mut directory.serve_command(), "");
    assert!(!output.status.success());
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("error: "), "{error}");
    assert!(output.stdout.is_empty(), "it must not have listened");
    server.get("/v1/events").expect(200);
}

#[test]
fn an_address_in_use_and_an_unknown_key_are_named() {
    let directory = Directory::init();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let path = directory.path().to_str().unwrap();
    let error = error_of(&["serve", "--data", path, "--listen", &address], "");
    assert!(error.contains(&address), "{error}");
    let mut command = directory.serve_command();
    let output = run(command.env("EVIDENT_MAX_CONECTIONS", "3"), "");
    assert!(!output.status.success());
    let error = String::from_utf8(output.stderr).unwrap().to_lowercase();
    assert!(error.contains("max_conections"), "{error}");
}

#[test]
fn a_damaged_control_database_stops_the_start() {
    let directory = Directory::init();
    let path = directory.path().join("control.db");
    let mut bytes = std::fs::read(&path).unwrap();
    for byte in &mut bytes[4096..] {
        *byte ^= 0x5a;
    }
    std::fs::write(&path, bytes).unwrap();
    let output = run(&mut directory.serve_command(), "");
    assert!(!output.status.success());
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(
        error.contains("is damaged") && error.contains("backup"),
        "{error}"
    );
}

#[test]
fn help_teaches_by_examples() {
    for command in ["", "init", "serve", "catalog"] {
        let arguments = [command, "--help"];
        let arguments = arguments.iter().filter(|argument| !argument.is_empty());
        let output = run(evident().args(arguments), "");
        assert!(output.status.success());
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains("Examples:"), "{text}");
        assert!(text.contains("  evident ") || text.contains("| evident "));
    }
}

#[test]
fn the_catalog_is_shown_as_a_table_as_json_and_by_the_entry() {
    let shown = |arguments: &[&str]| {
        let output = run(evident().arg("catalog").args(arguments), "");
        assert!(output.status.success(), "{arguments:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let catalog = evident_event::catalog::Catalog::embedded().unwrap();
    let table = shown(&[]);
    assert_eq!(table.lines().count(), 1 + catalog.entries().count());
    let head: Vec<&str> = table.lines().next().unwrap().split("  ").collect();
    assert_eq!(head[0], "ACTION");
    let line = table
        .lines()
        .find(|line| line.starts_with("guardrail.deployed "));
    let line = line.unwrap();
    for part in [
        "Guardrails deployed",
        "Guardrails",
        "Policy Changes",
        "organization",
    ] {
        assert!(line.contains(part), "{line}");
    }
    let json: Value = serde_json::from_str(&shown(&["--json"])).unwrap();
    assert_eq!(json, serde_json::to_value(catalog).unwrap());
    let entry = shown(&["guardrail.deployed"]);
    assert!(
        entry.contains("hardware_type") && entry.contains("required"),
        "{entry}"
    );
    let json: Value = serde_json::from_str(&shown(&["guardrail.deployed", "--json"])).unwrap();
    assert_eq!(json["metadata"][0]["key"], "guardrail_name");
    let error = error_of(&["catalog", "guardrail.deployd"], "");
    assert!(
        error.contains("did you mean guardrail.deployed?"),
        "{error}"
    );
}

#[test]
fn a_directory_that_lost_its_control_database_is_not_founded_anew() {
    let directory = Directory::init();
    for file in ["control.db", "control.db-wal", "control.db-shm"] {
        let _ = std::fs::remove_file(directory.path().join(file));
    }
    let mut init = evident();
    init.args([
        "init",
        "--organization",
        "Acme AI",
        "--email",
        "ada@example.com",
    ])
    .args(["--password-stdin", "--data"])
    .arg(directory.path());
    for mut command in [init, directory.serve_command()] {
        let output = run(&mut command, "correct horse battery\n");
        assert!(!output.status.success());
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains("control.db is missing"), "{said}");
    }
}
