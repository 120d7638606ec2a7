-- Views and materialized views over tables of tenants that this role may read.
-- In:  $1 the names of the tables, $2 those of their tenant's columns, both separated by commas.
-- Out: the view's name, quoted with its schema; it keeps rows of its own; it works with the rights
--      of its owner, whom row-level security does not bind; its tenant's column, if it has one.
WITH RECURSIVE tables AS (
    SELECT relation.oid, relation.relowner, relation.relforcerowsecurity AS is_forced
    FROM unnest(string_to_array($1, ',')) AS name
    JOIN pg_class relation ON relation.oid = to_regclass(quote_ident(name))
),
uses AS (
    SELECT DISTINCT rule.ev_class AS view, depend.refobjid AS used
    FROM pg_depend depend
    JOIN pg_rewrite rule ON rule.oid = depend.objid
    WHERE depend.classid = 'pg_rewrite'::regclass
      AND depend.refclassid = 'pg_class'::regclass
      AND rule.ev_class <> depend.refobjid
),
reaches AS (
    SELECT uses.view, tables.oid AS reached FROM uses JOIN tables ON tables.oid = uses.used
    UNION
    SELECT uses.view, reaches.reached FROM uses JOIN reaches ON reaches.view = uses.used
)
SELECT
    format('%I.%I', namespace.nspname, view.relname),
    view.relkind = 'm',
    view.relkind = 'v'
        AND NOT EXISTS (
            SELECT FROM pg_options_to_table(view.reloptions)
            WHERE option_name = 'security_invoker' AND option_value::boolean
        )
        AND bool_or(
            owner.rolsuper
            OR owner.rolbypassrls
            OR (NOT tables.is_forced AND pg_has_role(owner.oid, tables.relowner, 'USAGE'))
        ),
    (
        SELECT min(quote_ident(attribute.attname))
        FROM pg_attribute attribute
        WHERE attribute.attrelid = view.oid
          AND attribute.atttypid = 'uuid'::regtype
          AND attribute.attname = ANY (string_to_array($2, ',')::name[])
    )
FROM reaches
JOIN tables ON tables.oid = reaches.reached
JOIN pg_class view ON view.oid = reaches.view AND view.relkind IN ('v', 'm')
JOIN pg_namespace namespace ON namespace.oid = view.relnamespace
JOIN pg_roles owner ON owner.oid = view.relowner
WHERE has_table_privilege(view.oid, 'SELECT')
  AND has_schema_privilege(namespace.oid, 'USAGE')
GROUP BY view.oid, view.relname, view.relkind, view.reloptions, namespace.nspname
ORDER BY 1
