-- How long events are kept, and what was removed. Portable SQL only, as in 0001.

-- What was set. Without a row an organization follows the instance's default, and a project its organization. Rows
-- stay when their project or organization is deleted: its events are still there, and go when they were to go.
CREATE TABLE retention_rules (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    -- Empty for the organization itself.
    project_id TEXT NOT NULL,
    -- NULL: for ever.
    days BIGINT,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (organization_id, project_id)
);

-- The last run over each organization.
CREATE TABLE retention_runs (
    organization_id TEXT NOT NULL PRIMARY KEY REFERENCES organizations (id),
    -- 'daily' or 'requested'.
    cause TEXT NOT NULL,
    -- The person or the key that asked for it.
    requested_by TEXT,
    -- JSON: the rules that it went by.
    policy TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    finished_at BIGINT,
    -- NULL while it runs: 'succeeded', 'failed' or 'interrupted'.
    outcome TEXT,
    events BIGINT NOT NULL DEFAULT 0,
    bytes BIGINT NOT NULL DEFAULT 0,
    first_index BIGINT,
    last_index BIGINT,
    received_from BIGINT,
    received_to BIGINT
);

-- How much of what the store has ever removed is on the log. What the store says beyond that is still to be told.
CREATE TABLE retention_reported (
    organization_id TEXT NOT NULL PRIMARY KEY REFERENCES organizations (id),
    events BIGINT NOT NULL,
    bytes BIGINT NOT NULL,
    end_index BIGINT NOT NULL
);

-- The UTC day of the last daily run that came to its end: its first instant.
ALTER TABLE instance ADD COLUMN retention_done_on BIGINT;
