-- Domains that tenants say are theirs. Those that have shown it are in the directory too.
CREATE TABLE own_domains (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    domain text NOT NULL CHECK (domain <> '' AND domain = lower(domain)),
    token text NOT NULL CHECK (length(token) = 40),
    created_at timestamptz NOT NULL,
    verified_at timestamptz,
    version bigint NOT NULL CHECK (version > 0),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, domain)
);
