-- Who acts in somebody's place and that person are one, where a stage asks for another: the filer does no stage of their
-- own case, and a decision that changes the register is another's than whoever judged it.

CREATE FUNCTION cases_guard_stand_in() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    filer bigint;
    changes_register boolean;
BEGIN
    IF NEW.done_for_id = NEW.done_by_id THEN
        PERFORM cases_refuse('stage_done_for_another', format('stage %s is done in the place of whoever did it', NEW.code));
    END IF;
    IF NEW.state <> 'done' OR OLD.state = 'done' OR NEW.kind IN ('issue', 'registry') OR NEW.done_by_id IS NULL THEN
        RETURN NEW;
    END IF;
    SELECT c.filed_by_id, (v.card ->> 'register')::boolean INTO filer, changes_register
        FROM cases_case c JOIN cases_serviceversion v ON v.digest = c.version_id WHERE c.id = NEW.case_id;
    IF NEW.done_for_id = filer THEN
        PERFORM cases_refuse('stage_is_done_by_others', format('stage %s is done for whoever filed the case', NEW.code));
    END IF;
    IF NEW.kind = 'decision' AND NEW.outcome = 'approve' AND changes_register AND EXISTS (
        SELECT FROM cases_stagerun s WHERE s.case_id = NEW.case_id AND s.id <> NEW.id AND s.state = 'done'
            AND s.kind IN ('review', 'work', 'visit', 'committee')
            AND (s.done_by_id IN (NEW.done_by_id, NEW.done_for_id) OR s.done_for_id IN (NEW.done_by_id, NEW.done_for_id)))
    THEN
        PERFORM cases_refuse('stage_decided_by_another', format('stage %s is decided by whoever judged the case', NEW.code));
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER stagerun_stand_in BEFORE UPDATE ON cases_stagerun
    FOR EACH ROW EXECUTE FUNCTION cases_guard_stand_in();
