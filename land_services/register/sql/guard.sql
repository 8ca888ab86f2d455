-- The guard of the register: what no transaction may commit, whoever wrote it (see docs/architecture.md).
-- :GRID_PER_M, :GRID_M, :LOCK_CELL_M and :LOCK_BUFFER_M come from land_services/precision.py.

-- Locks -----------------------------------------------------------------------------------------------------------

-- Locks the grid cells that the geometries touch, in ascending order, until the transaction ends. Cells are counted
-- before any is locked: the table of locks is shared by everyone, and one stray coordinate must not fill it.
CREATE FUNCTION register_lock_land(VARIADIC geoms geometry[]) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    c record;
    n integer := 0;
    cells float8;
BEGIN
    SELECT sum((floor((ST_XMax(g) - ST_XMin(g) + 2 * :LOCK_BUFFER_M) / :LOCK_CELL_M) + 2)
             * (floor((ST_YMax(g) - ST_YMin(g) + 2 * :LOCK_BUFFER_M) / :LOCK_CELL_M) + 2)),
        max(greatest(abs(ST_XMin(g)), abs(ST_XMax(g)), abs(ST_YMin(g)), abs(ST_YMax(g)))) AS furthest
    INTO c FROM unnest(geoms) AS part(g) WHERE NOT ST_IsEmpty(g);
    cells := c.sum;
    IF cells > 100000 OR c.furthest > 1e8 THEN  -- true of NaN and infinity too
        PERFORM register_refuse('land_is_within_reach',
            'one change may not reach over more than 100,000 cells of land, nor beyond 100,000 km');
    END IF;
    FOR c IN
        SELECT DISTINCT x, y FROM unnest(geoms) AS part(g),
            generate_series(floor((ST_XMin(g) - :LOCK_BUFFER_M) / :LOCK_CELL_M)::int,
                            floor((ST_XMax(g) + :LOCK_BUFFER_M) / :LOCK_CELL_M)::int) AS x,
            generate_series(floor((ST_YMin(g) - :LOCK_BUFFER_M) / :LOCK_CELL_M)::int,
                            floor((ST_YMax(g) + :LOCK_BUFFER_M) / :LOCK_CELL_M)::int) AS y
        WHERE NOT ST_IsEmpty(g) ORDER BY x, y
    LOOP
        n := n + 1;
        IF n > 5000 THEN
            PERFORM register_refuse('land_is_within_reach', 'one change may not lock more than 5,000 cells of land');
        END IF;
        PERFORM pg_advisory_xact_lock(c.x, c.y);
    END LOOP;
    RETURN n;
END
$$;

-- Locks titles in ascending order. The cells of the grid use the two-number keys, titles one large number.
CREATE FUNCTION register_lock_titles(VARIADIC titles bigint[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    t bigint;
BEGIN
    FOR t IN SELECT DISTINCT u FROM unnest(titles) AS u ORDER BY u LOOP
        PERFORM pg_advisory_xact_lock(x'5449544c00000000'::bigint + t);
    END LOOP;
END
$$;

-- Locks parcel numbers: two changes far apart may not take the same one. Keys begin with other bytes than the titles'.
CREATE FUNCTION register_lock_numbers(numbers text[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    k bigint;
BEGIN
    FOR k IN SELECT DISTINCT x'4e554d4200000000'::bigint + (hashtext(u)::bigint & 4294967295) AS key
             FROM unnest(numbers) AS u ORDER BY key LOOP
        PERFORM pg_advisory_xact_lock(k);
    END LOOP;
END
$$;

-- Outlines in whole millimetres -----------------------------------------------------------------------------------

-- Directed sides of a polygon between whole grid points, outer rings counter-clockwise, holes clockwise.
CREATE FUNCTION register_sides(g geometry, OUT ax bigint, OUT ay bigint, OUT bx bigint, OUT by bigint)
RETURNS SETOF record LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 8 AS $$
    SELECT ax, ay, bx, by FROM (
        SELECT round(ST_X(p.geom) * :GRID_PER_M)::bigint AS ax, round(ST_Y(p.geom) * :GRID_PER_M)::bigint AS ay,
            lead(round(ST_X(p.geom) * :GRID_PER_M)::bigint) OVER ring AS bx,
            lead(round(ST_Y(p.geom) * :GRID_PER_M)::bigint) OVER ring AS by
        FROM ST_DumpPoints(ST_ForcePolygonCCW(g)) AS p
        WINDOW ring AS (PARTITION BY p.path[1:array_length(p.path, 1) - 1] ORDER BY p.path[array_length(p.path, 1)])
    ) AS s WHERE bx IS NOT NULL
$$;

CREATE FUNCTION register_point(x bigint, y bigint, srid integer) RETURNS geometry
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT ST_SetSRID(ST_MakePoint(x / :GRID_PER_M.0::float8, y / :GRID_PER_M.0::float8), srid)
$$;

-- True if (x, y) lies less than one grid step from the side a-b, strictly between its ends. Exact.
CREATE FUNCTION register_lies_on(x bigint, y bigint, ax bigint, ay bigint, bx bigint, by bigint) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT x BETWEEN least(ax, bx) - 1 AND greatest(ax, bx) + 1 AND y BETWEEN least(ay, by) - 1 AND greatest(ay, by) + 1
        AND NOT (x = ax AND y = ay) AND NOT (x = bx AND y = by)
        AND (x - ax) * (bx - ax) + (y - ay) * (by - ay) > 0
        AND (x - bx) * (ax - bx) + (y - by) * (ay - by) > 0
        AND ((bx - ax) * (y - ay) - (by - ay) * (x - ax))::numeric ^ 2
            < (bx - ax)::numeric * (bx - ax) + (by - ay)::numeric * (by - ay)
$$;

CREATE FUNCTION register_refuse(rule text, message text, place geometry DEFAULT NULL, units uuid[] DEFAULT NULL)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', message USING ERRCODE = 'check_violation', CONSTRAINT = rule, SCHEMA = 'public',
        DETAIL = jsonb_build_object('where', ST_AsText(place, 15), 'parcels', units)::text;
END
$$;

-- The entry -------------------------------------------------------------------------------------------------------

-- Runs with the rights of whoever writes, so its path is fixed: a type of a temporary schema could cut the number.
CREATE FUNCTION register_stamp_entry() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.service = 'load' THEN  -- the loading writes its entries with this trigger off
        PERFORM register_refuse('loading_is_the_owners', 'an entry of the first loading is not written here');
    END IF;
    NEW.xact := pg_current_xact_id()::text::bigint;
    NEW.guarded_rows := 0;
    NEW.at := clock_timestamp();
    RETURN NEW;
END
$$;

CREATE FUNCTION register_require_read_committed() RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    -- With an older snapshot the guard would not see what others committed while it waited for their locks.
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        PERFORM register_refuse('register_isolation', 'the register is changed at READ COMMITTED only');
    END IF;
END
$$;

-- What an entry did to the land, read once by index: the checks below work on these arrays, so that their plans are
-- the same whatever the size and statistics of the tables.
CREATE TYPE register_land AS (
    entry bigint,
    at timestamptz,
    begun layers_parcel[],
    ended layers_parcel[],
    moved register_landmovement[],
    lineage register_lineage[],
    joined register_baunitparcel[]
);

CREATE FUNCTION register_land_of(e register_registerentry) RETURNS register_land
LANGUAGE plpgsql STABLE AS $$
DECLARE
    land register_land;
BEGIN
    land.entry := e.id;
    land.at := e.at;
    land.begun := ARRAY(SELECT p FROM layers_parcel p WHERE p.begin_entry_id = e.id);
    land.ended := ARRAY(SELECT p FROM layers_parcel p WHERE p.end_entry_id = e.id AND p.end_lifespan_version IS NOT NULL);
    land.moved := ARRAY(SELECT m FROM register_landmovement m WHERE m.entry_id = e.id);
    land.lineage := ARRAY(SELECT l FROM register_lineage l WHERE l.entry_id = e.id);
    land.joined := ARRAY(SELECT j FROM register_baunitparcel j WHERE j.begin_entry_id = e.id);
    RETURN land;
END
$$;

CREATE FUNCTION register_srid(land register_land) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT ST_SRID(coalesce((land.begun[1]).geom, (land.ended[1]).geom, (land.moved[1]).geom))
$$;

-- Refuses what is not whole in itself: stray coordinates, broken outlines, times, parents, sources.
CREATE FUNCTION register_check_rows(land register_land) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    bad record;
BEGIN
    SELECT g.uid, g.geom INTO bad
    FROM (SELECT p.uid, p.geom FROM unnest(land.begun) AS p
          UNION ALL SELECT NULL, m.geom FROM unnest(land.moved) AS m) AS g
    WHERE NOT ST_IsValid(g.geom) OR ST_IsEmpty(g.geom)
       OR ST_NumGeometries(g.geom) > (SELECT count(*) FROM ST_Dump(g.geom)) LIMIT 1;
    IF FOUND THEN
        PERFORM register_refuse('parcel_outline_is_valid', format('the outline of parcel %s is not a valid polygon', bad.uid),
                                bad.geom, ARRAY[bad.uid]);
    END IF;

    SELECT g.uid, q.geom INTO bad
    FROM (SELECT p.uid, p.geom FROM unnest(land.begun) AS p
          UNION ALL SELECT NULL, m.geom FROM unnest(land.moved) AS m) AS g,
         ST_DumpPoints(g.geom) AS q
    WHERE ST_X(q.geom) <> round(ST_X(q.geom) * :GRID_PER_M) / :GRID_PER_M
       OR ST_Y(q.geom) <> round(ST_Y(q.geom) * :GRID_PER_M) / :GRID_PER_M LIMIT 1;  -- exactly: neighbours are identical
    IF FOUND THEN
        PERFORM register_refuse('parcel_is_on_grid', format('a vertex of parcel %s is not a whole millimetre', bad.uid),
                                bad.geom, ARRAY[bad.uid]);
    END IF;

    SELECT p.uid INTO bad FROM (
        SELECT uid, begin_lifespan_version AS at FROM unnest(land.begun) UNION ALL
        SELECT uid, end_lifespan_version FROM unnest(land.ended)) AS p
    WHERE p.at <> land.at LIMIT 1;
    IF FOUND THEN
        PERFORM register_refuse('parcel_lifespan_is_the_entrys', format('parcel %s does not begin and end with its entry', bad.uid),
                                NULL, ARRAY[bad.uid]);
    END IF;

    -- A created parcel: one polygon, a number of its own, parents that the entry retired or land that it acquired.
    SELECT p.uid, p.geom INTO bad FROM unnest(land.begun) AS p
    WHERE NOT EXISTS (SELECT FROM unnest(land.ended) AS o WHERE o.uid = p.uid)
      AND (ST_NumGeometries(p.geom) <> 1 OR p.parcel_no = '' OR EXISTS (
               SELECT FROM layers_parcel earlier WHERE earlier.uid = p.uid AND earlier.id <> p.id)
           OR NOT EXISTS (SELECT FROM unnest(land.lineage) AS l WHERE l.child_uid = p.uid)
              AND NOT EXISTS (SELECT FROM unnest(land.moved) AS m WHERE m.kind = 'acquired'))
    LIMIT 1;
    IF FOUND THEN
        PERFORM register_refuse('parcel_is_well_born',
            format('parcel %s needs one outline, a number, a uid of its own, and parents or acquired land', bad.uid),
            bad.geom, ARRAY[bad.uid]);
    END IF;

    SELECT p.uid, p.geom INTO bad FROM unnest(land.begun) AS p
    LEFT JOIN layers_parcel n ON n.plan_no = p.plan_no AND n.block_no = p.block_no AND n.parcel_no = p.parcel_no
        AND n.end_lifespan_version IS NULL AND n.uid <> p.uid
    WHERE (n.id IS NOT NULL OR p.parcel_no = '')
      AND p.end_lifespan_version IS NULL AND NOT EXISTS (SELECT FROM unnest(land.ended) AS o WHERE o.uid = p.uid
        AND (o.plan_no, o.block_no, o.parcel_no) = (p.plan_no, p.block_no, p.parcel_no))
    LIMIT 1;
    IF FOUND THEN
        PERFORM register_refuse('parcel_number_is_free', format('the number of parcel %s is missing or in use', bad.uid), bad.geom, ARRAY[bad.uid]);
    END IF;

    SELECT l.child_uid AS uid INTO bad FROM unnest(land.lineage) AS l
    WHERE NOT EXISTS (SELECT FROM unnest(land.begun) AS p WHERE p.uid = l.child_uid)
       OR EXISTS (SELECT FROM unnest(land.ended) AS p WHERE p.uid = l.child_uid)  -- a child is new: no circles
       OR NOT EXISTS (SELECT FROM unnest(land.ended) AS p WHERE p.uid = l.parent_uid) LIMIT 1;
    IF FOUND THEN
        PERFORM register_refuse('lineage_is_the_entrys', format('lineage of parcel %s names parcels its entry did not touch', bad.uid),
                                NULL, ARRAY[bad.uid]);
    END IF;

    IF NOT EXISTS (SELECT FROM register_source s WHERE s.entry_id = land.entry) THEN
        PERFORM register_refuse('entry_has_a_source', 'a register entry cites at least one source');
    END IF;

    -- Rights follow: a title may not be left joining a parcel that has ended.
    SELECT p.uid, p.geom INTO bad FROM unnest(land.ended) AS p
    JOIN register_baunitparcel j ON j.parcel_uid = p.uid AND j.end_entry_id IS NULL
    WHERE NOT EXISTS (SELECT FROM layers_parcel c WHERE c.uid = p.uid AND c.end_lifespan_version IS NULL)
    LIMIT 1;
    IF FOUND THEN
        PERFORM register_refuse('title_joins_current_parcels', format('a title still joins the ended parcel %s', bad.uid),
                                bad.geom, ARRAY[bad.uid]);
    END IF;
    SELECT j.parcel_uid AS uid INTO bad FROM unnest(land.joined) AS j
    WHERE j.end_entry_id IS NULL
      AND NOT EXISTS (SELECT FROM layers_parcel c WHERE c.uid = j.parcel_uid AND c.end_lifespan_version IS NULL) LIMIT 1;
    IF FOUND THEN
        PERFORM register_refuse('title_joins_current_parcels', format('a title joins %s, which is no current parcel', bad.uid),
                                NULL, ARRAY[bad.uid]);
    END IF;
END
$$;

-- Refuses parents that are not: the land of a created parcel is that of its parents and of what was acquired, and a
-- parcel that ends for good has children or leaves released land. Noding moves outlines by less than a grid step.
CREATE FUNCTION register_check_lineage(land register_land) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    bad record;
BEGIN
    SELECT p.uid, p.geom INTO bad FROM unnest(land.begun) AS p,
        LATERAL (SELECT ST_Union(g) AS land FROM (
            SELECT o.geom AS g FROM unnest(land.lineage) AS l JOIN unnest(land.ended) AS o ON o.uid = l.parent_uid
            WHERE l.child_uid = p.uid
            UNION ALL SELECT m.geom FROM unnest(land.moved) AS m WHERE m.kind = 'acquired' AND m.geom && p.geom) AS x) AS origin
    WHERE NOT EXISTS (SELECT FROM unnest(land.ended) AS o WHERE o.uid = p.uid)
      AND coalesce(ST_Area(ST_Difference(p.geom, origin.land)), ST_Area(p.geom)) > :GRID_M * ST_Perimeter(p.geom)
    LIMIT 1;
    IF NOT FOUND THEN
        SELECT c.uid, c.geom INTO bad FROM unnest(land.lineage) AS l
        JOIN unnest(land.begun) AS c ON c.uid = l.child_uid JOIN unnest(land.ended) AS o ON o.uid = l.parent_uid
        WHERE NOT ST_Relate(c.geom, o.geom, 'T********') LIMIT 1;
    END IF;
    IF FOUND THEN
        PERFORM register_refuse('parents_gave_the_land', format('the land of parcel %s is not that of its parents', bad.uid),
                                bad.geom, ARRAY[bad.uid]);
    END IF;
    SELECT o.uid, o.geom INTO bad FROM unnest(land.ended) AS o
    WHERE NOT EXISTS (SELECT FROM unnest(land.begun) AS p WHERE p.uid = o.uid)
      AND NOT EXISTS (SELECT FROM unnest(land.lineage) AS l WHERE l.parent_uid = o.uid)
      AND NOT EXISTS (SELECT FROM unnest(land.moved) AS m WHERE m.kind = 'released' AND m.geom && o.geom
                          AND ST_Relate(m.geom, o.geom, 'T********'))
    LIMIT 1;
    IF FOUND THEN
        PERFORM register_refuse('parcel_leaves_children', format('parcel %s ends without children or released land', bad.uid),
                                bad.geom, ARRAY[bad.uid]);
    END IF;
END
$$;

-- Refuses land acquired from parcels: it comes from what is none, and is not given back by the same entry.
CREATE FUNCTION register_check_acquired(land register_land) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    bad record;
BEGIN
    IF NOT EXISTS (SELECT FROM unnest(land.moved) AS m WHERE m.kind = 'acquired') THEN
        RETURN;
    END IF;
    SELECT x.shared INTO bad FROM unnest(land.moved) AS m, LATERAL (
        SELECT geom FROM unnest(land.ended) WHERE geom && m.geom
        UNION ALL SELECT geom FROM layers_parcel c WHERE c.geom && m.geom AND c.end_lifespan_version IS NULL
            AND c.begin_entry_id <> land.entry
        UNION ALL SELECT o.geom FROM unnest(land.moved) AS o WHERE o.id <> m.id AND o.geom && m.geom) AS h,
        LATERAL (SELECT ST_CollectionExtract(ST_Intersection(m.geom, h.geom), 3) AS shared) AS x
    WHERE m.kind = 'acquired' AND ST_Relate(m.geom, h.geom, 'T********')
      AND ST_Area(x.shared) > :GRID_M * ST_Perimeter(x.shared) / 2
    LIMIT 1;
    IF FOUND THEN
        PERFORM register_refuse('acquired_land_was_free', 'land is acquired that a parcel holds or that the same entry moves twice',
                                bad.shared);
    END IF;
END
$$;

-- Refuses an entry whose land does not balance: the sides of what ended and was acquired, with the new vertices
-- inserted, are exactly the sides of what began and was released. Equal sides mean equal land and equal areas, to the
-- square millimetre, and no vertex of one part inside a side of another.
-- A side that stays as it is needs no vertex inserted; one that ought to have had is found by register_check_vertices.
CREATE FUNCTION register_check_balance(land register_land) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    bad record;
BEGIN
    WITH old_side AS MATERIALIZED (
        SELECT row_number() OVER () AS n, s.* FROM unnest(land.ended) AS p, register_sides(p.geom) AS s
    ), new_side AS MATERIALIZED (
        SELECT -1 AS sign, s.* FROM unnest(land.begun) AS p, register_sides(p.geom) AS s
        UNION ALL
        SELECT CASE m.kind WHEN 'acquired' THEN 1 ELSE -1 END, s.* FROM unnest(land.moved) AS m, register_sides(m.geom) AS s
    ), new_point AS MATERIALIZED (
        SELECT DISTINCT ax AS x, ay AS y FROM new_side
    ), gone_side AS MATERIALIZED (
        SELECT o.* FROM old_side o WHERE (ax, ay, bx, by) NOT IN (SELECT ax, ay, bx, by FROM new_side)
            AND (bx, by, ax, ay) NOT IN (SELECT ax, ay, bx, by FROM new_side)
    ), stop AS (
        SELECT n, ax AS x, ay AS y, -1::numeric AS t FROM old_side
        UNION ALL SELECT n, bx, by, 'infinity' FROM old_side
        UNION ALL SELECT o.n, p.x, p.y, (p.x - o.ax)::numeric * (o.bx - o.ax) + (p.y - o.ay)::numeric * (o.by - o.ay)
        FROM gone_side o JOIN new_point p ON register_lies_on(p.x, p.y, o.ax, o.ay, o.bx, o.by)
    ), side AS (
        SELECT 1 AS sign, x AS ax, y AS ay, lead(x) OVER w AS bx, lead(y) OVER w AS by FROM stop
        WINDOW w AS (PARTITION BY n ORDER BY t, x, y)
        UNION ALL SELECT * FROM new_side
    ), residue AS (
        SELECT least(ARRAY[ax, ay], ARRAY[bx, by]) AS a, greatest(ARRAY[ax, ay], ARRAY[bx, by]) AS b
        FROM side WHERE bx IS NOT NULL
        GROUP BY 1, 2 HAVING sum(CASE WHEN ARRAY[ax, ay] < ARRAY[bx, by] THEN sign ELSE -sign END) <> 0
    )
    SELECT count(*) AS sides, ST_Collect(ST_MakeLine(register_point(a[1], a[2], srid), register_point(b[1], b[2], srid))) AS place
    INTO bad FROM residue, (SELECT register_srid(land) AS srid) AS s;
    IF bad.sides > 0 THEN
        PERFORM register_refuse('entry_balances',
            format('land does not balance: %s sides of what ends and is acquired are not those of what begins and is released', bad.sides),
            bad.place, (SELECT array_agg(uid) FROM unnest(land.ended)));
    END IF;
END
$$;

-- True if the sides of p are those of o with vertices inserted: the same land.
CREATE FUNCTION register_is_same_land(o geometry, p geometry) RETURNS boolean
LANGUAGE sql STABLE AS $$
    WITH gone AS MATERIALIZED (
        SELECT row_number() OVER () AS n, s.*
        FROM (SELECT * FROM register_sides(o) EXCEPT ALL SELECT * FROM register_sides(p)) AS s
    ), fresh AS MATERIALIZED (
        SELECT * FROM register_sides(p) EXCEPT ALL SELECT * FROM register_sides(o)
    ), stop AS (
        SELECT n, ax AS x, ay AS y, -1::numeric AS t FROM gone
        UNION ALL SELECT n, bx, by, 'infinity' FROM gone
        UNION ALL SELECT g.n, f.ax, f.ay, (f.ax - g.ax)::numeric * (g.bx - g.ax) + (f.ay - g.ay)::numeric * (g.by - g.ay)
        FROM gone g JOIN (SELECT DISTINCT ax, ay FROM fresh) AS f ON register_lies_on(f.ax, f.ay, g.ax, g.ay, g.bx, g.by)
    ), noded AS MATERIALIZED (
        SELECT * FROM (SELECT x AS ax, y AS ay, lead(x) OVER w AS bx, lead(y) OVER w AS by FROM stop
                       WINDOW w AS (PARTITION BY n ORDER BY t, x, y)) AS s WHERE bx IS NOT NULL
    )
    SELECT NOT EXISTS (SELECT * FROM noded EXCEPT ALL SELECT * FROM fresh)
       AND NOT EXISTS (SELECT * FROM fresh EXCEPT ALL SELECT * FROM noded)
$$;

-- Refuses an overlap of what begins with any current parcel, beyond a strip one grid step wide, unless the same land
-- was overlapped already by what ended (imported faults are kept, none is added). A parcel that lives on with the land
-- it had, vertices inserted, overlaps nothing that it did not overlap before: a street parcel with thousands of
-- neighbours is not compared with all of them.
CREATE FUNCTION register_check_overlaps(land register_land) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    c record;
    shared geometry;
    known geometry;
    same uuid[] := ARRAY(SELECT p.uid FROM unnest(land.begun) AS p JOIN unnest(land.ended) AS o ON o.uid = p.uid
                         WHERE register_is_same_land(o.geom, p.geom));
BEGIN
    FOR c IN
        SELECT p.uid AS uid, n.uid AS other, p.geom AS g, n.geom AS h FROM unnest(land.begun) AS p
        JOIN layers_parcel n ON n.geom && p.geom AND n.end_lifespan_version IS NULL AND n.id <> p.id
        WHERE p.end_lifespan_version IS NULL AND p.uid <> ALL (same)
          AND (n.begin_entry_id <> land.entry OR n.id > p.id OR n.uid = ANY (same))
          AND ST_Relate(p.geom, n.geom, 'T********')
    LOOP
        shared := ST_CollectionExtract(ST_Intersection(c.g, c.h), 3);
        CONTINUE WHEN ST_Area(shared) <= :GRID_M * ST_Perimeter(shared) / 2;
        SELECT ST_Union(ST_CollectionExtract(ST_Intersection(a.geom, b.geom), 3)) INTO known
        FROM unnest(land.ended) AS a JOIN layers_parcel b ON b.geom && a.geom AND a.id <> b.id
            AND (b.end_entry_id = land.entry OR b.end_lifespan_version IS NULL AND b.begin_entry_id <> land.entry)
        WHERE a.geom && shared AND b.geom && shared;
        IF known IS NOT NULL THEN
            shared := ST_CollectionExtract(ST_Difference(shared, known), 3);
            CONTINUE WHEN ST_Area(shared) <= :GRID_M * ST_Perimeter(shared) / 2;
        END IF;
        PERFORM register_refuse('parcels_do_not_overlap',
            format('parcels %s and %s would overlap by %s m2', c.uid, c.other, round(ST_Area(shared)::numeric, 4)),
            shared, ARRAY[c.uid, c.other]);
    END LOOP;
END
$$;

-- Refuses a new vertex on a side of a current parcel that does not have it, and a current vertex on a new side.
CREATE FUNCTION register_check_vertices(land register_land) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    srid integer := register_srid(land);
    bad record;
BEGIN
    WITH old_side AS MATERIALIZED (
        SELECT s.* FROM unnest(land.ended) AS p, register_sides(p.geom) AS s
    ), new_side AS MATERIALIZED (
        SELECT DISTINCT s.* FROM unnest(land.begun) AS p, register_sides(p.geom) AS s WHERE p.end_lifespan_version IS NULL
    ), fresh_point AS MATERIALIZED (
        SELECT ax AS x, ay AS y FROM new_side EXCEPT SELECT ax, ay FROM old_side
    ), fresh_side AS MATERIALIZED (
        SELECT n.* FROM (SELECT * FROM new_side EXCEPT SELECT * FROM old_side) AS n WHERE NOT EXISTS (
            SELECT FROM old_side o
            WHERE ((n.ax, n.ay) = (o.ax, o.ay) OR register_lies_on(n.ax, n.ay, o.ax, o.ay, o.bx, o.by))
              AND ((n.bx, n.by) = (o.bx, o.by) OR register_lies_on(n.bx, n.by, o.ax, o.ay, o.bx, o.by)))
    ), point_near AS MATERIALIZED (
        SELECT f.x, f.y, c.id FROM fresh_point f JOIN layers_parcel c ON c.end_lifespan_version IS NULL
            AND c.geom && ST_Expand(register_point(f.x, f.y, srid), :GRID_M)
    ), side_near AS MATERIALIZED (
        SELECT f.*, c.id FROM fresh_side f JOIN layers_parcel c ON c.end_lifespan_version IS NULL AND c.geom && ST_Expand(
            ST_MakeLine(register_point(f.ax, f.ay, srid), register_point(f.bx, f.by, srid)), :GRID_M)
    ), near AS MATERIALIZED (  -- each outline is taken apart once, however many points lie near it
        -- (OFFSET 0: by key, one by one; a join could read the whole table)
        SELECT c.id, c.uid, s.* FROM (SELECT id FROM point_near UNION SELECT id FROM side_near) AS n,
            LATERAL (SELECT p.id, p.uid, p.geom FROM layers_parcel p WHERE p.id = n.id OFFSET 0) AS c,
            register_sides(c.geom) AS s
    ), found AS (
        SELECT c.uid, f.x, f.y FROM point_near f JOIN near c ON c.id = f.id
        WHERE register_lies_on(f.x, f.y, c.ax, c.ay, c.bx, c.by)
        UNION ALL
        SELECT c.uid, c.ax, c.ay FROM side_near f JOIN near c ON c.id = f.id
        WHERE register_lies_on(c.ax, c.ay, f.ax, f.ay, f.bx, f.by)
    )
    SELECT found.uid, register_point(x, y, srid) AS place INTO bad FROM found LIMIT 1;
    IF FOUND THEN
        PERFORM register_refuse('neighbours_share_vertices',
            format('a vertex lies on a side of parcel %s (or its vertex on a new side) without being shared', bad.uid),
            bad.place, ARRAY[bad.uid]);
    END IF;
END
$$;

-- Checks an entry whole, once, and closes it: what has been checked cannot be added to (register_require_open_entries),
-- so that the one deferred event of the entry guards all its rows. It runs at commit, or earlier with SET CONSTRAINTS.
-- Statistics do not fit here: nearly all parcels may have begun with one loading, so "those of this entry" looks like
-- most of the table. The indexes are what must be used, and one plan serves every entry of a session.
CREATE FUNCTION register_check_entry(entry bigint) RETURNS void
LANGUAGE plpgsql SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    e register_registerentry;
    land register_land;
    outlines geometry[];
BEGIN
    SELECT * INTO e FROM register_registerentry WHERE id = entry;
    IF NOT FOUND OR e.xact <> pg_current_xact_id()::text::bigint THEN
        PERFORM register_refuse('entry_is_of_its_transaction', 'a register entry is closed with its transaction');
    END IF;
    IF e.guarded_rows > 0 THEN
        RETURN;
    END IF;
    PERFORM register_require_read_committed();
    land := register_land_of(e);
    outlines := ARRAY(SELECT geom FROM unnest(land.begun) UNION ALL SELECT geom FROM unnest(land.ended)
                      UNION ALL SELECT geom FROM unnest(land.moved)
                      UNION ALL SELECT c.geom FROM unnest(land.joined) AS j
                          JOIN layers_parcel c ON c.uid = j.parcel_uid AND c.end_lifespan_version IS NULL
                              AND c.begin_entry_id <> entry);
    IF cardinality(outlines) > 0 THEN
        PERFORM register_lock_land(VARIADIC outlines);
    END IF;
    PERFORM register_lock_numbers(ARRAY(
        SELECT concat_ws('/', p.plan_no, p.block_no, p.parcel_no) FROM unnest(land.begun) AS p
        WHERE NOT EXISTS (SELECT FROM unnest(land.ended) AS o WHERE o.uid = p.uid AND o.parcel_no = p.parcel_no
                              AND o.plan_no = p.plan_no AND o.block_no = p.block_no)));
    PERFORM register_check_rows(land);
    PERFORM register_check_balance(land);
    PERFORM register_check_lineage(land);
    PERFORM register_check_overlaps(land);
    PERFORM register_check_vertices(land);
    PERFORM register_check_acquired(land);
    UPDATE register_registerentry SET guarded_rows = (SELECT count(*) FROM register_source WHERE entry_id = entry)
        + coalesce(cardinality(land.begun), 0) + coalesce(cardinality(land.ended), 0)
        + coalesce(cardinality(land.moved), 0) + coalesce(cardinality(land.lineage), 0)
    WHERE id = entry;
    INSERT INTO layers_auditrow (actor_id, action, subject, payload) VALUES (e.acting_user_id, 'register.apply', e.reference,
        jsonb_build_object('entry', e.id, 'service', e.service, 'digest', register_entry_digest(e.id),
            'begun', (SELECT jsonb_object_agg(p.id, register_version_digest(p)) FROM unnest(land.begun) AS p),
            'ended', (SELECT jsonb_agg(p.id ORDER BY p.id) FROM unnest(land.ended) AS p)));
END
$$;

-- Only the guard and the loading tell the audit what became of the register.
CREATE FUNCTION register_refuse_forged_audit() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT pg_has_role(current_user, (SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'USAGE') THEN
        PERFORM register_refuse('audit_of_the_register_is_the_guards', 'the guard itself writes the audit of a register entry');
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER auditrow_of_the_register BEFORE INSERT ON layers_auditrow
    FOR EACH ROW WHEN (NEW.action LIKE 'register.%') EXECUTE FUNCTION register_refuse_forged_audit();

-- Shares ----------------------------------------------------------------------------------------------------------

-- Exact sum of fractions, in lowest terms; numeric holds any denominator.
CREATE FUNCTION register_add_share(sum numeric[], numerator bigint, denominator bigint) RETURNS numeric[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT ARRAY[div(n, g), div(d, g)] FROM (
        SELECT n, d, gcd(n, d) AS g FROM (
            SELECT sum[1] * denominator + numerator::numeric * sum[2] AS n, sum[2] * denominator AS d) AS raw) AS low
$$;

CREATE AGGREGATE register_sum_shares(bigint, bigint) (
    SFUNC = register_add_share, STYPE = numeric[], INITCOND = '{0,1}', PARALLEL = SAFE
);

CREATE FUNCTION register_check_title(title bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    total numeric[];
    ended bigint;
BEGIN
    PERFORM register_require_read_committed();
    PERFORM register_lock_titles(title);
    SELECT end_entry_id INTO ended FROM register_baunit WHERE id = title;
    SELECT register_sum_shares(share_numerator, share_denominator) INTO total FROM register_right
    WHERE ba_unit_id = title AND kind = 'ownership' AND end_entry_id IS NULL;
    IF ended IS NULL AND total <> ARRAY[1, 1]::numeric[] THEN
        PERFORM register_refuse('shares_add_up_to_one',
            format('the ownership shares of title %s add up to %s/%s, not 1', title, total[1], total[2]));
    ELSIF ended IS NOT NULL AND (EXISTS (SELECT FROM register_right WHERE ba_unit_id = title AND end_entry_id IS NULL)
            OR EXISTS (SELECT FROM register_restriction WHERE ba_unit_id = title AND end_entry_id IS NULL)
            OR EXISTS (SELECT FROM register_baunitparcel WHERE ba_unit_id = title AND end_entry_id IS NULL)) THEN
        PERFORM register_refuse('ended_title_is_empty', format('title %s has ended but still has rights, restrictions or parcels', title));
    END IF;
END
$$;

-- Triggers --------------------------------------------------------------------------------------------------------

-- Entries that rows say they were begun or ended by must be of this very transaction and not closed yet.
CREATE FUNCTION register_require_open_entries(VARIADIC entries bigint[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    e record;
BEGIN
    FOR e IN
        SELECT r.xact, r.guarded_rows FROM (SELECT DISTINCT n FROM unnest(entries) AS n) AS wanted
        LEFT JOIN register_registerentry r ON r.id = wanted.n
    LOOP
        IF e.xact IS DISTINCT FROM pg_current_xact_id_if_assigned()::text::bigint THEN
            PERFORM register_refuse('entry_is_of_its_transaction', 'a register entry is closed with its transaction');
        ELSIF e.guarded_rows > 0 THEN
            PERFORM register_refuse('entry_is_closed', 'the guard has checked this register entry: nothing can be added to it');
        END IF;
    END LOOP;
END
$$;

CREATE FUNCTION register_guard_entry() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM register_check_entry(NEW.id);
    RETURN NULL;
END
$$;

CREATE FUNCTION register_guard_title() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM register_check_title(CASE TG_TABLE_NAME WHEN 'register_baunit' THEN (to_jsonb(NEW) ->> 'id')::bigint
                                 ELSE (to_jsonb(NEW) ->> 'ba_unit_id')::bigint END);
    RETURN NULL;
END
$$;

-- A new parcel version is current and belongs to an entry of this transaction.
CREATE FUNCTION register_begin_parcels() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM fresh WHERE end_lifespan_version IS NOT NULL OR end_entry_id IS NOT NULL) THEN
        PERFORM register_refuse('history_is_kept', 'a version begins before it ends: history cannot be written afterwards');
    END IF;
    IF EXISTS (SELECT FROM fresh WHERE id > (SELECT last_value FROM layers_parcel_id_seq)) THEN
        PERFORM register_refuse('keys_are_drawn', 'the key of a parcel version comes from its sequence');
    END IF;
    PERFORM register_require_open_entries(VARIADIC ARRAY(SELECT DISTINCT begin_entry_id FROM fresh));
    RETURN NULL;
END
$$;

-- A version may be ended, once, by an entry of this transaction; nothing else of it ever changes.
CREATE FUNCTION register_end_parcel() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    rest layers_parcel := NEW;
BEGIN
    rest.end_lifespan_version := OLD.end_lifespan_version;
    rest.end_entry_id := OLD.end_entry_id;
    rest.calculated_area_m2 := OLD.calculated_area_m2;  -- both are generated after this trigger
    rest.geom_3857 := OLD.geom_3857;
    IF OLD.end_lifespan_version IS NOT NULL OR NEW.end_lifespan_version IS NULL OR rest *<> OLD THEN
        PERFORM register_refuse('history_is_kept', 'a parcel version can only be ended, once; history is not rewritten',
                                NULL, ARRAY[OLD.uid]);
    END IF;
    -- What was begun in this transaction must have been guarded while it was current, or nobody ever saw it whole.
    IF EXISTS (SELECT FROM register_registerentry e WHERE e.id = OLD.begin_entry_id AND e.guarded_rows = 0
                   AND e.xact = pg_current_xact_id()::text::bigint) THEN
        PERFORM register_refuse('version_is_guarded_before_it_ends', 'a parcel version cannot end before its beginning was checked',
                                NULL, ARRAY[OLD.uid]);
    END IF;
    PERFORM register_require_open_entries(NEW.end_entry_id);
    RETURN NEW;
END
$$;

-- The same for the versioned rows of titles, rights and restrictions, and for all other rows of an entry.
CREATE FUNCTION register_begin_rows() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    ended bigint;
    entries bigint[];
BEGIN
    SELECT count(*) FILTER (WHERE coalesce(j ->> 'end_entry_id', j ->> 'settled_by_id') IS NOT NULL),
        array_agg(DISTINCT coalesce(j ->> 'begin_entry_id', j ->> 'entry_id')::bigint)
    INTO ended, entries FROM (SELECT to_jsonb(f) AS j FROM fresh AS f) AS rows;
    IF ended > 0 THEN
        PERFORM register_refuse('history_is_kept', 'a row begins before it ends: history cannot be written afterwards');
    END IF;
    PERFORM register_require_open_entries(VARIADIC entries);
    RETURN NULL;
END
$$;

CREATE FUNCTION register_end_row() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    was jsonb := to_jsonb(OLD);
    becomes jsonb := to_jsonb(NEW);
BEGIN
    IF was ->> 'end_entry_id' IS NOT NULL OR becomes ->> 'end_entry_id' IS NULL
       OR was - 'end_entry_id' <> becomes - 'end_entry_id' THEN
        PERFORM register_refuse('history_is_kept', format('a row of %s can only be ended, once', TG_TABLE_NAME));
    END IF;
    PERFORM register_require_open_entries((becomes ->> 'end_entry_id')::bigint);
    RETURN NEW;
END
$$;

-- Sides and corners belong to parcel versions of this transaction.
CREATE FUNCTION register_begin_boundaries() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM register_require_open_entries(VARIADIC ARRAY(
        SELECT DISTINCT p.begin_entry_id FROM (SELECT DISTINCT parcel_id FROM fresh) AS f
        LEFT JOIN layers_parcel p ON p.id = f.parcel_id));
    RETURN NULL;
END
$$;

-- A pending change of a deed is settled once, by an entry of this transaction.
CREATE FUNCTION register_settle_deed_change() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF OLD.state <> 'pending' OR NEW.state NOT IN ('confirmed', 'returned')
       OR (OLD.id, OLD.ba_unit_id, OLD.entry_id) IS DISTINCT FROM (NEW.id, NEW.ba_unit_id, NEW.entry_id) THEN
        PERFORM register_refuse('history_is_kept', 'a pending change of a deed is settled once');
    END IF;
    PERFORM register_require_open_entries(NEW.settled_by_id);
    RETURN NEW;
END
$$;

CREATE TRIGGER registerentry_stamp BEFORE INSERT ON register_registerentry
    FOR EACH ROW EXECUTE FUNCTION register_stamp_entry();
CREATE TRIGGER parcel_begins AFTER INSERT ON layers_parcel REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION register_begin_parcels();
CREATE TRIGGER parcel_ends BEFORE UPDATE ON layers_parcel FOR EACH ROW EXECUTE FUNCTION register_end_parcel();
CREATE TRIGGER boundaryline_begins AFTER INSERT ON layers_boundaryline REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION register_begin_boundaries();
CREATE TRIGGER boundarypoint_begins AFTER INSERT ON layers_boundarypoint REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION register_begin_boundaries();
CREATE TRIGGER pendingdeedchange_settles BEFORE UPDATE ON register_pendingdeedchange
    FOR EACH ROW EXECUTE FUNCTION register_settle_deed_change();

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['register_baunit', 'register_baunitparcel', 'register_right', 'register_restriction',
                             'register_baunitsource', 'register_lineage', 'register_landmovement', 'register_source',
                             'register_pendingdeedchange', 'register_defect'] LOOP
        EXECUTE format('CREATE TRIGGER row_begins AFTER INSERT ON %I REFERENCING NEW TABLE AS fresh
                        FOR EACH STATEMENT EXECUTE FUNCTION register_begin_rows()', t);
    END LOOP;
    FOREACH t IN ARRAY ARRAY['register_baunit', 'register_baunitparcel', 'register_right', 'register_restriction',
                             'register_baunitsource'] LOOP
        EXECUTE format('CREATE TRIGGER row_ends BEFORE UPDATE ON %I FOR EACH ROW EXECUTE FUNCTION register_end_row()', t);
    END LOOP;
    FOREACH t IN ARRAY ARRAY['register_lineage', 'register_landmovement', 'register_source', 'register_defect',
                             'layers_boundaryline', 'layers_boundarypoint'] LOOP
        EXECUTE format('CREATE TRIGGER row_is_kept BEFORE UPDATE ON %I FOR EACH ROW EXECUTE FUNCTION layers_refuse_change()', t);
    END LOOP;
    FOREACH t IN ARRAY ARRAY['layers_parcel', 'layers_boundaryline', 'layers_boundarypoint', 'register_registerentry',
                             'register_baunit', 'register_baunitparcel', 'register_right', 'register_restriction',
                             'register_baunitsource', 'register_lineage', 'register_landmovement', 'register_source',
                             'register_pendingdeedchange', 'register_defect', 'register_party'] LOOP
        EXECUTE format('CREATE TRIGGER row_stays BEFORE DELETE ON %I FOR EACH ROW EXECUTE FUNCTION layers_refuse_change()', t);
        EXECUTE format('CREATE TRIGGER table_stays BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION layers_refuse_change()', t);
        EXECUTE format('REVOKE ALL ON %I FROM gisportal_app', t);
        EXECUTE format('GRANT SELECT ON %I TO gisportal_app', t);
        EXECUTE format('GRANT INSERT (%s) ON %I TO gisportal_app',
            (SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute WHERE attrelid = t::regclass AND attnum > 0
                AND NOT attisdropped AND (attname <> 'id' OR t = 'layers_parcel')), t);  -- keys are drawn, not chosen
    END LOOP;
    REVOKE INSERT ON register_defect FROM gisportal_app;  -- only a loading comes with faults
    REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM gisportal_app;
END
$$;

-- An entry keeps what it says; only the guard counts on it.
CREATE FUNCTION register_keep_entry() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(OLD) - 'guarded_rows' <> to_jsonb(NEW) - 'guarded_rows' OR NEW.guarded_rows < OLD.guarded_rows THEN
        PERFORM register_refuse('history_is_kept', 'a register entry is not rewritten');
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER registerentry_is_kept BEFORE UPDATE ON register_registerentry
    FOR EACH ROW EXECUTE FUNCTION register_keep_entry();

-- Kinds that a sum or a check would not know.
ALTER TABLE register_right ADD CONSTRAINT right_kind CHECK (kind IN ('ownership', 'usufruct', 'lease'));
ALTER TABLE register_restriction ADD CONSTRAINT restriction_kind
    CHECK (kind IN ('seizure', 'mortgage', 'easement', 'usufruct', 'stop'));
ALTER TABLE register_pendingdeedchange ADD CONSTRAINT pendingdeedchange_state
    CHECK (state = 'pending' AND settled_by_id IS NULL OR state IN ('confirmed', 'returned') AND settled_by_id IS NOT NULL);

-- An erased person stays erased; every other change of a person's data leaves an audit row, without the data.
CREATE FUNCTION register_change_party() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF OLD.erased_at IS NOT NULL OR NEW.erased_at IS NOT NULL AND (NEW.name_ar, NEW.name_en, NEW.id_kind, NEW.representation)
            <> ('', '', '', '') OR NEW.erased_at IS NOT NULL AND (NEW.id_number IS NOT NULL OR NEW.id_number_key IS NOT NULL) THEN
        PERFORM register_refuse('erased_is_erased', format('party %s is erased whole and once', OLD.id));
    END IF;
    INSERT INTO layers_auditrow (action, subject, payload) VALUES (
        CASE WHEN NEW.erased_at IS NULL THEN 'register.party' ELSE 'register.erase' END, OLD.id::text,
        jsonb_build_object('party', OLD.id, 'changed', (SELECT jsonb_agg(n.key ORDER BY n.key)
            FROM jsonb_each(to_jsonb(NEW)) AS n WHERE n.value IS DISTINCT FROM to_jsonb(OLD) -> n.key)));
    RETURN NEW;
END
$$;
CREATE TRIGGER party_changes BEFORE UPDATE ON register_party FOR EACH ROW EXECUTE FUNCTION register_change_party();

GRANT UPDATE (end_lifespan_version, end_entry_id) ON layers_parcel TO gisportal_app;
GRANT UPDATE (end_entry_id) ON register_baunit, register_baunitparcel, register_right, register_restriction,
    register_baunitsource TO gisportal_app;
GRANT UPDATE (state, settled_by_id) ON register_pendingdeedchange TO gisportal_app;
GRANT UPDATE (name_ar, name_en, id_kind, id_number, id_number_key, represented_by_id, representation, erased_at)
    ON register_party TO gisportal_app;

CREATE CONSTRAINT TRIGGER registerentry_guard AFTER INSERT ON register_registerentry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION register_guard_entry();
CREATE CONSTRAINT TRIGGER baunit_guard AFTER INSERT OR UPDATE ON register_baunit
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION register_guard_title();
CREATE CONSTRAINT TRIGGER right_guard AFTER INSERT OR UPDATE ON register_right
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION register_guard_title();
CREATE CONSTRAINT TRIGGER restriction_guard AFTER INSERT ON register_restriction
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION register_guard_title();
CREATE CONSTRAINT TRIGGER baunitparcel_guard AFTER INSERT OR UPDATE ON register_baunitparcel
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION register_guard_title();

-- What an entry says beside its parcel versions, as one hash: the guard gives it to the audit, the proof recomputes it.
CREATE FUNCTION register_entry_digest(entry bigint) RETURNS text
LANGUAGE sql STABLE SET extra_float_digits = 1 AS $$
    SELECT encode(sha256(convert_to(string_agg(told, E'\n' ORDER BY told COLLATE "C"), 'UTF8')), 'hex') FROM (
        SELECT jsonb_build_array('entry', e.service, e.reference, e.acting_user_id, e.change_set, extract(epoch FROM e.at))::text AS told
            FROM register_registerentry e WHERE e.id = entry
        UNION ALL SELECT jsonb_build_array('lineage', parent_uid, child_uid)::text FROM register_lineage WHERE entry_id = entry
        UNION ALL SELECT jsonb_build_array('movement', kind, reason, source, encode(ST_AsBinary(geom), 'hex'))::text
            FROM register_landmovement WHERE entry_id = entry
        UNION ALL SELECT jsonb_build_array('source', id, kind, number, hijri_date, issuer, form, area_m2, is_valid, sha256, details)::text
            FROM register_source WHERE entry_id = entry
        UNION ALL SELECT jsonb_build_array('title', id, uid)::text FROM register_baunit WHERE begin_entry_id = entry
        UNION ALL SELECT jsonb_build_array('title ends', id)::text FROM register_baunit WHERE end_entry_id = entry
        UNION ALL SELECT jsonb_build_array('join', id, ba_unit_id, parcel_uid)::text
            FROM register_baunitparcel WHERE begin_entry_id = entry
        UNION ALL SELECT jsonb_build_array('join ends', id)::text FROM register_baunitparcel WHERE end_entry_id = entry
        UNION ALL SELECT jsonb_build_array('right', id, ba_unit_id, party_id, kind, share_numerator, share_denominator)::text
            FROM register_right WHERE begin_entry_id = entry
        UNION ALL SELECT jsonb_build_array('right ends', id)::text FROM register_right WHERE end_entry_id = entry
        UNION ALL SELECT jsonb_build_array('restriction', id, ba_unit_id, parcel_uid, kind, reference, holder)::text
            FROM register_restriction WHERE begin_entry_id = entry
        UNION ALL SELECT jsonb_build_array('restriction ends', id)::text FROM register_restriction WHERE end_entry_id = entry
        UNION ALL SELECT jsonb_build_array('deed', id, ba_unit_id, source_id)::text
            FROM register_baunitsource WHERE begin_entry_id = entry
        UNION ALL SELECT jsonb_build_array('deed ends', id)::text FROM register_baunitsource WHERE end_entry_id = entry
        UNION ALL SELECT jsonb_build_array('pending', id, ba_unit_id)::text FROM register_pendingdeedchange WHERE entry_id = entry
        UNION ALL SELECT jsonb_build_array('settled', id, state)::text FROM register_pendingdeedchange WHERE settled_by_id = entry
        UNION ALL SELECT jsonb_build_array('side', b.parcel_id, b.sequence, b.face, b.face_is_manual, b.length_m, b.radius_m,
                encode(ST_AsBinary(b.centre), 'hex'), b.sense, b.adjoining_ar, b.adjoining_en, encode(ST_AsBinary(b.geom), 'hex'))::text
            FROM layers_boundaryline b WHERE b.parcel_id = ANY (ARRAY(SELECT id FROM layers_parcel WHERE begin_entry_id = entry))
        UNION ALL SELECT jsonb_build_array('corner', b.parcel_id, b.sequence, b.number, b.source_x, b.source_y, b.source_crs,
                encode(ST_AsBinary(b.geom), 'hex'))::text
            FROM layers_boundarypoint b WHERE b.parcel_id = ANY (ARRAY(SELECT id FROM layers_parcel WHERE begin_entry_id = entry))) AS t
$$;

-- What a parcel version says, as one hash: the audit keeps it, the proof recomputes it.
CREATE FUNCTION register_version_digest(p layers_parcel) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT encode(sha256(convert_to(concat_ws(E'\n', p.id, p.uid, p.plan_no, p.block_no, p.parcel_no, p.land_use,
        coalesce(p.official_area_m2::text, '-'), coalesce(p.surveyed_area_m2::text, '-'), coalesce(p.building_area_m2::text, '-'),
        coalesce(p.unit_count::text, '-'), (extract(epoch FROM p.begin_lifespan_version) * 1000000)::bigint,
        p.begin_entry_id, encode(ST_AsBinary(p.geom), 'hex')), 'UTF8')), 'hex')
$$;

-- The guard's own steps are not for calling.
REVOKE EXECUTE ON FUNCTION register_check_entry(bigint), register_check_title(bigint), register_require_open_entries(bigint[]),
    register_lock_numbers(text[]), register_check_rows(register_land), register_check_balance(register_land),
    register_check_overlaps(register_land), register_check_vertices(register_land), register_check_lineage(register_land),
    register_check_acquired(register_land) FROM PUBLIC, gisportal_app;
