-- What tenants used. Months are written 2026-11, in UTC; no dimension is ''. Names are compared
-- byte by byte.

-- The truth about a month. Nothing changes here once the month is closed.
CREATE TABLE tenancy_usage_totals (
    tenant_id BINARY(16) NOT NULL,
    month VARBINARY(16) NOT NULL,
    meter VARBINARY(255) NOT NULL,
    dimension VARBINARY(1024) NOT NULL,
    total BIGINT NOT NULL CHECK (total >= 0),
    PRIMARY KEY (tenant_id, month, meter, dimension)
) ENGINE = InnoDB;

-- The same by hour, for charts and habits.
CREATE TABLE tenancy_usage_hours (
    tenant_id BINARY(16) NOT NULL,
    meter VARBINARY(255) NOT NULL,
    hour DATETIME(6) NOT NULL,
    total BIGINT NOT NULL CHECK (total >= 0),
    PRIMARY KEY (tenant_id, meter, hour)
) ENGINE = InnoDB;

-- The last batch that came from each run of a producer: an earlier one is a repeated one.
CREATE TABLE tenancy_usage_runs (
    tenant_id BINARY(16) NOT NULL,
    producer BINARY(16) NOT NULL,
    epoch BIGINT NOT NULL CHECK (epoch > 0),
    sequence BIGINT NOT NULL CHECK (sequence > 0),
    seen_at DATETIME(6) NOT NULL,
    PRIMARY KEY (tenant_id, producer, epoch)
) ENGINE = InnoDB;

-- What came to light after a month was closed, for more or for less.
CREATE TABLE tenancy_usage_adjustments (
    tenant_id BINARY(16) NOT NULL,
    id BINARY(16) NOT NULL,
    month VARBINARY(16) NOT NULL,
    meter VARBINARY(255) NOT NULL,
    dimension VARBINARY(1024) NOT NULL,
    amount BIGINT NOT NULL,
    reason LONGTEXT NOT NULL,
    adjusted_at DATETIME(6) NOT NULL,
    PRIMARY KEY (tenant_id, id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4;
CREATE INDEX tenancy_usage_adjustments_by_month ON tenancy_usage_adjustments (tenant_id, month);

-- The ids of events that came one by one, for as long as they may be repeated.
CREATE TABLE tenancy_usage_events (
    tenant_id BINARY(16) NOT NULL,
    meter VARBINARY(255) NOT NULL,
    event_id VARBINARY(1024) NOT NULL,
    happened_at DATETIME(6) NOT NULL,
    PRIMARY KEY (tenant_id, meter, event_id)
) ENGINE = InnoDB;
CREATE INDEX tenancy_usage_events_by_time ON tenancy_usage_events (tenant_id, happened_at);

-- What was used by a transaction, written by it and moved into the totals later: a total is a row
-- that everybody wants, and would make them queue.
CREATE TABLE tenancy_usage_outbox (
    tenant_id BINARY(16) NOT NULL,
    id BINARY(16) NOT NULL,
    happened_at DATETIME(6) NOT NULL,
    month VARBINARY(16) NOT NULL,
    meter VARBINARY(255) NOT NULL,
    dimension VARBINARY(1024) NOT NULL,
    amount BIGINT NOT NULL CHECK (amount >= 0),
    PRIMARY KEY (tenant_id, id)
) ENGINE = InnoDB;

-- What is measured rather than counted: the last value of a month, and the highest.
CREATE TABLE tenancy_usage_gauges (
    tenant_id BINARY(16) NOT NULL,
    month VARBINARY(16) NOT NULL,
    meter VARBINARY(255) NOT NULL,
    dimension VARBINARY(1024) NOT NULL,
    last BIGINT NOT NULL,
    peak BIGINT NOT NULL,
    set_at DATETIME(6) NOT NULL,
    PRIMARY KEY (tenant_id, month, meter, dimension)
) ENGINE = InnoDB;

-- What is used of a quota. Whoever decides locks the row first.
CREATE TABLE tenancy_quotas (
    tenant_id BINARY(16) NOT NULL,
    month VARBINARY(16) NOT NULL,
    meter VARBINARY(255) NOT NULL,
    used BIGINT NOT NULL CHECK (used >= 0),
    PRIMARY KEY (tenant_id, month, meter)
) ENGINE = InnoDB;

-- What is held of it, by id.
CREATE TABLE tenancy_quota_holds (
    tenant_id BINARY(16) NOT NULL,
    id BINARY(16) NOT NULL,
    month VARBINARY(16) NOT NULL,
    meter VARBINARY(255) NOT NULL,
    amount BIGINT NOT NULL CHECK (amount >= 0),
    held_until DATETIME(6) NOT NULL,
    PRIMARY KEY (tenant_id, id)
) ENGINE = InnoDB;
CREATE INDEX tenancy_quota_holds_of ON tenancy_quota_holds (tenant_id, month, meter);

-- An alert is raised once: by whoever comes first.
CREATE TABLE tenancy_usage_alerts (
    tenant_id BINARY(16) NOT NULL,
    meter VARBINARY(255) NOT NULL,
    period VARBINARY(64) NOT NULL,
    threshold VARBINARY(64) NOT NULL,
    raised_at DATETIME(6) NOT NULL,
    told_at DATETIME(6),
    PRIMARY KEY (tenant_id, meter, period, threshold)
) ENGINE = InnoDB;
