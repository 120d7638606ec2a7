-- What tenants used. Months are written 2026-11, in UTC; no dimension is ''.

-- The truth about a month. Nothing changes here once the month is closed.
CREATE TABLE tenancy_usage_totals (
    tenant_id uuid NOT NULL,
    month text NOT NULL,
    meter text NOT NULL,
    dimension text NOT NULL,
    total bigint NOT NULL CHECK (total >= 0),
    PRIMARY KEY (tenant_id, month, meter, dimension)
);

-- The same by hour, for charts and habits.
CREATE TABLE tenancy_usage_hours (
    tenant_id uuid NOT NULL,
    meter text NOT NULL,
    hour timestamptz NOT NULL,
    total bigint NOT NULL CHECK (total >= 0),
    PRIMARY KEY (tenant_id, meter, hour)
);

-- The last batch that came from each run of a producer: an earlier one is a repeated one.
CREATE TABLE tenancy_usage_runs (
    tenant_id uuid NOT NULL,
    producer uuid NOT NULL,
    epoch bigint NOT NULL CHECK (epoch > 0),
    sequence bigint NOT NULL CHECK (sequence > 0),
    seen_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, producer, epoch)
);

-- What came to light after a month was closed, for more or for less.
CREATE TABLE tenancy_usage_adjustments (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    month text NOT NULL,
    meter text NOT NULL,
    dimension text NOT NULL,
    amount bigint NOT NULL,
    reason text NOT NULL,
    adjusted_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX tenancy_usage_adjustments_by_month ON tenancy_usage_adjustments (tenant_id, month);

-- The ids of events that came one by one, for as long as they may be repeated.
CREATE TABLE tenancy_usage_events (
    tenant_id uuid NOT NULL,
    meter text NOT NULL,
    event_id text NOT NULL,
    happened_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, meter, event_id)
);
CREATE INDEX tenancy_usage_events_by_time ON tenancy_usage_events (tenant_id, happened_at);

-- What was used by a transaction, written by it and moved into the totals later: a total is a row
-- that everybody wants, and would make them queue.
CREATE TABLE tenancy_usage_outbox (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    happened_at timestamptz NOT NULL,
    month text NOT NULL,
    meter text NOT NULL,
    dimension text NOT NULL,
    amount bigint NOT NULL CHECK (amount >= 0),
    PRIMARY KEY (tenant_id, id)
);

-- What is measured rather than counted: the last value of a month, and the highest.
CREATE TABLE tenancy_usage_gauges (
    tenant_id uuid NOT NULL,
    month text NOT NULL,
    meter text NOT NULL,
    dimension text NOT NULL,
    last bigint NOT NULL,
    peak bigint NOT NULL,
    set_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, month, meter, dimension)
);

-- What is used of a quota. Whoever decides locks the row first.
CREATE TABLE tenancy_quotas (
    tenant_id uuid NOT NULL,
    month text NOT NULL,
    meter text NOT NULL,
    used bigint NOT NULL CHECK (used >= 0),
    PRIMARY KEY (tenant_id, month, meter)
);

-- What is held of it, by id.
CREATE TABLE tenancy_quota_holds (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    month text NOT NULL,
    meter text NOT NULL,
    amount bigint NOT NULL CHECK (amount >= 0),
    held_until timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX tenancy_quota_holds_of ON tenancy_quota_holds (tenant_id, month, meter);

-- An alert is raised once: by whoever comes first.
CREATE TABLE tenancy_usage_alerts (
    tenant_id uuid NOT NULL,
    meter text NOT NULL,
    period text NOT NULL,
    threshold text NOT NULL,
    raised_at timestamptz NOT NULL,
    told_at timestamptz,
    PRIMARY KEY (tenant_id, meter, period, threshold)
);

-- A transaction reaches the usage of its own tenant.
ALTER TABLE tenancy_usage_totals ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenancy_usage_totals FORCE ROW LEVEL SECURITY;
CREATE POLICY tenancy_usage_totals_tenant ON tenancy_usage_totals FOR ALL TO PUBLIC
    USING (tenant_id = NULLIF(current_setting('tenancy.tenant_id', true), '')::uuid)
    WITH CHECK (tenant_id = NULLIF(current_setting('tenancy.tenant_id', true), '')::uuid);
ALTER TABLE tenancy_usage_hours ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenancy_usage_hours FORCE ROW LEVEL SECURITY;
CREATE POLICY tenancy_usage_hours_tenant ON tenancy_usage_hours FOR ALL TO PUBLIC
    USING (tenant_id = NULLIF(current_setting('tenancy.tenant_id', true), '')::uuid)
    WITH CHECK (tenant_id = NULLIF(current_setting('tenancy.tenant_id', true), '')::uuid);
ALTER TABLE tenancy_usage_runs ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenancy_usage_runs FORCE ROW LEVEL SECURITY;
CREATE POLICY tenancy_usage_runs_tenant ON tenancy_usage_runs FOR ALL TO PUBLIC
    USING (tenant_id = NULLIF(current_setting('tenancy.tenant_id', true), '')::uuid)
    WITH CHECK (tenant_id = NULLIF(current_setting('tenancy.tenant_id', true), '')::uuid);
ALTER TABLE tenancy_usage_adjustments ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenancy_usage_adjustments FORCE ROW LEVEL SECURITY;
CREATE POLICY tenancy_usage_adjustments_tenant ON tenancy_usage_adjustments FOR ALL TO PUBLIC
    USING (tenant_id = NULLIF(current_setting('tenancy.tenant_id', true), '')::uuid)
    WITH CHECK (tenant_id = NULLIF(current_setting('tenancy.tenant_id', true), '')::uuid);
ALTER TABLE tenancy_usage_events ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenancy_usage_events FORCE ROW LEVEL SECURITY;
CREATE POLICY tenancy_usage_events_tenant ON tenancy_usage_events FOR ALL TO PUBLIC
    USING (tenant_id = NULLIF(current_setting('tenancy.tenant_id', true), '')::uuid)
    WITH CHECK (tenant_id = NULLIF(current_setting('tenancy.tenant_id', true), '')::uuid);
ALTER TABLE tenancy_usage_outbox ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenancy_usage_outbox FORCE ROW LEVEL SECURITY;
CREATE POLICY tenancy_usage_outbox_tenant ON tenancy_usage_outbox FOR ALL TO PUBLIC
    USING (tenant_id = NULLIF(current_setting('tenancy.tenant_id', true), '')::uuid)
    WITH CHECK (tenant_id = NULLIF(current_setting('tenancy.tenant_id', true), '')::uuid);
ALTER TABLE tenancy_usage_gauges ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenancy_usage_gauges FORCE ROW LEVEL SECURITY;
CREATE POLICY tenancy_usage_gauges_tenant ON tenancy_usage_gauges FOR ALL TO PUBLIC
    USING (tenant_id = NULLIF(current_setting('tenancy.tenant_id', true), '')::uuid)
    WITH CHECK (tenant_id = NULLIF(current_setting('tenancy.tenant_id', true), '')::uuid);
ALTER TABLE tenancy_quotas ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenancy_quotas FORCE ROW LEVEL SECURITY;
CREATE POLICY tenancy_quotas_tenant ON tenancy_quotas FOR ALL TO PUBLIC
    USING (tenant_id = NULLIF(current_setting('tenancy.tenant_id', true), '')::uuid)
    WITH CHECK (tenant_id = NULLIF(current_setting('tenancy.tenant_id', true), '')::uuid);
ALTER TABLE tenancy_quota_holds ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenancy_quota_holds FORCE ROW LEVEL SECURITY;
CREATE POLICY tenancy_quota_holds_tenant ON tenancy_quota_holds FOR ALL TO PUBLIC
    USING (tenant_id = NULLIF(current_setting('tenancy.tenant_id', true), '')::uuid)
    WITH CHECK (tenant_id = NULLIF(current_setting('tenancy.tenant_id', true), '')::uuid);
ALTER TABLE tenancy_usage_alerts ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenancy_usage_alerts FORCE ROW LEVEL SECURITY;
CREATE POLICY tenancy_usage_alerts_tenant ON tenancy_usage_alerts FOR ALL TO PUBLIC
    USING (tenant_id = NULLIF(current_setting('tenancy.tenant_id', true), '')::uuid)
    WITH CHECK (tenant_id = NULLIF(current_setting('tenancy.tenant_id', true), '')::uuid);
