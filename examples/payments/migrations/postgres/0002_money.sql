-- Attempts, captures, refunds, holds, and the ledger.
ALTER TABLE payments
    DROP CONSTRAINT payments_state_check,
    ADD COLUMN capture_mode text NOT NULL DEFAULT 'automatic'
        CHECK (capture_mode IN ('automatic', 'manual')),
    ADD COLUMN failure_code text,
    ADD COLUMN amount_authorized bigint NOT NULL DEFAULT 0,
    ADD COLUMN amount_capturing bigint NOT NULL DEFAULT 0 CHECK (amount_capturing >= 0),
    ADD COLUMN amount_captured bigint NOT NULL DEFAULT 0 CHECK (amount_captured >= 0),
    ADD COLUMN amount_refunding bigint NOT NULL DEFAULT 0 CHECK (amount_refunding >= 0),
    ADD COLUMN amount_refunded bigint NOT NULL DEFAULT 0 CHECK (amount_refunded >= 0),
    ADD CONSTRAINT payments_state_check CHECK (state IN ('draft', 'requires_approval', 'rejected',
        'requires_confirmation', 'processing', 'requires_action', 'unknown', 'conflicted',
        'authorized', 'partially_captured', 'succeeded', 'failed', 'canceled', 'expired')),
    ADD CONSTRAINT payments_amounts_check CHECK (
        amount_refunded + amount_refunding <= amount_captured
        AND amount_captured + amount_capturing <= amount_authorized
        AND amount_authorized <= amount
    );

-- Without an answer the first request is still at work.
ALTER TABLE idempotency_records
    ALTER COLUMN status DROP NOT NULL,
    ALTER COLUMN body DROP NOT NULL,
    ADD CONSTRAINT idempotency_records_answer_check CHECK ((status IS NULL) = (body IS NULL));

CREATE TABLE attempts (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    payment_id uuid NOT NULL,
    connector text NOT NULL,
    state text NOT NULL CHECK (state IN
        ('processing', 'unknown', 'conflicted', 'authorized', 'voiding', 'voided', 'declined')),
    provider_reference text,
    failure_code text,
    answers bytea,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version bigint NOT NULL CHECK (version > 0),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, connector, provider_reference),
    FOREIGN KEY (tenant_id, payment_id) REFERENCES payments (tenant_id, id)
);
-- Whoever may have taken the money is the only one who is asked.
CREATE UNIQUE INDEX attempts_one_open ON attempts (tenant_id, payment_id)
    WHERE state IN ('processing', 'unknown', 'conflicted');
CREATE INDEX attempts_of_payment ON attempts (tenant_id, payment_id);
CREATE INDEX attempts_to_ask ON attempts (tenant_id, id)
    WHERE state IN ('processing', 'unknown', 'voiding');

CREATE TABLE captures (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    payment_id uuid NOT NULL,
    attempt_id uuid NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0),
    fee bigint NOT NULL CHECK (fee BETWEEN 0 AND amount),
    state text NOT NULL CHECK (state IN ('processing', 'conflicted', 'succeeded', 'failed')),
    failure_code text,
    answers bytea,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version bigint NOT NULL CHECK (version > 0),
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, payment_id) REFERENCES payments (tenant_id, id),
    FOREIGN KEY (tenant_id, attempt_id) REFERENCES attempts (tenant_id, id)
);
CREATE INDEX captures_of_payment ON captures (tenant_id, payment_id);
CREATE INDEX captures_to_ask ON captures (tenant_id, id) WHERE state = 'processing';

CREATE TABLE refunds (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    payment_id uuid NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0),
    currency text NOT NULL CHECK (length(currency) = 3),
    reason text CHECK (reason <> ''),
    state text NOT NULL CHECK (state IN ('pending', 'conflicted', 'succeeded', 'failed')),
    failure_code text,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version bigint NOT NULL CHECK (version > 0),
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, payment_id) REFERENCES payments (tenant_id, id)
);
CREATE INDEX refunds_of_payment ON refunds (tenant_id, payment_id);
CREATE INDEX refunds_to_ask ON refunds (tenant_id, id) WHERE state = 'pending';

CREATE TABLE holds (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    cause_kind text NOT NULL CHECK (cause_kind IN ('attempt', 'refund')),
    cause_id uuid NOT NULL,
    currency text NOT NULL CHECK (length(currency) = 3),
    amount bigint NOT NULL CHECK (amount > 0),
    posted bigint NOT NULL CHECK (posted BETWEEN 0 AND amount),
    state text NOT NULL CHECK (state IN ('pending', 'posted', 'voided')),
    created_at timestamptz NOT NULL,
    version bigint NOT NULL CHECK (version > 0),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, cause_kind, cause_id),
    CHECK (state <> 'voided' OR posted = 0),
    CHECK (state <> 'pending' OR posted < amount)
);

CREATE TABLE ledger_accounts (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    code text NOT NULL CHECK (code IN
        ('psp_receivable', 'merchant_pending', 'merchant_available', 'fee_income')),
    currency text NOT NULL CHECK (length(currency) = 3),
    normal_side text NOT NULL CHECK (normal_side IN ('debit', 'credit')),
    balance bigint NOT NULL,
    held bigint NOT NULL CHECK (held >= 0),
    min_balance bigint,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, code, currency),
    UNIQUE (tenant_id, id, currency),
    CONSTRAINT ledger_accounts_floor_check
        CHECK (min_balance IS NULL OR balance - held >= min_balance)
);

CREATE TABLE journal_entries (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    cause_kind text NOT NULL CHECK (cause_kind IN ('capture', 'refund')),
    cause_id uuid NOT NULL,
    sequence bigint NOT NULL CHECK (sequence >= 0),
    effective_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, cause_kind, cause_id, sequence)
);

CREATE TABLE postings (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    entry_id uuid NOT NULL,
    account_id uuid NOT NULL,
    currency text NOT NULL,
    side text NOT NULL CHECK (side IN ('debit', 'credit')),
    amount bigint NOT NULL CHECK (amount > 0),
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, entry_id) REFERENCES journal_entries (tenant_id, id),
    FOREIGN KEY (tenant_id, account_id, currency)
        REFERENCES ledger_accounts (tenant_id, id, currency)
);
CREATE INDEX postings_of_entry ON postings (tenant_id, entry_id);
CREATE INDEX postings_of_account ON postings (tenant_id, account_id);

-- The past is not changed: a mistake is answered by another entry.
CREATE FUNCTION payments_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON journal_entries
    FOR EACH ROW EXECUTE FUNCTION payments_append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON postings
    FOR EACH ROW EXECUTE FUNCTION payments_append_only();
CREATE TRIGGER append_only_all BEFORE TRUNCATE ON journal_entries
    FOR EACH STATEMENT EXECUTE FUNCTION payments_append_only();
CREATE TRIGGER append_only_all BEFORE TRUNCATE ON postings
    FOR EACH STATEMENT EXECUTE FUNCTION payments_append_only();

-- At the commit an entry has two postings or more, and its debits are its credits.
CREATE FUNCTION payments_balanced() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    entry uuid := CASE TG_TABLE_NAME WHEN 'postings' THEN to_jsonb(NEW) ->> 'entry_id'
                  ELSE to_jsonb(NEW) ->> 'id' END;
BEGIN
    IF (SELECT count(*) FROM postings p
        WHERE p.tenant_id = NEW.tenant_id AND p.entry_id = entry) < 2
    OR EXISTS (SELECT FROM postings p WHERE p.tenant_id = NEW.tenant_id AND p.entry_id = entry
        GROUP BY p.currency
        HAVING sum(CASE p.side WHEN 'debit' THEN p.amount ELSE -p.amount END) <> 0)
    THEN
        RAISE EXCEPTION 'a journal entry is not balanced' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER balanced AFTER INSERT ON journal_entries
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION payments_balanced();
CREATE CONSTRAINT TRIGGER balanced AFTER INSERT ON postings
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION payments_balanced();
