-- What holds of a case whoever writes: its ways between states, that nobody decides their own case and two people
-- change the register, that what was said stands, and that nothing is lost. Refusals carry a constraint's name.

CREATE FUNCTION cases_refuse(rule text, message text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', message USING ERRCODE = 'check_violation', CONSTRAINT = rule;
END $$;

-- Cases ---------------------------------------------------------------------------------------------------------------

CREATE FUNCTION cases_guard_case() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'draft' THEN
            PERFORM cases_refuse('case_begins_as_draft', format('case %s begins as %s', NEW.reference, NEW.state));
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.state <> NEW.state AND NOT (OLD.state || '>' || NEW.state) = ANY (ARRAY[
        'draft>submitted', 'returned>submitted', 'submitted>returned', 'submitted>stopped', 'returned>stopped',
        'stopped>submitted', 'stopped>returned', 'rejected>submitted', 'submitted>approved', 'submitted>rejected',
        'approved>issued', 'approved>closed', 'issued>closed',
        'draft>withdrawn', 'submitted>withdrawn', 'returned>withdrawn', 'stopped>withdrawn'])
    THEN
        PERFORM cases_refuse('case_way', format('case %s cannot go from %s to %s', OLD.reference, OLD.state, NEW.state));
    END IF;
    IF (NEW.reference, NEW.service, NEW.version_id, NEW.filed_by_id, NEW.filed_on, NEW.filed_at)
        IS DISTINCT FROM (OLD.reference, OLD.service, OLD.version_id, OLD.filed_by_id, OLD.filed_on, OLD.filed_at)
        OR (OLD.submitted_at IS NOT NULL AND NEW.submitted_at IS DISTINCT FROM OLD.submitted_at)
        OR (OLD.entry_id IS NOT NULL AND NEW.entry_id IS DISTINCT FROM OLD.entry_id)
        OR NEW.round < OLD.round
    THEN
        PERFORM cases_refuse('case_origin_stands', format('what case %s began with stands', OLD.reference));
    END IF;
    IF OLD.state NOT IN ('draft', 'returned')
        AND (NEW.form, NEW.parcel_uids) IS DISTINCT FROM (OLD.form, OLD.parcel_uids)
    THEN
        PERFORM cases_refuse('case_filed_stands', format('what case %s asks for is with the municipality', OLD.reference));
    END IF;
    IF NEW.state IN ('approved', 'issued', 'closed') AND NEW.entry_id IS NULL AND EXISTS (
        SELECT FROM cases_serviceversion v WHERE v.digest = NEW.version_id AND (v.card ->> 'register')::boolean)
    THEN
        PERFORM cases_refuse('case_approved_with_its_entry', format('case %s changes the register and has no entry', OLD.reference));
    END IF;
    IF NEW.state = 'closed' AND OLD.state <> 'closed' AND EXISTS (
        SELECT FROM cases_stagerun s WHERE s.case_id = NEW.id AND s.state <> 'done')
    THEN
        PERFORM cases_refuse('case_closed_when_done', format('case %s has stages that are not done', OLD.reference));
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER case_guard BEFORE INSERT OR UPDATE ON cases_case FOR EACH ROW EXECUTE FUNCTION cases_guard_case();

-- Stages --------------------------------------------------------------------------------------------------------------

CREATE FUNCTION cases_guard_stage() RETURNS trigger LANGUAGE plpgsql AS $$
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
        OR (OLD.state = 'waiting' AND NEW.state = 'done' AND NEW.kind <> 'payment')
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

CREATE TRIGGER stagerun_guard BEFORE INSERT OR UPDATE ON cases_stagerun
    FOR EACH ROW EXECUTE FUNCTION cases_guard_stage();

-- What was said stands ------------------------------------------------------------------------------------------------

CREATE FUNCTION cases_guard_remark() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.answer <> '' OR to_jsonb(NEW) - '{answer,answered_by_id,answered_at}'::text[]
        <> to_jsonb(OLD) - '{answer,answered_by_id,answered_at}'::text[]
    THEN
        PERFORM cases_refuse('remark_stands', 'a remark stands as it was made, and so does its answer');
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION cases_guard_referral() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.answer <> '' OR OLD.cancelled_at IS NOT NULL
        OR to_jsonb(NEW) - '{answer,text,answered_by_id,answered_at,by_clock,cancelled_at}'::text[]
        <> to_jsonb(OLD) - '{answer,text,answered_by_id,answered_at,by_clock,cancelled_at}'::text[]
    THEN
        PERFORM cases_refuse('referral_stands', 'a question stands as it was asked, and so does its answer');
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION cases_guard_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.receipt <> '' OR to_jsonb(NEW) - '{paid_at,receipt,cashier_id}'::text[]
        <> to_jsonb(OLD) - '{paid_at,receipt,cashier_id}'::text[]
    THEN
        PERFORM cases_refuse('invoice_stands', 'an invoice is paid once and never rewritten');
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION cases_guard_visit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.held_at IS NOT NULL OR OLD.cancelled_at IS NOT NULL OR (NEW.case_id, NEW.stage, NEW.at, NEW.proposed_by_id)
        IS DISTINCT FROM (OLD.case_id, OLD.stage, OLD.at, OLD.proposed_by_id)
    THEN
        PERFORM cases_refuse('visit_stands', 'a date stands as it was proposed, and its report as it was written');
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION cases_guard_pause() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.ended_at IS NOT NULL OR (NEW.case_id, NEW.began_at) IS DISTINCT FROM (OLD.case_id, OLD.began_at) THEN
        PERFORM cases_refuse('pause_stands', 'a pause that ended stands');
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER remark_guard BEFORE UPDATE ON cases_remark FOR EACH ROW EXECUTE FUNCTION cases_guard_remark();
CREATE TRIGGER referral_guard BEFORE UPDATE ON cases_referral FOR EACH ROW EXECUTE FUNCTION cases_guard_referral();
CREATE TRIGGER invoice_guard BEFORE UPDATE ON cases_invoice FOR EACH ROW EXECUTE FUNCTION cases_guard_invoice();
CREATE TRIGGER visit_guard BEFORE UPDATE ON cases_visit FOR EACH ROW EXECUTE FUNCTION cases_guard_visit();
CREATE TRIGGER casepause_guard BEFORE UPDATE ON cases_casepause FOR EACH ROW EXECUTE FUNCTION cases_guard_pause();

-- Nothing is lost -----------------------------------------------------------------------------------------------------

CREATE TRIGGER stagerun_stays BEFORE DELETE ON cases_stagerun FOR EACH ROW EXECUTE FUNCTION layers_refuse_change();
CREATE TRIGGER remark_stays BEFORE DELETE ON cases_remark FOR EACH ROW EXECUTE FUNCTION layers_refuse_change();
CREATE TRIGGER referral_stays BEFORE DELETE ON cases_referral FOR EACH ROW EXECUTE FUNCTION layers_refuse_change();
CREATE TRIGGER invoice_stays BEFORE DELETE ON cases_invoice FOR EACH ROW EXECUTE FUNCTION layers_refuse_change();
CREATE TRIGGER visit_stays BEFORE DELETE ON cases_visit FOR EACH ROW EXECUTE FUNCTION layers_refuse_change();
CREATE TRIGGER casepause_stays BEFORE DELETE ON cases_casepause FOR EACH ROW EXECUTE FUNCTION layers_refuse_change();
CREATE TRIGGER casestep_is_kept BEFORE UPDATE OR DELETE ON cases_casestep
    FOR EACH ROW EXECUTE FUNCTION layers_refuse_change();
CREATE TRIGGER casefile_is_kept BEFORE UPDATE OR DELETE ON cases_casefile
    FOR EACH ROW EXECUTE FUNCTION layers_refuse_change();
CREATE TRIGGER minutes_are_kept BEFORE UPDATE OR DELETE ON cases_minutes
    FOR EACH ROW EXECUTE FUNCTION layers_refuse_change();
CREATE TRIGGER serviceversion_is_kept BEFORE UPDATE OR DELETE ON cases_serviceversion
    FOR EACH ROW EXECUTE FUNCTION layers_refuse_change();

REVOKE ALL ON cases_stagerun, cases_remark, cases_referral, cases_invoice, cases_visit, cases_casepause, cases_casestep,
    cases_casefile, cases_minutes, cases_serviceversion FROM gisportal_app;
GRANT SELECT, INSERT ON cases_casestep, cases_casefile, cases_minutes, cases_serviceversion TO gisportal_app;
GRANT SELECT, INSERT, UPDATE ON cases_stagerun, cases_remark, cases_referral, cases_invoice, cases_visit,
    cases_casepause TO gisportal_app;
