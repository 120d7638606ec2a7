-- What the good rows of a batch add up to, by currency: 'EUR:7260,USD:1200'.
ALTER TABLE bulk_batches ADD COLUMN totals TEXT;
