-- Refunds that were made at a provider, and not here: by its name for them.
ALTER TABLE refunds
    ADD COLUMN connector text CHECK (connector <> ''),
    ADD COLUMN provider_reference text CHECK (provider_reference <> ''),
    ADD CONSTRAINT refunds_elsewhere_check
        CHECK ((connector IS NULL) = (provider_reference IS NULL));
CREATE UNIQUE INDEX refunds_of_providers ON refunds (tenant_id, connector, provider_reference)
    WHERE connector IS NOT NULL;
