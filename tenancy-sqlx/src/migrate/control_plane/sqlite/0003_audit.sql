-- Audit events, in a hash chain for each tenant; the nil UUID is the platform itself. They refer
-- to no tenant's record: they outlive it.
CREATE TABLE tenancy_audit_events (
    tenant_id BLOB NOT NULL,
    sequence INTEGER NOT NULL CHECK (sequence > 0),
    previous BLOB NOT NULL CHECK (length(previous) = 32),
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    id BLOB NOT NULL,
    happened_at TEXT NOT NULL,
    action TEXT NOT NULL,
    outcome TEXT NOT NULL,
    -- Somebody is kind:id.
    actor TEXT,
    on_behalf_of TEXT,
    resource_kind TEXT,
    resource_id TEXT,
    owner TEXT,
    client_addr TEXT,
    request_id TEXT,
    times INTEGER NOT NULL CHECK (times > 0),
    -- JSON, of which every byte counts.
    changes TEXT NOT NULL,
    details TEXT NOT NULL,
    omitted INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, sequence),
    UNIQUE (tenant_id, id)
) STRICT;
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

-- Where each chain stands.
CREATE TABLE tenancy_audit_heads (
    tenant_id BLOB PRIMARY KEY NOT NULL,
    sequence INTEGER NOT NULL CHECK (sequence >= 0),
    hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

CREATE TRIGGER tenancy_audit_events_no_update BEFORE UPDATE ON tenancy_audit_events
BEGIN SELECT RAISE(ABORT, 'audit events are never changed'); END;
CREATE TRIGGER tenancy_audit_events_no_delete BEFORE DELETE ON tenancy_audit_events
BEGIN SELECT RAISE(ABORT, 'audit events are never changed'); END;
-- INSERT OR REPLACE deletes without telling the trigger above.
CREATE TRIGGER tenancy_audit_events_no_replace BEFORE INSERT ON tenancy_audit_events
WHEN EXISTS (SELECT 1 FROM tenancy_audit_events
             WHERE tenant_id = NEW.tenant_id AND sequence = NEW.sequence)
  OR EXISTS (SELECT 1 FROM tenancy_audit_events WHERE tenant_id = NEW.tenant_id AND id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'audit events are never changed'); END;
CREATE TRIGGER tenancy_audit_heads_stay BEFORE DELETE ON tenancy_audit_heads
BEGIN SELECT RAISE(ABORT, 'audit events are never changed'); END;
CREATE TRIGGER tenancy_audit_heads_no_replace BEFORE INSERT ON tenancy_audit_heads
WHEN EXISTS (SELECT 1 FROM tenancy_audit_heads WHERE tenant_id = NEW.tenant_id)
BEGIN SELECT RAISE(ABORT, 'audit events are never changed'); END;
CREATE TRIGGER tenancy_audit_heads_advance BEFORE UPDATE ON tenancy_audit_heads
WHEN NEW.tenant_id <> OLD.tenant_id OR NEW.sequence <= OLD.sequence
BEGIN SELECT RAISE(ABORT, 'audit events are never changed'); END;
