-- What parcels are put together by for small scales.
--
-- A parcel belongs to the block of its numbers. Where it has no block number, a square of 250 m stands in for it
-- (tiles_cell), and where it has no plan number, one of 2 km for the plan (tiles_area). The middle of the parcel's box
-- decides, so that the answer follows from its row alone.

CREATE FUNCTION tiles_square(g geometry, side float8) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT floor((ST_XMin(g) + ST_XMax(g)) / (2 * side))::bigint || ',' || floor((ST_YMin(g) + ST_YMax(g)) / (2 * side))::bigint
$$;

CREATE FUNCTION tiles_cell(block_no text, g geometry) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN block_no = '' THEN tiles_square(g, 250) ELSE '' END
$$;

CREATE FUNCTION tiles_area(plan_no text, g geometry) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN plan_no = '' THEN tiles_square(g, 2000) ELSE '' END
$$;

-- The box of a square's name; NULL for ''. Parcels of the square meet it.
CREATE FUNCTION tiles_square_box(name text, side float8, srid integer) RETURNS geometry
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT ST_MakeEnvelope(split_part(name, ',', 1)::float8 * side, split_part(name, ',', 2)::float8 * side,
                           split_part(name, ',', 1)::float8 * side + side, split_part(name, ',', 2)::float8 * side + side, srid)
    WHERE name <> ''
$$;

CREATE FUNCTION tiles_areas_only(g geometry) RETURNS geometry
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT ST_Multi(ST_CollectionExtract(g, 3)) $$;

GRANT SELECT, INSERT, UPDATE, DELETE ON tiles_simplifiedshape, tiles_dissolvedblock, tiles_group, tiles_staleblock TO gisportal_app;
