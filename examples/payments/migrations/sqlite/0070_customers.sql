-- Customers change, are deleted, and come back.
ALTER TABLE customers ADD COLUMN phone TEXT CHECK (phone <> '');
ALTER TABLE customers ADD COLUMN changed_at TEXT;
ALTER TABLE customers ADD COLUMN version INTEGER NOT NULL DEFAULT 1 CHECK (version > 0);
ALTER TABLE customers ADD COLUMN deleted_at TEXT;
ALTER TABLE customers ADD COLUMN deleted_by TEXT
    CHECK (deleted_at IS NOT NULL OR deleted_by IS NULL);
