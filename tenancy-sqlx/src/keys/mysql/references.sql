-- The foreign keys of a table.
-- In:  $1 the table's name.
-- Out: a key's name, the table it refers to, a column of it, the column there; a row for each
--      pair of columns.
SELECT constraint_name, referenced_table_name, column_name, referenced_column_name
FROM information_schema.key_column_usage
WHERE table_schema = DATABASE() AND table_name = $1 AND referenced_table_schema = DATABASE()
ORDER BY constraint_name, ordinal_position
