//! What no command makes yet: further organizations, and keys with limits. Written into the data
//! directory while no server runs on it.

use std::path::Path;

use evident_ledger::note::SigningKey;
use evident_store::{Options, Store};
use sha2::{Digest, Sha256};
use sqlx::ConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};

use super::{Directory, Organization};

/// A key that is out of the ordinary.
#[derive(Debug, Clone, Copy, Default)]
pub struct KeyOptions<'a> {
    pub project_id: Option<&'a str>,
    pub expires_at: Option<i64>,
    pub revoked_at: Option<i64>,
}

impl Directory {
    /// Makes another organization with a log and keys.
    pub fn add_organization(&self, id: &str) -> Organization {
        let store = Store::open(self.path(), Options::default()).unwrap();
        let seed = Sha256::digest(id.as_bytes()).into();
        let key = SigningKey::from_seed(&format!("evident.localhost/{id}"), seed).unwrap();
        store.create_log(id, key).unwrap();
        store.close();
        drop(store);
        execute(
            self.path(),
            sqlx::query(
                "INSERT INTO organizations (id, name, created_at, redaction_key) \
                 VALUES ($1, $2, 1, $3)",
            )
            .bind(id.to_owned())
            .bind(format!("Organization {id}"))
            .bind(Sha256::digest(id).to_vec()),
        );
        let key = |kind| self.add_key(id, kind, KeyOptions::default());
        Organization {
            id: id.to_owned(),
            ingest: key("ingest"),
            read: key("read"),
            admin: key("admin"),
        }
    }

    /// Makes a key of an organization.
    pub fn add_key(&self, organization_id: &str, kind: &str, options: KeyOptions<'_>) -> String {
        let mut secret = [0; 32];
        let mut id = [0; 8];
        getrandom::fill(&mut secret).unwrap();
        getrandom::fill(&mut id).unwrap();
        let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
        let statement = sqlx::query(
            "INSERT INTO api_keys \
             (id, organization_id, project_id, kind, digest, created_at, expires_at, revoked_at) \
             VALUES ($1, $2, $3, $4, $5, 1, $6, $7)",
        )
        .bind(format!("key_{}", hex(&id)))
        .bind(organization_id.to_owned())
        .bind(options.project_id.map(str::to_owned))
        .bind(kind.to_owned())
        .bind(Sha256::digest(secret).to_vec())
        .bind(options.expires_at)
        .bind(options.revoked_at);
        execute(self.path(), statement);
        format!("evident_{kind}_{}_{}", hex(&id), hex(&secret))
    }
}

impl Directory {
    /// The only column of what a statement finds in the control database.
    pub fn rows(&self, statement: &'static str) -> Vec<String> {
        connected(self.path(), async |connection| {
            let rows = sqlx::query_scalar(statement);
            rows.fetch_all(connection).await.unwrap()
        })
    }
}

type Statement = sqlx::query::Query<'static, sqlx::Sqlite, sqlx::sqlite::SqliteArguments>;

fn execute(directory: &Path, statement: Statement) {
    connected(directory, async |connection| {
        statement.execute(connection).await.unwrap();
    });
}

fn connected<T>(directory: &Path, work: impl AsyncFnOnce(&mut SqliteConnection) -> T) -> T {
    let options = SqliteConnectOptions::new()
        .filename(directory.join("control.db"))
        .foreign_keys(true);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut connection = options.connect().await.unwrap();
        let result = work(&mut connection).await;
        sqlx::Connection::close(connection).await.unwrap();
        result
    })
}
