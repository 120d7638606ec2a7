-- Where a tenant differs from its plan, and its own domains, both as JSON.
ALTER TABLE tenancy_tenants
    ADD COLUMN overrides LONGTEXT NOT NULL DEFAULT ('{}'),
    ADD COLUMN domains LONGTEXT NOT NULL DEFAULT ('[]');

-- What a key is good for, and from where, as JSON; NULL and [] mean everything.
ALTER TABLE tenancy_api_keys
    ADD COLUMN scopes LONGTEXT,
    ADD COLUMN networks LONGTEXT NOT NULL DEFAULT ('[]');

-- Verified domains: each belongs to one tenant.
CREATE TABLE tenancy_domains (
    domain VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin PRIMARY KEY,
    tenant_id BINARY(16) NOT NULL,
    FOREIGN KEY (tenant_id) REFERENCES tenancy_tenants (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4;

-- Only the SHA-256 of a cookie is kept.
CREATE TABLE tenancy_sessions (
    hash VARBINARY(32) PRIMARY KEY CHECK (length(hash) = 32),
    id VARBINARY(1024) NOT NULL,
    tenant_id BINARY(16) NOT NULL,
    actor LONGTEXT NOT NULL,
    expires_at DATETIME(6) NOT NULL,
    UNIQUE (tenant_id, id),
    FOREIGN KEY (tenant_id) REFERENCES tenancy_tenants (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4;
CREATE INDEX tenancy_sessions_by_actor ON tenancy_sessions (tenant_id, actor(255));

-- Counts the changes of the directory. Its one row is locked by each change first, so that
-- revisions become visible in their order.
CREATE TABLE tenancy_revision (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    revision BIGINT NOT NULL
) ENGINE = InnoDB;
INSERT INTO tenancy_revision (id, revision) VALUES (1, 1);

-- The newest changes: what nodes must no longer remember.
CREATE TABLE tenancy_changes (
    revision BIGINT PRIMARY KEY,
    tenant_id BINARY(16) NOT NULL,
    version BIGINT NOT NULL,
    "keys" LONGTEXT NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4;
