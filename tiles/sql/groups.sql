-- A tile of parcels at a small scale: {kind} with the number of their parcels, in the outlines of one zoom.
-- No row where a change has touched parcels whose outlines are not made again yet: then stale_groups.sql makes the tile.
WITH cut AS MATERIALIZED (
    SELECT r.id{columns}, coalesce(
               ST_AsMVTGeom(r.geom, {tile}, {extent}, {buffer}),
               CASE WHEN ST_Intersects(r.geom, {box}) THEN {cell} END
           ) AS geom
    FROM (SELECT g.*, {geom} AS geom FROM tiles_group g WHERE g.zoom = %(zoom)s AND g.geom_3857 && {box_3857}) r
)
SELECT {mvt}
WHERE NOT EXISTS (SELECT FROM tiles_staleblock)
