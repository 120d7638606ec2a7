
-- The tenant of this transaction, when its seal is good; null otherwise.
--
-- In:  the settings tenancy.tenant_id and tenancy.seal, which is a key's version and a hash: 1:ab12…
-- A seal is HMAC-SHA256 (RFC 2104) over the tenant, the process and the begin of the transaction.
-- It is good nowhere else: not on another connection, not in the next transaction of this one.
DECLARE
    tenant text := nullif(current_setting('tenancy.tenant_id', true), '');
    seal text := nullif(current_setting('tenancy.seal', true), '');
    inner_pad bytea;
    outer_pad bytea;
    expected text;
BEGIN
    IF tenant IS NULL OR seal IS NULL THEN
        RETURN NULL;
    END IF;
    SELECT key.inner_pad, key.outer_pad INTO inner_pad, outer_pad
    FROM tenancy.seal_keys key
    WHERE key.version::text = split_part(seal, ':', 1)
      AND (key.expires_at IS NULL OR key.expires_at > now());
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    expected := encode(
        sha256(outer_pad || sha256(inner_pad || convert_to(
            'tenancy.seal.1|' || tenant || '|' || pg_backend_pid() || '|'
                || (extract(epoch FROM now()) * 1000000)::bigint,
            'UTF8'
        ))),
        'hex'
    );
    -- Hashed once more, so that the time which comparing takes says nothing about them.
    IF sha256(convert_to(split_part(seal, ':', 2), 'UTF8')) <> sha256(convert_to(expected, 'UTF8'))
    THEN
        RETURN NULL;
    END IF;
    RETURN tenant::uuid;
END
