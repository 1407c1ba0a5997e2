CREATE TABLE products (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sku         text NOT NULL UNIQUE,
    title       text NOT NULL,
    price_cents bigint NOT NULL CHECK (price_cents >= 0),
    available   boolean NOT NULL DEFAULT true
);

INSERT INTO products (sku, title, price_cents) VALUES
    ('TEA-250', 'Green tea; loose leaf, 250 g', 1290),
    ('MUG-WHT', 'Mug, white', 890),
    ('POT-1L', 'Teapot, 1 l -- cast iron', 4950);
