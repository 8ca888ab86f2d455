-- The same tile while some blocks are stale (tiles_staleblock, written by the change itself): those are put together
-- from their parcels here and now. Where that is more than {stale_limit} blocks (a whole city was loaded, and
-- `manage.py generalise` has not run yet), boxes stand in for the outlines; the counts are right in any case.
WITH stale AS MATERIALIZED (SELECT DISTINCT plan_no, area, block_no, cell FROM tiles_staleblock),
many AS MATERIALIZED (SELECT count(*) > {stale_limit} AS is_many FROM stale),
{drawn},
cut AS MATERIALIZED (
    SELECT r.id{columns}, coalesce(
               ST_AsMVTGeom(r.geom, {tile}, {extent}, {buffer}),
               CASE WHEN ST_Intersects(r.geom, {box}) THEN {cell} END
           ) AS geom
    FROM (SELECT g.*, {geom} AS geom FROM drawn g WHERE g.geom_3857 && {box_3857}) r
)
SELECT {mvt}
