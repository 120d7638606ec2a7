-- Who is told of events, what of it has arrived, and each attempt. Secrets are sealed.
CREATE TABLE webhook_endpoints (
    tenant_id BLOB NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 16),
    url TEXT NOT NULL CHECK (length(url) <= 500),
    description TEXT,
    kinds TEXT NOT NULL CHECK (kinds <> ''),
    secret BLOB NOT NULL,
    previous_secret BLOB,
    previous_until TEXT,
    state TEXT NOT NULL CHECK (state IN ('enabled', 'disabled')),
    disabled_reason TEXT,
    failing_since TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0),
    PRIMARY KEY (tenant_id, id),
    CHECK ((previous_secret IS NULL) = (previous_until IS NULL)),
    CHECK ((state = 'disabled') = (disabled_reason IS NOT NULL))
) STRICT;

CREATE TABLE webhook_deliveries (
    tenant_id BLOB NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 16),
    endpoint_id BLOB NOT NULL,
    event_id BLOB NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'failed')),
    attempts INTEGER NOT NULL CHECK (attempts >= 0),
    next_attempt_at TEXT,
    last_status INTEGER,
    last_error TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, endpoint_id, event_id),
    FOREIGN KEY (tenant_id, endpoint_id) REFERENCES webhook_endpoints (tenant_id, id)
        ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, event_id) REFERENCES events (tenant_id, id),
    CHECK ((state = 'pending') = (next_attempt_at IS NOT NULL))
) STRICT;
CREATE INDEX webhook_deliveries_of_event ON webhook_deliveries (tenant_id, event_id);

CREATE TABLE webhook_attempts (
    tenant_id BLOB NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 16),
    delivery_id BLOB NOT NULL,
    endpoint_id BLOB NOT NULL,
    status INTEGER,
    error TEXT,
    took_ms INTEGER NOT NULL CHECK (took_ms >= 0),
    created_at TEXT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, delivery_id) REFERENCES webhook_deliveries (tenant_id, id)
        ON DELETE CASCADE,
    CHECK ((status IS NULL) <> (error IS NULL))
) STRICT;
CREATE INDEX webhook_attempts_of_delivery ON webhook_attempts (tenant_id, delivery_id);
CREATE INDEX webhook_attempts_of_endpoint ON webhook_attempts (tenant_id, endpoint_id, created_at);
