-- What was delivered long ago may go, once the case that it tells of is over: until then its key keeps it from being
-- told again. What was not delivered stays, and so does what was given up.
CREATE OR REPLACE FUNCTION notices_case_is_open(case_reference text, told_key text) RETURNS boolean
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM cases_case c
        WHERE (c.reference = case_reference OR c.id = substring(told_key FROM '(?:^|:)case:([0-9]{1,18}):')::bigint)
          AND c.state NOT IN ('closed', 'rejected', 'withdrawn'))
$$;

CREATE OR REPLACE FUNCTION notices_outbox_goes() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF OLD.sent_at IS NULL OR OLD.sent_at > clock_timestamp() - interval '30 days' THEN
        RAISE EXCEPTION 'a message that was not delivered, or was in the last 30 days, stays'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'notices_outbox_stays';
    END IF;
    IF notices_case_is_open(OLD.reference, OLD.key) THEN
        RAISE EXCEPTION 'a message of a case that is open stays'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'notices_outbox_stays';
    END IF;
    RETURN OLD;
END
$$;

DROP TRIGGER IF EXISTS row_stays ON notices_outbox;
CREATE TRIGGER row_stays BEFORE DELETE ON notices_outbox FOR EACH ROW EXECUTE FUNCTION notices_outbox_goes();
GRANT DELETE ON notices_outbox TO gisportal_app;
