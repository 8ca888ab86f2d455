-- The same tile while some blocks are stale (tiles_staleblock, written by the change itself). A block whose outline the
-- change has kept is drawn as it stands, with the parcels that it has more or less; the others are put together from
-- their parcels here and now. Where that is more than {stale_limit} blocks (a whole city was loaded, and
-- `manage.py generalise` has not run yet), boxes stand in for the outlines; the counts are right in any case.
WITH marked AS MATERIALIZED (
    SELECT plan_no, area, block_no, cell, bool_and(keeps_outline) AS is_kept, sum(delta) AS delta
    FROM tiles_staleblock GROUP BY 1, 2, 3, 4
),
stale AS MATERIALIZED (SELECT plan_no, area, block_no, cell FROM marked WHERE NOT is_kept),
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
