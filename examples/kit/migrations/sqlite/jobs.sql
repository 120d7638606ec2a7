-- What is to be done later, in the tenant's own data. A job that is done is gone.
CREATE TABLE jobs (
    tenant_id BLOB NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 16),
    kind TEXT NOT NULL CHECK (kind <> ''),
    payload TEXT NOT NULL,
    envelope TEXT NOT NULL,
    priority INTEGER NOT NULL,
    run_at TEXT NOT NULL,
    attempts INTEGER NOT NULL CHECK (attempts >= 0),
    leased_until TEXT,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'dead')),
    last_error TEXT,
    created_at TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0),
    PRIMARY KEY (tenant_id, id)
) STRICT;
CREATE INDEX jobs_by_turn ON jobs (tenant_id, priority DESC, run_at) WHERE state = 'waiting';
CREATE INDEX jobs_by_time ON jobs (tenant_id, run_at) WHERE state = 'waiting';

-- Secrets of the platform itself, for one that is given none by its environment.
CREATE TABLE platform_keys (
    name TEXT PRIMARY KEY,
    secret BLOB NOT NULL CHECK (length(secret) = 32)
) STRICT;
