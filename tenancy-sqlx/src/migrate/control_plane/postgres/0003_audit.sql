-- Audit events, in a hash chain for each tenant; the nil UUID is the platform itself. They refer
-- to no tenant's record: they outlive it.
CREATE TABLE tenancy_audit_events (
    tenant_id uuid NOT NULL,
    sequence bigint NOT NULL CHECK (sequence > 0),
    previous bytea NOT NULL CHECK (length(previous) = 32),
    hash bytea NOT NULL CHECK (length(hash) = 32),
    id uuid NOT NULL,
    happened_at timestamptz NOT NULL,
    action text NOT NULL,
    outcome text NOT NULL,
    -- Somebody is kind:id.
    actor text,
    on_behalf_of text,
    resource_kind text,
    resource_id text,
    owner text,
    client_addr text,
    request_id text,
    times bigint NOT NULL CHECK (times > 0),
    -- JSON, of which every byte counts.
    changes text NOT NULL,
    details text NOT NULL,
    omitted bigint NOT NULL,
    PRIMARY KEY (tenant_id, sequence),
    UNIQUE (tenant_id, id)
);
CREATE INDEX tenancy_audit_events_by_time ON tenancy_audit_events (tenant_id, happened_at);
CREATE INDEX tenancy_audit_events_by_actor ON tenancy_audit_events (tenant_id, actor, sequence);
CREATE INDEX tenancy_audit_events_by_owner ON tenancy_audit_events (tenant_id, owner, sequence)
    WHERE owner IS NOT NULL;
CREATE INDEX tenancy_audit_events_by_resource
    ON tenancy_audit_events (tenant_id, resource_kind, resource_id, sequence)
    WHERE resource_kind IS NOT NULL;
-- Who looked at another user's data.
CREATE INDEX tenancy_audit_events_by_others ON tenancy_audit_events (tenant_id, sequence)
    WHERE owner IS NOT NULL AND (actor IS NULL OR actor <> owner);

-- Where each chain stands. Whoever appends locks the row first, so that no chain forks.
CREATE TABLE tenancy_audit_heads (
    tenant_id uuid PRIMARY KEY,
    sequence bigint NOT NULL CHECK (sequence >= 0),
    hash bytea NOT NULL CHECK (length(hash) = 32)
);

-- A transaction reads and adds to the chain of its own tenant. There is no policy for changing or
-- deleting, not even for the owner: such a statement finds no rows.
ALTER TABLE tenancy_audit_events ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenancy_audit_events FORCE ROW LEVEL SECURITY;
CREATE POLICY tenancy_audit_read ON tenancy_audit_events FOR SELECT TO PUBLIC
    USING (tenant_id = NULLIF(current_setting('tenancy.tenant_id', true), '')::uuid);
CREATE POLICY tenancy_audit_append ON tenancy_audit_events FOR INSERT TO PUBLIC
    WITH CHECK (tenant_id = NULLIF(current_setting('tenancy.tenant_id', true), '')::uuid);
ALTER TABLE tenancy_audit_heads ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenancy_audit_heads FORCE ROW LEVEL SECURITY;
CREATE POLICY tenancy_audit_head ON tenancy_audit_heads FOR ALL TO PUBLIC
    USING (tenant_id = NULLIF(current_setting('tenancy.tenant_id', true), '')::uuid)
    WITH CHECK (tenant_id = NULLIF(current_setting('tenancy.tenant_id', true), '')::uuid);

-- And what row-level security does not bind is refused.
CREATE FUNCTION tenancy_audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit events are never changed' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER tenancy_audit_events_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON tenancy_audit_events
    FOR EACH STATEMENT EXECUTE FUNCTION tenancy_audit_refuse();
CREATE TRIGGER tenancy_audit_heads_stay
    BEFORE DELETE OR TRUNCATE ON tenancy_audit_heads
    FOR EACH STATEMENT EXECUTE FUNCTION tenancy_audit_refuse();
CREATE TRIGGER tenancy_audit_heads_advance
    BEFORE UPDATE ON tenancy_audit_heads
    FOR EACH ROW
    WHEN (NEW.tenant_id <> OLD.tenant_id OR NEW.sequence <= OLD.sequence)
    EXECUTE FUNCTION tenancy_audit_refuse();
