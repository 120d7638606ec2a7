-- What the role of cross-tenant reads may do.
-- In:  $1 the names of the registered tables, separated by commas: names are plain.
-- Out: its name; it is a superuser, or may replicate, or may become a role that does, or do as
--      one on the server; row-level security does not bind it; a table it may not read; a table
--      it may change.
WITH me AS (
    SELECT oid, rolname, rolsuper OR rolreplication AS is_too_strong, rolbypassrls
    FROM pg_roles
    WHERE rolname IN (current_user, session_user)
),
tables AS (
    SELECT to_regclass(quote_ident(name)) AS oid, name
    FROM unnest(string_to_array($1, ',')) AS name
)
SELECT
    max(me.rolname::text),
    bool_or(
        me.is_too_strong
        OR EXISTS (
            SELECT FROM pg_roles other
            WHERE other.oid <> me.oid
              AND (
                  other.rolsuper
                  OR other.rolreplication
                  OR other.rolname IN (
                      'pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files'
                  )
              )
              AND pg_has_role(me.oid, other.oid, 'MEMBER')
        )
    ),
    bool_and(me.rolbypassrls),
    (
        SELECT min(name) FROM tables
        WHERE oid IS NOT NULL AND NOT has_table_privilege(oid, 'SELECT')
    ),
    (
        SELECT min(name) FROM tables
        WHERE oid IS NOT NULL
          AND (
              has_table_privilege(oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
              OR has_any_column_privilege(oid, 'INSERT, UPDATE')
          )
    )
FROM me
