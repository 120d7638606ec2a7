-- Whether a table is there.
-- In:  $1 the table's name.
-- Out: it takes changes back, its engine; no row when there is no such table.
SELECT true, ''
FROM pg_class relation
WHERE relation.oid = to_regclass(quote_ident($1))
