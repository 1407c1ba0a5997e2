CREATE VIEW visits_by_day AS
SELECT page, date_trunc('day', at) AS day, count(*) AS visits FROM visits GROUP BY 1, 2;
