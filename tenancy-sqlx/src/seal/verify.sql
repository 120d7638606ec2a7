-- Whether sealed binding holds against the role we are.
-- In:  $1 the names of the registered tables, separated by commas; $2 the function's body.
-- Out: the function is there and as we write it; we could read or write the keys, or replace the
--      function; a registered table that is ours, or becomes ours by SET ROLE, or that we could
--      empty; we could make objects in the schema of the tables.
WITH me AS (
    SELECT oid FROM pg_roles WHERE rolname IN (current_user, session_user)
),
seal AS (
    SELECT function.proowner, function.prosecdef, function.provolatile, function.prosrc
    FROM pg_proc function
    WHERE function.oid = to_regprocedure('tenancy.current_tenant()')
),
keys AS (
    SELECT relation.oid, relation.relowner
    FROM pg_class relation
    WHERE relation.oid = to_regclass('tenancy.seal_keys')
),
tables AS (
    SELECT name, relation.oid, relation.relowner
    FROM unnest(string_to_array($1, ',')) AS name
    JOIN pg_class relation ON relation.oid = to_regclass(quote_ident(name))
)
SELECT
    EXISTS (SELECT FROM keys)
        AND EXISTS (
            SELECT FROM seal WHERE prosecdef AND provolatile = 's' AND prosrc = $2
        ),
    EXISTS (
        SELECT FROM me, keys, seal
        WHERE pg_has_role(me.oid, keys.relowner, 'MEMBER')
           OR pg_has_role(me.oid, seal.proowner, 'MEMBER')
           OR has_schema_privilege(me.oid, 'tenancy', 'CREATE')
           OR has_any_column_privilege(me.oid, keys.oid, 'SELECT, INSERT, UPDATE')
           OR has_table_privilege(me.oid, keys.oid, 'DELETE, TRUNCATE, TRIGGER')
    ),
    (
        SELECT min(tables.name) FROM me, tables
        WHERE pg_has_role(me.oid, tables.relowner, 'MEMBER')
           OR has_table_privilege(me.oid, tables.oid, 'TRUNCATE, TRIGGER')
    ),
    EXISTS (SELECT FROM me WHERE has_schema_privilege(me.oid, current_schema(), 'CREATE'))
