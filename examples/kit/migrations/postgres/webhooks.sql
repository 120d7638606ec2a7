-- Who is told of events, what of it has arrived, and each attempt. Secrets are sealed.
CREATE TABLE webhook_endpoints (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    url text NOT NULL CHECK (length(url) <= 500),
    description text,
    kinds text NOT NULL CHECK (kinds <> ''),
    secret bytea NOT NULL,
    previous_secret bytea,
    previous_until timestamptz,
    state text NOT NULL CHECK (state IN ('enabled', 'disabled')),
    disabled_reason text,
    failing_since timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version bigint NOT NULL CHECK (version > 0),
    PRIMARY KEY (tenant_id, id),
    CHECK ((previous_secret IS NULL) = (previous_until IS NULL)),
    CHECK ((state = 'disabled') = (disabled_reason IS NOT NULL))
);

CREATE TABLE webhook_deliveries (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    endpoint_id uuid NOT NULL,
    event_id uuid NOT NULL,
    kind text NOT NULL,
    state text NOT NULL CHECK (state IN ('pending', 'delivered', 'failed')),
    attempts bigint NOT NULL CHECK (attempts >= 0),
    next_attempt_at timestamptz,
    last_status bigint,
    last_error text,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version bigint NOT NULL CHECK (version > 0),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, endpoint_id, event_id),
    FOREIGN KEY (tenant_id, endpoint_id) REFERENCES webhook_endpoints (tenant_id, id)
        ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, event_id) REFERENCES events (tenant_id, id),
    CHECK ((state = 'pending') = (next_attempt_at IS NOT NULL))
);
CREATE INDEX webhook_deliveries_of_event ON webhook_deliveries (tenant_id, event_id);

CREATE TABLE webhook_attempts (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    delivery_id uuid NOT NULL,
    endpoint_id uuid NOT NULL,
    status bigint,
    error text,
    took_ms bigint NOT NULL CHECK (took_ms >= 0),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, delivery_id) REFERENCES webhook_deliveries (tenant_id, id)
        ON DELETE CASCADE,
    CHECK ((status IS NULL) <> (error IS NULL))
);
CREATE INDEX webhook_attempts_of_delivery ON webhook_attempts (tenant_id, delivery_id);
CREATE INDEX webhook_attempts_of_endpoint ON webhook_attempts (tenant_id, endpoint_id, created_at);
