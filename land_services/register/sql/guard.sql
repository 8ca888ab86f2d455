-- The guard of the register: what no transaction may commit, whoever wrote it (design.md, promises 1 to 3).
-- :GRID_PER_M, :GRID_M, :LOCK_CELL_M and :LOCK_BUFFER_M come from land_services/precision.py.

-- Locks -----------------------------------------------------------------------------------------------------------

-- Locks the grid cells that the geometries touch, in ascending order, until the transaction ends.
CREATE FUNCTION register_lock_land(VARIADIC geoms geometry[]) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    c record;
    n integer := 0;
BEGIN
    FOR c IN
        SELECT DISTINCT x, y FROM unnest(geoms) AS part(g),
            generate_series(floor((ST_XMin(g) - :LOCK_BUFFER_M) / :LOCK_CELL_M)::int,
                            floor((ST_XMax(g) + :LOCK_BUFFER_M) / :LOCK_CELL_M)::int) AS x,
            generate_series(floor((ST_YMin(g) - :LOCK_BUFFER_M) / :LOCK_CELL_M)::int,
                            floor((ST_YMax(g) + :LOCK_BUFFER_M) / :LOCK_CELL_M)::int) AS y
        WHERE NOT ST_IsEmpty(g) ORDER BY x, y
    LOOP
        PERFORM pg_advisory_xact_lock(c.x, c.y);
        n := n + 1;
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

CREATE FUNCTION register_stamp_entry() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
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

-- Refuses what is not whole in itself: stray coordinates, broken outlines, times, parents, sources.
CREATE FUNCTION register_check_rows(e register_registerentry) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    bad record;
BEGIN
    SELECT p.uid, p.geom INTO bad FROM layers_parcel p
    WHERE p.begin_entry_id = e.id AND (NOT ST_IsValid(p.geom) OR ST_IsEmpty(p.geom)) LIMIT 1;
    IF FOUND THEN
        PERFORM register_refuse('parcel_outline_is_valid', format('the outline of parcel %s is not a valid polygon', bad.uid),
                                bad.geom, ARRAY[bad.uid]);
    END IF;

    SELECT g.uid, q.geom INTO bad
    FROM (SELECT p.uid, p.geom FROM layers_parcel p WHERE p.begin_entry_id = e.id
          UNION ALL SELECT NULL, m.geom FROM register_landmovement m WHERE m.entry_id = e.id) AS g,
         ST_DumpPoints(g.geom) AS q
    WHERE abs(ST_X(q.geom) * :GRID_PER_M - round(ST_X(q.geom) * :GRID_PER_M)) > 1e-3
       OR abs(ST_Y(q.geom) * :GRID_PER_M - round(ST_Y(q.geom) * :GRID_PER_M)) > 1e-3 LIMIT 1;
    IF FOUND THEN
        PERFORM register_refuse('parcel_is_on_grid', format('a vertex of parcel %s is not a whole millimetre', bad.uid),
                                bad.geom, ARRAY[bad.uid]);
    END IF;

    SELECT p.uid, p.geom INTO bad FROM layers_parcel p
    WHERE (p.begin_entry_id = e.id AND p.begin_lifespan_version <> e.at)
       OR (p.end_entry_id = e.id AND p.end_lifespan_version <> e.at) LIMIT 1;
    IF FOUND THEN
        PERFORM register_refuse('parcel_lifespan_is_the_entrys', format('parcel %s does not begin and end with its entry', bad.uid),
                                NULL, ARRAY[bad.uid]);
    END IF;

    -- A created parcel: one polygon, a number of its own, parents that the entry retired or land that it acquired.
    SELECT p.uid, p.geom INTO bad FROM layers_parcel p
    WHERE p.begin_entry_id = e.id AND NOT EXISTS (SELECT FROM layers_parcel o WHERE o.end_entry_id = e.id AND o.uid = p.uid)
      AND (ST_NumGeometries(p.geom) <> 1 OR p.parcel_no = '' OR EXISTS (
               SELECT FROM layers_parcel earlier WHERE earlier.uid = p.uid AND earlier.id <> p.id)
           OR NOT EXISTS (SELECT FROM register_lineage l WHERE l.entry_id = e.id AND l.child_uid = p.uid)
              AND NOT EXISTS (SELECT FROM register_landmovement m WHERE m.entry_id = e.id AND m.kind = 'acquired'))
    LIMIT 1;
    IF FOUND THEN
        PERFORM register_refuse('parcel_is_well_born',
            format('parcel %s needs one outline, a number, a uid of its own, and parents or acquired land', bad.uid),
            bad.geom, ARRAY[bad.uid]);
    END IF;

    SELECT p.uid, p.geom INTO bad FROM layers_parcel p
    JOIN layers_parcel n ON n.plan_no = p.plan_no AND n.block_no = p.block_no AND n.parcel_no = p.parcel_no
        AND n.end_lifespan_version IS NULL AND n.uid <> p.uid
    WHERE p.begin_entry_id = e.id AND NOT EXISTS (SELECT FROM layers_parcel o WHERE o.end_entry_id = e.id AND o.uid = p.uid)
    LIMIT 1;
    IF FOUND THEN
        PERFORM register_refuse('parcel_number_is_free', format('the number of parcel %s is in use', bad.uid), bad.geom, ARRAY[bad.uid]);
    END IF;

    SELECT l.child_uid AS uid INTO bad FROM register_lineage l
    WHERE l.entry_id = e.id AND (
        NOT EXISTS (SELECT FROM layers_parcel p WHERE p.begin_entry_id = e.id AND p.uid = l.child_uid)
        OR NOT EXISTS (SELECT FROM layers_parcel p WHERE p.end_entry_id = e.id AND p.uid = l.parent_uid)) LIMIT 1;
    IF FOUND THEN
        PERFORM register_refuse('lineage_is_the_entrys', format('lineage of parcel %s names parcels its entry did not touch', bad.uid),
                                NULL, ARRAY[bad.uid]);
    END IF;

    IF NOT EXISTS (SELECT FROM register_source s WHERE s.entry_id = e.id) THEN
        PERFORM register_refuse('entry_has_a_source', 'a register entry cites at least one source');
    END IF;

    -- Rights follow: a title may not be left joining a parcel that has ended.
    SELECT p.uid, p.geom INTO bad FROM layers_parcel p
    JOIN register_baunitparcel j ON j.parcel_uid = p.uid AND j.end_entry_id IS NULL
    WHERE p.end_entry_id = e.id AND NOT EXISTS (SELECT FROM layers_parcel c WHERE c.uid = p.uid AND c.end_lifespan_version IS NULL)
    LIMIT 1;
    IF FOUND THEN
        PERFORM register_refuse('title_joins_current_parcels', format('a title still joins the ended parcel %s', bad.uid),
                                bad.geom, ARRAY[bad.uid]);
    END IF;
END
$$;

-- Refuses an entry whose land does not balance: the sides of what ended and was acquired, with the new vertices
-- inserted, are exactly the sides of what began and was released. Equal sides mean equal land and equal areas, to the
-- square millimetre, and no vertex of one part inside a side of another.
CREATE FUNCTION register_check_balance(e bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    bad record;
BEGIN
    WITH old_side AS MATERIALIZED (
        SELECT row_number() OVER () AS n, s.* FROM layers_parcel p, register_sides(p.geom) AS s WHERE p.end_entry_id = e
    ), new_side AS MATERIALIZED (
        SELECT -1 AS sign, s.* FROM layers_parcel p, register_sides(p.geom) AS s WHERE p.begin_entry_id = e
        UNION ALL
        SELECT CASE m.kind WHEN 'acquired' THEN 1 ELSE -1 END, s.* FROM register_landmovement m, register_sides(m.geom) AS s
        WHERE m.entry_id = e
    ), new_point AS MATERIALIZED (
        SELECT DISTINCT ax AS x, ay AS y FROM new_side
    ), stop AS (
        SELECT n, ax AS x, ay AS y, -1::numeric AS t FROM old_side
        UNION ALL SELECT n, bx, by, 'infinity' FROM old_side
        UNION ALL SELECT o.n, p.x, p.y, (p.x - o.ax)::numeric * (o.bx - o.ax) + (p.y - o.ay)::numeric * (o.by - o.ay)
        FROM old_side o JOIN new_point p ON register_lies_on(p.x, p.y, o.ax, o.ay, o.bx, o.by)
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
    INTO bad FROM residue, (SELECT Find_SRID('public', 'layers_parcel', 'geom') AS srid) AS s;
    IF bad.sides > 0 THEN
        PERFORM register_refuse('entry_balances',
            format('land does not balance: %s sides of what ends and is acquired are not those of what begins and is released', bad.sides),
            bad.place, (SELECT array_agg(uid) FROM layers_parcel WHERE end_entry_id = e));
    END IF;
END
$$;

-- Refuses an overlap of what begins with any current parcel, beyond a strip one grid step wide, unless the same land
-- was overlapped already by what ended (imported faults are kept, none is added).
CREATE FUNCTION register_check_overlaps(e bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    c record;
    shared geometry;
    known geometry;
BEGIN
    FOR c IN
        SELECT p.uid AS uid, n.uid AS other, p.geom AS g, n.geom AS h, n.begin_entry_id = e AS both_new FROM layers_parcel p
        JOIN layers_parcel n ON n.geom && p.geom AND n.end_lifespan_version IS NULL AND n.id <> p.id
        WHERE p.begin_entry_id = e AND p.end_lifespan_version IS NULL AND (n.begin_entry_id <> e OR n.id > p.id)
          AND ST_Relate(p.geom, n.geom, 'T********')
    LOOP
        shared := ST_CollectionExtract(ST_Intersection(c.g, c.h), 3);
        CONTINUE WHEN ST_Area(shared) <= :GRID_M * ST_Perimeter(shared) / 2;
        SELECT ST_Union(ST_CollectionExtract(ST_Intersection(a.geom, b.geom), 3)) INTO known
        FROM layers_parcel a JOIN layers_parcel b ON b.geom && a.geom AND a.id <> b.id
            AND (b.end_entry_id = e OR b.end_lifespan_version IS NULL AND b.begin_entry_id <> e)
        WHERE a.end_entry_id = e AND a.geom && shared AND b.geom && shared;
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
CREATE FUNCTION register_check_vertices(e bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    bad record;
BEGIN
    WITH old_side AS MATERIALIZED (
        SELECT s.* FROM layers_parcel p, register_sides(p.geom) AS s WHERE p.end_entry_id = e
    ), new_side AS MATERIALIZED (
        SELECT DISTINCT s.* FROM layers_parcel p, register_sides(p.geom) AS s
        WHERE p.begin_entry_id = e AND p.end_lifespan_version IS NULL
    ), fresh_point AS MATERIALIZED (
        SELECT ax AS x, ay AS y FROM new_side EXCEPT SELECT ax, ay FROM old_side
    ), fresh_side AS MATERIALIZED (
        SELECT n.* FROM new_side n WHERE NOT EXISTS (
            SELECT FROM old_side o
            WHERE ((n.ax, n.ay) = (o.ax, o.ay) OR register_lies_on(n.ax, n.ay, o.ax, o.ay, o.bx, o.by))
              AND ((n.bx, n.by) = (o.bx, o.by) OR register_lies_on(n.bx, n.by, o.ax, o.ay, o.bx, o.by)))
    ), srid AS (
        SELECT Find_SRID('public', 'layers_parcel', 'geom') AS id
    ), found AS (
        SELECT c.uid, f.x, f.y FROM fresh_point f CROSS JOIN srid
        JOIN layers_parcel c ON c.end_lifespan_version IS NULL
            AND c.geom && ST_Expand(register_point(f.x, f.y, srid.id), :GRID_M),
            register_sides(c.geom) AS s
        WHERE register_lies_on(f.x, f.y, s.ax, s.ay, s.bx, s.by)
        UNION ALL
        SELECT c.uid, s.ax, s.ay FROM fresh_side f CROSS JOIN srid
        JOIN layers_parcel c ON c.end_lifespan_version IS NULL AND c.geom && ST_Expand(
                ST_MakeLine(register_point(f.ax, f.ay, srid.id), register_point(f.bx, f.by, srid.id)), :GRID_M),
            register_sides(c.geom) AS s
        WHERE register_lies_on(s.ax, s.ay, f.ax, f.ay, f.bx, f.by)
    )
    SELECT found.uid, register_point(x, y, srid.id) AS place INTO bad FROM found, srid LIMIT 1;
    IF FOUND THEN
        PERFORM register_refuse('neighbours_share_vertices',
            format('a vertex lies on a side of parcel %s (or its vertex on a new side) without being shared', bad.uid),
            bad.place, ARRAY[bad.uid]);
    END IF;
END
$$;

-- Checks an entry whole, once for each state of its rows: rows are only ever added, so their number tells.
CREATE FUNCTION register_check_entry(entry bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    e register_registerentry;
    rows_now bigint;
    land geometry[];
BEGIN
    SELECT * INTO e FROM register_registerentry WHERE id = entry;
    IF NOT FOUND OR e.xact <> pg_current_xact_id()::text::bigint THEN
        PERFORM register_refuse('entry_is_of_its_transaction', 'a register entry is closed with its transaction');
    END IF;
    rows_now := (SELECT count(*) FROM layers_parcel WHERE begin_entry_id = entry)
        + (SELECT count(*) FROM layers_parcel WHERE end_entry_id = entry)
        + (SELECT count(*) FROM register_landmovement WHERE entry_id = entry)
        + (SELECT count(*) FROM register_lineage WHERE entry_id = entry);
    IF rows_now = e.guarded_rows AND rows_now > 0 THEN
        RETURN;
    END IF;
    PERFORM register_require_read_committed();
    SELECT array_agg(geom) INTO land FROM (
        SELECT geom FROM layers_parcel WHERE begin_entry_id = entry UNION ALL
        SELECT geom FROM layers_parcel WHERE end_entry_id = entry UNION ALL
        SELECT geom FROM register_landmovement WHERE entry_id = entry) AS touched;
    IF land IS NOT NULL THEN
        PERFORM register_lock_land(VARIADIC land);
    END IF;
    PERFORM register_check_rows(e);
    PERFORM register_check_balance(entry);
    PERFORM register_check_overlaps(entry);
    PERFORM register_check_vertices(entry);
    UPDATE register_registerentry SET guarded_rows = rows_now WHERE id = entry;
END
$$;

-- Shares ----------------------------------------------------------------------------------------------------------

-- Exact sum of fractions, in lowest terms; numeric holds any denominator.
CREATE FUNCTION register_add_share(sum numeric[], numerator bigint, denominator bigint) RETURNS numeric[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT ARRAY[n / g, d / g] FROM (
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
    ELSIF ended IS NOT NULL AND (total[1] <> 0 OR EXISTS (
            SELECT FROM register_baunitparcel WHERE ba_unit_id = title AND end_entry_id IS NULL)) THEN
        PERFORM register_refuse('ended_title_is_empty', format('title %s has ended but still has rights or parcels', title));
    END IF;
END
$$;

-- Triggers --------------------------------------------------------------------------------------------------------

-- Entries that a row says it was begun or ended by must be of this very transaction.
CREATE FUNCTION register_require_open_entry(entry bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM register_registerentry
                   WHERE id = entry AND xact = pg_current_xact_id_if_assigned()::text::bigint) THEN
        PERFORM register_refuse('entry_is_of_its_transaction', 'a register entry is closed with its transaction');
    END IF;
END
$$;

CREATE FUNCTION register_guard_parcel() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM register_check_entry(CASE TG_OP WHEN 'INSERT' THEN NEW.begin_entry_id ELSE NEW.end_entry_id END);
    RETURN NULL;
END
$$;

CREATE FUNCTION register_guard_of_entry() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM register_check_entry(NEW.entry_id);
    RETURN NULL;
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
CREATE FUNCTION register_begin_parcel() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.end_lifespan_version IS NOT NULL OR NEW.end_entry_id IS NOT NULL THEN
        PERFORM register_refuse('history_is_kept', 'a version begins before it ends: history cannot be written afterwards');
    END IF;
    PERFORM register_require_open_entry(NEW.begin_entry_id);
    RETURN NEW;
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
    rest.calculated_area_m2 := OLD.calculated_area_m2;  -- generated after this trigger
    IF OLD.end_lifespan_version IS NOT NULL OR NEW.end_lifespan_version IS NULL OR rest *<> OLD THEN
        PERFORM register_refuse('history_is_kept', 'a parcel version can only be ended, once; history is not rewritten',
                                NULL, ARRAY[OLD.uid]);
    END IF;
    PERFORM register_require_open_entry(NEW.end_entry_id);
    RETURN NEW;
END
$$;

-- The same for the versioned rows of titles, rights and restrictions.
CREATE FUNCTION register_begin_row() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF to_jsonb(NEW) ->> 'end_entry_id' IS NOT NULL THEN
        PERFORM register_refuse('history_is_kept', 'a row begins before it ends: history cannot be written afterwards');
    END IF;
    PERFORM register_require_open_entry(coalesce(to_jsonb(NEW) ->> 'begin_entry_id', to_jsonb(NEW) ->> 'entry_id')::bigint);
    RETURN NEW;
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
    PERFORM register_require_open_entry((becomes ->> 'end_entry_id')::bigint);
    RETURN NEW;
END
$$;

-- Sides and corners belong to a parcel version of this transaction.
CREATE FUNCTION register_begin_boundary() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM register_require_open_entry((SELECT begin_entry_id FROM layers_parcel WHERE id = NEW.parcel_id));
    RETURN NEW;
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
    PERFORM register_require_open_entry(NEW.settled_by_id);
    RETURN NEW;
END
$$;

CREATE TRIGGER registerentry_stamp BEFORE INSERT ON register_registerentry
    FOR EACH ROW EXECUTE FUNCTION register_stamp_entry();
CREATE TRIGGER parcel_begins BEFORE INSERT ON layers_parcel FOR EACH ROW EXECUTE FUNCTION register_begin_parcel();
CREATE TRIGGER parcel_ends BEFORE UPDATE ON layers_parcel FOR EACH ROW EXECUTE FUNCTION register_end_parcel();
CREATE TRIGGER boundaryline_begins BEFORE INSERT ON layers_boundaryline
    FOR EACH ROW EXECUTE FUNCTION register_begin_boundary();
CREATE TRIGGER boundarypoint_begins BEFORE INSERT ON layers_boundarypoint
    FOR EACH ROW EXECUTE FUNCTION register_begin_boundary();
CREATE TRIGGER pendingdeedchange_settles BEFORE UPDATE ON register_pendingdeedchange
    FOR EACH ROW EXECUTE FUNCTION register_settle_deed_change();

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['register_baunit', 'register_baunitparcel', 'register_right', 'register_restriction',
                             'register_baunitsource', 'register_lineage', 'register_landmovement', 'register_source',
                             'register_pendingdeedchange', 'register_defect'] LOOP
        EXECUTE format('CREATE TRIGGER row_begins BEFORE INSERT ON %I FOR EACH ROW EXECUTE FUNCTION register_begin_row()', t);
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
        EXECUTE format('GRANT SELECT, INSERT ON %I TO gisportal_app', t);
    END LOOP;
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

GRANT UPDATE (end_lifespan_version, end_entry_id) ON layers_parcel TO gisportal_app;
GRANT UPDATE (end_entry_id) ON register_baunit, register_baunitparcel, register_right, register_restriction,
    register_baunitsource TO gisportal_app;
GRANT UPDATE (state, settled_by_id) ON register_pendingdeedchange TO gisportal_app;
GRANT UPDATE (name_ar, name_en, id_kind, id_number, id_number_key, represented_by_id, representation, erased_at)
    ON register_party TO gisportal_app;

CREATE CONSTRAINT TRIGGER parcel_guard AFTER INSERT OR UPDATE ON layers_parcel
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION register_guard_parcel();
CREATE CONSTRAINT TRIGGER landmovement_guard AFTER INSERT ON register_landmovement
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION register_guard_of_entry();
CREATE CONSTRAINT TRIGGER lineage_guard AFTER INSERT ON register_lineage
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION register_guard_of_entry();
CREATE CONSTRAINT TRIGGER registerentry_guard AFTER INSERT ON register_registerentry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION register_guard_entry();
CREATE CONSTRAINT TRIGGER baunit_guard AFTER INSERT OR UPDATE ON register_baunit
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION register_guard_title();
CREATE CONSTRAINT TRIGGER right_guard AFTER INSERT OR UPDATE ON register_right
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION register_guard_title();
CREATE CONSTRAINT TRIGGER baunitparcel_guard AFTER INSERT OR UPDATE ON register_baunitparcel
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION register_guard_title();

-- What a parcel version says, as one hash: the audit keeps it, the proof recomputes it.
CREATE FUNCTION register_version_digest(p layers_parcel) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT encode(sha256(convert_to(concat_ws(E'\n', p.id, p.uid, p.plan_no, p.block_no, p.parcel_no, p.land_use,
        coalesce(p.official_area_m2::text, '-'), coalesce(p.surveyed_area_m2::text, '-'), coalesce(p.building_area_m2::text, '-'),
        coalesce(p.unit_count::text, '-'), (extract(epoch FROM p.begin_lifespan_version) * 1000000)::bigint,
        p.begin_entry_id, encode(ST_AsBinary(p.geom), 'hex')), 'UTF8')), 'hex')
$$;
