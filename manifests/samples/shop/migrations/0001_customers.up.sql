CREATE TABLE customers (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       text NOT NULL CHECK (name <> ''),
    email      text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- One account for an address, however it is written.
CREATE UNIQUE INDEX customers_email ON customers (lower(email));

COMMENT ON TABLE customers IS 'People who have ordered, or could';
