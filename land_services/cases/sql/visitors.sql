-- Who came to the counter is a person: their name and phone go with the form when the case is erased.
CREATE OR REPLACE FUNCTION cases_guard_erasure() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    years integer;
    last_act timestamptz;
BEGIN
    IF OLD.erased_at IS NOT NULL THEN
        PERFORM cases_refuse('erased_is_erased', format('case %s is erased whole and once', OLD.reference));
    END IF;
    IF to_jsonb(NEW) <> to_jsonb(OLD) || '{"form": {}, "visitor": {}, "reason": "", "secret": ""}' || jsonb_build_object('erased_at', to_jsonb(NEW) -> 'erased_at')
    THEN
        PERFORM cases_refuse('case_erased_whole', format('case %s is erased whole, and nothing else of it changes', OLD.reference));
    END IF;
    IF OLD.state NOT IN ('closed', 'rejected', 'withdrawn') THEN
        PERFORM cases_refuse('case_erased_when_over', format('case %s is not over', OLD.reference));
    END IF;
    IF OLD.entry_id IS NOT NULL THEN
        PERFORM cases_refuse('case_of_the_register_stays', format('the register rests on case %s', OLD.reference));
    END IF;
    SELECT (v.card #>> '{retention,years}')::integer INTO years FROM cases_serviceversion v WHERE v.digest = OLD.version_id;
    SELECT max(s.at) INTO last_act FROM cases_casestep s
        WHERE s.case_id = OLD.id AND s.act <> 'erase' AND (OLD.submitted_at IS NOT NULL OR s.by_id IS NOT NULL);
    IF OLD.submitted_at IS NOT NULL AND (years = 0 OR last_act + make_interval(years => years) > clock_timestamp()) THEN
        PERFORM cases_refuse('case_is_retained', format('case %s is kept for %s years from %s', OLD.reference, years, last_act));
    END IF;
    IF OLD.submitted_at IS NULL AND last_act + interval '180 days' > clock_timestamp() AND NOT EXISTS (
        SELECT FROM cases_erasure e WHERE e.user_id = OLD.filed_by_id AND e.outcome = 'approved')
    THEN
        PERFORM cases_refuse('case_is_retained', format('case %s was left only on %s', OLD.reference, last_act));
    END IF;
    NEW.erased_at := clock_timestamp();
    RETURN NEW;
END $$;

ALTER TABLE cases_case ADD CONSTRAINT case_visitor_at_the_counter CHECK (
    (visitor = '{}' OR channel = 'counter') AND jsonb_typeof(visitor) = 'object'
    AND visitor - ARRAY['name', 'phone'] = '{}');
