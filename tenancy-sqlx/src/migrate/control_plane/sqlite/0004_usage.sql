-- What tenants used. Months are written 2026-11, in UTC; no dimension is ''.

-- The truth about a month. Nothing changes here once the month is closed.
CREATE TABLE tenancy_usage_totals (
    tenant_id BLOB NOT NULL,
    month TEXT NOT NULL,
    meter TEXT NOT NULL,
    dimension TEXT NOT NULL,
    total INTEGER NOT NULL CHECK (total >= 0),
    PRIMARY KEY (tenant_id, month, meter, dimension)
) STRICT;

-- The same by hour, for charts and habits.
CREATE TABLE tenancy_usage_hours (
    tenant_id BLOB NOT NULL,
    meter TEXT NOT NULL,
    hour TEXT NOT NULL,
    total INTEGER NOT NULL CHECK (total >= 0),
    PRIMARY KEY (tenant_id, meter, hour)
) STRICT;

-- The last batch that came from each run of a producer: an earlier one is a repeated one.
CREATE TABLE tenancy_usage_runs (
    tenant_id BLOB NOT NULL,
    producer BLOB NOT NULL,
    epoch INTEGER NOT NULL CHECK (epoch > 0),
    sequence INTEGER NOT NULL CHECK (sequence > 0),
    seen_at TEXT NOT NULL,
    PRIMARY KEY (tenant_id, producer, epoch)
) STRICT;

-- What came to light after a month was closed, for more or for less.
CREATE TABLE tenancy_usage_adjustments (
    tenant_id BLOB NOT NULL,
    id BLOB NOT NULL,
    month TEXT NOT NULL,
    meter TEXT NOT NULL,
    dimension TEXT NOT NULL,
    amount INTEGER NOT NULL,
    reason TEXT NOT NULL,
    adjusted_at TEXT NOT NULL,
    PRIMARY KEY (tenant_id, id)
) STRICT;
CREATE INDEX tenancy_usage_adjustments_by_month ON tenancy_usage_adjustments (tenant_id, month);

-- The ids of events that came one by one, for as long as they may be repeated.
CREATE TABLE tenancy_usage_events (
    tenant_id BLOB NOT NULL,
    meter TEXT NOT NULL,
    event_id TEXT NOT NULL,
    happened_at TEXT NOT NULL,
    PRIMARY KEY (tenant_id, meter, event_id)
) STRICT;
CREATE INDEX tenancy_usage_events_by_time ON tenancy_usage_events (tenant_id, happened_at);

-- What was used by a transaction, written by it and moved into the totals later: a total is a row
-- that everybody wants, and would make them queue.
CREATE TABLE tenancy_usage_outbox (
    tenant_id BLOB NOT NULL,
    id BLOB NOT NULL,
    happened_at TEXT NOT NULL,
    month TEXT NOT NULL,
    meter TEXT NOT NULL,
    dimension TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount >= 0),
    PRIMARY KEY (tenant_id, id)
) STRICT;

-- What is measured rather than counted: the last value of a month, and the highest.
CREATE TABLE tenancy_usage_gauges (
    tenant_id BLOB NOT NULL,
    month TEXT NOT NULL,
    meter TEXT NOT NULL,
    dimension TEXT NOT NULL,
    last INTEGER NOT NULL,
    peak INTEGER NOT NULL,
    set_at TEXT NOT NULL,
    PRIMARY KEY (tenant_id, month, meter, dimension)
) STRICT;

-- What is used of a quota. Whoever decides locks the row first.
CREATE TABLE tenancy_quotas (
    tenant_id BLOB NOT NULL,
    month TEXT NOT NULL,
    meter TEXT NOT NULL,
    used INTEGER NOT NULL CHECK (used >= 0),
    PRIMARY KEY (tenant_id, month, meter)
) STRICT;

-- What is held of it, by id.
CREATE TABLE tenancy_quota_holds (
    tenant_id BLOB NOT NULL,
    id BLOB NOT NULL,
    month TEXT NOT NULL,
    meter TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount >= 0),
    held_until TEXT NOT NULL,
    PRIMARY KEY (tenant_id, id)
) STRICT;
CREATE INDEX tenancy_quota_holds_of ON tenancy_quota_holds (tenant_id, month, meter);

-- An alert is raised once: by whoever comes first.
CREATE TABLE tenancy_usage_alerts (
    tenant_id BLOB NOT NULL,
    meter TEXT NOT NULL,
    period TEXT NOT NULL,
    threshold TEXT NOT NULL,
    raised_at TEXT NOT NULL,
    told_at TEXT,
    PRIMARY KEY (tenant_id, meter, period, threshold)
) STRICT;
