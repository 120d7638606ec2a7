-- Who may tell a tenant of events, and what was told: each id of a source once.
CREATE TABLE inbound_sources (
    tenant_id BLOB NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 16),
    name TEXT NOT NULL CHECK (name <> ''),
    connector TEXT NOT NULL CHECK (connector <> ''),
    scheme TEXT NOT NULL CHECK (scheme IN ('standard_webhooks', 'stripe')),
    secret BLOB NOT NULL,
    networks TEXT NOT NULL,
    enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0),
    PRIMARY KEY (tenant_id, id)
) STRICT;

CREATE TABLE inbound_events (
    tenant_id BLOB NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 16),
    source_id BLOB NOT NULL,
    external_id TEXT NOT NULL CHECK (external_id <> ''),
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('received', 'parked', 'applied', 'ignored', 'dead')),
    tries INTEGER NOT NULL CHECK (tries >= 0),
    last_error TEXT,
    received_at TEXT NOT NULL,
    applied_at TEXT,
    version INTEGER NOT NULL CHECK (version > 0),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, source_id, external_id),
    FOREIGN KEY (tenant_id, source_id) REFERENCES inbound_sources (tenant_id, id)
        ON DELETE CASCADE,
    CHECK ((state = 'applied') = (applied_at IS NOT NULL))
) STRICT;
