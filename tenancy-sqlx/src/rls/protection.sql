-- How one table is guarded.
-- In:  $1 the table's name, $2 the tenant's column, $3 the policy's name, $4 whether it asks for
--      a seal.
-- Out: exists, row-level security enabled, forced, our policy is as we write it,
--      a permissive policy stands beside ours, a partition or a child table is not guarded.
WITH wanted AS (
    -- The expression as Postgres prints it.
    SELECT format(
        CASE WHEN $4
            THEN '(%I = ( SELECT tenancy.current_tenant() AS current_tenant))'
            ELSE '(%I = (NULLIF(current_setting(''tenancy.tenant_id''::text, true), ''''::text))::uuid)'
        END,
        $2
    ) AS own
)
SELECT
    relation.oid IS NOT NULL,
    coalesce(relation.relrowsecurity, false),
    coalesce(relation.relforcerowsecurity, false),
    EXISTS (
        SELECT FROM pg_policy policy
        WHERE policy.polrelid = relation.oid
          AND policy.polname = $3
          AND policy.polpermissive
          AND policy.polcmd = '*'
          AND policy.polroles = '{0}'
          AND pg_get_expr(policy.polqual, policy.polrelid) = wanted.own
          AND pg_get_expr(policy.polwithcheck, policy.polrelid) = wanted.own
    ),
    EXISTS (
        SELECT FROM pg_policy policy
        WHERE policy.polrelid = relation.oid AND policy.polname <> $3 AND policy.polpermissive
    ),
    EXISTS (
        -- Asked by its own name, a child follows its own policies alone.
        SELECT FROM pg_inherits inherits
        JOIN pg_class child ON child.oid = inherits.inhrelid
        WHERE inherits.inhparent = relation.oid
          AND NOT (child.relrowsecurity AND child.relforcerowsecurity)
    )
FROM wanted
LEFT JOIN pg_class relation ON relation.oid = to_regclass(quote_ident($1))
