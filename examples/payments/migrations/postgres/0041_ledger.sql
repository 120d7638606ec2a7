-- Settlements, disputes and corrections.
ALTER TABLE ledger_accounts
    DROP CONSTRAINT ledger_accounts_code_check,
    ADD CONSTRAINT ledger_accounts_code_check CHECK (code IN
        ('psp_receivable', 'merchant_pending', 'merchant_available', 'fee_income', 'bank',
         'dispute_reserve', 'dispute_fee'));

-- A correction says why, and an entry is taken back once.
ALTER TABLE journal_entries
    DROP CONSTRAINT journal_entries_cause_kind_check,
    ADD COLUMN reason_code text,
    ADD COLUMN reverses uuid,
    ADD CONSTRAINT journal_entries_cause_kind_check CHECK (cause_kind IN
        ('capture', 'refund', 'settlement', 'dispute', 'correction')),
    ADD CONSTRAINT journal_entries_reason_check
        CHECK ((cause_kind = 'correction') = (reason_code IS NOT NULL)),
    ADD CONSTRAINT journal_entries_reverses_key UNIQUE (tenant_id, reverses),
    ADD CONSTRAINT journal_entries_reverses_fkey FOREIGN KEY (tenant_id, reverses)
        REFERENCES journal_entries (tenant_id, id);

ALTER TABLE captures ADD COLUMN settled_at timestamptz;

ALTER TABLE payments
    ADD COLUMN amount_disputed bigint NOT NULL DEFAULT 0 CHECK (amount_disputed >= 0),
    ADD CONSTRAINT payments_disputed_check
        CHECK (amount_refunded + amount_refunding + amount_disputed <= amount_captured);

CREATE TABLE disputes (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    payment_id uuid NOT NULL,
    provider_reference text NOT NULL CHECK (provider_reference <> ''),
    amount bigint NOT NULL CHECK (amount > 0),
    fee bigint NOT NULL CHECK (fee >= 0),
    currency text NOT NULL CHECK (length(currency) = 3),
    reason text NOT NULL CHECK (reason IN
        ('fraudulent', 'not_received', 'not_as_described', 'duplicate', 'general')),
    state text NOT NULL CHECK (state IN
        ('needs_response', 'under_review', 'won', 'lost', 'accepted')),
    evidence text CHECK (evidence <> ''),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version bigint NOT NULL CHECK (version > 0),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, provider_reference),
    FOREIGN KEY (tenant_id, payment_id) REFERENCES payments (tenant_id, id)
);
CREATE INDEX disputes_of_payment ON disputes (tenant_id, payment_id);

CREATE TABLE ledger_corrections (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    entry_id uuid NOT NULL,
    reason_code text NOT NULL CHECK (reason_code IN
        ('wrong_amount', 'wrong_account', 'duplicate', 'fee_error', 'provider_correction')),
    legs text,
    state text NOT NULL CHECK (state IN ('requested', 'posted', 'rejected')),
    maker text NOT NULL,
    approver text,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version bigint NOT NULL CHECK (version > 0),
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, entry_id) REFERENCES journal_entries (tenant_id, id),
    CHECK ((state = 'requested') = (approver IS NULL)),
    -- Two pairs of eyes.
    CHECK (approver <> maker)
);
