-- The unique and the exclusive keys of a table.
-- In:  $1 the table's name.
-- Out: a key's name, whether it is about all rows, a column of it (NULL for an expression); a row
--      for each column.
SELECT class.relname::text, index.indpred IS NULL, attribute.attname::text
FROM pg_index index
JOIN pg_class class ON class.oid = index.indexrelid
CROSS JOIN LATERAL unnest(index.indkey::int2[]) WITH ORDINALITY AS key (attnum, place)
LEFT JOIN pg_attribute attribute
    ON attribute.attrelid = index.indrelid AND attribute.attnum = key.attnum AND key.attnum > 0
WHERE index.indrelid = to_regclass(quote_ident($1))
  AND (index.indisunique OR index.indisexclusion)
  -- Those behind are only carried along.
  AND key.place <= index.indnkeyatts
ORDER BY 1, key.place
