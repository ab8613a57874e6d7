//! What the control plane's SQL may rely on: the same statements by sqlx's portable driver on SQLite and on
//! PostgreSQL, where a type of the name that SQLite has for bytes is made first.

use std::process::{Command, Stdio};
use std::str::FromStr;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::error::ErrorKind;
use sqlx::{AnyPool, Executor, Row};

use crate::harness::{postgres, wait_for};

const TABLES: &str = "\
CREATE TABLE things (id TEXT NOT NULL PRIMARY KEY, made_at BIGINT, digest BLOB);
CREATE TABLE parts (thing_id TEXT NOT NULL REFERENCES things (id));";
/// What SQLite is told for each connection, and what it answers when it is asked for them.
const PRAGMAS: &str = "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; \
    PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON";
/// Has the child of a test end itself.
const CHILD: &str = "EVIDENT_TEST_ENDS_ITSELF";

async fn open(url: &str) -> AnyPool {
    sqlx::any::install_default_drivers();
    let options = AnyPoolOptions::new().after_connect(|connection, _| {
        Box::pin(async move {
            if connection.backend_name() == "SQLite" {
                connection.execute(PRAGMAS).await?;
            }
            Ok(())
        })
    });
    let url = AnyConnectOptions::from_str(url).unwrap();
    options.connect_with(url).await.unwrap()
}

type Thing = (String, Option<i64>, Option<Vec<u8>>);

/// Writes and reads text, numbers and bytes, with and without a value, and breaks the rules.
async fn write_and_read(pool: &AnyPool) {
    pool.execute(TABLES).await.unwrap();
    let things: [Thing; 3] = [
        ("a".to_owned(), Some(i64::MAX), Some(vec![0, 1, 255])),
        ("b".to_owned(), Some(i64::MIN), Some(Vec::new())),
        ("c".to_owned(), None, None),
    ];
    for (id, made_at, digest) in things.clone() {
        let insert = "INSERT INTO things (id, made_at, digest) VALUES ($1, $2, $3)";
        let insert = sqlx::query(insert).bind(id).bind(made_at).bind(digest);
        assert_eq!(insert.execute(pool).await.unwrap().rows_affected(), 1);
    }
    let select = sqlx::query("SELECT id, made_at, digest FROM things ORDER BY id");
    let rows = select.fetch_all(pool).await.unwrap();
    let read: Vec<Thing> = rows
        .iter()
        .map(|row| (row.get("id"), row.get("made_at"), row.get("digest")))
        .collect();
    assert_eq!(read, things);
    let by_digest = sqlx::query("SELECT id FROM things WHERE digest = $1 OR digest = $1");
    let row = by_digest.bind(vec![0_u8, 1, 255]).fetch_one(pool).await;
    assert_eq!(row.unwrap().get::<String, _>(0), "a");
    for (statement, kind) in [
        (
            "INSERT INTO things (id) VALUES ('a')",
            ErrorKind::UniqueViolation,
        ),
        (
            "INSERT INTO parts (thing_id) VALUES ('z')",
            ErrorKind::ForeignKeyViolation,
        ),
        (
            "INSERT INTO parts (thing_id) VALUES (NULL)",
            ErrorKind::NotNullViolation,
        ),
    ] {
        let error = pool.execute(statement).await.unwrap_err();
        let told = error.as_database_error().unwrap().kind();
        assert_eq!(format!("{told:?}"), format!("{kind:?}"), "{statement}");
    }
}

#[tokio::test]
async fn text_numbers_and_bytes_are_the_same_on_sqlite() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("control.db");
    let pool = open(&format!("sqlite://{}?mode=rwc", path.display())).await;
    write_and_read(&pool).await;
    for (pragma, value) in [
        ("synchronous", 2),
        ("foreign_keys", 1),
        ("busy_timeout", 5000),
    ] {
        let statement = sqlx::AssertSqlSafe(format!("PRAGMA {pragma}"));
        let row = sqlx::query(statement).fetch_one(&pool).await.unwrap();
        assert_eq!(row.get::<i64, _>(0), value, "{pragma}");
    }
    let mode = sqlx::query("PRAGMA journal_mode").fetch_one(&pool).await;
    assert_eq!(mode.unwrap().get::<String, _>(0), "wal");
}

#[tokio::test]
async fn text_numbers_and_bytes_are_the_same_on_postgresql() {
    let pool = open(&postgres::database()).await;
    pool.execute("CREATE DOMAIN blob AS bytea").await.unwrap();
    write_and_read(&pool).await;
    pool.close().await;
}

#[tokio::test]
async fn each_call_gives_an_empty_database_that_wants_its_password() {
    let (one, other) = (postgres::database(), postgres::database());
    assert_ne!(one, other);
    let pool = open(&one).await;
    pool.execute("CREATE TABLE only_here (id TEXT)")
        .await
        .unwrap();
    let pool = open(&other).await;
    pool.execute("SELECT * FROM only_here").await.unwrap_err();
    let wrong = one.replace(postgres::PASSWORD, "another");
    let wrong = AnyConnectOptions::from_str(&wrong).unwrap();
    let error = AnyPoolOptions::new().connect_with(wrong).await.unwrap_err();
    let error = error.to_string();
    assert!(error.contains("password authentication failed"), "{error}");
}

#[test]
fn the_server_of_the_tests_is_gone_with_a_process_that_is_killed() {
    if std::env::var_os(CHILD).is_some() {
        println!("\n{}", postgres::directory().display());
        rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL)
            .unwrap();
    }
    let name = "the_server_of_the_tests_is_gone_with_a_process_that_is_killed";
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--nocapture", name])
        .env(CHILD, "yes")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(!output.status.success());
    let output = String::from_utf8(output.stdout).unwrap();
    let directory = output.lines().find(|line| line.starts_with("/tmp/"));
    let directory = directory.unwrap().to_owned();
    wait_for("the end of PostgreSQL", || {
        (!std::path::Path::new(&directory).exists()).then_some(())
    });
}
