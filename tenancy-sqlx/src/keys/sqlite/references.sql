-- The foreign keys of a table.
-- In:  $1 the table's name.
-- Out: a key's name, the table it refers to, a column of it, the column there; a row for each
--      pair of columns.
SELECT
    'to ' || list."table" || ', ' || list.id,
    lower(list."table"),
    lower(list."from"),
    lower(coalesce(
        list."to",
        -- Not said: then it is the primary key there.
        (SELECT name FROM pragma_table_info(list."table") WHERE pk = list.seq + 1),
        ''
    ))
FROM pragma_foreign_key_list($1) list
ORDER BY list.id, list.seq
