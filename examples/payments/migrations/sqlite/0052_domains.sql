-- Domains that tenants say are theirs. Those that have shown it are in the directory too.
CREATE TABLE own_domains (
    tenant_id BLOB NOT NULL,
    id BLOB NOT NULL,
    domain TEXT NOT NULL CHECK (domain <> '' AND domain = lower(domain)),
    token TEXT NOT NULL CHECK (length(token) = 40),
    created_at TEXT NOT NULL,
    verified_at TEXT,
    version INTEGER NOT NULL CHECK (version > 0),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, domain)
) STRICT;
