-- Whether a table is there, and can take changes back.
-- In:  $1 the table's name.
-- Out: it takes changes back, its engine; no row when there is no such table.
SELECT COALESCE(kinds.transactions, 'NO') = 'YES', COALESCE(relation.engine, 'of a view')
FROM information_schema.tables relation
LEFT JOIN information_schema.engines kinds ON kinds.engine = relation.engine
WHERE relation.table_schema = DATABASE() AND relation.table_name = $1
