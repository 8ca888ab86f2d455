-- Notes of changes that no process needs any more are taken away; whoever has not asked for so long reads everything anew.
--
-- A process asks for the notes of transactions from one on (`since`, the oldest that had not ended when it last read).
-- Taken away are only notes of transactions that have all ended; in their place comes one new note for each thing that
-- they were of, with the highest of their transactions. Who asks from a later one on had seen all of them, and does not
-- see the new note; who asks from that one or an earlier one on sees a note that it does not know, and reads anew. The
-- newest of the old notes could not serve for that: a process may have seen it before an older one that ended later.
DROP TRIGGER row_stays ON layers_hourschange;
DROP TRIGGER row_stays ON layers_layerchange;

CREATE FUNCTION layers_prune_notes(kept bigint) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    oldest bigint := pg_snapshot_xmin(pg_current_snapshot())::text::bigint;
    hours bigint;
    layers bigint;
BEGIN
    IF NOT pg_try_advisory_xact_lock(7153, 11) THEN
        RETURN 0;
    END IF;
    WITH gone AS (
        DELETE FROM layers_hourschange
        WHERE xact < oldest AND id <= (SELECT max(id) FROM layers_hourschange) - kept RETURNING what, xact
    ), told AS (
        INSERT INTO layers_hourschange (what, xact) SELECT what, max(xact) FROM gone GROUP BY what
    ) SELECT count(*) INTO hours FROM gone;
    WITH gone AS (
        DELETE FROM layers_layerchange
        WHERE xact < oldest AND id <= (SELECT max(id) FROM layers_layerchange) - kept RETURNING layer, xact
    ), told AS (
        INSERT INTO layers_layerchange (layer, xact) SELECT layer, max(xact) FROM gone GROUP BY layer
    ) SELECT count(*) INTO layers FROM gone;
    RETURN hours + layers;
EXCEPTION WHEN serialization_failure THEN
    -- The writer reads the state of its begin, and somebody has taken notes away since: the next one does it.
    RETURN 0;
END
$$;
REVOKE ALL ON FUNCTION layers_prune_notes(bigint) FROM PUBLIC;

CREATE FUNCTION layers_prune_now_and_then() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM layers_prune_notes(1000);
    RETURN NULL;
END
$$;
CREATE TRIGGER notes_are_pruned AFTER INSERT ON layers_hourschange
    FOR EACH ROW WHEN (NEW.id % 1000 = 0) EXECUTE FUNCTION layers_prune_now_and_then();
CREATE TRIGGER notes_are_pruned AFTER INSERT ON layers_layerchange
    FOR EACH ROW WHEN (NEW.id % 1000 = 0) EXECUTE FUNCTION layers_prune_now_and_then();

-- A place is taken off a list, not deleted from it.
GRANT UPDATE (taken_off_at) ON layers_emergencyentry TO gisportal_app;
