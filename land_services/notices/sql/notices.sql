-- A message stays; what it says is never rewritten. Sent is sent: only what was given up may be tried again.
CREATE FUNCTION notices_keep_outbox() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF OLD.sent_at IS NOT NULL THEN
        RAISE EXCEPTION 'a message that was sent is not changed'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'notices_outbox_is_kept';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER sent_is_sent BEFORE UPDATE ON notices_outbox FOR EACH ROW EXECUTE FUNCTION notices_keep_outbox();

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['notices_outbox', 'notices_notice'] LOOP
        EXECUTE format('CREATE TRIGGER row_stays BEFORE DELETE ON %I FOR EACH ROW EXECUTE FUNCTION layers_refuse_change()', t);
        EXECUTE format('CREATE TRIGGER table_stays BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION layers_refuse_change()', t);
        EXECUTE format('REVOKE ALL ON %I FROM gisportal_app', t);
        EXECUTE format('GRANT SELECT, INSERT ON %I TO gisportal_app', t);
    END LOOP;
END
$$;
GRANT UPDATE (attempts, next_try_at, claimed_at, claimed_by, in_doubt, sent_at, failed_at, last_error)
    ON notices_outbox TO gisportal_app;
GRANT UPDATE (read_at) ON notices_notice TO gisportal_app;
