-- Accounts of the platform; members, invitations and sign-ins of tenants.
CREATE TABLE accounts (
    email TEXT PRIMARY KEY CHECK (email = lower(email)),
    user_id BLOB NOT NULL UNIQUE CHECK (length(user_id) = 16),
    password TEXT CHECK (password LIKE '$argon2id$%'),
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
) STRICT;

CREATE TABLE members (
    tenant_id BLOB NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 16),
    email TEXT NOT NULL CHECK (email = lower(email)),
    name TEXT NOT NULL CHECK (name <> ''),
    role TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'finance_approver', 'operator', 'analyst',
        'developer', 'auditor')),
    state TEXT NOT NULL CHECK (state IN ('invited', 'active', 'removed')),
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, email)
) STRICT;

-- One row a tenant: whoever changes a member changes it too.
CREATE TABLE rosters (
    tenant_id BLOB NOT NULL,
    id INTEGER NOT NULL CHECK (id = 1),
    seats INTEGER NOT NULL CHECK (seats >= 0),
    owners INTEGER NOT NULL CHECK (owners BETWEEN 0 AND seats),
    version INTEGER NOT NULL CHECK (version > 0),
    PRIMARY KEY (tenant_id, id)
) STRICT;

CREATE TABLE invitations (
    tenant_id BLOB NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 32),
    member_id BLOB NOT NULL,
    expires_at TEXT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, member_id) REFERENCES members (tenant_id, id)
) STRICT;
CREATE INDEX invitations_of_member ON invitations (tenant_id, member_id);

CREATE TABLE sign_ins (
    tenant_id BLOB NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 16),
    user_id BLOB NOT NULL,
    created_at TEXT NOT NULL,
    ends_at TEXT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES members (tenant_id, id)
) STRICT;
CREATE INDEX sign_ins_of_user ON sign_ins (tenant_id, user_id);

-- What the directory does not say of a key. The key itself is kept nowhere.
CREATE TABLE api_keys (
    tenant_id BLOB NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 16),
    name TEXT NOT NULL CHECK (name <> ''),
    hint TEXT NOT NULL CHECK (length(hint) = 4),
    mode TEXT NOT NULL CHECK (mode IN ('test', 'live')),
    scopes TEXT NOT NULL CHECK (scopes <> ''),
    networks TEXT NOT NULL,
    made_by TEXT NOT NULL,
    created_at TEXT NOT NULL,
    expires_at TEXT,
    revoked_at TEXT,
    replaced_by BLOB,
    version INTEGER NOT NULL CHECK (version > 0),
    PRIMARY KEY (tenant_id, id)
) STRICT;
