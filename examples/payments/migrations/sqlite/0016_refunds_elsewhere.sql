-- Refunds that were made at a provider, and not here: by its name for them.
ALTER TABLE refunds ADD COLUMN connector TEXT CHECK (connector <> '');
ALTER TABLE refunds ADD COLUMN provider_reference TEXT CHECK (
    provider_reference <> '' AND (connector IS NULL) = (provider_reference IS NULL)
);
CREATE UNIQUE INDEX refunds_of_providers ON refunds (tenant_id, connector, provider_reference)
    WHERE connector IS NOT NULL;
