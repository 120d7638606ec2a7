-- The directory of tenants. It belongs to no tenant.
CREATE TABLE tenancy_tenants (
    id BLOB PRIMARY KEY NOT NULL,
    slug TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    plan TEXT NOT NULL,
    status TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0)
) STRICT;

-- Only the SHA-256 of a key is kept.
CREATE TABLE tenancy_api_keys (
    hash BLOB PRIMARY KEY NOT NULL CHECK (length(hash) = 32),
    id TEXT NOT NULL,
    tenant_id BLOB NOT NULL REFERENCES tenancy_tenants (id),
    expires_at TEXT,
    revoked INTEGER NOT NULL DEFAULT 0,
    UNIQUE (tenant_id, id)
) STRICT;
