-- Second factors of members, and who is half signed in. Secrets are sealed, codes and tokens hashed.
CREATE TABLE second_factors (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    sealed bytea NOT NULL,
    confirmed_at timestamptz,
    last_step bigint,
    created_at timestamptz NOT NULL,
    version bigint NOT NULL CHECK (version > 0),
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, id) REFERENCES members (tenant_id, id)
);

CREATE TABLE recovery_codes (
    tenant_id uuid NOT NULL,
    id bytea NOT NULL CHECK (length(id) = 32),
    member_id uuid NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, member_id) REFERENCES members (tenant_id, id)
);
CREATE INDEX recovery_codes_of_member ON recovery_codes (tenant_id, member_id);

CREATE TABLE sign_in_challenges (
    tenant_id uuid NOT NULL,
    id bytea NOT NULL CHECK (length(id) = 32),
    member_id uuid NOT NULL,
    password_mark bytea NOT NULL CHECK (length(password_mark) = 32),
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, member_id) REFERENCES members (tenant_id, id)
);
CREATE INDEX sign_in_challenges_of_member ON sign_in_challenges (tenant_id, member_id);
