-- Transactions of each month, what was told about them, and attempts made with their payment.
CREATE TABLE transaction_months (
    tenant_id BLOB NOT NULL,
    month TEXT NOT NULL CHECK (length(month) = 7),
    used INTEGER NOT NULL CHECK (used >= 0),
    PRIMARY KEY (tenant_id, month)
) STRICT;

CREATE TABLE quota_alerts (
    tenant_id BLOB NOT NULL,
    id TEXT NOT NULL,
    month TEXT NOT NULL,
    threshold INTEGER NOT NULL CHECK (threshold > 0),
    raised_at TEXT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, month, threshold),
    FOREIGN KEY (tenant_id, month) REFERENCES transaction_months (tenant_id, month)
) STRICT;

ALTER TABLE attempts ADD COLUMN answer_status INTEGER;
