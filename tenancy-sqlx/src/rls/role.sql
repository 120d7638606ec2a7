-- Whether row-level security binds the role we are.
-- Out: its name; it is a superuser or has BYPASSRLS; it is a member of such a role, even if it
--      would first have to SET ROLE.
SELECT
    me.rolname::text,
    me.rolsuper OR me.rolbypassrls,
    EXISTS (
        SELECT FROM pg_roles other
        WHERE (other.rolsuper OR other.rolbypassrls)
          AND other.oid <> me.oid
          AND pg_has_role(me.oid, other.oid, 'MEMBER')
    )
FROM pg_roles me
WHERE me.rolname = current_user
