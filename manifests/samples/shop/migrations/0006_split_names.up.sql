ALTER TABLE customers
    ADD COLUMN given_name text,
    ADD COLUMN family_name text;

-- The last word is the family name; a single word is a given name.
UPDATE customers
SET given_name = COALESCE(NULLIF(regexp_replace(btrim(name), '\s+\S+$', ''), ''), name),
    family_name = CASE WHEN btrim(name) ~ '\s' THEN regexp_replace(btrim(name), '^.*\s', '') ELSE '' END;

ALTER TABLE customers
    ALTER COLUMN given_name SET NOT NULL,
    ALTER COLUMN family_name SET NOT NULL,
    DROP COLUMN name;

CREATE INDEX customers_family_name ON customers (family_name, given_name);
