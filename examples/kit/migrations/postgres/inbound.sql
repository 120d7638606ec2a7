-- Who may tell a tenant of events, and what was told: each id of a source once.
CREATE TABLE inbound_sources (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL CHECK (name <> ''),
    connector text NOT NULL CHECK (connector <> ''),
    scheme text NOT NULL CHECK (scheme IN ('standard_webhooks', 'stripe')),
    secret bytea NOT NULL,
    networks text NOT NULL,
    enabled boolean NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version bigint NOT NULL CHECK (version > 0),
    PRIMARY KEY (tenant_id, id)
);

CREATE TABLE inbound_events (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    source_id uuid NOT NULL,
    external_id text NOT NULL CHECK (external_id <> ''),
    kind text NOT NULL,
    payload text NOT NULL,
    state text NOT NULL CHECK (state IN ('received', 'parked', 'applied', 'ignored', 'dead')),
    tries bigint NOT NULL CHECK (tries >= 0),
    last_error text,
    received_at timestamptz NOT NULL,
    applied_at timestamptz,
    version bigint NOT NULL CHECK (version > 0),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, source_id, external_id),
    FOREIGN KEY (tenant_id, source_id) REFERENCES inbound_sources (tenant_id, id)
        ON DELETE CASCADE,
    CHECK ((state = 'applied') = (applied_at IS NOT NULL))
);
