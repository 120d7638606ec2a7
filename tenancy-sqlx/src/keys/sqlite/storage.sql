-- Whether a table is there.
-- In:  $1 the table's name.
-- Out: it takes changes back, its engine; no row when there is no such table.
SELECT 1, '' FROM sqlite_schema WHERE type = 'table' AND lower(name) = $1
