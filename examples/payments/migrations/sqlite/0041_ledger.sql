-- Settlements, disputes and corrections.
--
-- Two tables are made anew, because SQLite changes no rule of a table. What refers to them is
-- checked at the commit.
PRAGMA defer_foreign_keys = ON;

CREATE TABLE ledger_accounts_before AS SELECT * FROM ledger_accounts;
DROP TABLE ledger_accounts;
CREATE TABLE ledger_accounts (
    tenant_id BLOB NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 16),
    code TEXT NOT NULL CHECK (code IN
        ('psp_receivable', 'merchant_pending', 'merchant_available', 'fee_income', 'bank',
         'dispute_reserve', 'dispute_fee')),
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
INSERT INTO ledger_accounts SELECT * FROM ledger_accounts_before;
DROP TABLE ledger_accounts_before;

-- A correction says why, and an entry is taken back once.
CREATE TABLE journal_entries_before AS SELECT * FROM journal_entries;
DROP TABLE journal_entries;
CREATE TABLE journal_entries (
    tenant_id BLOB NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 16),
    cause_kind TEXT NOT NULL CHECK (cause_kind IN
        ('capture', 'refund', 'settlement', 'dispute', 'correction')),
    cause_id BLOB NOT NULL,
    sequence INTEGER NOT NULL CHECK (sequence >= 0),
    effective_at TEXT NOT NULL,
    recorded_at TEXT NOT NULL,
    reason_code TEXT,
    reverses BLOB,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, cause_kind, cause_id, sequence),
    UNIQUE (tenant_id, reverses),
    FOREIGN KEY (tenant_id, reverses) REFERENCES journal_entries (tenant_id, id),
    CHECK ((cause_kind = 'correction') = (reason_code IS NOT NULL))
) STRICT;
INSERT INTO journal_entries SELECT *, NULL, NULL FROM journal_entries_before;
DROP TABLE journal_entries_before;
CREATE TRIGGER journal_entries_no_update BEFORE UPDATE ON journal_entries
BEGIN
    SELECT RAISE(ABORT, 'journal_entries is append-only');
END;
CREATE TRIGGER journal_entries_no_delete BEFORE DELETE ON journal_entries
BEGIN
    SELECT RAISE(ABORT, 'journal_entries is append-only');
END;

ALTER TABLE captures ADD COLUMN settled_at TEXT;

ALTER TABLE payments ADD COLUMN amount_disputed INTEGER NOT NULL DEFAULT 0 CHECK (
    amount_disputed >= 0
    AND amount_refunded + amount_refunding + amount_disputed <= amount_captured
);

CREATE TABLE disputes (
    tenant_id BLOB NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 16),
    payment_id BLOB NOT NULL,
    provider_reference TEXT NOT NULL CHECK (provider_reference <> ''),
    amount INTEGER NOT NULL CHECK (amount > 0),
    fee INTEGER NOT NULL CHECK (fee >= 0),
    currency TEXT NOT NULL CHECK (length(currency) = 3),
    reason TEXT NOT NULL CHECK (reason IN
        ('fraudulent', 'not_received', 'not_as_described', 'duplicate', 'general')),
    state TEXT NOT NULL CHECK (state IN
        ('needs_response', 'under_review', 'won', 'lost', 'accepted')),
    evidence TEXT CHECK (evidence <> ''),
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, provider_reference),
    FOREIGN KEY (tenant_id, payment_id) REFERENCES payments (tenant_id, id)
) STRICT;
CREATE INDEX disputes_of_payment ON disputes (tenant_id, payment_id);

CREATE TABLE ledger_corrections (
    tenant_id BLOB NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 16),
    entry_id BLOB NOT NULL,
    reason_code TEXT NOT NULL CHECK (reason_code IN
        ('wrong_amount', 'wrong_account', 'duplicate', 'fee_error', 'provider_correction')),
    legs TEXT,
    state TEXT NOT NULL CHECK (state IN ('requested', 'posted', 'rejected')),
    maker TEXT NOT NULL,
    approver TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0),
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, entry_id) REFERENCES journal_entries (tenant_id, id),
    CHECK ((state = 'requested') = (approver IS NULL)),
    -- Two pairs of eyes.
    CHECK (approver <> maker)
) STRICT;
