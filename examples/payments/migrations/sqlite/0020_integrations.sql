-- Connections to providers, and every call of one.
CREATE TABLE connections (
    tenant_id BLOB NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 16),
    kind TEXT NOT NULL CHECK (kind IN ('stripe', 'paynova')),
    name TEXT NOT NULL CHECK (name <> ''),
    base_url TEXT NOT NULL CHECK (base_url <> ''),
    -- Sealed with a key that is not in the database: a version, a nonce and a tag are 29 bytes.
    secret BLOB NOT NULL CHECK (length(secret) > 29),
    priority INTEGER NOT NULL CHECK (priority BETWEEN 0 AND 1000),
    state TEXT NOT NULL CHECK (state IN ('active', 'disabled', 'removed')),
    breaker TEXT NOT NULL CHECK (breaker IN ('automatic', 'open', 'closed')),
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0),
    PRIMARY KEY (tenant_id, id)
) STRICT;

CREATE TABLE provider_calls (
    tenant_id BLOB NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 16),
    connection_id BLOB NOT NULL,
    operation TEXT NOT NULL CHECK (operation <> ''),
    request_id TEXT NOT NULL,
    attempt INTEGER NOT NULL CHECK (attempt > 0),
    outcome TEXT NOT NULL CHECK (outcome IN ('answered', 'not_sent', 'unknown', 'refused')),
    status INTEGER,
    duration_us INTEGER NOT NULL CHECK (duration_us >= 0),
    created_at TEXT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, connection_id) REFERENCES connections (tenant_id, id)
) STRICT;
CREATE INDEX provider_calls_of_connection ON provider_calls (tenant_id, connection_id, id);

-- Without a connection an attempt is the simulator's.
ALTER TABLE attempts ADD COLUMN connection_id BLOB;
-- What a composite key would hold: a column that is added here can have none.
CREATE TRIGGER attempts_connection_insert BEFORE INSERT ON attempts
WHEN NEW.connection_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM connections c
    WHERE c.tenant_id = NEW.tenant_id AND c.id = NEW.connection_id)
BEGIN
    SELECT RAISE(ABORT, 'an attempt is of another connection');
END;
CREATE TRIGGER attempts_connection_update BEFORE UPDATE OF tenant_id, connection_id ON attempts
WHEN NEW.connection_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM connections c
    WHERE c.tenant_id = NEW.tenant_id AND c.id = NEW.connection_id)
BEGIN
    SELECT RAISE(ABORT, 'an attempt is of another connection');
END;
