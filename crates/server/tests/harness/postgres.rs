//! A PostgreSQL server for tests: the machine's own, in a directory of its own, one for each test process.
//!
//! What must always hold: it is gone with the process that started it, however that ends; and each test has
//! a database to itself. A shell stands between: it starts the server, waits for the end of its own standard
//! input, which only the test process can write to, and then stops the server and removes the directory. It
//! has a process group of its own, so that what interrupts the tests does not stop it from cleaning up.
//!
//! Needs nothing else of the harness: unit tests have it by `#[path]`.

#![allow(dead_code, reason = "each test binary uses a part")]
#![allow(
    unreachable_pub,
    reason = "`pub` marks what tests use, whichever binary they are in"
)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// The role that owns every database.
const USER: &str = "evident";
/// Its password, which no answer, log line or error may hold.
pub const PASSWORD: &str = "pg-p4ssw0rd-of-tests";
/// Where Debian puts each version's programs.
const DEBIAN: &str = "/usr/lib/postgresql";
/// Whom the server runs as if the tests run as root, whom it refuses: the first that there is.
const UNPRIVILEGED: [&str; 2] = ["postgres", "nobody"];
/// How to get what is missing.
const SETUP: &str = "run `scripts/setup test`, which installs it on Debian, or put it on the PATH";

/// Starts a server in a new directory, prints that, and ends when its standard input does. In /tmp
/// since the path of a socket may have 107 bytes at most. What is written need not survive a crash.
const KEEPER: &str = r#"
trap '' INT TERM HUP
directory=$(mktemp -d /tmp/evident-postgres.XXXXXX) || exit 1
printf '%s' "$PGPASSWORD" >"$directory/password"
"$1/initdb" --pgdata="$directory/data" --username="$2" --pwfile="$directory/password" \
    --auth=scram-sha-256 --encoding=UTF8 --no-locale --no-sync >"$directory/log" 2>&1 </dev/null &&
    "$1/pg_ctl" --pgdata="$directory/data" --log="$directory/log" --wait --timeout=60 --silent \
        --options="-c listen_addresses= -c unix_socket_directories=$directory -c max_connections=300 \
            -c fsync=off -c synchronous_commit=off -c full_page_writes=off" start >/dev/null </dev/null
if [ $? -eq 0 ]; then
    printf '%s\n' "$directory"
    read -r _
    "$1/pg_ctl" --pgdata="$directory/data" --mode=immediate --silent stop >/dev/null 2>&1 </dev/null
else
    cat "$directory/log" >&2
fi
rm -rf "$directory"
"#;

/// The server of this process.
struct Cluster {
    programs: PathBuf,
    /// Where its socket is.
    directory: String,
    databases: AtomicU32,
    /// The end of its standard input is the end of the server. A static is never dropped, so that this
    /// comes with the end of the process.
    _keeper: Child,
}

static CLUSTER: OnceLock<Cluster> = OnceLock::new();

/// The URL of a fresh database. The first call starts the server, which takes some seconds.
pub fn database() -> String {
    CLUSTER.get_or_init(Cluster::start).database()
}

/// The directory of this process's server, with its socket, its data and its log.
pub fn directory() -> &'static Path {
    Path::new(&CLUSTER.get_or_init(Cluster::start).directory)
}

impl Cluster {
    fn start() -> Self {
        let programs = programs().unwrap_or_else(|| panic!("PostgreSQL is not there: {SETUP}"));
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", KEEPER, "keeper"])
            .arg(&programs)
            .arg(USER)
            .env("PGPASSWORD", PASSWORD)
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        if rustix::process::geteuid().is_root() {
            let (user, group) = unprivileged();
            command.uid(user).gid(group);
        }
        let mut keeper = command.spawn().unwrap();
        let mut directory = String::new();
        BufReader::new(keeper.stdout.take().unwrap())
            .read_line(&mut directory)
            .unwrap();
        let directory = directory.trim_end().to_owned();
        assert!(!directory.is_empty(), "PostgreSQL did not start: see above");
        Self {
            programs,
            directory,
            databases: AtomicU32::new(0),
            _keeper: keeper,
        }
    }

    fn database(&self) -> String {
        let number = self.databases.fetch_add(1, Ordering::Relaxed);
        let name = format!("test_{number}");
        let output = Command::new(self.programs.join("createdb"))
            .args(["--host", &self.directory, "--username", USER, &name])
            .env("PGPASSWORD", PASSWORD)
            .current_dir("/")
            .output()
            .unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "no database {name}: {error}");
        let directory = &self.directory;
        format!("postgres://{USER}:{PASSWORD}@localhost/{name}?host={directory}")
    }
}

/// Where the newest version's programs are.
fn programs() -> Option<PathBuf> {
    let version = |path: &PathBuf| -> Option<u32> { path.file_name()?.to_str()?.parse().ok() };
    let versions = std::fs::read_dir(DEBIAN).into_iter().flatten().flatten();
    let versions = versions.map(|entry| entry.path());
    let of_debian = versions
        .filter(|path| path.join("bin/initdb").exists())
        .max_by_key(version);
    of_debian.map(|path| path.join("bin")).or_else(|| {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path).find(|directory| directory.join("initdb").exists())
    })
}

/// The ids of a user that may not do what root may, and of its group.
fn unprivileged() -> (u32, u32) {
    let users = std::fs::read_to_string("/etc/passwd").unwrap();
    let ids = |name: &str| {
        let mut lines = users.lines().map(|line| line.split(':'));
        let mut fields =
            lines.find_map(|mut fields| (fields.next() == Some(name)).then_some(fields))?;
        let user = fields.nth(1)?.parse().ok()?;
        Some((user, fields.next()?.parse().ok()?))
    };
    UNPRIVILEGED.into_iter().find_map(ids).unwrap()
}
