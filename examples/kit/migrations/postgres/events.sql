-- What has happened to a tenant's objects, written in the transaction in which it happened.
CREATE TABLE events (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    kind text NOT NULL CHECK (kind LIKE '%.%'),
    api_version text NOT NULL,
    data text NOT NULL,
    created_at timestamptz NOT NULL,
    published_at timestamptz,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX events_to_publish ON events (tenant_id, id) WHERE published_at IS NULL;

-- Only that an event was published is ever added to it.
CREATE FUNCTION events_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an event does not change' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER events_stay BEFORE UPDATE ON events
    FOR EACH ROW WHEN (OLD.published_at IS NOT NULL OR NEW.published_at IS NULL
        OR (NEW.tenant_id, NEW.id, NEW.kind, NEW.data, NEW.api_version, NEW.created_at)
            IS DISTINCT FROM
           (OLD.tenant_id, OLD.id, OLD.kind, OLD.data, OLD.api_version, OLD.created_at))
    EXECUTE FUNCTION events_stay();
