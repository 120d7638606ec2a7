-- Links that change a password once. Only their hashes are kept.
CREATE TABLE password_resets (
    tenant_id uuid NOT NULL,
    id bytea NOT NULL CHECK (length(id) = 32),
    member_id uuid NOT NULL,
    password_mark bytea NOT NULL CHECK (length(password_mark) = 32),
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, member_id) REFERENCES members (tenant_id, id)
);
CREATE INDEX password_resets_of_member ON password_resets (tenant_id, member_id);
