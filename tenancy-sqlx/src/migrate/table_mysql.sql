-- What has run: by owner (the library or the application) and version. The checksum is empty
-- while a migration runs: here a script cannot be taken back once it has changed a table.
CREATE TABLE IF NOT EXISTS tenancy_migrations (
    owner VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    version BIGINT NOT NULL,
    name TEXT NOT NULL,
    checksum VARBINARY(32) NOT NULL,
    applied_at DATETIME(6) NOT NULL,
    PRIMARY KEY (owner, version)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4;
