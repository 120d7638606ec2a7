-- Customers change, are deleted, and come back.
ALTER TABLE customers
    ADD COLUMN phone text CHECK (phone <> ''),
    ADD COLUMN changed_at timestamptz,
    ADD COLUMN version bigint NOT NULL DEFAULT 1 CHECK (version > 0),
    ADD COLUMN deleted_at timestamptz,
    ADD COLUMN deleted_by text CHECK (deleted_at IS NOT NULL OR deleted_by IS NULL);
