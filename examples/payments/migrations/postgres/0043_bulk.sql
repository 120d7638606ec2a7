-- Files of payments, and their rows.
CREATE TABLE bulk_batches (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    sha256 text NOT NULL CHECK (length(sha256) = 64),
    mode text NOT NULL CHECK (mode IN ('atomic', 'best_effort')),
    state text NOT NULL CHECK (state IN
        ('checked', 'submitted', 'running', 'finished', 'rejected', 'canceled')),
    maker text NOT NULL,
    approver text,
    rows_good bigint NOT NULL CHECK (rows_good >= 0),
    rows_bad bigint NOT NULL CHECK (rows_bad >= 0),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version bigint NOT NULL CHECK (version > 0),
    PRIMARY KEY (tenant_id, id),
    -- Two pairs of eyes.
    CHECK (approver <> maker),
    CHECK (state NOT IN ('running', 'finished', 'rejected') OR approver IS NOT NULL)
);
CREATE INDEX bulk_batches_of_file ON bulk_batches (tenant_id, sha256, created_at);
CREATE INDEX bulk_batches_running ON bulk_batches (tenant_id, id) WHERE state = 'running';

CREATE TABLE bulk_items (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    batch_id uuid NOT NULL,
    line bigint NOT NULL CHECK (line > 1),
    state text NOT NULL CHECK (state IN ('bad', 'waiting', 'processing', 'succeeded', 'failed')),
    amount bigint CHECK (amount > 0),
    currency text CHECK (length(currency) = 3),
    reference text CHECK (reference <> ''),
    payment_method text CHECK (payment_method <> ''),
    code text,
    wrong_column text,
    payment_id uuid,
    updated_at timestamptz NOT NULL,
    version bigint NOT NULL CHECK (version > 0),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, batch_id, line),
    UNIQUE (tenant_id, payment_id),
    FOREIGN KEY (tenant_id, batch_id) REFERENCES bulk_batches (tenant_id, id),
    FOREIGN KEY (tenant_id, payment_id) REFERENCES payments (tenant_id, id),
    CHECK (state NOT IN ('processing', 'succeeded') OR payment_id IS NOT NULL)
);
CREATE INDEX bulk_items_open ON bulk_items (tenant_id, batch_id, state, id);
