-- The unique keys of a table.
-- In:  $1 the table's name.
-- Out: a key's name, whether it is about all rows, a column of it (NULL for an expression, or when
--      it is about the first letters alone); a row for each column.
SELECT index_name, TRUE, IF(sub_part IS NULL, column_name, NULL)
FROM information_schema.statistics
WHERE table_schema = DATABASE() AND table_name = $1 AND non_unique = 0
ORDER BY index_name, seq_in_index
