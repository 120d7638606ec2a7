-- Audit events, in a hash chain for each tenant; the nil UUID is the platform itself. They refer
-- to no tenant's record: they outlive it. What is looked for is compared byte by byte.
CREATE TABLE tenancy_audit_events (
    tenant_id BINARY(16) NOT NULL,
    sequence BIGINT NOT NULL CHECK (sequence > 0),
    previous VARBINARY(32) NOT NULL CHECK (length(previous) = 32),
    hash VARBINARY(32) NOT NULL CHECK (length(hash) = 32),
    id BINARY(16) NOT NULL,
    happened_at DATETIME(6) NOT NULL,
    action VARBINARY(256) NOT NULL,
    outcome VARBINARY(64) NOT NULL,
    -- Somebody is kind:id.
    actor VARBINARY(1024),
    on_behalf_of VARBINARY(1024),
    resource_kind VARBINARY(256),
    resource_id VARBINARY(1024),
    owner VARBINARY(1024),
    client_addr VARBINARY(64),
    request_id VARBINARY(1024),
    times BIGINT NOT NULL CHECK (times > 0),
    -- JSON, of which every byte counts.
    changes LONGBLOB NOT NULL,
    details LONGBLOB NOT NULL,
    omitted BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, sequence),
    UNIQUE (tenant_id, id)
) ENGINE = InnoDB;
CREATE INDEX tenancy_audit_events_by_time ON tenancy_audit_events (tenant_id, happened_at);
CREATE INDEX tenancy_audit_events_by_actor ON tenancy_audit_events (tenant_id, actor, sequence);
CREATE INDEX tenancy_audit_events_by_owner ON tenancy_audit_events (tenant_id, owner, sequence);
CREATE INDEX tenancy_audit_events_by_resource
    ON tenancy_audit_events (tenant_id, resource_kind, resource_id, sequence);

-- Where each chain stands. Whoever appends locks the row first, so that no chain forks.
CREATE TABLE tenancy_audit_heads (
    tenant_id BINARY(16) PRIMARY KEY,
    sequence BIGINT NOT NULL CHECK (sequence >= 0),
    hash VARBINARY(32) NOT NULL CHECK (length(hash) = 32)
) ENGINE = InnoDB;

-- REPLACE deletes and tells the trigger; TRUNCATE does not, and needs the right to drop tables.
CREATE TRIGGER tenancy_audit_events_no_update BEFORE UPDATE ON tenancy_audit_events FOR EACH ROW
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'audit events are never changed';
CREATE TRIGGER tenancy_audit_events_no_delete BEFORE DELETE ON tenancy_audit_events FOR EACH ROW
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'audit events are never changed';
CREATE TRIGGER tenancy_audit_heads_stay BEFORE DELETE ON tenancy_audit_heads FOR EACH ROW
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'audit events are never changed';
-- Writing a row as it is changes nothing: whoever finds a head there already locks it like that.
CREATE TRIGGER tenancy_audit_heads_advance BEFORE UPDATE ON tenancy_audit_heads FOR EACH ROW
BEGIN
    IF NOT (NEW.tenant_id = OLD.tenant_id AND (
        NEW.sequence > OLD.sequence OR (NEW.sequence = OLD.sequence AND NEW.hash = OLD.hash)
    )) THEN
        SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'audit events are never changed';
    END IF;
END;
