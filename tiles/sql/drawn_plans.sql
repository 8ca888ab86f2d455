stale_plans AS MATERIALIZED (SELECT DISTINCT plan_no, area FROM stale),
parts AS (
    SELECT plan_no, area, parcels, geom_3857 FROM now
    UNION ALL
    SELECT b.plan_no, b.area, b.parcels + coalesce(m.delta, 0), b.geom_3857
    FROM stale_plans p JOIN tiles_dissolvedblock b ON (b.plan_no, b.area) = (p.plan_no, p.area)
    LEFT JOIN marked m ON (m.plan_no, m.area, m.block_no, m.cell) = (b.plan_no, b.area, b.block_no, b.cell)
    WHERE coalesce(m.is_kept, true)
),
plans AS (
    SELECT plan_no, area, sum(parcels)::integer AS parcels, ST_Union(geom_3857) AS geom_3857
    FROM parts WHERE NOT (SELECT is_many FROM many) GROUP BY 1, 2
    UNION ALL
    SELECT plan_no, area, sum(parcels)::integer, ST_SetSRID(ST_Extent(geom_3857)::geometry, 3857)
    FROM parts WHERE (SELECT is_many FROM many) GROUP BY 1, 2
),
counted AS MATERIALIZED (SELECT plan_no, area, sum(delta) AS delta FROM marked GROUP BY 1, 2),
drawn AS (
    SELECT g.id, g.plan_no, (g.parcels + coalesce(c.delta, 0))::integer AS parcels, g.geom_3857
    FROM tiles_group g LEFT JOIN counted c ON (c.plan_no, c.area) = (g.plan_no, g.area)
    WHERE g.zoom = %(zoom)s AND g.geom_3857 && {box_3857}
      AND NOT EXISTS (SELECT FROM stale_plans s WHERE (s.plan_no, s.area) = (g.plan_no, g.area))
    UNION ALL
    SELECT g.id, n.plan_no, n.parcels, n.geom_3857
    FROM plans n LEFT JOIN tiles_group g
      ON g.zoom = %(zoom)s AND (g.plan_no, g.area, g.block_no, g.cell) = (n.plan_no, n.area, '', '')
)
