-- Workflows, and payments that wait for people.
CREATE TABLE workflow_definitions (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL CHECK (name <> ''),
    newest bigint NOT NULL CHECK (newest > 0),
    published_version_id uuid,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version bigint NOT NULL CHECK (version > 0),
    PRIMARY KEY (tenant_id, id)
);

CREATE TABLE workflow_versions (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    definition_id uuid NOT NULL,
    number bigint NOT NULL CHECK (number > 0),
    rules text NOT NULL,
    published_at timestamptz,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, definition_id, number),
    UNIQUE (tenant_id, id, definition_id),
    FOREIGN KEY (tenant_id, definition_id) REFERENCES workflow_definitions (tenant_id, id)
);
ALTER TABLE workflow_definitions ADD FOREIGN KEY (tenant_id, published_version_id, id)
    REFERENCES workflow_versions (tenant_id, id, definition_id);

-- What is published does not change.
CREATE FUNCTION payments_published() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a published version does not change' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER published BEFORE UPDATE OR DELETE ON workflow_versions
    FOR EACH ROW WHEN (OLD.published_at IS NOT NULL) EXECUTE FUNCTION payments_published();

CREATE TABLE workflow_runs (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    payment_id uuid NOT NULL,
    version_id uuid NOT NULL,
    state text NOT NULL CHECK (state IN ('waiting', 'approved', 'rejected', 'expired')),
    maker text NOT NULL,
    required bigint NOT NULL CHECK (required > 0),
    approved bigint NOT NULL CHECK (approved BETWEEN 0 AND required),
    expires_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version bigint NOT NULL CHECK (version > 0),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, payment_id),
    UNIQUE (tenant_id, id, maker),
    FOREIGN KEY (tenant_id, payment_id) REFERENCES payments (tenant_id, id),
    FOREIGN KEY (tenant_id, version_id) REFERENCES workflow_versions (tenant_id, id),
    CHECK ((state = 'approved') = (approved = required))
);
CREATE INDEX workflow_runs_waiting ON workflow_runs (tenant_id, expires_at)
    WHERE state = 'waiting';

CREATE TABLE approval_decisions (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    run_id uuid NOT NULL,
    maker text NOT NULL,
    approver text NOT NULL,
    verdict text NOT NULL CHECK (verdict IN ('approve', 'reject')),
    decided_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    -- One person decides once, and not about what is its own.
    UNIQUE (tenant_id, run_id, approver),
    CHECK (approver <> maker),
    FOREIGN KEY (tenant_id, run_id, maker) REFERENCES workflow_runs (tenant_id, id, maker)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON approval_decisions
    FOR EACH ROW EXECUTE FUNCTION payments_append_only();
