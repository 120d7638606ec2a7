-- Outcomes that providers do not tell: when they are asked again, when a person has to decide, and
-- what was decided. Holds that end.
ALTER TABLE payments ADD COLUMN needs_decision_since TEXT;

ALTER TABLE attempts ADD COLUMN asked INTEGER NOT NULL DEFAULT 0 CHECK (asked >= 0);
ALTER TABLE attempts ADD COLUMN next_ask_at TEXT NOT NULL DEFAULT '1970-01-01T00:00:00.000000Z';
ALTER TABLE attempts ADD COLUMN given_up_at TEXT;
ALTER TABLE attempts ADD COLUMN reported_amount INTEGER;
ALTER TABLE attempts ADD COLUMN reported_currency TEXT CHECK (
    length(reported_currency) = 3
    AND (reported_amount IS NULL) = (reported_currency IS NULL)
);
ALTER TABLE attempts ADD COLUMN resolved_by TEXT CHECK (
    resolved_by <> ''
    -- What nobody has decided is decided by nobody.
    AND (resolved_by IS NULL OR state NOT IN ('processing', 'unknown', 'conflicted'))
);
ALTER TABLE attempts ADD COLUMN evidence TEXT CHECK (
    evidence <> '' AND (resolved_by IS NULL) = (evidence IS NULL)
);
DROP INDEX attempts_to_ask;
CREATE INDEX attempts_to_ask ON attempts (tenant_id, next_ask_at)
    WHERE state IN ('processing', 'unknown', 'voiding');

-- Made anew, because SQLite changes no rule of a table.
CREATE TABLE holds_next (
    tenant_id BLOB NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 16),
    cause_kind TEXT NOT NULL CHECK (cause_kind IN ('attempt', 'refund')),
    cause_id BLOB NOT NULL,
    currency TEXT NOT NULL CHECK (length(currency) = 3),
    amount INTEGER NOT NULL CHECK (amount > 0),
    posted INTEGER NOT NULL CHECK (posted BETWEEN 0 AND amount),
    state TEXT NOT NULL CHECK (state IN ('pending', 'posted', 'voided', 'expired')),
    expires_at TEXT,
    created_at TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, cause_kind, cause_id),
    CHECK (state <> 'voided' OR posted = 0),
    CHECK (state <> 'expired' OR (posted = 0 AND expires_at IS NOT NULL)),
    CHECK (state <> 'pending' OR posted < amount)
) STRICT;
INSERT INTO holds_next
    SELECT tenant_id, id, cause_kind, cause_id, currency, amount, posted, state, NULL, created_at,
           version
    FROM holds;
DROP TABLE holds;
ALTER TABLE holds_next RENAME TO holds;
CREATE INDEX holds_to_expire ON holds (tenant_id, expires_at) WHERE state = 'pending';
