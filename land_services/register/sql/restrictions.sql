-- Restrictions follow the land: where a parcel leaves a title, what stands against it alone leaves with it or passes on.
CREATE FUNCTION register_guard_restrictions() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    bad record;
BEGIN
    PERFORM register_lock_titles(NEW.ba_unit_id);
    SELECT r.id, r.parcel_uid INTO bad FROM register_restriction r
    WHERE r.ba_unit_id = NEW.ba_unit_id AND r.parcel_uid = NEW.parcel_uid AND r.end_entry_id IS NULL
      AND NOT EXISTS (SELECT FROM register_baunitparcel j WHERE j.ba_unit_id = r.ba_unit_id
                          AND j.parcel_uid = r.parcel_uid AND j.end_entry_id IS NULL)
    LIMIT 1;
    IF FOUND THEN
        PERFORM register_refuse('restrictions_follow_the_land',
            format('restriction %s stands against parcel %s, which its title does not join any more', bad.id, bad.parcel_uid),
            NULL, ARRAY[bad.parcel_uid]);
    END IF;
    RETURN NULL;
END
$$;

CREATE CONSTRAINT TRIGGER restrictions_follow AFTER UPDATE ON register_baunitparcel
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION register_guard_restrictions();
