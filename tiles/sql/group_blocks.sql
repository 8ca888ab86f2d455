parcels AS NOT MATERIALIZED (
    SELECT r.*, s.area, s.cell FROM stale s JOIN {parcels} r ON r.plan_no = s.plan_no AND r.block_no = s.block_no
    WHERE s.area = '' AND s.cell = ''
    UNION ALL
    SELECT r.*, s.area, s.cell FROM stale s JOIN {parcels} r
      ON r.geom && coalesce(tiles_square_box(s.cell, 250, %(storage_srid)s), tiles_square_box(s.area, 2000, %(storage_srid)s))
     AND (r.plan_no, r.block_no) IS NOT DISTINCT FROM (s.plan_no, s.block_no)
     AND tiles_area(r.plan_no, r.geom) = s.area AND tiles_cell(r.block_no, r.geom) = s.cell
    WHERE s.area <> '' OR s.cell <> ''
),
now AS MATERIALIZED (
    SELECT plan_no, area, block_no, cell, count(*) AS parcels, ST_Union(geom_3857) AS geom_3857
    FROM parcels WHERE NOT (SELECT is_many FROM many) GROUP BY 1, 2, 3, 4
    UNION ALL
    SELECT plan_no, area, block_no, cell, count(*), ST_SetSRID(ST_Extent(geom_3857)::geometry, 3857)
    FROM parcels WHERE (SELECT is_many FROM many) GROUP BY 1, 2, 3, 4
),
