DROP VIEW visits_by_day;
