-- The foreign keys of a table.
-- In:  $1 the table's name.
-- Out: a key's name, the table it refers to, a column of it, the column there; a row for each
--      pair of columns.
SELECT reference.conname::text, target.relname::text, own.attname::text, other.attname::text
FROM pg_constraint reference
JOIN pg_class target ON target.oid = reference.confrelid
CROSS JOIN LATERAL unnest(reference.conkey, reference.confkey) AS pair (own, other)
JOIN pg_attribute own ON own.attrelid = reference.conrelid AND own.attnum = pair.own
JOIN pg_attribute other ON other.attrelid = reference.confrelid AND other.attnum = pair.other
WHERE reference.contype = 'f' AND reference.conrelid = to_regclass(quote_ident($1))
ORDER BY 1, 3
