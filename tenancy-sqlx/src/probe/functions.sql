-- Functions that may go past row-level security for this role.
-- In:  $1 the names of the tables, $2 those of functions that statements may call, both separated
--      by commas; $3 the schema of the tables.
-- Out: the function's name, quoted with its schema; it runs as somebody whom row-level security
--      does not bind, and its text names a table of tenants; statements may call it, and it may
--      read tables: it runs as its owner, or is not IMMUTABLE.
WITH functions AS (
    SELECT
        format('%I.%I', namespace.nspname, function.proname) AS name,
        function.prosecdef
            AND (owner.rolsuper OR owner.rolbypassrls)
            AND EXISTS (
                SELECT FROM unnest(string_to_array($1, ',')) AS tables (name)
                WHERE function.prosrc ~* ('\m' || tables.name || '\M')
                   OR pg_get_function_sqlbody(function.oid) ~* ('\m' || tables.name || '\M')
            ) AS steps_around,
        function.proname = ANY (string_to_array($2, ',')::name[])
            AND namespace.nspname IN ($3, 'pg_catalog')
            AND (function.prosecdef OR function.provolatile <> 'i') AS may_read
    FROM pg_proc function
    JOIN pg_namespace namespace ON namespace.oid = function.pronamespace
    JOIN pg_roles owner ON owner.oid = function.proowner
    WHERE function.prokind IN ('f', 'w', 'p')
      AND function.prorettype <> 'trigger'::regtype
      AND (namespace.nspname NOT IN ('pg_catalog', 'information_schema')
           OR function.proname = ANY (string_to_array($2, ',')::name[]))
      AND has_function_privilege(function.oid, 'EXECUTE')
      AND has_schema_privilege(namespace.oid, 'USAGE')
)
SELECT name, bool_or(steps_around), bool_or(may_read)
FROM functions
GROUP BY name
HAVING bool_or(steps_around) OR bool_or(may_read)
ORDER BY 1
