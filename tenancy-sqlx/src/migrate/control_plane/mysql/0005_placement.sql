-- Where a tenant's data is: row, schema or database, and @server behind it.
ALTER TABLE tenancy_tenants ADD COLUMN placement VARCHAR(100) NOT NULL DEFAULT 'row';
