-- Where a layer has anything. The box of all rows, not an estimate: an estimate may leave the newest out.
SELECT ST_XMin(b), ST_YMin(b), ST_XMax(b), ST_YMax(b)
FROM (SELECT ST_Extent(r.geom_3857) AS b FROM {relation} r) s
