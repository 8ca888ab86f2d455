-- What came from the site of a visit stands as it was sent: it is added while the visit is open, or with its holding.

CREATE FUNCTION cases_guard_field() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    visit cases_visit%ROWTYPE;
BEGIN
    SELECT * INTO visit FROM cases_visit WHERE id = NEW.visit_id;
    IF visit.case_id IS DISTINCT FROM NEW.case_id OR visit.cancelled_at IS NOT NULL
        OR (visit.held_at IS NULL) = (TG_TABLE_NAME = 'cases_fieldrecord')
    THEN
        PERFORM cases_refuse('field_of_its_visit', format('visit %s takes nothing from the site now', NEW.visit_id));
    END IF;
    RETURN NEW;
END $$;

DO $$
DECLARE
    r record;
BEGIN
    FOR r IN SELECT * FROM (VALUES
        ('cases_fieldfile', '{"read": {}}'),
        ('cases_fieldrecord', '{"data": {}, "compared": {}}')) AS v (tab, erased)
    LOOP
        EXECUTE format('CREATE TRIGGER field_guard BEFORE INSERT ON %I FOR EACH ROW EXECUTE FUNCTION cases_guard_field()', r.tab);
        EXECUTE format('CREATE TRIGGER field_is_kept BEFORE UPDATE ON %I FOR EACH ROW
            WHEN (NOT cases_erases(to_jsonb(OLD), to_jsonb(NEW), %L)) EXECUTE FUNCTION layers_refuse_change()', r.tab, r.erased);
        EXECUTE format('CREATE TRIGGER row_stays BEFORE DELETE ON %I FOR EACH ROW EXECUTE FUNCTION layers_refuse_change()', r.tab);
        EXECUTE format('CREATE TRIGGER zz_not_when_erased BEFORE INSERT OR UPDATE ON %I FOR EACH ROW
            EXECUTE FUNCTION cases_refuse_for_erased(%L)', r.tab, r.erased);
    END LOOP;
END $$;

-- At commit nothing from the site is left of an erased case.
CREATE FUNCTION cases_check_field_erased() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM cases_fieldfile WHERE case_id = NEW.id AND read <> '{}')
        OR EXISTS (SELECT FROM cases_fieldrecord WHERE case_id = NEW.id AND (data <> '{}' OR compared <> '{}'))
    THEN
        PERFORM cases_refuse('case_erased_whole', format('case %s is not erased whole: what came from the site', NEW.reference));
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER case_field_is_erased AFTER UPDATE ON cases_case DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.erased_at IS NOT NULL) EXECUTE FUNCTION cases_check_field_erased();

REVOKE ALL ON cases_fieldfile, cases_fieldrecord FROM gisportal_app;
GRANT SELECT, INSERT, UPDATE (read) ON cases_fieldfile TO gisportal_app;
GRANT SELECT, INSERT, UPDATE (data, compared) ON cases_fieldrecord TO gisportal_app;
