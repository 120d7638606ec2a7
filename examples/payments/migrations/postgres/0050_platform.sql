-- Who works on the platform itself. They are no accounts, and no members of any tenant.
CREATE TABLE platform_users (
    email text PRIMARY KEY CHECK (email = lower(email)),
    id uuid NOT NULL UNIQUE,
    name text NOT NULL CHECK (name <> ''),
    role text NOT NULL CHECK (role IN ('admin', 'support')),
    password text NOT NULL CHECK (password LIKE '$argon2id$%'),
    created_at timestamptz NOT NULL
);

-- The secret is kept nowhere but in the browser.
CREATE TABLE platform_sessions (
    hash bytea PRIMARY KEY CHECK (length(hash) = 32),
    email text NOT NULL REFERENCES platform_users (email),
    expires_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL
);

-- What the directory does not know of a tenant: how its life ends.
CREATE TABLE tenant_lives (
    id uuid PRIMARY KEY,
    closing_since timestamptz,
    purge_at timestamptz,
    purged_at timestamptz,
    slug_free_at timestamptz
);
