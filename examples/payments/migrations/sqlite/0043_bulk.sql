-- Files of payments, and their rows.
CREATE TABLE bulk_batches (
    tenant_id BLOB NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 16),
    sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
    mode TEXT NOT NULL CHECK (mode IN ('atomic', 'best_effort')),
    state TEXT NOT NULL CHECK (state IN
        ('checked', 'submitted', 'running', 'finished', 'rejected', 'canceled')),
    maker TEXT NOT NULL,
    approver TEXT,
    rows_good INTEGER NOT NULL CHECK (rows_good >= 0),
    rows_bad INTEGER NOT NULL CHECK (rows_bad >= 0),
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0),
    PRIMARY KEY (tenant_id, id),
    -- Two pairs of eyes.
    CHECK (approver <> maker),
    CHECK (state NOT IN ('running', 'finished', 'rejected') OR approver IS NOT NULL)
) STRICT;
CREATE INDEX bulk_batches_of_file ON bulk_batches (tenant_id, sha256, created_at);
CREATE INDEX bulk_batches_running ON bulk_batches (tenant_id, id) WHERE state = 'running';

CREATE TABLE bulk_items (
    tenant_id BLOB NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 16),
    batch_id BLOB NOT NULL,
    line INTEGER NOT NULL CHECK (line > 1),
    state TEXT NOT NULL CHECK (state IN ('bad', 'waiting', 'processing', 'succeeded', 'failed')),
    amount INTEGER CHECK (amount > 0),
    currency TEXT CHECK (length(currency) = 3),
    reference TEXT CHECK (reference <> ''),
    payment_method TEXT CHECK (payment_method <> ''),
    code TEXT,
    wrong_column TEXT,
    payment_id BLOB,
    updated_at TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, batch_id, line),
    UNIQUE (tenant_id, payment_id),
    FOREIGN KEY (tenant_id, batch_id) REFERENCES bulk_batches (tenant_id, id),
    FOREIGN KEY (tenant_id, payment_id) REFERENCES payments (tenant_id, id),
    CHECK (state NOT IN ('processing', 'succeeded') OR payment_id IS NOT NULL)
) STRICT;
CREATE INDEX bulk_items_open ON bulk_items (tenant_id, batch_id, state, id);
