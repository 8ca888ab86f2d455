-- Whether what a change ended and what it began are the same land, as far as whole millimetres can tell. Land with faults
-- (it was imported so) may not be put together: then it is not known, and the outline is made from the parcels.
CREATE FUNCTION tiles_same_land(ended geometry[], begun geometry[]) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = public, pg_temp AS $$
DECLARE
    a geometry;
    b geometry;
BEGIN
    IF ended IS NULL OR begun IS NULL THEN
        RETURN false;
    END IF;
    a := ST_Union(ended);
    b := ST_Union(begun);
    RETURN ST_Area(ST_SymDifference(a, b)) <= 0.002 * ST_Perimeter(a);
EXCEPTION WHEN internal_error THEN
    RETURN false;
END
$$;
