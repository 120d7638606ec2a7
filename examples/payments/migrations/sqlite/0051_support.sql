-- Whom of the platform a tenant has let in, for how long and why.
CREATE TABLE support_grants (
    tenant_id BLOB NOT NULL,
    id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    user_name TEXT NOT NULL CHECK (user_name <> ''),
    behalf_of BLOB NOT NULL,
    reason TEXT NOT NULL CHECK (reason <> ''),
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL CHECK (expires_at > created_at),
    ended_at TEXT,
    version INTEGER NOT NULL CHECK (version > 0),
    PRIMARY KEY (tenant_id, id)
) STRICT;
CREATE INDEX support_grants_of_user ON support_grants (tenant_id, user_id, id);
