-- Event types of organizations' own. A change is a new row and no row is ever changed, so that what a
-- `catalog_version` of an event meant can be looked up for ever.

CREATE TABLE catalog_versions (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    -- How many changes the organization has made, this one included.
    version BIGINT NOT NULL,
    action TEXT NOT NULL,
    -- JSON: the event type as it is from this version on, with template and secret fields.
    definition TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (organization_id, version)
);

CREATE INDEX catalog_versions_by_action ON catalog_versions (organization_id, action, version);
