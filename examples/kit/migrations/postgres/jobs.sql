-- What is to be done later, in the tenant's own data. A job that is done is gone.
CREATE TABLE jobs (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    kind text NOT NULL CHECK (kind <> ''),
    payload text NOT NULL,
    envelope text NOT NULL,
    priority bigint NOT NULL,
    run_at timestamptz NOT NULL,
    attempts bigint NOT NULL CHECK (attempts >= 0),
    leased_until timestamptz,
    state text NOT NULL CHECK (state IN ('waiting', 'dead')),
    last_error text,
    created_at timestamptz NOT NULL,
    version bigint NOT NULL CHECK (version > 0),
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX jobs_by_turn ON jobs (tenant_id, priority DESC, run_at) WHERE state = 'waiting';
CREATE INDEX jobs_by_time ON jobs (tenant_id, run_at) WHERE state = 'waiting';

-- Secrets of the platform itself, for one that is given none by its environment.
CREATE TABLE platform_keys (
    name text PRIMARY KEY,
    secret bytea NOT NULL CHECK (length(secret) = 32)
);
