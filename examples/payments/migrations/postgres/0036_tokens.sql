-- Keys of the platform that sign access tokens, sealed; and what renews tokens, hashed.
CREATE TABLE signing_keys (
    id text PRIMARY KEY CHECK (length(id) = 43),
    sealed bytea NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE TABLE token_families (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    member_id uuid NOT NULL,
    password_mark bytea NOT NULL CHECK (length(password_mark) = 32),
    created_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    ended_at timestamptz,
    version bigint NOT NULL CHECK (version > 0),
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, member_id) REFERENCES members (tenant_id, id)
);
CREATE INDEX token_families_of_member ON token_families (tenant_id, member_id);

CREATE TABLE refresh_tokens (
    tenant_id uuid NOT NULL,
    id bytea NOT NULL CHECK (length(id) = 32),
    family_id uuid NOT NULL,
    member_id uuid NOT NULL,
    used_at timestamptz,
    version bigint NOT NULL CHECK (version > 0),
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, family_id) REFERENCES token_families (tenant_id, id)
        ON DELETE CASCADE
);
CREATE INDEX refresh_tokens_of_family ON refresh_tokens (tenant_id, family_id);
CREATE INDEX refresh_tokens_of_member ON refresh_tokens (tenant_id, member_id);
