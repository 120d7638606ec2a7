-- Who works on the platform itself. They are no accounts, and no members of any tenant.
CREATE TABLE platform_users (
    email TEXT PRIMARY KEY CHECK (email = lower(email)),
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    name TEXT NOT NULL CHECK (name <> ''),
    role TEXT NOT NULL CHECK (role IN ('admin', 'support')),
    password TEXT NOT NULL CHECK (password LIKE '$argon2id$%'),
    created_at TEXT NOT NULL
) STRICT;

-- The secret is kept nowhere but in the browser.
CREATE TABLE platform_sessions (
    hash BLOB PRIMARY KEY CHECK (length(hash) = 32),
    email TEXT NOT NULL REFERENCES platform_users (email),
    expires_at TEXT NOT NULL,
    ends_at TEXT NOT NULL
) STRICT;

-- What the directory does not know of a tenant: how its life ends.
CREATE TABLE tenant_lives (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    closing_since TEXT,
    purge_at TEXT,
    purged_at TEXT,
    slug_free_at TEXT
) STRICT;
