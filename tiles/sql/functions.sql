-- One cell of a tile where a geometry too small to be drawn lies: a square of a polygon, a short stroke of a line.
-- Only the part inside the tile and its buffer counts, so that a long sliver is drawn where it is.
CREATE FUNCTION tiles_one_cell(
    g geometry, west float8, south float8, east float8, north float8, extent integer, buffer integer
) RETURNS geometry
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = public, pg_temp AS $$
DECLARE
    cell float8 := (east - west) / extent;
    margin float8 := buffer * cell;
    box geometry := ST_MakeEnvelope(west - margin, south - margin, east + margin, north + margin, ST_SRID(g));
    p geometry := ST_PointOnSurface(ST_Intersection(g, box));
    x float8 := west + floor((ST_X(p) - west) / cell) * cell;
    y float8 := south + floor((ST_Y(p) - south) / cell) * cell;
    tile box2d := ST_MakeEnvelope(west, south, east, north, ST_SRID(g))::box2d;
BEGIN
    IF ST_Dimension(g) = 2 THEN
        RETURN ST_AsMVTGeom(ST_MakeEnvelope(x, y, x + cell, y + cell, ST_SRID(g)), tile, extent, buffer);
    END IF;
    RETURN ST_AsMVTGeom(ST_SetSRID(ST_MakeLine(ST_Point(x, y), ST_Point(x + cell, y)), ST_SRID(g)), tile, extent, buffer);
END
$$;
