-- Attempts, captures, refunds, holds, and the ledger.
CREATE TABLE payments_next (
    tenant_id BLOB NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 16),
    customer_id BLOB,
    reference TEXT CHECK (reference <> ''),
    amount INTEGER NOT NULL CHECK (amount > 0),
    currency TEXT NOT NULL CHECK (length(currency) = 3),
    capture_mode TEXT NOT NULL CHECK (capture_mode IN ('automatic', 'manual')),
    state TEXT NOT NULL CHECK (state IN ('draft', 'requires_approval', 'rejected',
        'requires_confirmation', 'processing', 'requires_action', 'unknown', 'conflicted',
        'authorized', 'partially_captured', 'succeeded', 'failed', 'canceled', 'expired')),
    failure_code TEXT,
    amount_authorized INTEGER NOT NULL,
    amount_capturing INTEGER NOT NULL CHECK (amount_capturing >= 0),
    amount_captured INTEGER NOT NULL CHECK (amount_captured >= 0),
    amount_refunding INTEGER NOT NULL CHECK (amount_refunding >= 0),
    amount_refunded INTEGER NOT NULL CHECK (amount_refunded >= 0),
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, reference),
    FOREIGN KEY (tenant_id, customer_id) REFERENCES customers (tenant_id, id),
    CHECK (
        amount_refunded + amount_refunding <= amount_captured
        AND amount_captured + amount_capturing <= amount_authorized
        AND amount_authorized <= amount
    )
) STRICT;
INSERT INTO payments_next
    SELECT tenant_id, id, customer_id, reference, amount, currency, 'automatic', state, NULL,
           0, 0, 0, 0, 0, created_at, updated_at, version
    FROM payments;
DROP TABLE payments;
ALTER TABLE payments_next RENAME TO payments;

-- Without an answer the first request is still at work.
CREATE TABLE idempotency_records_next (
    tenant_id BLOB NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 32),
    actor TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    fingerprint BLOB NOT NULL CHECK (length(fingerprint) = 32),
    status INTEGER,
    body BLOB,
    created_at TEXT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CHECK ((status IS NULL) = (body IS NULL))
) STRICT;
INSERT INTO idempotency_records_next SELECT * FROM idempotency_records;
DROP TABLE idempotency_records;
ALTER TABLE idempotency_records_next RENAME TO idempotency_records;

CREATE TABLE attempts (
    tenant_id BLOB NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 16),
    payment_id BLOB NOT NULL,
    connector TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN
        ('processing', 'unknown', 'conflicted', 'authorized', 'voiding', 'voided', 'declined')),
    provider_reference TEXT,
    failure_code TEXT,
    answers BLOB,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, connector, provider_reference),
    FOREIGN KEY (tenant_id, payment_id) REFERENCES payments (tenant_id, id)
) STRICT;
-- Whoever may have taken the money is the only one who is asked.
CREATE UNIQUE INDEX attempts_one_open ON attempts (tenant_id, payment_id)
    WHERE state IN ('processing', 'unknown', 'conflicted');
CREATE INDEX attempts_of_payment ON attempts (tenant_id, payment_id);
CREATE INDEX attempts_to_ask ON attempts (tenant_id, id)
    WHERE state IN ('processing', 'unknown', 'voiding');

CREATE TABLE captures (
    tenant_id BLOB NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 16),
    payment_id BLOB NOT NULL,
    attempt_id BLOB NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0),
    fee INTEGER NOT NULL CHECK (fee BETWEEN 0 AND amount),
    state TEXT NOT NULL CHECK (state IN ('processing', 'conflicted', 'succeeded', 'failed')),
    failure_code TEXT,
    answers BLOB,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0),
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, payment_id) REFERENCES payments (tenant_id, id),
    FOREIGN KEY (tenant_id, attempt_id) REFERENCES attempts (tenant_id, id)
) STRICT;
CREATE INDEX captures_of_payment ON captures (tenant_id, payment_id);
CREATE INDEX captures_to_ask ON captures (tenant_id, id) WHERE state = 'processing';

CREATE TABLE refunds (
    tenant_id BLOB NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 16),
    payment_id BLOB NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0),
    currency TEXT NOT NULL CHECK (length(currency) = 3),
    reason TEXT CHECK (reason <> ''),
    state TEXT NOT NULL CHECK (state IN ('pending', 'conflicted', 'succeeded', 'failed')),
    failure_code TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0),
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, payment_id) REFERENCES payments (tenant_id, id)
) STRICT;
CREATE INDEX refunds_of_payment ON refunds (tenant_id, payment_id);
CREATE INDEX refunds_to_ask ON refunds (tenant_id, id) WHERE state = 'pending';

CREATE TABLE holds (
    tenant_id BLOB NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 16),
    cause_kind TEXT NOT NULL CHECK (cause_kind IN ('attempt', 'refund')),
    cause_id BLOB NOT NULL,
    currency TEXT NOT NULL CHECK (length(currency) = 3),
    amount INTEGER NOT NULL CHECK (amount > 0),
    posted INTEGER NOT NULL CHECK (posted BETWEEN 0 AND amount),
    state TEXT NOT NULL CHECK (state IN ('pending', 'posted', 'voided')),
    created_at TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, cause_kind, cause_id),
    CHECK (state <> 'voided' OR posted = 0),
    CHECK (state <> 'pending' OR posted < amount)
) STRICT;

CREATE TABLE ledger_accounts (
    tenant_id BLOB NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 16),
    code TEXT NOT NULL CHECK (code IN
        ('psp_receivable', 'merchant_pending', 'merchant_available', 'fee_income')),
    currency TEXT NOT NULL CHECK (length(currency) = 3),
    normal_side TEXT NOT NULL CHECK (normal_side IN ('debit', 'credit')),
    balance INTEGER NOT NULL,
    held INTEGER NOT NULL CHECK (held >= 0),
    min_balance INTEGER,
    created_at TEXT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, code, currency),
    UNIQUE (tenant_id, id, currency),
    CONSTRAINT ledger_accounts_floor_check
        CHECK (min_balance IS NULL OR balance - held >= min_balance)
) STRICT;

CREATE TABLE journal_entries (
    tenant_id BLOB NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 16),
    cause_kind TEXT NOT NULL CHECK (cause_kind IN ('capture', 'refund')),
    cause_id BLOB NOT NULL,
    sequence INTEGER NOT NULL CHECK (sequence >= 0),
    effective_at TEXT NOT NULL,
    recorded_at TEXT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, cause_kind, cause_id, sequence)
) STRICT;

CREATE TABLE postings (
    tenant_id BLOB NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 16),
    entry_id BLOB NOT NULL,
    account_id BLOB NOT NULL,
    currency TEXT NOT NULL,
    side TEXT NOT NULL CHECK (side IN ('debit', 'credit')),
    amount INTEGER NOT NULL CHECK (amount > 0),
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, entry_id) REFERENCES journal_entries (tenant_id, id),
    FOREIGN KEY (tenant_id, account_id, currency)
        REFERENCES ledger_accounts (tenant_id, id, currency)
) STRICT;
CREATE INDEX postings_of_entry ON postings (tenant_id, entry_id);
CREATE INDEX postings_of_account ON postings (tenant_id, account_id);

-- The past is not changed: a mistake is answered by another entry.
CREATE TRIGGER journal_entries_no_update BEFORE UPDATE ON journal_entries
BEGIN
    SELECT RAISE(ABORT, 'journal_entries is append-only');
END;
CREATE TRIGGER journal_entries_no_delete BEFORE DELETE ON journal_entries
BEGIN
    SELECT RAISE(ABORT, 'journal_entries is append-only');
END;
CREATE TRIGGER postings_no_update BEFORE UPDATE ON postings
BEGIN
    SELECT RAISE(ABORT, 'postings is append-only');
END;
CREATE TRIGGER postings_no_delete BEFORE DELETE ON postings
BEGIN
    SELECT RAISE(ABORT, 'postings is append-only');
END;
