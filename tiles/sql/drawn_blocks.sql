drawn AS (
    SELECT g.id, g.plan_no, g.block_no, g.parcels, g.geom_3857
    FROM tiles_group g
    WHERE g.zoom = %(zoom)s AND g.geom_3857 && {box_3857}
      AND NOT EXISTS (SELECT FROM stale s
                      WHERE (s.plan_no, s.area, s.block_no, s.cell) = (g.plan_no, g.area, g.block_no, g.cell))
    UNION ALL
    SELECT g.id, n.plan_no, n.block_no, n.parcels, n.geom_3857
    FROM now n LEFT JOIN tiles_group g
      ON g.zoom = %(zoom)s AND (g.plan_no, g.area, g.block_no, g.cell) = (n.plan_no, n.area, n.block_no, n.cell)
)
