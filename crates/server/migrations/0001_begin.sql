-- The control plane: who there is, and which keys they hold. Portable SQL only: TEXT, BIGINT and
-- BLOB; times are microseconds since the Unix epoch.

CREATE TABLE instance (
    name TEXT NOT NULL PRIMARY KEY,
    created_at BIGINT NOT NULL
);

CREATE TABLE organizations (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    -- 1: unknown actions and missing metadata are refused.
    strict BIGINT NOT NULL DEFAULT 0,
    -- What the placeholders of secrets are made with. Kept as long as the organization's events:
    -- under another key the same secret has another placeholder.
    redaction_key BLOB NOT NULL,
    -- JSON: {"names": [...], "exceptions": [...]}
    redaction_rules TEXT NOT NULL DEFAULT '{}'
);

CREATE TABLE users (
    id TEXT NOT NULL PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE instance_owners (
    user_id TEXT NOT NULL PRIMARY KEY REFERENCES users (id),
    created_at BIGINT NOT NULL
);

CREATE TABLE api_keys (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    project_id TEXT,
    kind TEXT NOT NULL CHECK (kind IN ('ingest', 'read', 'admin')),
    digest BLOB NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    revoked_at BIGINT
);

CREATE INDEX api_keys_by_organization ON api_keys (organization_id);
