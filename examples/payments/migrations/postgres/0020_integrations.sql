-- Connections to providers, and every call of one.
CREATE TABLE connections (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('stripe', 'paynova')),
    name text NOT NULL CHECK (name <> ''),
    base_url text NOT NULL CHECK (base_url <> ''),
    -- Sealed with a key that is not in the database: a version, a nonce and a tag are 29 bytes.
    secret bytea NOT NULL CHECK (length(secret) > 29),
    priority bigint NOT NULL CHECK (priority BETWEEN 0 AND 1000),
    state text NOT NULL CHECK (state IN ('active', 'disabled', 'removed')),
    breaker text NOT NULL CHECK (breaker IN ('automatic', 'open', 'closed')),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version bigint NOT NULL CHECK (version > 0),
    PRIMARY KEY (tenant_id, id)
);

CREATE TABLE provider_calls (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    connection_id uuid NOT NULL,
    operation text NOT NULL CHECK (operation <> ''),
    request_id text NOT NULL,
    attempt bigint NOT NULL CHECK (attempt > 0),
    outcome text NOT NULL CHECK (outcome IN ('answered', 'not_sent', 'unknown', 'refused')),
    status bigint,
    duration_us bigint NOT NULL CHECK (duration_us >= 0),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, connection_id) REFERENCES connections (tenant_id, id)
);
CREATE INDEX provider_calls_of_connection ON provider_calls (tenant_id, connection_id, id);

-- Without a connection an attempt is the simulator's.
ALTER TABLE attempts
    ADD COLUMN connection_id uuid,
    ADD CONSTRAINT attempts_connection_fkey
        FOREIGN KEY (tenant_id, connection_id) REFERENCES connections (tenant_id, id);
