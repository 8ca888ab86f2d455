-- The locator's rows. A version of a place is ended, never rewritten; the columns that the database makes are generated
-- after this trigger, whatever stands in them here.
CREATE FUNCTION layers_end_place() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    ended timestamptz := NEW.end_lifespan_version;
BEGIN
    NEW.end_lifespan_version := OLD.end_lifespan_version;
    NEW.geom_3857 := OLD.geom_3857;
    NEW.geog := OLD.geog;
    NEW.folded := OLD.folded;
    NEW.hours_key := OLD.hours_key;
    IF OLD.end_lifespan_version IS NOT NULL OR ended IS NULL OR NEW *<> OLD THEN
        RAISE EXCEPTION 'a version of % can only be ended, once; history is not rewritten', TG_TABLE_NAME
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = TG_TABLE_NAME || '_is_kept';
    END IF;
    NEW.end_lifespan_version := ended;
    RETURN NEW;
END
$$;
DROP TRIGGER version_ends ON layers_place;
CREATE TRIGGER version_ends BEFORE UPDATE ON layers_place FOR EACH ROW EXECUTE FUNCTION layers_end_place();

-- Every combination of hours, whoever writes places. Nobody waits for another who brings the same at once: then it stands
-- there twice.
CREATE FUNCTION layers_keep_hours() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO layers_placehours (key, opening_hours, ramadan_hours, prayer_pause, xact)
    SELECT DISTINCT ON (hours_key) hours_key, opening_hours, ramadan_hours, prayer_pause, pg_current_xact_id()::text::bigint
    FROM begun b WHERE NOT EXISTS (SELECT FROM layers_placehours h WHERE h.key = b.hours_key) ORDER BY hours_key;
    RETURN NULL;
END
$$;
CREATE TRIGGER hours_are_kept AFTER INSERT ON layers_place REFERENCING NEW TABLE AS begun
    FOR EACH STATEMENT EXECUTE FUNCTION layers_keep_hours();
INSERT INTO layers_placehours (key, opening_hours, ramadan_hours, prayer_pause, xact)
SELECT DISTINCT ON (hours_key) hours_key, opening_hours, ramadan_hours, prayer_pause, pg_current_xact_id()::text::bigint
FROM layers_place ORDER BY hours_key;

-- Who keeps hours and days in memory asks here what to read anew: rows of transactions that had not ended when it last
-- read. Rows are added only, so nobody waits for another to change one.
CREATE FUNCTION layers_note_hours() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO layers_hourschange (what, xact) VALUES (TG_ARGV[0], pg_current_xact_id()::text::bigint);
    RETURN NULL;
END
$$;
CREATE FUNCTION layers_note_new_hours() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO layers_hourschange (what, xact)
    SELECT 'hours', pg_current_xact_id()::text::bigint WHERE EXISTS (SELECT FROM begun);
    RETURN NULL;
END
$$;
CREATE TRIGGER change_is_noted AFTER INSERT ON layers_placehours REFERENCING NEW TABLE AS begun
    FOR EACH STATEMENT EXECUTE FUNCTION layers_note_new_hours();
DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['holiday', 'ramadanperiod', 'prayertime', 'prayerpause'] LOOP
        EXECUTE format('CREATE TRIGGER change_is_noted AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON %I'
                       ' FOR EACH STATEMENT EXECUTE FUNCTION layers_note_hours(%L)', 'layers_' || t, 'days');
    END LOOP;
    FOREACH t IN ARRAY ARRAY['placeclosure', 'emergencylist', 'emergencyentry'] LOOP
        EXECUTE format('CREATE TRIGGER change_is_noted AFTER INSERT OR UPDATE OR DELETE ON %I'
                       ' FOR EACH STATEMENT EXECUTE FUNCTION layers_note_hours(%L)', 'layers_' || t, 'exceptions');
    END LOOP;
END
$$;

-- The same for the graph of streets and for the coverage of services.
CREATE FUNCTION layers_note_layer() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO layers_layerchange (layer, xact) VALUES (TG_ARGV[0], pg_current_xact_id()::text::bigint);
    RETURN NULL;
END
$$;
CREATE TRIGGER layer_change_is_noted AFTER INSERT OR UPDATE ON layers_street
    FOR EACH STATEMENT EXECUTE FUNCTION layers_note_layer('streets');
CREATE TRIGGER layer_change_is_noted AFTER INSERT OR UPDATE ON layers_place
    FOR EACH STATEMENT EXECUTE FUNCTION layers_note_layer('places');
CREATE TRIGGER layer_change_is_noted AFTER INSERT OR UPDATE ON layers_district
    FOR EACH STATEMENT EXECUTE FUNCTION layers_note_layer('districts');
CREATE TRIGGER layer_change_is_noted AFTER INSERT OR UPDATE ON layers_address
    FOR EACH STATEMENT EXECUTE FUNCTION layers_note_layer('addresses');

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['layers_placehours', 'layers_placeclosure', 'layers_emergencylist', 'layers_emergencyentry',
                             'layers_hourschange', 'layers_layerchange',
                             'layers_placesuggestion', 'layers_searchcount', 'layers_pagevisit'] LOOP
        EXECUTE format('CREATE TRIGGER row_stays BEFORE DELETE ON %I FOR EACH ROW EXECUTE FUNCTION layers_refuse_change()', t);
        EXECUTE format('CREATE TRIGGER table_stays BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION layers_refuse_change()', t);
        EXECUTE format('REVOKE ALL ON %I FROM gisportal_app', t);
        EXECUTE format('GRANT SELECT, INSERT ON %I TO gisportal_app', t);
    END LOOP;
END
$$;
REVOKE INSERT ON layers_placehours, layers_hourschange, layers_layerchange FROM gisportal_app;
GRANT UPDATE (called_off_at, ends_at) ON layers_placeclosure TO gisportal_app;
GRANT UPDATE (switched_off_at, ends_at, note_ar, note_en) ON layers_emergencylist TO gisportal_app;
GRANT UPDATE (state, decided_at, decided_by_id, reply) ON layers_placesuggestion TO gisportal_app;
GRANT UPDATE (searches) ON layers_searchcount TO gisportal_app;
GRANT UPDATE (visits) ON layers_pagevisit TO gisportal_app;

-- Names of districts and streets are searched as those of places are; places keep the folded text in a column.
CREATE INDEX district_current_folded ON layers_district USING gin (layers_fold(name_ar, name_en) gin_trgm_ops)
    WHERE end_lifespan_version IS NULL;
CREATE INDEX street_current_folded ON layers_street USING gin (layers_fold(name_ar, name_en) gin_trgm_ops)
    WHERE end_lifespan_version IS NULL;
