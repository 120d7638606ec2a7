-- Where a tenant differs from its plan, and its own domains, both as JSON.
ALTER TABLE tenancy_tenants ADD COLUMN overrides text NOT NULL DEFAULT '{}';
ALTER TABLE tenancy_tenants ADD COLUMN domains text NOT NULL DEFAULT '[]';

-- What a key is good for, and from where, as JSON; NULL and [] mean everything.
ALTER TABLE tenancy_api_keys ADD COLUMN scopes text;
ALTER TABLE tenancy_api_keys ADD COLUMN networks text NOT NULL DEFAULT '[]';

-- Verified domains: each belongs to one tenant.
CREATE TABLE tenancy_domains (
    domain text PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenancy_tenants (id)
);

-- Only the SHA-256 of a cookie is kept.
CREATE TABLE tenancy_sessions (
    hash bytea PRIMARY KEY CHECK (length(hash) = 32),
    id text NOT NULL,
    tenant_id uuid NOT NULL REFERENCES tenancy_tenants (id),
    actor text NOT NULL,
    expires_at timestamptz NOT NULL,
    UNIQUE (tenant_id, id)
);
CREATE INDEX tenancy_sessions_by_actor ON tenancy_sessions (tenant_id, actor);

-- Counts the changes of the directory. Its one row is locked by each change first, so that
-- revisions become visible in their order.
CREATE TABLE tenancy_revision (
    id bigint PRIMARY KEY CHECK (id = 1),
    revision bigint NOT NULL
);
INSERT INTO tenancy_revision (id, revision) VALUES (1, 1);

-- The newest changes: what nodes must no longer remember.
CREATE TABLE tenancy_changes (
    revision bigint PRIMARY KEY,
    tenant_id uuid NOT NULL,
    version bigint NOT NULL,
    keys text NOT NULL
);
