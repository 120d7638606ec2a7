-- Transactions of each month, what was told about them, and attempts made with their payment.
CREATE TABLE transaction_months (
    tenant_id uuid NOT NULL,
    month text NOT NULL CHECK (length(month) = 7),
    used bigint NOT NULL CHECK (used >= 0),
    PRIMARY KEY (tenant_id, month)
);

CREATE TABLE quota_alerts (
    tenant_id uuid NOT NULL,
    id text NOT NULL,
    month text NOT NULL,
    threshold bigint NOT NULL CHECK (threshold > 0),
    raised_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, month, threshold),
    FOREIGN KEY (tenant_id, month) REFERENCES transaction_months (tenant_id, month)
);

ALTER TABLE attempts ADD COLUMN answer_status bigint;
