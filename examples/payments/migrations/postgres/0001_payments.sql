-- Customers, payments, and the answers that repeated requests get again.
-- Every key begins with the tenant, every reference stays within it.
CREATE TABLE customers (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL CHECK (name <> ''),
    email text,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

CREATE TABLE payments (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    customer_id uuid,
    reference text CHECK (reference <> ''),
    amount bigint NOT NULL CHECK (amount > 0),
    currency text NOT NULL CHECK (length(currency) = 3),
    state text NOT NULL
        CHECK (state IN ('requires_confirmation', 'succeeded', 'failed', 'canceled')),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version bigint NOT NULL CHECK (version > 0),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, reference),
    FOREIGN KEY (tenant_id, customer_id) REFERENCES customers (tenant_id, id)
);

-- The id is a digest of the actor and the actor's key: two actors may use the same key.
CREATE TABLE idempotency_records (
    tenant_id uuid NOT NULL,
    id bytea NOT NULL CHECK (length(id) = 32),
    actor text NOT NULL,
    idempotency_key text NOT NULL,
    fingerprint bytea NOT NULL CHECK (length(fingerprint) = 32),
    status bigint NOT NULL,
    body bytea NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
