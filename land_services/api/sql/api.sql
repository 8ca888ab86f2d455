-- Every step is told to whoever wants to be told of it: a row for each target, in the transaction of the step.

CREATE FUNCTION case_api_note_step() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO case_api_webhookdelivery (uid, target_id, step_id, state, attempts, due_at, said)
    SELECT gen_random_uuid(), t.id, NEW.id, 'waiting', 0, clock_timestamp(), ''
    FROM case_api_webhooktarget t WHERE t.active AND (t.events = '{}' OR NEW.act = ANY (t.events));
    RETURN NULL;
END $$;

CREATE TRIGGER step_is_told AFTER INSERT ON cases_casestep FOR EACH ROW EXECUTE FUNCTION case_api_note_step();

-- A token that was given stands: it can be used and revoked. What is to be told stays on record.
REVOKE ALL ON case_api_apitoken, case_api_idempotentanswer, case_api_webhooktarget, case_api_webhookdelivery
    FROM gisportal_app;
GRANT SELECT, INSERT, UPDATE (last_used_at, revoked_at) ON case_api_apitoken TO gisportal_app;
GRANT SELECT, INSERT, DELETE ON case_api_idempotentanswer TO gisportal_app;
-- SKIP LOCKED needs the right to update what it locks.
GRANT UPDATE (created_at) ON case_api_idempotentanswer TO gisportal_app;
GRANT SELECT, INSERT, UPDATE (url, secret, events, active) ON case_api_webhooktarget TO gisportal_app;
GRANT SELECT, INSERT, UPDATE (state, attempts, due_at, ended_at, said) ON case_api_webhookdelivery TO gisportal_app;
