-- Exports that are made in the background, with all that it takes to make them again from the beginning.
CREATE TABLE exports (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    name TEXT NOT NULL,
    format TEXT NOT NULL,
    -- JSON: a list of names.
    sheet_columns TEXT NOT NULL,
    -- JSON: the query's parameters, each with its values.
    parameters TEXT NOT NULL,
    -- JSON: which display names the query's names meant in the organization's catalog.
    meanings TEXT NOT NULL,
    -- Microseconds; both or neither.
    range_from BIGINT,
    range_to BIGINT,
    -- The log's size when it was asked for.
    as_of BIGINT NOT NULL,
    -- JSON: the projects that it is limited to; NULL: the whole organization.
    projects TEXT,
    maker_type TEXT NOT NULL,
    maker_id TEXT NOT NULL,
    maker_name TEXT NOT NULL,
    maker_email TEXT NOT NULL,
    file_name TEXT NOT NULL,
    status TEXT NOT NULL,
    -- How many times it was begun.
    begun BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    started_at BIGINT,
    finished_at BIGINT,
    expires_at BIGINT,
    row_count BIGINT,
    size BIGINT,
    sha256 TEXT,
    error TEXT
);

CREATE INDEX exports_by_organization ON exports (organization_id, id);
CREATE INDEX exports_by_status ON exports (status, organization_id, id);
