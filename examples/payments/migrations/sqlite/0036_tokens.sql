-- Keys of the platform that sign access tokens, sealed; and what renews tokens, hashed.
CREATE TABLE signing_keys (
    id TEXT PRIMARY KEY CHECK (length(id) = 43),
    sealed BLOB NOT NULL,
    created_at TEXT NOT NULL
) STRICT;

CREATE TABLE token_families (
    tenant_id BLOB NOT NULL,
    id BLOB NOT NULL,
    member_id BLOB NOT NULL,
    password_mark BLOB NOT NULL CHECK (length(password_mark) = 32),
    created_at TEXT NOT NULL,
    ends_at TEXT NOT NULL,
    ended_at TEXT,
    version INTEGER NOT NULL CHECK (version > 0),
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, member_id) REFERENCES members (tenant_id, id)
) STRICT;
CREATE INDEX token_families_of_member ON token_families (tenant_id, member_id);

CREATE TABLE refresh_tokens (
    tenant_id BLOB NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 32),
    family_id BLOB NOT NULL,
    member_id BLOB NOT NULL,
    used_at TEXT,
    version INTEGER NOT NULL CHECK (version > 0),
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, family_id) REFERENCES token_families (tenant_id, id)
        ON DELETE CASCADE
) STRICT;
CREATE INDEX refresh_tokens_of_family ON refresh_tokens (tenant_id, family_id);
CREATE INDEX refresh_tokens_of_member ON refresh_tokens (tenant_id, member_id);
