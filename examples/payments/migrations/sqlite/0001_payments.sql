-- Customers, payments, and the answers that repeated requests get again.
-- Every key begins with the tenant, every reference stays within it.
CREATE TABLE customers (
    tenant_id BLOB NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 16),
    name TEXT NOT NULL CHECK (name <> ''),
    email TEXT,
    created_at TEXT NOT NULL,
    PRIMARY KEY (tenant_id, id)
) STRICT;

CREATE TABLE payments (
    tenant_id BLOB NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 16),
    customer_id BLOB,
    reference TEXT CHECK (reference <> ''),
    amount INTEGER NOT NULL CHECK (amount > 0),
    currency TEXT NOT NULL CHECK (length(currency) = 3),
    state TEXT NOT NULL
        CHECK (state IN ('requires_confirmation', 'succeeded', 'failed', 'canceled')),
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, reference),
    FOREIGN KEY (tenant_id, customer_id) REFERENCES customers (tenant_id, id)
) STRICT;

-- The id is a digest of the actor and the actor's key: two actors may use the same key.
CREATE TABLE idempotency_records (
    tenant_id BLOB NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 32),
    actor TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    fingerprint BLOB NOT NULL CHECK (length(fingerprint) = 32),
    status INTEGER NOT NULL,
    body BLOB NOT NULL,
    created_at TEXT NOT NULL,
    PRIMARY KEY (tenant_id, id)
) STRICT;
