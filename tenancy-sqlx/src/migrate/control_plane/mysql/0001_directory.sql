-- The directory of tenants. It belongs to no tenant.
CREATE TABLE tenancy_tenants (
    id BINARY(16) PRIMARY KEY,
    slug VARCHAR(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL UNIQUE,
    name TEXT NOT NULL,
    plan TEXT NOT NULL,
    status TEXT NOT NULL,
    version BIGINT NOT NULL CHECK (version > 0)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4;

-- Only the SHA-256 of a key is kept. An id is compared byte by byte.
CREATE TABLE tenancy_api_keys (
    hash VARBINARY(32) PRIMARY KEY CHECK (length(hash) = 32),
    id VARBINARY(1024) NOT NULL,
    tenant_id BINARY(16) NOT NULL,
    expires_at DATETIME(6),
    revoked BOOLEAN NOT NULL DEFAULT FALSE,
    UNIQUE (tenant_id, id),
    FOREIGN KEY (tenant_id) REFERENCES tenancy_tenants (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4;
