-- Who may do what: projects, people, roles, sessions, keys, and the outbox of what they did. Portable SQL only, as
-- in 0001. Digests are SHA-256 of random secrets; sealed values open with the directory's own key alone.

-- What is archived takes no new events and no changes but its return; what is deleted is there for nobody. Events
-- stay in the log either way.
ALTER TABLE organizations ADD COLUMN archived_at BIGINT;
ALTER TABLE organizations ADD COLUMN deleted_at BIGINT;
-- The role that new members begin with: a built-in role's name, or the id of one of the organization's own.
ALTER TABLE organizations ADD COLUMN default_role TEXT NOT NULL DEFAULT 'member';

-- Whose log takes what concerns the instance as a whole: the organization that it was founded with.
ALTER TABLE instance ADD COLUMN home_organization TEXT NOT NULL DEFAULT '';
UPDATE instance SET home_organization =
    coalesce((SELECT id FROM organizations ORDER BY created_at, id LIMIT 1), '');

-- Ids are the platform's own where it has some, so two organizations may well have the same: neither learns of it.
-- A row stays when its project is deleted: its id is never used again.
CREATE TABLE projects (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('project', 'tool', 'workflow', 'agent')),
    created_at BIGINT NOT NULL,
    archived_at BIGINT,
    deleted_at BIGINT,
    PRIMARY KEY (organization_id, id)
);

-- Addresses are compared in lower case.
UPDATE users SET email = lower(email);
ALTER TABLE users ADD COLUMN name TEXT NOT NULL DEFAULT '';
-- Sealed; there once a second factor has been begun, in use once it is confirmed.
ALTER TABLE users ADD COLUMN totp_secret BLOB;
ALTER TABLE users ADD COLUMN totp_confirmed_at BIGINT;
-- The last step of time that a code was taken for: no code counts twice.
ALTER TABLE users ADD COLUMN totp_last_step BIGINT NOT NULL DEFAULT 0;

CREATE TABLE recovery_codes (
    user_id TEXT NOT NULL REFERENCES users (id),
    digest BLOB NOT NULL,
    used_at BIGINT,
    PRIMARY KEY (user_id, digest)
);

CREATE TABLE roles (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    level TEXT NOT NULL CHECK (level IN ('organization', 'project')),
    -- JSON: a list of permissions by their names.
    permissions TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE INDEX roles_by_organization ON roles (organization_id);

CREATE TABLE members (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    user_id TEXT NOT NULL REFERENCES users (id),
    -- A built-in role's name, or the id of one of the organization's own.
    role TEXT NOT NULL,
    joined_at BIGINT NOT NULL,
    PRIMARY KEY (organization_id, user_id)
);

CREATE INDEX members_by_user ON members (user_id);

CREATE TABLE project_members (
    organization_id TEXT NOT NULL,
    project_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    role TEXT NOT NULL,
    joined_at BIGINT NOT NULL,
    PRIMARY KEY (organization_id, project_id, user_id),
    FOREIGN KEY (organization_id, project_id) REFERENCES projects (organization_id, id),
    FOREIGN KEY (organization_id, user_id) REFERENCES members (organization_id, user_id) ON DELETE CASCADE
);

CREATE INDEX project_members_by_user ON project_members (organization_id, user_id);

-- Who founded an instance before there were members is an admin of what they founded.
INSERT INTO members (organization_id, user_id, role, joined_at)
SELECT organizations.id, instance_owners.user_id, 'organization_admin', instance_owners.created_at
FROM organizations CROSS JOIN instance_owners;

CREATE TABLE sessions (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id),
    digest BLOB NOT NULL,
    -- 'password', or 'sso' for one organization only.
    method TEXT NOT NULL,
    -- The only organization that the session reaches, where the sign-in was by its provider.
    organization_id TEXT REFERENCES organizations (id),
    address TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE UNIQUE INDEX sessions_by_digest ON sessions (digest);
CREATE INDEX sessions_by_user ON sessions (user_id);

-- Those that are open or have expired: what is accepted or revoked is deleted.
CREATE TABLE invitations (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    email TEXT NOT NULL,
    role TEXT NOT NULL,
    -- A project to begin in, and the role there.
    project_id TEXT,
    project_role TEXT,
    digest BLOB NOT NULL,
    invited_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    FOREIGN KEY (organization_id, project_id) REFERENCES projects (organization_id, id)
);

CREATE UNIQUE INDEX invitations_by_digest ON invitations (digest);
CREATE INDEX invitations_by_organization ON invitations (organization_id);

CREATE TABLE password_resets (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id),
    digest BLOB NOT NULL,
    -- Who made it, in which organization: it gives no more than they could give when it is used.
    made_by TEXT NOT NULL,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);

CREATE UNIQUE INDEX password_resets_by_digest ON password_resets (digest);

ALTER TABLE api_keys ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE api_keys ADD COLUMN created_by TEXT NOT NULL DEFAULT '';
-- JSON: a list of networks; empty: from anywhere.
ALTER TABLE api_keys ADD COLUMN allowed_addresses TEXT NOT NULL DEFAULT '[]';
ALTER TABLE api_keys ADD COLUMN last_used_at BIGINT;
-- The key that takes this one's place.
ALTER TABLE api_keys ADD COLUMN replaced_by TEXT;

-- Whose viewer tokens are let in, and from pages of which origins.
CREATE TABLE viewer_issuers (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    name TEXT NOT NULL,
    -- JSON: a list of origins.
    origins TEXT NOT NULL,
    -- Sealed; what its tokens are signed with.
    secret BLOB NOT NULL,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT
);

CREATE INDEX viewer_issuers_by_organization ON viewer_issuers (organization_id);

CREATE TABLE views (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    owner_id TEXT NOT NULL,
    name TEXT NOT NULL,
    shared BIGINT NOT NULL,
    -- JSON: columns, query, range and sort.
    definition TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE INDEX views_by_organization ON views (organization_id);

-- An organization's OpenID Connect provider.
CREATE TABLE sso (
    organization_id TEXT NOT NULL PRIMARY KEY REFERENCES organizations (id),
    issuer TEXT NOT NULL,
    client_id TEXT NOT NULL,
    -- Sealed.
    client_secret BLOB,
    -- JSON: e-mail domains, how groups become roles, and what else the provider is asked for.
    policy TEXT NOT NULL,
    enabled BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- The domains of a provider's people, to find it by an e-mail address.
CREATE TABLE sso_domains (
    organization_id TEXT NOT NULL REFERENCES sso (organization_id) ON DELETE CASCADE,
    domain TEXT NOT NULL,
    PRIMARY KEY (organization_id, domain)
);

CREATE INDEX sso_domains_by_domain ON sso_domains (domain);

-- Which of a provider's subjects is which member. Who is a member no more is nobody's subject.
CREATE TABLE sso_subjects (
    organization_id TEXT NOT NULL,
    subject TEXT NOT NULL,
    user_id TEXT NOT NULL,
    PRIMARY KEY (organization_id, subject),
    UNIQUE (organization_id, user_id),
    FOREIGN KEY (organization_id, user_id) REFERENCES members (organization_id, user_id) ON DELETE CASCADE
);

-- Sign-ins that have gone to a provider and not come back yet.
CREATE TABLE sso_attempts (
    state_digest BLOB NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    -- Of the cookie that the browser was given: whoever comes back must be who went.
    browser_digest BLOB NOT NULL,
    -- Sealed: who was asked, the nonce, and the verifier that the code is bound to.
    expected BLOB NOT NULL,
    return_to TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE INDEX sso_attempts_by_organization ON sso_attempts (organization_id, expires_at);

-- What was done and is not known to be in the log yet. Rows come with the change they tell of, in its transaction,
-- and go once their event is in the log.
CREATE TABLE outbox (
    event_id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL,
    -- Microseconds, and the place among what was staged with it: the order in which events go out.
    staged_at BIGINT NOT NULL,
    place BIGINT NOT NULL,
    occurred_at BIGINT NOT NULL,
    canonical BLOB NOT NULL
);

CREATE INDEX outbox_in_order ON outbox (staged_at, place);
