-- Whom of the platform a tenant has let in, for how long and why.
CREATE TABLE support_grants (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    user_name text NOT NULL CHECK (user_name <> ''),
    behalf_of uuid NOT NULL,
    reason text NOT NULL CHECK (reason <> ''),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at > created_at),
    ended_at timestamptz,
    version bigint NOT NULL CHECK (version > 0),
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX support_grants_of_user ON support_grants (tenant_id, user_id, id);
