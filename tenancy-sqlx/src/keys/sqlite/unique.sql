-- The unique keys of a table.
-- In:  $1 the table's name.
-- Out: a key's name, whether it is about all rows, a column of it (NULL for an expression); a row
--      for each column.
SELECT name, is_total, column_name FROM (
    SELECT list.name AS name, list.partial = 0 AS is_total, lower(part.name) AS column_name,
           part.seqno AS place
    FROM pragma_index_list($1) list
    JOIN pragma_index_xinfo(list.name) part
    WHERE list."unique" = 1 AND part.key = 1
    UNION ALL
    -- That of an INTEGER PRIMARY KEY is no index.
    SELECT 'PRIMARY KEY', 1, lower(name), pk FROM pragma_table_info($1) WHERE pk > 0
)
ORDER BY name, place
