-- A case has several invoices, of a fee and of a surplus; one that nobody paid may become void, and stays so.

CREATE OR REPLACE FUNCTION cases_guard_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.receipt <> '' OR OLD.void_at IS NOT NULL OR to_jsonb(NEW) - '{paid_at,receipt,cashier_id,void_at}'::text[]
        <> to_jsonb(OLD) - '{paid_at,receipt,cashier_id,void_at}'::text[]
    THEN
        PERFORM cases_refuse('invoice_stands', 'an invoice is paid once and never rewritten');
    END IF;
    RETURN NEW;
END $$;

-- A stage may be passed over where its card says that it depends on something, and nobody did it then.

CREATE FUNCTION cases_may_pass_over(run cases_stagerun) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT run.outcome = 'not_needed' AND run.done_by_id IS NULL AND EXISTS (
        SELECT FROM cases_case c JOIN cases_serviceversion v ON v.digest = c.version_id,
            jsonb_array_elements(v.card -> 'stages') stage
        WHERE c.id = run.case_id AND stage ->> 'code' = run.code AND coalesce(stage ->> 'only_if', '') <> '')
$$;

CREATE OR REPLACE FUNCTION cases_guard_stage() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    filer bigint;
    changes_register boolean;
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'waiting' THEN
            PERFORM cases_refuse('stage_begins_waiting', format('stage %s begins as %s', NEW.code, NEW.state));
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.case_id, NEW.code, NEW.kind, NEW.position, NEW.role)
        IS DISTINCT FROM (OLD.case_id, OLD.code, OLD.kind, OLD.position, OLD.role)
    THEN
        PERFORM cases_refuse('stage_stands', format('stage %s is of its card', OLD.code));
    END IF;
    IF OLD.state <> NEW.state AND NOT (OLD.state || '>' || NEW.state) = ANY (ARRAY[
        'waiting>active', 'waiting>done', 'waiting>cancelled', 'active>done', 'active>returned', 'active>waiting',
        'active>cancelled', 'returned>active', 'returned>waiting', 'returned>cancelled', 'done>waiting',
        'cancelled>waiting'])
        OR (OLD.state = 'waiting' AND NEW.state = 'done' AND NEW.kind <> 'payment' AND NOT cases_may_pass_over(NEW))
    THEN
        PERFORM cases_refuse('stage_way', format('stage %s cannot go from %s to %s', OLD.code, OLD.state, NEW.state));
    END IF;
    IF NEW.state = 'done' AND OLD.state <> 'done' AND NEW.kind NOT IN ('issue', 'registry') AND NEW.done_by_id IS NOT NULL THEN
        SELECT c.filed_by_id, (v.card ->> 'register')::boolean INTO filer, changes_register
            FROM cases_case c JOIN cases_serviceversion v ON v.digest = c.version_id WHERE c.id = NEW.case_id;
        IF NEW.done_by_id = filer THEN
            PERFORM cases_refuse('stage_is_done_by_others', format('stage %s is done by whoever filed the case', NEW.code));
        END IF;
        IF NEW.kind = 'decision' AND NEW.outcome = 'approve' AND changes_register AND EXISTS (
            SELECT FROM cases_stagerun s WHERE s.case_id = NEW.case_id AND s.id <> NEW.id AND s.state = 'done'
                AND s.kind IN ('review', 'work', 'visit', 'committee') AND s.done_by_id = NEW.done_by_id)
        THEN
            PERFORM cases_refuse('stage_decided_by_another', format('stage %s is decided by whoever judged the case', NEW.code));
        END IF;
    END IF;
    RETURN NEW;
END $$;
