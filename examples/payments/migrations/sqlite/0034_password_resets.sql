-- Links that change a password once. Only their hashes are kept.
CREATE TABLE password_resets (
    tenant_id BLOB NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 32),
    member_id BLOB NOT NULL,
    password_mark BLOB NOT NULL CHECK (length(password_mark) = 32),
    expires_at TEXT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, member_id) REFERENCES members (tenant_id, id)
) STRICT;
CREATE INDEX password_resets_of_member ON password_resets (tenant_id, member_id);
