-- A person is erased only where no right is in force, and gets none afterwards.

CREATE FUNCTION register_guard_erasure() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM register_right r WHERE r.party_id = NEW.id AND r.end_entry_id IS NULL) THEN
        PERFORM register_refuse('erased_without_rights', format('party %s has a right in force', NEW.id));
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER party_has_no_right BEFORE UPDATE ON register_party FOR EACH ROW
    WHEN (OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL) EXECUTE FUNCTION register_guard_erasure();

-- Waits for whoever erases the party just now, and sees it erased then.
CREATE FUNCTION register_refuse_right_of_erased() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    erased timestamptz;
BEGIN
    SELECT p.erased_at INTO erased FROM register_party p WHERE p.id = NEW.party_id FOR KEY SHARE;
    IF erased IS NOT NULL THEN
        PERFORM register_refuse('no_right_of_the_erased', format('party %s is erased', NEW.party_id));
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER right_of_somebody BEFORE INSERT ON register_right FOR EACH ROW
    EXECUTE FUNCTION register_refuse_right_of_erased();
