//! What no command makes yet: further organizations, and keys with limits. Written into the data
//! directory while no server runs on it.

use argon2::{Argon2, PasswordHasher};
use evident_ledger::note::SigningKey;
use evident_store::{Options, Store};
use sha2::{Digest, Sha256};
use sqlx::{AnyConnection, Connection};

use super::{Directory, Organization};

/// A key that is out of the ordinary.
#[derive(Debug, Clone, Copy, Default)]
pub struct KeyOptions<'a> {
    pub project_id: Option<&'a str>,
    pub expires_at: Option<i64>,
    pub revoked_at: Option<i64>,
}

/// What SQLite has and PostgreSQL has not.
const HEX: &str = "CREATE OR REPLACE FUNCTION hex(bytea) RETURNS text \
     AS $$ SELECT upper(encode($1, 'hex')) $$ LANGUAGE SQL";

impl Directory {
    /// Makes another organization with a log and keys.
    pub fn add_organization(&self, id: &str) -> Organization {
        let store = Store::open(self.path(), Options::default()).unwrap();
        let seed = Sha256::digest(id.as_bytes()).into();
        let key = SigningKey::from_seed(&format!("evident.localhost/{id}"), seed).unwrap();
        store.create_log(id, key).unwrap();
        store.close();
        drop(store);
        self.execute(
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

    /// Makes a project of an organization.
    pub fn add_project(&self, organization_id: &str, id: &str) {
        let statement = sqlx::query(
            "INSERT INTO projects (id, organization_id, name, kind, created_at) \
             VALUES ($1, $2, $3, 'project', 1)",
        )
        .bind(id.to_owned())
        .bind(organization_id.to_owned())
        .bind(format!("Project {id}"));
        self.execute(statement);
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
        self.execute(statement);
        format!("evident_{kind}_{}_{}", hex(&id), hex(&secret))
    }
}

/// Somebody with a password.
pub struct Known {
    pub id: String,
    pub email: String,
    pub password: String,
}

impl Directory {
    /// Makes a person who is a member of the organization.
    pub fn add_person(&self, email: &str, password: &str, role: &str) -> Known {
        let id = format!("usr_{}", email.replace(['@', '.'], "_"));
        let hash = Argon2::default()
            .hash_password(password.as_bytes())
            .unwrap();
        let user = sqlx::query(
            "INSERT INTO users (id, email, password_hash, created_at) VALUES ($1, $2, $3, 1)",
        );
        let user = user
            .bind(id.clone())
            .bind(email.to_owned())
            .bind(hash.to_string());
        self.execute(user);
        self.add_member(&self.organization.id, &id, role);
        Known {
            id,
            email: email.to_owned(),
            password: password.to_owned(),
        }
    }

    /// Makes somebody a member of an organization.
    pub fn add_member(&self, organization_id: &str, user_id: &str, role: &str) {
        let member = sqlx::query(
            "INSERT INTO members (organization_id, user_id, role, joined_at) VALUES ($1, $2, $3, 1)",
        );
        let member = member
            .bind(organization_id.to_owned())
            .bind(user_id.to_owned());
        self.execute(member.bind(role.to_owned()));
    }

    /// Takes somebody out of every organization.
    pub fn remove_member(&self, user_id: &str) {
        let member = sqlx::query("DELETE FROM members WHERE user_id = $1");
        self.execute(member.bind(user_id.to_owned()));
    }

    /// Leaves somebody without a password.
    pub fn take_password(&self, user_id: &str) {
        let user = sqlx::query("UPDATE users SET password_hash = '' WHERE id = $1");
        self.execute(user.bind(user_id.to_owned()));
    }

    /// Sets a time of a session to what an expression says.
    pub fn change_session(&self, id: &str, column: &'static str, expression: &'static str) {
        let statement = format!("UPDATE sessions SET {column} = {expression} WHERE id = $1");
        let statement = sqlx::query(sqlx::AssertSqlSafe(statement));
        self.execute(statement.bind(id.to_owned()));
    }
}

impl Directory {
    /// The only column of what a statement finds in the control database.
    pub fn rows(&self, statement: &'static str) -> Vec<String> {
        let statement = match self.control_database {
            None => statement,
            // Bytes are written otherwise there.
            Some(_) => statement.replace(" x'", " '\\x").leak(),
        };
        self.connected(async |connection| {
            let rows = sqlx::query_scalar(statement);
            rows.fetch_all(connection).await.unwrap()
        })
    }

    /// What the control plane keeps, as bytes to look for something in.
    pub fn everything_in_the_database(&self) -> Vec<u8> {
        if self.control_database.is_none() {
            return std::fs::read(self.path().join("control.db")).unwrap();
        }
        let tables = [
            "SELECT CAST(sso AS TEXT) FROM sso",
            "SELECT CAST(sso_attempts AS TEXT) FROM sso_attempts",
            "SELECT CAST(sessions AS TEXT) FROM sessions",
            "SELECT CAST(users AS TEXT) FROM users",
        ];
        tables
            .map(|table| self.rows(table).concat())
            .concat()
            .into_bytes()
    }

    fn execute(&self, statement: Statement) {
        self.connected(async |connection| {
            statement.execute(connection).await.unwrap();
        });
    }

    fn connected<T>(&self, work: impl AsyncFnOnce(&mut AnyConnection) -> T) -> T {
        sqlx::any::install_default_drivers();
        let in_directory = || format!("sqlite://{}", self.path().join("control.db").display());
        let url = self.control_database.clone().unwrap_or_else(in_directory);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let mut connection = AnyConnection::connect(&url).await.unwrap();
            if self.control_database.is_some() {
                // Tests look into bytes by SQLite's name for it.
                sqlx::raw_sql(HEX).execute(&mut connection).await.unwrap();
            }
            let result = work(&mut connection).await;
            connection.close().await.unwrap();
            result
        })
    }
}

type Statement = sqlx::query::Query<'static, sqlx::Any, sqlx::any::AnyArguments>;
