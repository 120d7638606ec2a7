-- Captures and refunds of which a provider did something else than it was asked: what it did, and
-- what a person has decided.
ALTER TABLE captures
    ADD COLUMN reported_amount bigint,
    ADD COLUMN reported_currency text CHECK (length(reported_currency) = 3),
    ADD COLUMN resolved_by text CHECK (resolved_by <> ''),
    ADD COLUMN evidence text CHECK (evidence <> ''),
    ADD CONSTRAINT captures_reported_check
        CHECK ((reported_amount IS NULL) = (reported_currency IS NULL)),
    ADD CONSTRAINT captures_resolved_check CHECK ((resolved_by IS NULL) = (evidence IS NULL)),
    ADD CONSTRAINT captures_decided_check
        CHECK (resolved_by IS NULL OR state NOT IN ('processing', 'conflicted'));
CREATE INDEX captures_undecided ON captures (tenant_id, payment_id) WHERE state = 'conflicted';

ALTER TABLE refunds
    ADD COLUMN reported_amount bigint,
    ADD COLUMN reported_currency text CHECK (length(reported_currency) = 3),
    ADD COLUMN resolved_by text CHECK (resolved_by <> ''),
    ADD COLUMN evidence text CHECK (evidence <> ''),
    ADD CONSTRAINT refunds_reported_check
        CHECK ((reported_amount IS NULL) = (reported_currency IS NULL)),
    ADD CONSTRAINT refunds_resolved_check CHECK ((resolved_by IS NULL) = (evidence IS NULL)),
    ADD CONSTRAINT refunds_decided_check
        CHECK (resolved_by IS NULL OR state NOT IN ('pending', 'conflicted'));
CREATE INDEX refunds_undecided ON refunds (tenant_id, payment_id) WHERE state = 'conflicted';
