-- What has happened to a tenant's objects, written in the transaction in which it happened.
CREATE TABLE events (
    tenant_id BLOB NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 16),
    kind TEXT NOT NULL CHECK (kind LIKE '%.%'),
    api_version TEXT NOT NULL,
    data TEXT NOT NULL,
    created_at TEXT NOT NULL,
    published_at TEXT,
    PRIMARY KEY (tenant_id, id)
) STRICT;
CREATE INDEX events_to_publish ON events (tenant_id, id) WHERE published_at IS NULL;

-- Only that an event was published is ever added to it.
CREATE TRIGGER events_stay BEFORE UPDATE ON events
WHEN OLD.published_at IS NOT NULL OR NEW.published_at IS NULL OR NEW.id <> OLD.id
    OR NEW.tenant_id <> OLD.tenant_id OR NEW.kind <> OLD.kind OR NEW.data <> OLD.data
    OR NEW.api_version <> OLD.api_version OR NEW.created_at <> OLD.created_at
BEGIN
    SELECT RAISE(ABORT, 'an event does not change');
END;
