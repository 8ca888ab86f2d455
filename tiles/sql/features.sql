-- A tile of a layer's rows. The geometry is cut once (MATERIALIZED): ST_AsMVT would cut it again for every use. What is
-- too small for the tile's cells is drawn as one cell, so that no feature is lost.
WITH cut AS MATERIALIZED (
    SELECT r.id{columns}, coalesce(
               ST_AsMVTGeom({geom}, {tile}, {extent}, {buffer}),
               CASE WHEN ST_Intersects({geom}, {box}) THEN {cell} END
           ) AS geom{label_point}
    FROM {relation} r {join}
    WHERE {column} && {box}
)
SELECT {mvt}
