-- Outcomes that providers do not tell: when they are asked again, when a person has to decide, and
-- what was decided. Holds that end.
ALTER TABLE payments ADD COLUMN needs_decision_since timestamptz;

ALTER TABLE attempts
    ADD COLUMN asked bigint NOT NULL DEFAULT 0 CHECK (asked >= 0),
    ADD COLUMN next_ask_at timestamptz NOT NULL DEFAULT '1970-01-01T00:00:00Z',
    ADD COLUMN given_up_at timestamptz,
    ADD COLUMN reported_amount bigint,
    ADD COLUMN reported_currency text CHECK (length(reported_currency) = 3),
    ADD COLUMN resolved_by text CHECK (resolved_by <> ''),
    ADD COLUMN evidence text CHECK (evidence <> ''),
    ADD CONSTRAINT attempts_reported_check
        CHECK ((reported_amount IS NULL) = (reported_currency IS NULL)),
    ADD CONSTRAINT attempts_resolved_check CHECK ((resolved_by IS NULL) = (evidence IS NULL)),
    -- What nobody has decided is decided by nobody.
    ADD CONSTRAINT attempts_decided_check
        CHECK (resolved_by IS NULL OR state NOT IN ('processing', 'unknown', 'conflicted'));
DROP INDEX attempts_to_ask;
CREATE INDEX attempts_to_ask ON attempts (tenant_id, next_ask_at)
    WHERE state IN ('processing', 'unknown', 'voiding');

ALTER TABLE holds
    ADD COLUMN expires_at timestamptz,
    DROP CONSTRAINT holds_state_check,
    ADD CONSTRAINT holds_state_check CHECK (state IN ('pending', 'posted', 'voided', 'expired')),
    ADD CONSTRAINT holds_expired_check
        CHECK (state <> 'expired' OR (posted = 0 AND expires_at IS NOT NULL));
CREATE INDEX holds_to_expire ON holds (tenant_id, expires_at) WHERE state = 'pending';
