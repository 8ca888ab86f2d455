-- Files of imagery are begun and ended; nothing else of them changes, and neither they nor their imagery are deleted.

CREATE FUNCTION tiles_end_imageryfile() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    ended timestamptz := NEW.end_lifespan_version;
BEGIN
    NEW.end_lifespan_version := OLD.end_lifespan_version;
    IF OLD.end_lifespan_version IS NOT NULL OR ended IS NULL OR NEW *<> OLD THEN
        RAISE EXCEPTION 'a file of imagery can only be ended, once'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'tiles_imageryfile_is_kept';
    END IF;
    NEW.end_lifespan_version := ended;
    RETURN NEW;
END
$$;

CREATE TRIGGER file_ends BEFORE UPDATE ON tiles_imageryfile FOR EACH ROW EXECUTE FUNCTION tiles_end_imageryfile();
CREATE TRIGGER row_stays BEFORE DELETE ON tiles_imageryfile FOR EACH ROW EXECUTE FUNCTION layers_refuse_change();
CREATE TRIGGER table_stays BEFORE TRUNCATE ON tiles_imageryfile FOR EACH STATEMENT EXECUTE FUNCTION layers_refuse_change();
REVOKE ALL ON tiles_imageryfile FROM gisportal_app;
GRANT SELECT, INSERT, UPDATE (end_lifespan_version) ON tiles_imageryfile TO gisportal_app;

CREATE TRIGGER row_stays BEFORE DELETE ON tiles_imagery FOR EACH ROW EXECUTE FUNCTION layers_refuse_change();
CREATE TRIGGER table_stays BEFORE TRUNCATE ON tiles_imagery FOR EACH STATEMENT EXECUTE FUNCTION layers_refuse_change();
REVOKE ALL ON tiles_imagery FROM gisportal_app;
GRANT SELECT, INSERT, UPDATE ON tiles_imagery TO gisportal_app;
