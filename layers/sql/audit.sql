-- The audit: rows that cannot be changed, and a chain of hashes over the committed ones.

CREATE FUNCTION layers_refuse_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% rows are kept for good: % is refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = TG_TABLE_NAME || '_is_kept';
END
$$;

-- Runs with the rights of whoever writes, so its path is fixed: a type of a temporary schema could cut the number.
CREATE FUNCTION layers_stamp_auditrow() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    NEW.xact := pg_current_xact_id()::text::bigint;
    NEW.at := clock_timestamp();
    RETURN NEW;
END
$$;

CREATE TRIGGER auditrow_stamp BEFORE INSERT ON layers_auditrow
    FOR EACH ROW EXECUTE FUNCTION layers_stamp_auditrow();
CREATE TRIGGER auditrow_is_kept BEFORE UPDATE OR DELETE ON layers_auditrow
    FOR EACH ROW EXECUTE FUNCTION layers_refuse_change();
CREATE TRIGGER auditrow_is_not_emptied BEFORE TRUNCATE ON layers_auditrow
    FOR EACH STATEMENT EXECUTE FUNCTION layers_refuse_change();
CREATE TRIGGER auditseal_is_kept BEFORE UPDATE OR DELETE ON layers_auditseal
    FOR EACH ROW EXECUTE FUNCTION layers_refuse_change();
CREATE TRIGGER auditseal_is_not_emptied BEFORE TRUNCATE ON layers_auditseal
    FOR EACH STATEMENT EXECUTE FUNCTION layers_refuse_change();

INSERT INTO layers_audithorizon (id, xact, sequence, hash) VALUES (1, 0, 0, sha256('gisportal audit'::bytea));

-- The text of a row that is hashed. jsonb prints the same way for the same value.
CREATE FUNCTION layers_audit_text(r layers_auditrow) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT concat_ws(E'\n', r.id, r.xact, (extract(epoch FROM r.at) * 1000000)::bigint, coalesce(r.actor_id::text, '-'),
                     r.action, r.subject, r.payload::text)
$$;

-- Seals what is committed and not sealed yet, oldest transaction first, and returns how many rows that were.
-- A row of a transaction that is still open is invisible here and is sealed when it has committed, however low its id:
-- the horizon only moves to the oldest transaction still running.
CREATE FUNCTION layers_seal_audit(at_most integer DEFAULT 10000) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    horizon layers_audithorizon;
    oldest_running bigint;
    r layers_auditrow;
    sealed integer := 0;
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'the audit is sealed at READ COMMITTED' USING ERRCODE = 'invalid_transaction_state';
    END IF;
    SELECT * INTO horizon FROM layers_audithorizon WHERE id = 1 FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN -1;  -- another sealer is at work
    END IF;
    oldest_running := pg_snapshot_xmin(pg_current_snapshot())::text::bigint;
    FOR r IN
        SELECT a.* FROM layers_auditrow a
        WHERE a.xact >= horizon.xact AND NOT EXISTS (SELECT FROM layers_auditseal s WHERE s.row_id = a.id)
        ORDER BY a.xact, a.id LIMIT at_most
    LOOP
        horizon.sequence := horizon.sequence + 1;
        horizon.hash := sha256(horizon.hash || convert_to(layers_audit_text(r), 'UTF8'));
        INSERT INTO layers_auditseal (sequence, row_id, hash, sealed_at)
        VALUES (horizon.sequence, r.id, horizon.hash, clock_timestamp());
        sealed := sealed + 1;
    END LOOP;
    UPDATE layers_audithorizon SET sequence = horizon.sequence, hash = horizon.hash,
        xact = CASE WHEN sealed < at_most THEN greatest(horizon.xact, oldest_running) ELSE horizon.xact END
    WHERE id = 1;
    RETURN sealed;
END
$$;

REVOKE ALL ON layers_auditrow, layers_auditseal, layers_audithorizon FROM gisportal_app;
GRANT SELECT ON layers_auditrow, layers_auditseal, layers_audithorizon TO gisportal_app;
GRANT INSERT (actor_id, action, subject, payload, xact, at) ON layers_auditrow TO gisportal_app;
