-- What has run: by owner (the library or the application) and version.
CREATE TABLE IF NOT EXISTS tenancy_migrations (
    owner text NOT NULL,
    version bigint NOT NULL,
    name text NOT NULL,
    checksum bytea NOT NULL,
    applied_at timestamptz NOT NULL,
    PRIMARY KEY (owner, version)
);
