-- Whether row-level security binds the role we are, and the one we signed in as: SET ROLE NONE
-- would bring that back.
-- Out: its name; it steps around row-level security itself; it may become a role that does, or
--      do as one on the server: by membership, even if it would first have to SET ROLE, by
--      CREATEROLE before Postgres 16, by running programs or reading and writing files.
WITH roles AS (
    SELECT rolname, oid, rolcreaterole, rolsuper OR rolbypassrls OR rolreplication AS bypasses
    FROM pg_roles
),
me AS (
    SELECT * FROM roles WHERE rolname IN (current_user, session_user)
)
SELECT
    max(me.rolname::text),
    bool_or(me.bypasses),
    bool_or(
        (me.rolcreaterole AND current_setting('server_version_num')::int < 160000)
        OR EXISTS (
            SELECT FROM roles other
            WHERE other.oid <> me.oid
              AND (
                  other.bypasses
                  OR other.rolname IN (
                      'pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files'
                  )
              )
              AND pg_has_role(me.oid, other.oid, 'MEMBER')
        )
    )
FROM me
