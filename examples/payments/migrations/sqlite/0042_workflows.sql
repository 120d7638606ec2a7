-- Workflows, and payments that wait for people.
CREATE TABLE workflow_definitions (
    tenant_id BLOB NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 16),
    name TEXT NOT NULL CHECK (name <> ''),
    newest INTEGER NOT NULL CHECK (newest > 0),
    published_version_id BLOB,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0),
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, published_version_id, id)
        REFERENCES workflow_versions (tenant_id, id, definition_id)
) STRICT;

CREATE TABLE workflow_versions (
    tenant_id BLOB NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 16),
    definition_id BLOB NOT NULL,
    number INTEGER NOT NULL CHECK (number > 0),
    rules TEXT NOT NULL,
    published_at TEXT,
    created_by TEXT NOT NULL,
    created_at TEXT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, definition_id, number),
    UNIQUE (tenant_id, id, definition_id),
    FOREIGN KEY (tenant_id, definition_id) REFERENCES workflow_definitions (tenant_id, id)
) STRICT;

-- What is published does not change.
CREATE TRIGGER workflow_versions_no_update BEFORE UPDATE ON workflow_versions
WHEN OLD.published_at IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'a published version does not change');
END;
CREATE TRIGGER workflow_versions_no_delete BEFORE DELETE ON workflow_versions
WHEN OLD.published_at IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'a published version does not change');
END;

CREATE TABLE workflow_runs (
    tenant_id BLOB NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 16),
    payment_id BLOB NOT NULL,
    version_id BLOB NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'approved', 'rejected', 'expired')),
    maker TEXT NOT NULL,
    required INTEGER NOT NULL CHECK (required > 0),
    approved INTEGER NOT NULL CHECK (approved BETWEEN 0 AND required),
    expires_at TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, payment_id),
    UNIQUE (tenant_id, id, maker),
    FOREIGN KEY (tenant_id, payment_id) REFERENCES payments (tenant_id, id),
    FOREIGN KEY (tenant_id, version_id) REFERENCES workflow_versions (tenant_id, id),
    CHECK ((state = 'approved') = (approved = required))
) STRICT;
CREATE INDEX workflow_runs_waiting ON workflow_runs (tenant_id, expires_at)
    WHERE state = 'waiting';

CREATE TABLE approval_decisions (
    tenant_id BLOB NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 16),
    run_id BLOB NOT NULL,
    maker TEXT NOT NULL,
    approver TEXT NOT NULL,
    verdict TEXT NOT NULL CHECK (verdict IN ('approve', 'reject')),
    decided_at TEXT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    -- One person decides once, and not about what is its own.
    UNIQUE (tenant_id, run_id, approver),
    CHECK (approver <> maker),
    FOREIGN KEY (tenant_id, run_id, maker) REFERENCES workflow_runs (tenant_id, id, maker)
) STRICT;
CREATE TRIGGER approval_decisions_no_update BEFORE UPDATE ON approval_decisions
BEGIN
    SELECT RAISE(ABORT, 'approval_decisions is append-only');
END;
CREATE TRIGGER approval_decisions_no_delete BEFORE DELETE ON approval_decisions
BEGIN
    SELECT RAISE(ABORT, 'approval_decisions is append-only');
END;
