-- Erasing: what people wrote and handed in for a case may be overwritten once it is over and its retention has passed,
-- whole and in no other way; a person is erased by two others. Whoever writes, what was erased stays erased.

-- Whether a change of a row is its erasure: exactly the named columns become empty (an answer that must stand becomes a
-- dash), and the case they belong to is erased.
CREATE FUNCTION cases_erases(old jsonb, new jsonb, erased jsonb) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
DECLARE
    form jsonb;
BEGIN
    SELECT jsonb_object_agg(e.key, CASE WHEN old -> e.key = '""' THEN old -> e.key ELSE e.value END) INTO form FROM jsonb_each(erased) e;
    RETURN new = old || form
        AND EXISTS (SELECT FROM cases_case c WHERE c.id = (old ->> 'case_id')::bigint AND c.erased_at IS NOT NULL);
END $$;

-- Cases ---------------------------------------------------------------------------------------------------------------

CREATE FUNCTION cases_guard_erasure() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    years integer;
    last_act timestamptz;
BEGIN
    IF OLD.erased_at IS NOT NULL THEN
        PERFORM cases_refuse('erased_is_erased', format('case %s is erased whole and once', OLD.reference));
    END IF;
    IF to_jsonb(NEW) <> to_jsonb(OLD) || '{"form": {}, "reason": "", "secret": ""}' || jsonb_build_object('erased_at', to_jsonb(NEW) -> 'erased_at')
    THEN
        PERFORM cases_refuse('case_erased_whole', format('case %s is erased whole, and nothing else of it changes', OLD.reference));
    END IF;
    IF OLD.state NOT IN ('closed', 'rejected', 'withdrawn') THEN
        PERFORM cases_refuse('case_erased_when_over', format('case %s is not over', OLD.reference));
    END IF;
    IF OLD.entry_id IS NOT NULL THEN
        PERFORM cases_refuse('case_of_the_register_stays', format('the register rests on case %s', OLD.reference));
    END IF;
    SELECT (v.card #>> '{retention,years}')::integer INTO years FROM cases_serviceversion v WHERE v.digest = OLD.version_id;
    SELECT max(s.at) INTO last_act FROM cases_casestep s
        WHERE s.case_id = OLD.id AND s.act <> 'erase' AND (OLD.submitted_at IS NOT NULL OR s.by_id IS NOT NULL);
    IF OLD.submitted_at IS NOT NULL AND (years = 0 OR last_act + make_interval(years => years) > clock_timestamp()) THEN
        PERFORM cases_refuse('case_is_retained', format('case %s is kept for %s years from %s', OLD.reference, years, last_act));
    END IF;
    IF OLD.submitted_at IS NULL AND last_act + interval '180 days' > clock_timestamp() AND NOT EXISTS (
        SELECT FROM cases_erasure e WHERE e.user_id = OLD.filed_by_id AND e.outcome = 'approved')
    THEN
        PERFORM cases_refuse('case_is_retained', format('case %s was left only on %s', OLD.reference, last_act));
    END IF;
    NEW.erased_at := clock_timestamp();
    RETURN NEW;
END $$;

CREATE TRIGGER case_erasure BEFORE UPDATE ON cases_case FOR EACH ROW
    WHEN (OLD.erased_at IS NOT NULL OR NEW.erased_at IS NOT NULL) EXECUTE FUNCTION cases_guard_erasure();
DROP TRIGGER case_guard ON cases_case;
CREATE TRIGGER case_guard BEFORE INSERT OR UPDATE ON cases_case FOR EACH ROW
    WHEN (NEW.erased_at IS NULL) EXECUTE FUNCTION cases_guard_case();

CREATE FUNCTION cases_begin_unerased() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM cases_refuse('case_begins_as_draft', format('case %s begins erased', NEW.reference));
    RETURN NULL;
END $$;
CREATE TRIGGER case_begins BEFORE INSERT ON cases_case FOR EACH ROW
    WHEN (NEW.erased_at IS NOT NULL) EXECUTE FUNCTION cases_begin_unerased();

-- At commit nothing of an erased case is left.
CREATE FUNCTION cases_check_erased() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    left_over text;
BEGIN
    SELECT string_agg(DISTINCT t.what, ', ') INTO left_over FROM (
        SELECT 'steps' AS what FROM cases_casestep WHERE case_id = NEW.id AND note <> ''
        UNION ALL SELECT 'documents handed in' FROM cases_casefile WHERE case_id = NEW.id AND (name <> '' OR file <> '')
        UNION ALL SELECT 'survey files' FROM cases_attempt WHERE case_id = NEW.id
            AND (file_name <> '' OR file <> '' OR report <> '{}' OR drawn <> '[]')
        UNION ALL SELECT 'submissions' FROM cases_submission WHERE case_id = NEW.id AND form <> '{}'
        UNION ALL SELECT 'remarks' FROM cases_remark WHERE case_id = NEW.id AND (text <> '' OR answer NOT IN ('', '—'))
        UNION ALL SELECT 'questions' FROM cases_referral WHERE case_id = NEW.id AND (question <> '' OR text <> '')
        UNION ALL SELECT 'minutes' FROM cases_minutes WHERE case_id = NEW.id AND (present <> '' OR text <> '')
        UNION ALL SELECT 'visits' FROM cases_visit WHERE case_id = NEW.id AND report <> ''
        UNION ALL SELECT 'documents issued' FROM cases_issueddocument WHERE case_id = NEW.id AND file <> '') t;
    IF left_over IS NOT NULL THEN
        PERFORM cases_refuse('case_erased_whole', format('case %s is not erased whole: %s', NEW.reference, left_over));
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER case_is_erased_whole AFTER UPDATE ON cases_case DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.erased_at IS NOT NULL) EXECUTE FUNCTION cases_check_erased();

-- What belongs to them ------------------------------------------------------------------------------------------------

-- Nothing is added to an erased case, and what stands in it changes by its erasure alone.
CREATE FUNCTION cases_refuse_for_erased() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND TG_NARGS > 0 THEN
        IF cases_erases(to_jsonb(OLD), to_jsonb(NEW), TG_ARGV[0]::jsonb) THEN
            RETURN NEW;
        END IF;
    END IF;
    IF EXISTS (SELECT FROM cases_case c WHERE c.id = NEW.case_id AND c.erased_at IS NOT NULL) THEN
        PERFORM cases_refuse('erased_is_erased', format('%s: the case is erased', TG_TABLE_NAME));
    END IF;
    RETURN NEW;
END $$;

-- Each kind of row with its erased form. Kept rows are kept but for that; what has a guard of its own goes past it.
DO $$
DECLARE
    r record;
BEGIN
    FOR r IN SELECT * FROM (VALUES
        ('cases_casestep', 'casestep_is_kept', 'layers_refuse_change', '{"note": ""}'),
        ('cases_casefile', 'casefile_is_kept', 'layers_refuse_change', '{"name": "", "file": ""}'),
        ('cases_attempt', 'attempt_is_kept', 'layers_refuse_change', '{"file_name": "", "file": "", "report": {}, "drawn": []}'),
        ('cases_submission', 'submission_is_kept', 'layers_refuse_change', '{"form": {}}'),
        ('cases_minutes', 'minutes_are_kept', 'layers_refuse_change', '{"present": "", "text": ""}'),
        ('cases_remark', 'remark_guard', 'cases_guard_remark', '{"text": "", "answer": "—"}'),
        ('cases_referral', 'referral_guard', 'cases_guard_referral', '{"question": "", "text": ""}'),
        ('cases_visit', 'visit_guard', 'cases_guard_visit', '{"report": ""}')) AS v (tab, guard, func, erased)
    LOOP
        EXECUTE format('DROP TRIGGER %I ON %I', r.guard, r.tab);
        EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE ON %I FOR EACH ROW
            WHEN (NOT cases_erases(to_jsonb(OLD), to_jsonb(NEW), %L)) EXECUTE FUNCTION %I()', r.guard, r.tab, r.erased, r.func);
        IF r.func = 'layers_refuse_change' THEN
            EXECUTE format('CREATE TRIGGER row_stays BEFORE DELETE ON %I FOR EACH ROW EXECUTE FUNCTION layers_refuse_change()', r.tab);
        END IF;
        EXECUTE format('CREATE TRIGGER zz_not_when_erased BEFORE INSERT OR UPDATE ON %I FOR EACH ROW
            EXECUTE FUNCTION cases_refuse_for_erased(%L)', r.tab, r.erased);
    END LOOP;
END $$;

CREATE TRIGGER issueddocument_is_kept BEFORE UPDATE OF id, case_id, kind, title_ar, title_en, number, parcel_uid, code, file, sha256, issued_at, valid_until
    ON cases_issueddocument FOR EACH ROW WHEN (NOT cases_erases(to_jsonb(OLD), to_jsonb(NEW), '{"file": ""}'))
    EXECUTE FUNCTION layers_refuse_change();
CREATE TRIGGER zz_not_when_erased BEFORE INSERT ON cases_issueddocument FOR EACH ROW EXECUTE FUNCTION cases_refuse_for_erased();
CREATE TRIGGER zz_not_when_erased BEFORE INSERT OR UPDATE ON cases_stagerun FOR EACH ROW EXECUTE FUNCTION cases_refuse_for_erased();
CREATE TRIGGER zz_not_when_erased BEFORE INSERT OR UPDATE ON cases_invoice FOR EACH ROW EXECUTE FUNCTION cases_refuse_for_erased();
CREATE TRIGGER zz_not_when_erased BEFORE INSERT OR UPDATE ON cases_casepause FOR EACH ROW EXECUTE FUNCTION cases_refuse_for_erased();

GRANT UPDATE (note) ON cases_casestep TO gisportal_app;
GRANT UPDATE (name, file) ON cases_casefile TO gisportal_app;
GRANT UPDATE (file_name, file, report, drawn) ON cases_attempt TO gisportal_app;
GRANT UPDATE (form) ON cases_submission TO gisportal_app;
GRANT UPDATE (present, text) ON cases_minutes TO gisportal_app;
GRANT UPDATE (file) ON cases_issueddocument TO gisportal_app;

-- People --------------------------------------------------------------------------------------------------------------

-- A request to erase stands as it was asked, its decision as it was made, its report as it was given.
CREATE FUNCTION cases_guard_erasure_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.outcome <> '' THEN
            PERFORM cases_refuse('erasure_takes_two_people', 'an erasure is asked for before it is decided');
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.case_id, NEW.party_id, NEW.user_id, NEW.asked_by_id, NEW.asked_at)
            IS DISTINCT FROM (OLD.case_id, OLD.party_id, OLD.user_id, OLD.asked_by_id, OLD.asked_at)
        OR (OLD.outcome <> '' AND (NEW.outcome, NEW.reason, NEW.decided_by_id, NEW.decided_at)
            IS DISTINCT FROM (OLD.outcome, OLD.reason, OLD.decided_by_id, OLD.decided_at))
        OR (OLD.done_at IS NOT NULL AND (NEW.done_at, NEW.report) IS DISTINCT FROM (OLD.done_at, OLD.report))
        OR (OLD.closed_at IS NOT NULL AND NEW.closed_at IS DISTINCT FROM OLD.closed_at)
    THEN
        PERFORM cases_refuse('erasure_stands', format('what was asked and decided in erasure %s stands', OLD.id));
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER erasure_guard BEFORE INSERT OR UPDATE ON cases_erasure FOR EACH ROW EXECUTE FUNCTION cases_guard_erasure_row();
CREATE TRIGGER erasure_stays BEFORE DELETE ON cases_erasure FOR EACH ROW EXECUTE FUNCTION layers_refuse_change();
CREATE TRIGGER erasedfile_stays BEFORE DELETE ON cases_erasedfile FOR EACH ROW EXECUTE FUNCTION layers_refuse_change();

-- A party is erased by a decision of two people, while nothing is under way for it; rows of one id number are one person.
CREATE FUNCTION cases_guard_party_erasure() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM cases_erasure e WHERE e.party_id = NEW.id AND e.outcome = 'approved')
        AND NOT EXISTS (SELECT FROM register_party p JOIN cases_erasure e ON e.party_id = p.id
            WHERE p.id_number_key = OLD.id_number_key AND e.outcome = 'approved')
    THEN
        PERFORM cases_refuse('party_erased_by_decision', format('nobody decided to erase party %s', NEW.id));
    END IF;
    IF EXISTS (SELECT FROM cases_case c WHERE c.party_id = NEW.id AND c.submitted_at IS NOT NULL
        AND c.state NOT IN ('closed', 'rejected', 'withdrawn'))
    THEN
        PERFORM cases_refuse('party_erased_without_cases', format('party %s has a case under way', NEW.id));
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER party_erasure BEFORE UPDATE ON register_party FOR EACH ROW
    WHEN (OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL) EXECUTE FUNCTION cases_guard_party_erasure();

-- An account that was erased is nobody's again; its names, where papers of others needed them, may still go.
CREATE FUNCTION cases_keep_account_erased() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(NEW) IN (to_jsonb(OLD), to_jsonb(OLD) || '{"name_ar": "", "name_en": ""}') THEN
        RETURN NEW;
    END IF;
    PERFORM cases_refuse('erased_is_erased', format('account %s is erased whole and once', OLD.id));
    RETURN NULL;
END $$;
CREATE FUNCTION cases_account_is_erased(account bigint, login text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT login = 'erased-' || account AND EXISTS (SELECT FROM cases_erasure e WHERE e.user_id = account AND e.outcome = 'approved')
$$;
CREATE TRIGGER account_stays_erased BEFORE UPDATE ON accounts_user FOR EACH ROW
    WHEN (cases_account_is_erased(OLD.id, OLD.login)) EXECUTE FUNCTION cases_keep_account_erased();

REVOKE ALL ON cases_erasure, cases_erasedfile FROM gisportal_app;
GRANT SELECT, INSERT, UPDATE (outcome, reason, decided_by_id, decided_at, done_at, report, closed_at) ON cases_erasure TO gisportal_app;
GRANT SELECT, INSERT, UPDATE (settled_at, removed) ON cases_erasedfile TO gisportal_app;
GRANT UPDATE (name) ON case_api_apitoken TO gisportal_app;
