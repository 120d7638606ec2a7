-- Where a tenant differs from its plan, and its own domains, both as JSON.
ALTER TABLE tenancy_tenants ADD COLUMN overrides TEXT NOT NULL DEFAULT '{}';
ALTER TABLE tenancy_tenants ADD COLUMN domains TEXT NOT NULL DEFAULT '[]';

-- What a key is good for, and from where, as JSON; NULL and [] mean everything.
ALTER TABLE tenancy_api_keys ADD COLUMN scopes TEXT;
ALTER TABLE tenancy_api_keys ADD COLUMN networks TEXT NOT NULL DEFAULT '[]';

-- Verified domains: each belongs to one tenant.
CREATE TABLE tenancy_domains (
    domain TEXT PRIMARY KEY NOT NULL,
    tenant_id BLOB NOT NULL REFERENCES tenancy_tenants (id)
) STRICT;

-- Only the SHA-256 of a cookie is kept.
CREATE TABLE tenancy_sessions (
    hash BLOB PRIMARY KEY NOT NULL CHECK (length(hash) = 32),
    id TEXT NOT NULL,
    tenant_id BLOB NOT NULL REFERENCES tenancy_tenants (id),
    actor TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    UNIQUE (tenant_id, id)
) STRICT;
CREATE INDEX tenancy_sessions_by_actor ON tenancy_sessions (tenant_id, actor);

-- Counts the changes of the directory. Its one row is locked by each change first, so that
-- revisions become visible in their order.
CREATE TABLE tenancy_revision (
    id INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
    revision INTEGER NOT NULL
) STRICT;
INSERT INTO tenancy_revision (id, revision) VALUES (1, 1);

-- The newest changes: what nodes must no longer remember.
CREATE TABLE tenancy_changes (
    revision INTEGER PRIMARY KEY NOT NULL,
    tenant_id BLOB NOT NULL,
    version INTEGER NOT NULL,
    keys TEXT NOT NULL
) STRICT;
