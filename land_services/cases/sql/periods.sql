-- An agency's period stands while its case does: what it is due by may move as long as the question is open, and the
-- answer by the clock is given while the clock runs only.
CREATE OR REPLACE FUNCTION cases_guard_referral() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.answer <> '' OR OLD.cancelled_at IS NOT NULL
        OR to_jsonb(NEW) - '{answer,text,answered_by_id,answered_at,by_clock,cancelled_at,due_at}'::text[]
        <> to_jsonb(OLD) - '{answer,text,answered_by_id,answered_at,by_clock,cancelled_at,due_at}'::text[]
        OR (NEW.answer <> '' AND NEW.due_at IS DISTINCT FROM OLD.due_at)
    THEN
        PERFORM cases_refuse('referral_stands', 'a question stands as it was asked, and so does its answer');
    END IF;
    IF NEW.by_clock AND (OLD.due_at IS NULL OR EXISTS (
        SELECT FROM cases_casepause p WHERE p.case_id = NEW.case_id AND p.ended_at IS NULL))
    THEN
        PERFORM cases_refuse('referral_period_stands', 'no period runs while a case is stopped or with the applicant');
    END IF;
    RETURN NEW;
END $$;
