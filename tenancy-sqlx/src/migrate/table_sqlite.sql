-- What has run: by owner (the library or the application) and version.
CREATE TABLE IF NOT EXISTS tenancy_migrations (
    owner TEXT NOT NULL,
    version INTEGER NOT NULL,
    name TEXT NOT NULL,
    checksum BLOB NOT NULL,
    applied_at TEXT NOT NULL,
    PRIMARY KEY (owner, version)
) STRICT;
