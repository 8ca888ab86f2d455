-- Versioned rows of the map: a version is begun, and ended once; nothing else of it changes, and none is deleted.

CREATE FUNCTION layers_end_version() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    ended timestamptz := NEW.end_lifespan_version;
BEGIN
    NEW.end_lifespan_version := OLD.end_lifespan_version;
    NEW.geom_3857 := OLD.geom_3857;  -- generated after this trigger, whatever stands here
    IF OLD.end_lifespan_version IS NOT NULL OR ended IS NULL OR NEW *<> OLD THEN
        RAISE EXCEPTION 'a version of % can only be ended, once; history is not rewritten', TG_TABLE_NAME
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = TG_TABLE_NAME || '_is_kept';
    END IF;
    NEW.end_lifespan_version := ended;
    RETURN NEW;
END
$$;

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['layers_plan', 'layers_block', 'layers_district', 'layers_street', 'layers_zone', 'layers_place'] LOOP
        EXECUTE format('CREATE TRIGGER version_ends BEFORE UPDATE ON %I FOR EACH ROW EXECUTE FUNCTION layers_end_version()', t);
        EXECUTE format('CREATE TRIGGER row_stays BEFORE DELETE ON %I FOR EACH ROW EXECUTE FUNCTION layers_refuse_change()', t);
        EXECUTE format('CREATE TRIGGER table_stays BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION layers_refuse_change()', t);
        EXECUTE format('REVOKE ALL ON %I FROM gisportal_app', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE (end_lifespan_version) ON %I TO gisportal_app', t);
    END LOOP;
END
$$;

-- An outline of a case is drawn, redrawn while the case is open, and closed; it is not deleted.
REVOKE ALL ON layers_publicoutline FROM gisportal_app;
GRANT SELECT, INSERT, UPDATE ON layers_publicoutline TO gisportal_app;
