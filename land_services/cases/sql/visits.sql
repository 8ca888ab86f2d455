-- Who proposed a date speaks for one side, and the other agrees. Dates of before were proposed by whoever filed, or by staff.
UPDATE cases_visit v SET by_filer = TRUE FROM cases_case c
WHERE c.id = v.case_id AND c.filed_by_id = v.proposed_by_id AND v.held_at IS NULL AND v.cancelled_at IS NULL;

CREATE OR REPLACE FUNCTION cases_guard_visit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.held_at IS NOT NULL OR OLD.cancelled_at IS NOT NULL
        OR (NEW.case_id, NEW.stage, NEW.at, NEW.proposed_by_id, NEW.by_filer)
        IS DISTINCT FROM (OLD.case_id, OLD.stage, OLD.at, OLD.proposed_by_id, OLD.by_filer)
    THEN
        PERFORM cases_refuse('visit_stands', 'a date stands as it was proposed, and its report as it was written');
    END IF;
    RETURN NEW;
END $$;
