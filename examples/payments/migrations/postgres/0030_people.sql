-- Accounts of the platform; members, invitations and sign-ins of tenants.
CREATE TABLE accounts (
    email text PRIMARY KEY CHECK (email = lower(email)),
    user_id uuid NOT NULL UNIQUE,
    password text CHECK (password LIKE '$argon2id$%'),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

CREATE TABLE members (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    email text NOT NULL CHECK (email = lower(email)),
    name text NOT NULL CHECK (name <> ''),
    role text NOT NULL CHECK (role IN ('owner', 'admin', 'finance_approver', 'operator', 'analyst',
        'developer', 'auditor')),
    state text NOT NULL CHECK (state IN ('invited', 'active', 'removed')),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version bigint NOT NULL CHECK (version > 0),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, email)
);

-- One row a tenant: whoever changes a member changes it too.
CREATE TABLE rosters (
    tenant_id uuid NOT NULL,
    id bigint NOT NULL CHECK (id = 1),
    seats bigint NOT NULL CHECK (seats >= 0),
    owners bigint NOT NULL CHECK (owners BETWEEN 0 AND seats),
    version bigint NOT NULL CHECK (version > 0),
    PRIMARY KEY (tenant_id, id)
);

CREATE TABLE invitations (
    tenant_id uuid NOT NULL,
    id bytea NOT NULL CHECK (length(id) = 32),
    member_id uuid NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, member_id) REFERENCES members (tenant_id, id)
);
CREATE INDEX invitations_of_member ON invitations (tenant_id, member_id);

CREATE TABLE sign_ins (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES members (tenant_id, id)
);
CREATE INDEX sign_ins_of_user ON sign_ins (tenant_id, user_id);

-- What the directory does not say of a key. The key itself is kept nowhere.
CREATE TABLE api_keys (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL CHECK (name <> ''),
    hint text NOT NULL CHECK (length(hint) = 4),
    mode text NOT NULL CHECK (mode IN ('test', 'live')),
    scopes text NOT NULL CHECK (scopes <> ''),
    networks text NOT NULL,
    made_by text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    revoked_at timestamptz,
    replaced_by uuid,
    version bigint NOT NULL CHECK (version > 0),
    PRIMARY KEY (tenant_id, id)
);
