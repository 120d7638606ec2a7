-- The directory of tenants. It belongs to no tenant.
CREATE TABLE tenancy_tenants (
    id uuid PRIMARY KEY,
    slug text NOT NULL UNIQUE,
    name text NOT NULL,
    plan text NOT NULL,
    status text NOT NULL,
    version bigint NOT NULL CHECK (version > 0)
);

-- Only the SHA-256 of a key is kept.
CREATE TABLE tenancy_api_keys (
    hash bytea PRIMARY KEY CHECK (length(hash) = 32),
    id text NOT NULL,
    tenant_id uuid NOT NULL REFERENCES tenancy_tenants (id),
    expires_at timestamptz,
    revoked boolean NOT NULL DEFAULT false,
    UNIQUE (tenant_id, id)
);
