-- What holds of the rule book whoever writes: a change is proposed, then decided once by another person, and stands; and
-- no accepted change reaches a case that is filed already.

CREATE FUNCTION rulebook_refuse(rule text, message text, about text DEFAULT '') RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING MESSAGE = message, DETAIL = about, ERRCODE = 'check_violation', CONSTRAINT = rule;
END $$;

CREATE FUNCTION rulebook_guard_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last_filed date;
    decided text[] := '{state,decided_by_id,decided_on,decided_at,note,number,decision}';
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'proposed' THEN
            PERFORM rulebook_refuse('rulechange_begins_proposed', format('a change of %s begins as %s', NEW.key, NEW.state));
        END IF;
        NEW.proposed_at := clock_timestamp();
        RETURN NEW;
    END IF;
    IF OLD.state <> 'proposed' OR NEW.state = 'proposed' OR to_jsonb(NEW) - decided <> to_jsonb(OLD) - decided THEN
        PERFORM rulebook_refuse('rulechange_stands', format('the change %s stands as it was proposed and decided', OLD.id));
    END IF;
    IF NEW.state = 'accepted' THEN
        -- Alone with the filings: a case in another transaction is either filed by now, or will be judged by this value.
        PERFORM pg_advisory_xact_lock(hashtextextended('rules', 0));
        IF abs(NEW.decided_on - (clock_timestamp() AT TIME ZONE 'UTC')::date) > 1 THEN
            PERFORM rulebook_refuse('rulechange_decided_today', format('%s is not today', NEW.decided_on));
        END IF;
        SELECT max(filed_on) INTO last_filed FROM cases_case WHERE filed_on >= NEW.valid_from;
        IF last_filed IS NOT NULL THEN
            PERFORM rulebook_refuse('rulechange_reaches_no_filed_case',
                format('cases are filed up to %s, the change %s would hold from %s', last_filed, OLD.id, NEW.valid_from),
                last_filed::text);
        END IF;
        NEW.number := (SELECT coalesce(max(number), 0) + 1 FROM rulebook_rulechange);
        NEW.decision := gen_random_uuid();
    ELSE
        NEW.number := NULL;
        NEW.decision := NULL;
    END IF;
    NEW.decided_at := clock_timestamp();
    RETURN NEW;
END $$;

CREATE TRIGGER rulechange_guard BEFORE INSERT OR UPDATE ON rulebook_rulechange
    FOR EACH ROW EXECUTE FUNCTION rulebook_guard_change();
CREATE TRIGGER rulechange_stays BEFORE DELETE ON rulebook_rulechange
    FOR EACH ROW EXECUTE FUNCTION layers_refuse_change();
CREATE TRIGGER rulechanges_stay BEFORE TRUNCATE ON rulebook_rulechange
    FOR EACH STATEMENT EXECUTE FUNCTION layers_refuse_change();

-- A filing waits for a decision that is being written, and a decision for filings; filings do not wait for one another.
CREATE FUNCTION rulebook_file_case() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('rules', 0));
    RETURN NEW;
END $$;

CREATE TRIGGER rules_stand_while_filing BEFORE INSERT ON cases_case
    FOR EACH ROW EXECUTE FUNCTION rulebook_file_case();

REVOKE ALL ON rulebook_rulechange FROM gisportal_app;
GRANT SELECT, INSERT, UPDATE (state, decided_by_id, decided_on, note) ON rulebook_rulechange TO gisportal_app;
