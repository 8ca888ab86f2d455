drawn AS (
    SELECT g.id, g.plan_no, g.block_no, (g.parcels + coalesce(m.delta, 0))::integer AS parcels, g.geom_3857
    FROM tiles_group g
    LEFT JOIN marked m ON (m.plan_no, m.area, m.block_no, m.cell) = (g.plan_no, g.area, g.block_no, g.cell)
    WHERE g.zoom = %(zoom)s AND g.geom_3857 && {box_3857} AND coalesce(m.is_kept, true)
    UNION ALL
    SELECT g.id, n.plan_no, n.block_no, n.parcels::integer, n.geom_3857
    FROM now n LEFT JOIN tiles_group g
      ON g.zoom = %(zoom)s AND (g.plan_no, g.area, g.block_no, g.cell) = (n.plan_no, n.area, n.block_no, n.cell)
)
