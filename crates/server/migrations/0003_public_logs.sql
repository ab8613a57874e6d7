-- Whether anybody may read the organization's log under `/log/<id>`. 1: yes.

ALTER TABLE organizations ADD COLUMN log_public BIGINT NOT NULL DEFAULT 0;
