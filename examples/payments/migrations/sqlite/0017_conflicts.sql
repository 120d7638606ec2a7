-- Captures and refunds of which a provider did something else than it was asked: what it did, and
-- what a person has decided.
ALTER TABLE captures ADD COLUMN reported_amount INTEGER;
ALTER TABLE captures ADD COLUMN reported_currency TEXT CHECK (
    length(reported_currency) = 3
    AND (reported_amount IS NULL) = (reported_currency IS NULL)
);
ALTER TABLE captures ADD COLUMN resolved_by TEXT CHECK (
    resolved_by <> '' AND (resolved_by IS NULL OR state NOT IN ('processing', 'conflicted'))
);
ALTER TABLE captures ADD COLUMN evidence TEXT CHECK (
    evidence <> '' AND (resolved_by IS NULL) = (evidence IS NULL)
);
CREATE INDEX captures_undecided ON captures (tenant_id, payment_id) WHERE state = 'conflicted';

ALTER TABLE refunds ADD COLUMN reported_amount INTEGER;
ALTER TABLE refunds ADD COLUMN reported_currency TEXT CHECK (
    length(reported_currency) = 3
    AND (reported_amount IS NULL) = (reported_currency IS NULL)
);
ALTER TABLE refunds ADD COLUMN resolved_by TEXT CHECK (
    resolved_by <> '' AND (resolved_by IS NULL OR state NOT IN ('pending', 'conflicted'))
);
ALTER TABLE refunds ADD COLUMN evidence TEXT CHECK (
    evidence <> '' AND (resolved_by IS NULL) = (evidence IS NULL)
);
CREATE INDEX refunds_undecided ON refunds (tenant_id, payment_id) WHERE state = 'conflicted';
