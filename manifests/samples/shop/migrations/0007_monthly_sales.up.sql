CREATE VIEW monthly_sales AS
SELECT date_trunc('month', orders.placed_at) AS month,
       products.sku,
       products.title,
       sum(order_items.quantity)                           AS pieces,
       sum(order_items.quantity * order_items.price_cents) AS revenue_cents
FROM orders
JOIN order_items ON order_items.order_id = orders.id
JOIN products ON products.id = order_items.product_id
WHERE orders.status IN ('paid', 'shipped')
GROUP BY 1, 2, 3;

COMMENT ON VIEW monthly_sales IS 'What was sold, by month and product; cancelled and open orders are left out';
