ALTER TABLE orders ADD COLUMN total_cents bigint NOT NULL DEFAULT 0;

CREATE FUNCTION update_order_total() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed bigint[];
BEGIN
    IF TG_OP = 'DELETE' THEN
        changed := ARRAY[OLD.order_id];
    ELSIF TG_OP = 'INSERT' THEN
        changed := ARRAY[NEW.order_id];
    ELSE
        changed := ARRAY[OLD.order_id, NEW.order_id];  -- an item may move to another order
    END IF;

    UPDATE orders
    SET total_cents = COALESCE((
        SELECT sum(quantity * price_cents)
        FROM order_items
        WHERE order_id = orders.id
    ), 0)
    WHERE id = ANY (changed);

    RETURN NULL;
END;
$$;

CREATE TRIGGER order_items_total
    AFTER INSERT OR UPDATE OR DELETE ON order_items
    FOR EACH ROW EXECUTE FUNCTION update_order_total();

-- Orders from before the trigger.
UPDATE orders
SET total_cents = items.total
FROM (
    SELECT order_id, sum(quantity * price_cents) AS total
    FROM order_items
    GROUP BY order_id
) AS items
WHERE items.order_id = orders.id;
