ALTER TABLE customers ADD COLUMN name text;

UPDATE customers SET name = btrim(given_name || ' ' || family_name);

ALTER TABLE customers
    ALTER COLUMN name SET NOT NULL,
    ADD CONSTRAINT customers_name_check CHECK (name <> ''),
    DROP COLUMN given_name,
    DROP COLUMN family_name;
