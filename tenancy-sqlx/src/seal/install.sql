-- What sealed binding stands on. It may run again.
--
-- Only the owner of all this reads the keys; the role of the service must be another one.
CREATE SCHEMA IF NOT EXISTS tenancy;

-- A key is kept as HMAC needs it: exclusive-or the inner and the outer padding.
CREATE TABLE IF NOT EXISTS tenancy.seal_keys (
    version bigint PRIMARY KEY CHECK (version > 0),
    inner_pad bytea NOT NULL CHECK (length(inner_pad) = 64),
    outer_pad bytea NOT NULL CHECK (length(outer_pad) = 64),
    expires_at timestamptz
);
REVOKE ALL ON SCHEMA tenancy FROM PUBLIC;
REVOKE ALL ON tenancy.seal_keys FROM PUBLIC;
GRANT USAGE ON SCHEMA tenancy TO PUBLIC;

-- Policies are asked by every role that reads a table, and run with its rights.
