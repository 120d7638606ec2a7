-- Second factors of members, and who is half signed in. Secrets are sealed, codes and tokens hashed.
CREATE TABLE second_factors (
    tenant_id BLOB NOT NULL,
    id BLOB NOT NULL,
    sealed BLOB NOT NULL,
    confirmed_at TEXT,
    last_step INTEGER,
    created_at TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0),
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, id) REFERENCES members (tenant_id, id)
) STRICT;

CREATE TABLE recovery_codes (
    tenant_id BLOB NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 32),
    member_id BLOB NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, member_id) REFERENCES members (tenant_id, id)
) STRICT;
CREATE INDEX recovery_codes_of_member ON recovery_codes (tenant_id, member_id);

CREATE TABLE sign_in_challenges (
    tenant_id BLOB NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 32),
    member_id BLOB NOT NULL,
    password_mark BLOB NOT NULL CHECK (length(password_mark) = 32),
    expires_at TEXT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, member_id) REFERENCES members (tenant_id, id)
) STRICT;
CREATE INDEX sign_in_challenges_of_member ON sign_in_challenges (tenant_id, member_id);
