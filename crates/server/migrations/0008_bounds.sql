-- Keys that have ended are ever more, and are not read with those that work.
CREATE INDEX api_keys_by_end ON api_keys (organization_id, revoked_at, expires_at);
DROP INDEX api_keys_by_organization;

-- Whoever begins a sign-in by a provider: an IPv4 address, or the IPv6 addresses of one line.
ALTER TABLE sso_attempts ADD COLUMN network TEXT NOT NULL DEFAULT '';
